"""What a person can do here, through whatever door, and the right that each needs.

With ``people.RIGHTS`` this is the one table of rights; ``policy.authorize`` alone reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.model.people import Right
from bot.model.posts import ButtonAction
from bot.model.questions import Verdict


class Act(StrEnum):
    TALK = "talk"  # be heard at all: whatever comes in from a chat
    CORRECT = "correct"  # edit or delete a message that was sent
    LOOK = "look"  # status, help
    START = "start"  # new work in a project
    ADOPT = "adopt"  # take over a session from one's own terminal
    FOLLOW_UP = "follow_up"
    STEER = "steer"
    RETRY = "retry"
    CONTINUE = "continue"
    CONTINUE_MORE = "continue_more"  # with a raised limit
    COMPACT = "compact"
    MOVE = "move"  # to another conversation
    USE = "use"  # set the default project of a conversation
    STOP = "stop"
    CANCEL = "cancel"
    REROUTE = "reroute"  # to another specialist, or to none
    WITHDRAW = "withdraw"  # cancel by a ❌, which of others is no more than an opinion
    ANSWER = "answer"
    ASK_AGAIN = "ask_again"
    GRANT = "grant"
    DENY = "deny"
    ADD_MONEY = "add_money"  # to a budget, or for one dispatch beyond what its project allows
    SEE_COSTS = "see_costs"  # everybody's; one's own are shown to whoever may look
    SHOW = "show"  # goal, events, result, cost of one dispatch
    SCHEDULE = "schedule"  # save or change what starts by itself, with one's own rights and money
    RUN_SCHEDULE = "run_schedule"  # now, or again from now on
    REST_SCHEDULE = "rest_schedule"  # pause, leave out a run, delete
    SEE_SCHEDULE = "see_schedule"
    PEOPLE = "people"  # add, remove, link
    RULES = "rules"  # add and revoke "always allow"
    CONFIGURE = "configure"
    PURGE = "purge"
    AUDIT = "audit"  # read who did what
    BACKUP = "backup"


@dataclass(frozen=True, slots=True)
class Need:
    """Any one of the rights is enough."""

    own: frozenset[Right]  # what one asked for oneself, or what belongs to nobody
    others: frozenset[Right]  # what somebody else asked for
    what: str  # "Your role (viewer) may not …"


def _need(what: str, own: Right, *others: Right) -> Need:
    return Need(frozenset({own}), frozenset(others or {own}), what)


NEEDS: Final[dict[Act, Need]] = {
    Act.TALK: _need("talk to me", Right.TALK),
    Act.CORRECT: Need(frozenset({Right.TALK}), frozenset(), "change what others wrote"),
    Act.LOOK: _need("look", Right.TALK),
    Act.START: _need("start work", Right.DISPATCH),
    Act.ADOPT: _need("start work", Right.DISPATCH),
    Act.FOLLOW_UP: _need("continue work", Right.DISPATCH, Right.INTERVENE),
    Act.STEER: _need("steer work", Right.DISPATCH, Right.INTERVENE),
    Act.RETRY: _need("continue work", Right.DISPATCH, Right.INTERVENE),
    Act.CONTINUE: _need("continue work", Right.DISPATCH, Right.INTERVENE),
    Act.CONTINUE_MORE: _need("raise a limit", Right.DISPATCH, Right.INTERVENE),
    Act.COMPACT: _need("continue work", Right.DISPATCH, Right.INTERVENE),
    Act.MOVE: _need("move work", Right.DISPATCH, Right.INTERVENE),
    Act.USE: _need("set the default project where others read", Right.DISPATCH, Right.CONFIGURE),
    Act.STOP: _need("stop work", Right.TALK, Right.INTERVENE),
    Act.CANCEL: _need("cancel work", Right.TALK, Right.INTERVENE),
    Act.REROUTE: _need("give work to another specialist", Right.DISPATCH, Right.INTERVENE),
    Act.WITHDRAW: Need(frozenset({Right.TALK}), frozenset(), "withdraw what others asked for"),
    Act.ANSWER: _need("answer", Right.ANSWER, Right.INTERVENE),
    Act.ASK_AGAIN: _need("ask again", Right.ANSWER, Right.INTERVENE),
    Act.GRANT: Need(
        frozenset({Right.APPROVE_OWN, Right.APPROVE_OTHERS}), frozenset({Right.APPROVE_OTHERS}), "allow it"
    ),
    Act.DENY: _need("refuse it", Right.TALK, Right.APPROVE_OTHERS, Right.INTERVENE),
    Act.ADD_MONEY: _need("add money", Right.MONEY),
    Act.SEE_COSTS: _need("see what others spend", Right.MONEY),
    Act.SHOW: _need("look", Right.TALK, Right.SEE_OTHERS),
    Act.SCHEDULE: Need(frozenset({Right.SCHEDULE}), frozenset(), "schedule work"),
    Act.RUN_SCHEDULE: _need("run schedules", Right.SCHEDULE, Right.INTERVENE),
    Act.REST_SCHEDULE: _need("pause schedules", Right.TALK, Right.INTERVENE),
    Act.SEE_SCHEDULE: _need("look", Right.TALK, Right.SEE_OTHERS),
    Act.PEOPLE: _need("change who is known here", Right.CONFIGURE),
    Act.RULES: _need("change what is always allowed", Right.CONFIGURE),
    Act.CONFIGURE: _need("change the configuration", Right.CONFIGURE),
    Act.PURGE: _need("delete what is kept", Right.CONFIGURE),
    Act.AUDIT: _need("see who did what", Right.CONFIGURE),
    Act.BACKUP: _need("copy what is kept", Right.CONFIGURE),
}
"""Default deny: an act without a row fails loudly, and a test walks them all."""

ENDING: Final = frozenset({Act.STOP, Act.CANCEL, Act.WITHDRAW, Act.DENY, Act.REST_SCHEDULE})
"""These only make less happen: no project keeps them from those whose right they are, wherever they are."""

VERDICTS: Final = {Verdict.ANSWERED: Act.ANSWER, Verdict.GRANTED: Act.GRANT, Verdict.DENIED: Act.DENY}

BUTTONS: Final[dict[ButtonAction, Act]] = {
    ButtonAction.ANSWER: Act.ANSWER,
    ButtonAction.WRITE: Act.ANSWER,
    ButtonAction.GRANT: Act.GRANT,
    ButtonAction.GRANT_SESSION: Act.GRANT,
    ButtonAction.DENY: Act.DENY,
    ButtonAction.DENY_WHY: Act.DENY,
    ButtonAction.CONTINUE: Act.CONTINUE,
    ButtonAction.CONTINUE_MORE: Act.CONTINUE_MORE,
    ButtonAction.ADD_MONEY: Act.CONTINUE,  # and then, for what is beyond the project's limit, Act.ADD_MONEY
    ButtonAction.FINISH: Act.CONTINUE,
    ButtonAction.RETRY: Act.RETRY,
    ButtonAction.DO_REST: Act.RETRY,
    ButtonAction.USE_MODEL: Act.RETRY,
    ButtonAction.KEEP_MODEL: Act.CONFIGURE,  # and then Act.RETRY
    ButtonAction.SHOW_LOG: Act.SHOW,
    ButtonAction.STOP: Act.STOP,
    ButtonAction.CANCEL: Act.CANCEL,
    ButtonAction.WAIT: Act.CONTINUE,
    ButtonAction.TRY_NOW: Act.CONTINUE,
    ButtonAction.ASK_AGAIN: Act.ASK_AGAIN,
    ButtonAction.CLOSE: Act.STOP,
    ButtonAction.PAIR: Act.PEOPLE,
    ButtonAction.TURN_AWAY: Act.PEOPLE,
    ButtonAction.COMPOSE: Act.START,
    ButtonAction.SNOOZE: Act.REST_SCHEDULE,
    ButtonAction.CHANGE_TIME: Act.SCHEDULE,
    ButtonAction.PAUSE_SCHEDULE: Act.REST_SCHEDULE,
    ButtonAction.RUN_SCHEDULE: Act.RUN_SCHEDULE,
    ButtonAction.EDIT_SCHEDULE: Act.SCHEDULE,
    ButtonAction.DELETE_SCHEDULE: Act.REST_SCHEDULE,
    ButtonAction.APPLY: Act.TALK,  # and then whatever its action is
}
"""What the press of a button is."""
