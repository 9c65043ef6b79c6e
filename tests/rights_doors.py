"""Every door of a house with what it is for, and a way to try each without leaving a trace.

The attempts run for real, in a transaction that is undone at its end; what it would have written is counted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import uuid4

from bot import actions
from bot.costs import By
from bot.desk import Desk
from bot.errors import Refused
from bot.model import decisions
from bot.model.acts import BUTTONS, Act
from bot.model.conversations import (
    CANCELS,
    Address,
    Conversation,
    Deleted,
    Edited,
    Inbound,
    Message,
    Outcome,
    Pressed,
    Reacted,
    Submitted,
    Wrote,
)
from bot.model.dispatches import Dispatch, Note, Run, Spec
from bot.model.people import AccountRow, Identity, Pairing, Person, PersonRow, Role
from bot.model.posts import (
    FORMS,
    SCHEDULE_FORMS,
    ButtonAction,
)
from bot.model.purging import Purge
from bot.model.questions import Question
from bot.model.schedules import Firing, Schedule
from tests.rights_goods import CHAT, NOON, Goods, a_session
from tests.undoing import Undoing

TELLING: Final = (Dispatch, Run, Note, Question, PersonRow, AccountRow, Pairing, Schedule, Firing)
"""A row of these is an effect; that something was said and refused is kept beside them."""


LONG_AGO: Final = Purge(NOON - timedelta(days=9_000))
"""So that nothing is deleted where it is allowed."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One person at the doors of a house, before the goods of one owner."""

    desk: Desk
    store: Undoing
    place: Conversation
    person: Person
    goods: Goods

    async def effects(self, attempt: Callable[[Visit], Awaitable[bool | None]]) -> bool:
        """Whether it did something; an attempt that only looks says itself whether it was let in."""
        self.store.written.clear()
        try:
            let_in = await attempt(self)
        except Refused:
            return False
        return let_in or any(isinstance(noun, TELLING) for noun in self.store.written)

    async def receives(self, event: Callable[[Identity, Address, str], Inbound]) -> None:
        await self.desk.receive(event(Identity(CHAT, self.person.id), self.place.address, uuid4().hex))

    async def writes(self, text: str) -> None:
        await self.receives(lambda who, where, key: Wrote(who, where, key, text, self.person.id))

    async def press(self, action: ButtonAction) -> bool:
        token = self.goods.buttons[action]
        event = Identity(CHAT, self.person.id), self.place.address, uuid4().hex
        written = "daily at 8" if action in SCHEDULE_FORMS else "red"
        inbound = (
            Submitted(*event, token, {"text": written, "project": "api"}, self.person.id)
            if action in FORMS
            else Pressed(*event, token, self.person.id)
        )
        receipt = await self.desk.receive(inbound)
        return receipt.outcome is Outcome.ACCEPTED

    async def applies(self) -> None:
        """The button is a choice of a person's own; what it does is judged like any other decision."""
        await self.press(ButtonAction.APPLY)

    async def decides(self, action: decisions.Action) -> None:
        """As if the secretary had proposed it about a message of this person."""
        async with self.store.transaction() as unit:
            message = Message("m", self.place.id, 9_999, "m", self.person.id, self.person.id, "red", NOON)
            await unit.add(message)
            await actions.apply(unit, self.desk.house, self.place, message, self.person, action)


Attempt = Callable[[Visit], Awaitable[bool | None]]


async def _corrects(visit: Visit) -> bool:
    of = visit.goods.message
    before = len(visit.store.written)
    await visit.receives(lambda who, where, key: Edited(who, where, key, of, "other words", "x"))
    return any(isinstance(noun, Message) for noun in visit.store.written[before:])


async def _withdraws(visit: Visit) -> bool:
    before = len(visit.store.written)
    await visit.receives(lambda who, where, key: Deleted(who, where, key, visit.goods.message))
    return any(isinstance(noun, Message) for noun in visit.store.written[before:])


async def _rejects(visit: Visit) -> None:
    """The card of the work, by a sign under it."""
    post = visit.goods.post
    await visit.receives(lambda who, where, key: Reacted(who, where, key, CANCELS, post))


async def _is_heard(visit: Visit) -> bool:
    await visit.writes("good morning")
    return any(isinstance(noun, Message) for noun in visit.store.written)


