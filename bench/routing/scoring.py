"""What a decision is worth: whether it is what the case expects, and which kind of
mistake it is otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.routing.cases import Case
from bot.model.decisions import (
    Action,
    AnswerQuestion,
    Ask,
    CancelDispatch,
    Decision,
    FollowUp,
    Nothing,
    RetryDispatch,
    StartDispatch,
    Steer,
    StopDispatch,
)

RUNS = ("start", "follow", "retry")
"""Actions after which a specialist works for money."""


@dataclass(frozen=True, slots=True)
class Score:
    case: Case
    did: tuple[str, ...]
    cost_usd: float | None = 0.0

    @property
    def right(self) -> bool:
        return self.did in self.case.expect

    @property
    def wrong_dispatch(self) -> bool:
        """A specialist is set to work although nobody asked for that, or the wrong sort of one."""
        return not self.right and any(
            all(_sort(act) not in {_sort(other) for other in way} for way in self.case.expect)
            for act in self.did
            if act.split()[0] in RUNS
        )

    @property
    def missed_dispatch(self) -> bool:
        """Work was asked for, and none begins."""
        return _all_run(self.case.expect) and not any(act.split()[0] in RUNS for act in self.did)

    @property
    def wrong_target(self) -> bool:
        """The right thing, to the wrong work, question or project."""
        verbs = tuple(act.split()[0] for act in self.did)
        return not self.right and any(
            verbs == tuple(act.split()[0] for act in way) and verbs[0] not in ("nothing", "ask")
            for way in self.case.expect
        )

    @property
    def asked(self) -> bool:
        return "ask" in self.did


def _sort(act: str) -> str:
    """Which sort of specialist is set to work; coding in another project is another mistake."""
    verb, _, target = act.partition(" ")
    if verb == "start":
        return target if target in ("research", "writing") else "coding"
    return act


def _all_run(ways: Sequence[Sequence[str]]) -> bool:
    return all(any(act.split()[0] in RUNS for act in way) for way in ways)


def score(case: Case, decision: Decision, names: Mapping[str, str]) -> Score:
    """``names`` gives the ids of rows back the names that the case knows them by."""
    did = [_words(action, names) for action in decision.actions]
    acts = tuple(sorted(act for act in did if act != "nothing")) or ("nothing",)
    return Score(case, acts, decision.cost_usd)


def _words(action: Action, names: Mapping[str, str]) -> str:
    match action:
        case StartDispatch():
            return f"start {action.project}"
        case AnswerQuestion(question):
            return f"answer {names.get(question, question)}"
        case Steer(id):
            return f"steer {names.get(id, id)}"
        case FollowUp(id):
            return f"follow {names.get(id, id)}"
        case StopDispatch(id) | CancelDispatch(id) | RetryDispatch(id):
            return f"{action.kind} {names.get(id, id)}"
        case Ask():
            return "ask"
        case Nothing():
            return "nothing"
        case _:
            return action.kind
