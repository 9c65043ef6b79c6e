"""The real Claude Code program keeps the Specialist contract, with a rehearsed model behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from adapters.rehearsal.contracts import specialist as contract
from adapters.rehearsal.contracts.specialist import Check, Subject
from adapters.rehearsal.model_server import Asked, Step, rule, step
from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import marked
from bot.ports import Ability
from tests.claude_calls import ASK_COLOUR, bash, insist
from tests.claude_houses import place

pytestmark = pytest.mark.claude


def recall(asked: Asked) -> Step:
    """As a model does: by what stands in the conversation it is given."""
    heard = any(contract.HELLO in text for turn in asked.turns for text in turn.texts)
    return step(f"First you said: {contract.HELLO}" if heard else "I have heard nothing before.")


RULES: Final = (
    rule(contract.RECALL, reply=recall),
    rule(contract.HELLO, ["Well, hello."]),
    rule(contract.COLOUR, [insist(ASK_COLOUR), "It is this: {{result}}"]),
    rule(contract.TOUCH, [insist(bash("touch touched")), "The person said: {{result}}"]),
    rule(contract.SHORT, [*(bash(f"sleep 0.{n}") for n in range(3, 7)), "done"]),
    rule(contract.LONG, [bash("tail -f /dev/null"), "done"]),
)


@pytest.mark.parametrize("check", contract.checks_for(frozenset(Ability)), ids=lambda check: check.__name__)
async def test_claude_code_keeps(check: Check, tmp_path: Path) -> None:
    """Every check of the shipped suite holds for the program that does the work."""
    async with place(tmp_path, RULES) as here:

        async def leftovers() -> Sequence[str]:
            return [str(identity) for identity in marked(Marker.of(here.settings.home))]

        async def open_subject() -> Subject:
            work = here.work("", permission_mode="default", tools_allowed=("Bash(sleep *)", "Bash(tail *)"))
            return Subject(here.specialist, work, leftovers)

        await check(open_subject)