async def _is_told(visit: Visit) -> bool:
    async with visit.store.transaction() as unit:
        message = Message("m", visit.place.id, 9_999, "m", visit.person.id, "x", "status", NOON)
        words = await actions.apply(
            unit, visit.desk.house, visit.place, message, visit.person, decisions.ShowStatus()
        )
    return visit.goods.running in words


async def _sets_the_project(visit: Visit) -> bool:
    """Of the owner's private conversation."""
    place = replace(visit.place, direct=True, person=visit.goods.owner)
    async with visit.store.transaction() as unit:
        message = Message("m", place.id, 9_999, "m", visit.person.id, "x", "/use api", NOON)
        action = decisions.UseProject("api")
        words = await actions.apply(unit, visit.desk.house, place, message, visit.person, action)
    return "from now on" in words


async def _chooses_models(visit: Visit) -> bool:
    async with visit.store.transaction() as unit:
        message = Message("m", visit.place.id, 9_999, "m", visit.person.id, "x", "/models", NOON)
        wish = decisions.ConfigureModels("work", "draft", "other")
        words = await actions.apply(unit, visit.desk.house, visit.place, message, visit.person, wish)
    return "ask an admin" not in words


async def _moves(visit: Visit) -> None:
    """To another conversation, where the person writes it."""
    async with visit.store.transaction() as unit:
        other = Conversation(uuid4().hex, CHAT, uuid4().hex, "", NOON, direct=False)
        message = Message("m", other.id, 1, "m", visit.person.id, "x", "/move", NOON)
        await unit.add(other, message)
        action = decisions.MoveDispatch(visit.goods.running)
        await actions.apply(unit, visit.desk.house, other, message, visit.person, action)


async def sees(look: Awaitable[object]) -> bool:
    await look
    return True


async def _lists(visit: Visit) -> bool:
    found = await visit.desk.dispatches(visit.person, 1_000)
    return visit.goods.running in {item.id for item in found}


async def _sees_status(visit: Visit) -> bool:
    found = await visit.desk.status(visit.person)
    return visit.goods.running in {item.id for item in found.live}


