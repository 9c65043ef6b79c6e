"""Where messages go in rules mode: the evaluation, and everyday talk that starts no coding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.routing import everyday
from bench.routing.__main__ import evaluate, figures, kept_apart, mistakes, share, table
from bench.routing.cases import cases
from bench.routing.scoring import Score
from bot import rules
from bot.brief import Brief, ProjectLine
from bot.model.decisions import Decision, FollowUp, RetryDispatch, StartDispatch
from tests.briefs import DONE, EMPTY, FAILED, RUNNING, says

ACCURACY = 0.80
WRONG_DISPATCH = 0.02
FURTHER = 0.05
"""By how much those kept apart may be worse."""

LIBRARY = ProjectLine("research", "Looks things up", "plan", "web-research")
WRITING = ProjectLine("writing", "Text in, text out", "plan", "completion")
STATES = [
    replace(state, projects=(*state.projects, LIBRARY, WRITING)) for state in (EMPTY, RUNNING, DONE, FAILED)
]


async def test_the_rules_route_within_their_bounds() -> None:
    """All cases, by the way that a turn takes; and those that nobody looked at while tuning."""
    wanted = cases()
    scores = await evaluate("rules", wanted)
    apart = [found for found in scores if found.case.kept_apart]
    told = "\n".join((mistakes(scores), table(scores), kept_apart(scores), figures(scores)))
    assert len(scores) >= 400, told
    assert len(apart) == 120, told
    assert share(scores, "right") >= ACCURACY, told
    assert share(scores, "wrong_dispatch") <= WRONG_DISPATCH, told
    assert share(apart, "right") >= max(ACCURACY, share(scores, "right")) - FURTHER, told
    assert share(apart, "wrong_dispatch") <= WRONG_DISPATCH, told
    assert not [found for found in scores if _is_talk(found) and any(map(_codes, found.did))], told


def _is_talk(found: Score) -> bool:
    return found.case.kind in ("small talk", "control", "people")


def _codes(act: str) -> bool:
    return act in ("start api", "start web", "start mobile")


def test_each_case_is_written_once() -> None:
    """No message stands twice in the same state: near copies would weigh twice."""
    seen = [
        (case.state, case.where, case.forwarded, case.replies_to, case.says.casefold().strip(" .!?"))
        for case in cases()
    ]
    assert len(seen) == len(set(seen))


def starts_coding(brief: Brief, decision: Decision) -> bool:
    """Whether the decision sets a coding agent to new work."""
    coding = {p.name for p in brief.projects if p.specialist not in ("web-research", "completion")}
    return any(isinstance(act, StartDispatch) and act.project in coding for act in decision.actions)


@pytest.mark.parametrize("state", STATES, ids=["nothing", "running", "done", "failed"])
def test_everyday_messages_start_no_coding(state: Brief) -> None:
    """Hundreds of them from word lists, in four states: none starts work on code."""
    wrong = [text for text in everyday.messages() if starts_coding(state, rules.decide(says(state, text)))]
    assert not wrong


def test_everyday_messages_seldom_go_on_with_ended_work() -> None:
    """What has ended is not paid for again because somebody talks beside it."""
    texts = [text for text in everyday.messages() if text not in everyday.CONTROL]
    decided = {text: rules.decide(says(STATES[2], text)) for text in texts}
    wrong = [t for t, d in decided.items() if any(isinstance(a, FollowUp | RetryDispatch) for a in d.actions)]
    assert len(wrong) <= len(texts) * 0.05, wrong


@given(
    parts=st.lists(
        st.sampled_from([*everyday.PHRASES, *everyday.LIFE, *everyday.THINGS]), min_size=1, max_size=3
    ),
    glue=st.sampled_from([" ", ", ", ". ", "! ", "\n", " and "]),
    shape=st.sampled_from([str.lower, str.upper, str.title, str.strip]),
    state=st.sampled_from(STATES),
)
def test_everyday_words_in_any_order_start_no_coding(
    parts: list[str], glue: str, shape: Callable[[str], str], state: Brief
) -> None:
    """Whatever is joined with whatever, in small or capital letters."""
    text = shape(glue.join(parts))
    assert not starts_coding(state, rules.decide(says(state, text)))
