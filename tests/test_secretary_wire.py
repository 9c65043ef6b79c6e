"""The secretary over both protocols, on a platform that works and on one that fails in every way it can."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapters.rehearsal.model_server import Decide, Fault, FaultKind, ModelServer, Script, rule
from bot.secretary import Models, Secretary
from tests.briefs import EMPTY, says, short
from tests.decisions import REQUEST, START, decision

WIRES = [
    ("openai:gpt-5-mini", "openai_url"),
    ("anthropic:claude-haiku-4-5", "url"),
    ("ollama:qwen3", "openai_url"),
]
GREETS = Script(rules=(rule("greets people", [Decide(decision(START))]),))


def over(server: ModelServer, model: str, address: str, **more: Any) -> Secretary:
    keys = {"openai": "sk-planted", "anthropic": "sk-planted"}
    return Secretary(Models(model, base_url=getattr(server, address), api_keys=keys, pause_s=0.0, **more))


@pytest.mark.parametrize(("model", "address"), WIRES)
async def test_a_decision_comes_over_the_wire(model: str, address: str) -> None:
    """Each protocol carries the form and its answer; the price is known where there is one."""
    async with ModelServer(GREETS) as server:
        secretary = over(server, model, address)
        decided = await secretary.decide(REQUEST)
        await secretary.close()
    assert [short(action) for action in decided.actions] == ["start api"]
    assert (decided.by, decided.note) == (model, "")
    if model.startswith("ollama"):
        assert decided.cost_usd is None
    else:
        assert decided.cost_usd is not None
        assert 0 < decided.cost_usd < 0.05


FAULTS = [
    (Fault(FaultKind.STATUS, status=429), "429: its provider asks us to wait"),
    (Fault(FaultKind.STATUS, status=500), "500: its provider failed"),
    (Fault(FaultKind.STATUS, status=529), "529: its provider is overloaded"),
    (Fault(FaultKind.STATUS, status=401, message="Incorrect key sk-planted"), "401: its key was refused"),
    (Fault(FaultKind.CUT, after=1), ""),
    (Fault(FaultKind.MALFORMED), ""),
    (Fault(FaultKind.TRUNCATED), ""),
    (Fault(FaultKind.HANG), "it took too long"),
]


@pytest.mark.parametrize(("model", "address"), WIRES[:2])
@pytest.mark.parametrize(("fault", "reason"), FAULTS, ids=[f"{f.kind} {f.status}" for f, _ in FAULTS])
async def test_a_platform_that_fails_leaves_rules_mode_and_a_note(
    model: str, address: str, fault: Fault, reason: str
) -> None:
    """Whatever breaks, the message is treated, the person is told, and no key is quoted."""
    async with ModelServer(replace(GREETS, faults=(fault,))) as server:
        secretary = over(server, model, address, timeout_s=1.0 if fault.kind is FaultKind.HANG else 20.0)
        decided = await secretary.decide(says(EMPTY, "please write hello.py, which greets people"))
        await secretary.close()
    assert [short(action) for action in decided.actions] == ["start api"]
    assert decided.by == "rules"
    assert decided.note.startswith(f"The model {model} did not answer ({reason}")
    assert decided.note.endswith("I worked by rules this time.")
    assert "sk-planted" not in decided.note


@pytest.mark.parametrize(("model", "address"), WIRES[:2])
@pytest.mark.parametrize("fault", [FAULTS[0][0], FAULTS[1][0], FAULTS[4][0]], ids=["429", "500", "cut"])
async def test_a_passing_fault_is_not_noticed(model: str, address: str, fault: Fault) -> None:
    """The same model is asked once more where that can help; nobody needs to hear of it."""
    async with ModelServer(GREETS) as server:
        server.fail_next(fault)
        secretary = over(server, model, address)
        decided = await secretary.decide(REQUEST)
        await secretary.close()
    assert (decided.by, decided.note) == (model, "")