ATTEMPTS: Final[dict[str, tuple[Act, Attempt]]] = {
    "says hello": (Act.TALK, _is_heard),
    "edits": (Act.CORRECT, _corrects),
    "deletes": (Act.CORRECT, _withdraws),
    "asks for status": (Act.LOOK, _is_told),
    "writes stop": (Act.STOP, lambda v: v.writes(f"stop {v.goods.running}")),
    "writes cancel": (Act.CANCEL, lambda v: v.writes(f"cancel {v.goods.running}")),
    "reacts with a cross": (Act.WITHDRAW, _rejects),
    "writes /approve": (Act.GRANT, lambda v: v.writes(f"/approve {v.goods.approval}")),
    "writes /deny": (Act.DENY, lambda v: v.writes(f"/deny {v.goods.approval} no")),
    **{
        f"presses {action}": (
            Act.STOP if action is ButtonAction.APPLY else act,
            lambda v, action=action: v.press(action) if action is not ButtonAction.APPLY else v.applies(),
        )
        for action, act in BUTTONS.items()
    },
    "decides dispatch": (
        Act.START, lambda v: v.decides(decisions.StartDispatch("api", "x", Spec(goal="x")))
    ),
    "decides answer": (Act.ANSWER, lambda v: v.decides(decisions.AnswerQuestion(v.goods.question))),
    "decides steer": (Act.STEER, lambda v: v.decides(decisions.Steer(v.goods.running))),
    "decides follow_up": (Act.FOLLOW_UP, lambda v: v.decides(decisions.FollowUp(v.goods.failed))),
    "decides stop": (Act.STOP, lambda v: v.decides(decisions.StopDispatch(v.goods.running))),
    "decides reroute": (Act.REROUTE, lambda v: v.decides(decisions.Reroute(v.goods.running, "api"))),
    "decides answer_yourself": (
        Act.REROUTE, lambda v: v.decides(decisions.AnswerYourself(v.goods.running))
    ),
    "decides cancel": (Act.CANCEL, lambda v: v.decides(decisions.CancelDispatch(v.goods.running))),
    "decides use": (Act.USE, _sets_the_project),
    "decides compact": (Act.COMPACT, lambda v: v.decides(decisions.Compact(v.goods.failed))),
    "decides move": (Act.MOVE, _moves),
    "decides configure_models": (Act.CONFIGURE, _chooses_models),
    "writes /pair": (Act.PEOPLE, lambda v: v.writes(f"/pair {v.goods.code} viewer")),
    "desk.move": (Act.MOVE, lambda v: sees(v.desk.move(v.person, v.goods.running, f"{CHAT}:other"))),
    "desk.members.pair": (
        Act.PEOPLE, lambda v: sees(v.desk.members.pair(v.person, v.goods.code, Role.USER))
    ),
    "desk.members.turn_away": (Act.PEOPLE, lambda v: sees(v.desk.members.turn_away(v.person, v.goods.code))),
    "desk.members.invite": (Act.PEOPLE, lambda v: sees(v.desk.members.invite(v.person, "rowan", CHAT))),
    "desk.members.pairings": (Act.PEOPLE, lambda v: sees(v.desk.members.pairings(v.person))),
    "decides retry": (Act.RETRY, lambda v: v.decides(decisions.RetryDispatch(v.goods.failed))),
    "desk.dispatch": (Act.START, lambda v: sees(v.desk.dispatch(v.person, "api", "x"))),
    "desk.follow_up": (Act.FOLLOW_UP, lambda v: sees(v.desk.follow_up(v.person, v.goods.failed, "x"))),
    "desk.tell": (Act.STEER, lambda v: sees(v.desk.tell(v.person, v.goods.running, "x"))),
    "desk.answer": (Act.ANSWER, lambda v: sees(v.desk.answer(v.person, v.goods.question, "red"))),
    "desk.approve": (Act.GRANT, lambda v: sees(v.desk.approve(v.person, v.goods.approval))),
    "desk.deny": (Act.DENY, lambda v: sees(v.desk.deny(v.person, v.goods.approval))),
    "desk.allow": (Act.RULES, lambda v: sees(v.desk.allow(v.person, "api", "Bash(pytest *)"))),
    "desk.revoke": (Act.RULES, lambda v: sees(v.desk.revoke(v.person, "r99"))),
    "desk.rules": (Act.RULES, lambda v: sees(v.desk.rules(v.person))),
    "desk.stop": (Act.STOP, lambda v: sees(v.desk.stop(v.person, v.goods.running))),
    "desk.cancel": (Act.CANCEL, lambda v: sees(v.desk.cancel(v.person, v.goods.running))),
    "desk.retry": (Act.RETRY, lambda v: sees(v.desk.retry(v.person, v.goods.failed))),
    "desk.adopt": (Act.ADOPT, lambda v: sees(v.desk.adopt(v.person, "api", a_session(), "x"))),
    "desk.status": (Act.SHOW, _sees_status),
    "desk.dispatches": (Act.SHOW, _lists),
    "desk.show": (Act.SHOW, lambda v: sees(v.desk.show(v.person, v.goods.running))),
    "desk.news": (Act.SHOW, lambda v: sees(v.desk.news(v.person, v.goods.running, set(), 9))),
    "desk.costs": (Act.LOOK, lambda v: sees(v.desk.costs(v.person, By.DAY, NOON, NOON))),
    "desk.keeping.preview": (Act.PURGE, lambda v: sees(v.desk.keeping.preview(v.person, LONG_AGO))),
    "desk.keeping.purge": (Act.PURGE, lambda v: sees(v.desk.keeping.purge(v.person, LONG_AGO))),
    "desk.keeping.cache": (Act.AUDIT, lambda v: sees(v.desk.keeping.cache(v.person))),
    "desk.keeping.clear_cache": (Act.PURGE, lambda v: sees(v.desk.keeping.clear_cache(v.person))),
    "desk.keeping.audit": (Act.AUDIT, lambda v: sees(v.desk.keeping.audit(v.person, 9))),
    "desk.members.everybody": (Act.PEOPLE, lambda v: sees(v.desk.members.everybody(v.person))),
    "desk.members.add": (Act.PEOPLE, lambda v: sees(v.desk.members.add(v.person, "newt", "", Role.USER))),
    "desk.members.remove": (Act.PEOPLE, lambda v: sees(v.desk.members.remove(v.person, "rowan"))),
    "desk.members.link": (
        Act.PEOPLE, lambda v: sees(v.desk.members.link(v.person, "rowan", Identity("telegram", "4711")))
    ),
    "desk.members.unlink": (
        Act.PEOPLE, lambda v: sees(v.desk.members.unlink(v.person, Identity("telegram", "1")))
    ),
}  # fmt: skip
"""What is really tried, cell by cell; those at schedules stand in ``rights_schedules``."""
