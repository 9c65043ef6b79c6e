"""Every verb a door may call: the command line, a chat, a schedule and a test all come through here.

A verb returns after its commit; ``poke`` then tells a running house, in this process or another, to look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from bot import (
    control,
    costs,
    in_force,
    lifecycle,
    model_choice,
    moving,
    people,
    permissions,
    policy,
    questions,
    rates,
    reports,
    retrying,
)
from bot.addresses import find_conversation
from bot.answers import reply_to
from bot.budgets import day_began
from bot.causes import kept_words
from bot.errors import Refused
from bot.house import House
from bot.housekeeping import Housekeeping
from bot.immediate import decide
from bot.in_force import InForce
from bot.inbox import Inbox
from bot.looking import detail, newest_events, problems, refused, undelivered
from bot.members import Members
from bot.model.acts import Act
from bot.model.conversations import Address, Conversation, Inbound, Message, MessageState, Receipt
from bot.model.dispatches import LIVE, Dispatch, Session, Spec
from bot.model.dispatches import Status as DispatchStatus
from bot.model.grants import Rule
from bot.model.health import Health
from bot.model.leases import Holder
from bot.model.log import EventRow
from bot.model.people import Person
from bot.model.posts import SENT_AGAIN, OutboxRow, Post
from bot.model.questions import Question, QuestionKind, QuestionState, Reply, Verdict
from bot.model.views import Detail, Status
from bot.ports import Unit
from bot.timetable import Timetables

T = TypeVar("T")


class Desk:
    def __init__(
        self,
        house: House,
        poke: Callable[[], None],
        held: Callable[[], Holder | None],
        card: Callable[[Dispatch], Post],
        resume_command: Callable[[Session], str],
        health: Callable[[], Health | None] = lambda: None,
    ) -> None:
        """``held``: the process that runs the house, if one does; ``health``: its last word of itself."""
        self.house = house
        self.members = Members(house, self._commit)
        self.keeping = Housekeeping(house)
        self.timetables = Timetables(house, self._commit)
        self._inbox = Inbox(house)
        self._poke = poke
        self._held = held
        self._health = health
        self._card = card
        self._resume_command = resume_command

    # ── doors: chats ─────────────────────────────────────────────────────────────────────────────────────

    async def receive(self, inbound: Inbound) -> Receipt:
        """Keep an event and say what became of it; raises StoreError when nothing was kept."""
        with self.house.meter.span("receive", chat=inbound.where.chat) as span:
            receipt = await self._inbox.receive(inbound)
            span.outcome = receipt.outcome
        self.house.meter.count("messages_total", outcome=receipt.outcome)
        self._poke()
        return receipt

    async def posts(self, conversation_key: str, after: int) -> list[OutboxRow]:
        """Posts of a terminal conversation with a sequence number above ``after``."""
        async with self.house.store.reading() as unit:
            conversation = await find_conversation(unit, Address("terminal", conversation_key))
            if conversation is None or conversation.last_post <= after:
                return []
            unseen = tuple(range(after + 1, conversation.last_post + 1))
            return await unit.find(OutboxRow, conversation=conversation.id, seq=unseen)

    async def card(self, row: OutboxRow) -> Post | None:
        """What a card shows now."""
        if row.dispatch is None:
            return None
        async with self.house.store.reading() as unit:
            dispatch = await unit.get(Dispatch, row.dispatch)
        if dispatch is None or dispatch.conversation != row.conversation:
            return None  # it speaks elsewhere; an edit of this row says where
        buttons = row.post.buttons if dispatch.status in LIVE else ()
        return reports.with_buttons(self._card(dispatch), buttons)

    async def idle(self, conversation_key: str) -> bool:
        """Nothing will be posted here unless somebody does something."""
        async with self.house.store.reading() as unit:
            conversation = await find_conversation(unit, Address("terminal", conversation_key))
            if conversation is None:
                return True
            busy = await unit.find(
                Message, conversation=conversation.id, state=MessageState.WAITING, limit=1
            ) or await unit.find(
                Dispatch,
                conversation=conversation.id,
                status=(DispatchStatus.WAITING, DispatchStatus.RUNNING),
                limit=1,
            )
        return not busy

    # ── doors: verbs ─────────────────────────────────────────────────────────────────────────────────────

    async def dispatch(
        self, person: Person, project: str, text: str, conversation: str | None = None
    ) -> Dispatch:
        """Start work in a project without the secretary; the text is the whole spec."""

        async def create(unit: Unit, person: Person) -> Dispatch:
            if too_much := await rates.of_dispatches(unit, self.house, person):
                raise Refused(too_much)
            place, message = await kept_words(unit, self.house, person, text, conversation)
            self._allow(person, Act.START, policy.in_project(project, place.address))
            wish, _ = policy.limits_in(self.house.settings, person, project, text)
            return await lifecycle.create(
                unit,
                self.house,
                conversation=place,
                message=message,
                person=person,
                project=project,
                title=text,
                spec=Spec(goal=message.text, asked_by=person.name),
                wish=wish,
            )

        return await self._commit(person, create)

    async def follow_up(
        self, person: Person, dispatch_id: str, text: str, *, act: Act = Act.FOLLOW_UP
    ) -> str:
        """Continue a dispatch's session, or leave a note for a busy one."""

        async def continue_(unit: Unit, person: Person) -> str:
            dispatch = await self._touchable(unit, person, act, dispatch_id)
            place = await unit.get(Conversation, dispatch.conversation)
            _, message = await kept_words(unit, self.house, person, text, place.key if place else None, place)
            return await control.follow_up(unit, self.house, dispatch, message, message.text)

        return await self._commit(person, continue_)

    async def tell(self, person: Person, dispatch_id: str, text: str) -> str:
        """Say something to a running dispatch; refused when it is not running."""
        async with self.house.store.reading() as unit:
            dispatch = await unit.get(Dispatch, dispatch_id)
        if dispatch is not None and dispatch.status not in (DispatchStatus.RUNNING, DispatchStatus.WAITING):
            raise Refused(f"{dispatch_id} is not running; `frontdesk continue {dispatch_id}` resumes it.")
        return await self.follow_up(person, dispatch_id, text, act=Act.STEER)

    async def answer(self, person: Person, question_id: str, text: str) -> str:

        async def close(unit: Unit, person: Person) -> str:
            item = await self._question(unit, question_id)
            if item.kind is QuestionKind.APPROVAL:
                raise Refused(f"{question_id} is an approval: use `frontdesk approve` or `frontdesk deny`.")
            await questions.close(unit, self.house, question_id, reply_to(item, text, person.name), person)
            return f"{question_id} answered."

        return await self._commit(person, close)

    async def approve(
        self, person: Person, question_id: str, *, shown: str | None = None, session: bool = False
    ) -> str:
        """``shown``: the hash, or its beginning, of the call that was read; else what was posted last."""
        return await self._decide(person, question_id, Reply(Verdict.GRANTED, {}, session=session), shown)

    async def deny(self, person: Person, question_id: str, text: str = "") -> str:
        return await self._decide(person, question_id, Reply(Verdict.DENIED, {}, text))

    async def _decide(self, person: Person, question_id: str, reply: Reply, shown: str | None = None) -> str:
        return await self._commit(
            person, lambda unit, who: decide(unit, self.house, who, question_id, reply, shown=shown)
        )

    async def allow(self, person: Person, project: str, rule: str, *, broad: bool = False) -> str:
        """Always allow what the rule covers, in one project."""
        return await self._commit(
            person, lambda unit, who: permissions.allow(unit, self.house, who, project, rule, broad=broad)
        )

    async def revoke(self, person: Person, rule_id: str) -> str:
        return await self._commit(person, lambda unit, by: permissions.revoke(unit, self.house, by, rule_id))

    async def stop(self, person: Person, dispatch_id: str) -> str:
        return await self._end(person, dispatch_id, Act.STOP)

    async def cancel(self, person: Person, dispatch_id: str) -> str:
        return await self._end(person, dispatch_id, Act.CANCEL)

    async def move(self, person: Person, dispatch_id: str, conversation: str) -> str:
        """Have it speak in another conversation: a chat's name for one's own there, else chat:key."""

        async def moved(unit: Unit, person: Person) -> str:
            dispatch = await self._touchable(unit, person, Act.MOVE, dispatch_id)
            place = await moving.named_place(unit, person, conversation)
            done = await moving.move(unit, self.house, person, dispatch, place)
            return done or f"{dispatch_id} speaks in {moving.place_words(place)} from now on."

        return await self._commit(person, moved)

    async def retry(self, person: Person, dispatch_id: str) -> str:

        async def again(unit: Unit, person: Person) -> str:
            dispatch = await self._touchable(unit, person, Act.RETRY, dispatch_id)
            return await control.retry(unit, self.house, dispatch) or f"{dispatch_id} is tried again."

        return await self._commit(person, again)

    async def adopt(
        self, person: Person, project: str, session: Session, title: str, conversation: str | None = None
    ) -> Dispatch:
        """Make a session that began in somebody's terminal a dispatch here; a follow-up resumes it."""

        async def adopt(unit: Unit, person: Person) -> Dispatch:
            place, message = await kept_words(unit, self.house, person, f"adopt {session.id}", conversation)
            self._allow(person, Act.ADOPT, policy.in_project(project, place.address))
            return await lifecycle.adopt(
                unit,
                self.house,
                conversation=place,
                message=message,
                person=person,
                session=session,
                title=title,
            )

        return await self._commit(person, adopt)

    async def _end(self, person: Person, dispatch_id: str, how: Act) -> str:

        async def end(unit: Unit, person: Person) -> str:
            dispatch = await self._touchable(unit, person, how, dispatch_id)
            return await control.request_end(unit, self.house, dispatch, how.value)

        return await self._commit(person, end)

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────

    async def status(self, person: Person | None = None) -> Status:
        """How the house is; what goes on in it only as far as the person may look."""
        now = self.house.now()
        held = self._held()
        async with self.house.store.reading() as unit:
            person = await people.known(unit, self.house.settings, person.id) if person else None
            live = await unit.find(Dispatch, status=tuple(LIVE))
            open_ = await unit.find(Question, state=QuestionState.OPEN)
            backlog = await unit.backlog()
            spent = await unit.spent_usd(since=day_began(self.house))
            lost, again = await undelivered(unit), await unit.reached(SENT_AGAIN)
        seen = tuple(item for item in live if person and self._may_see(person, item))
        health = self._health() if held else None
        return Status(
            running=held is not None,
            since=held.since if held else None,
            holder=held,
            problems=(*(problems(backlog, health, now) if held else ()), *lost, *refused(self._in_force())),
            counts=dict(Counter(item.status.value for item in live)),
            turns_waiting=backlog.turns_waiting,
            parts_unsent=backlog.posts_unsent,
            spent_today_usd=spent,
            sent_again=again,
            live=seen,
            questions=tuple(item for item in open_ if item.dispatch in {one.id for one in seen}),
            restart=found.restart if (found := self._in_force()) else (),
            health=health,
        )

    def _in_force(self) -> InForce | None:
        return in_force.read(self.house.settings.home) if self._held() is not None else None

    async def dispatches(
        self, person: Person, limit: int = 20, status: str | None = None, project: str | None = None
    ) -> list[Dispatch]:
        """Those that the person may look at, newest first."""
        wanted = {"status": status, "project": project}
        given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        async with self.house.store.reading() as unit:
            person = await self._as_now(unit, person)
            sees_all = all(
                policy.sees_all(self.house.settings, person, name) for name in self.house.settings.projects
            )
            found = await unit.find(Dispatch, limit=limit if sees_all else None, newest=True, **given)
        return [item for item in found if self._may_see(person, item)][:limit]

    def _may_see(self, person: Person, dispatch: Dispatch) -> bool:
        return policy.authorize(self.house.settings, person, Act.SHOW, policy.of_dispatch(dispatch)) is None

    async def show(self, person: Person, dispatch_id: str) -> Detail:
        async with self.house.store.reading() as unit:
            dispatch = await self._seen(unit, person, dispatch_id)
            return await detail(unit, dispatch, self._resume_command)

    async def rules(self, person: Person, project: str | None = None) -> list[Rule]:
        """In force, oldest first."""
        wanted: dict[str, Any] = {} if project is None else {"project": project}
        async with self.house.store.reading() as unit:
            self._allow(await self._as_now(unit, person), Act.RULES, policy.Object(project=project))
            return await unit.find(Rule, revoked_at=None, **wanted)

    async def news(
        self, person: Person, dispatch_id: str | None, known: set[str], limit: int = 0
    ) -> list[EventRow]:
        """Events that are not ``known`` yet, oldest first, which then are; of one dispatch, or of all that
        the person may see. ``limit``: only the newest so many, 0: all since the newest known one."""
        async with self.house.store.reading() as unit:
            if dispatch_id is not None:
                await self._seen(unit, person, dispatch_id)
            rows = await newest_events(unit, dispatch_id, known, limit)
            fresh = [row for row in reversed(rows) if row.id not in known]
            known.update(row.id for row in fresh)
            ids = {row.dispatch for row in fresh}
            found = {item.id: item for item in await unit.find(Dispatch, id=tuple(ids))} if ids else {}
        return [row for row in fresh if row.dispatch in found and self._may_see(person, found[row.dispatch])]

    async def costs(self, person: Person, by: costs.By, since: datetime, until: datetime) -> costs.Costs:
        """The ledger between two moments, summed; without the right to see everybody's, one's own."""
        settings = self.house.settings
        async with self.house.store.reading() as unit:
            person = await self._as_now(unit, person)
            if why := policy.authorize(settings, person, Act.LOOK):
                raise Refused(why)
            own = policy.authorize(settings, person, Act.SEE_COSTS) is not None
            rows = await unit.paid_rows(since=since, until=until, person=person.id if own else None)
            places = await unit.find(Conversation, id=tuple({row.conversation for row in rows}))
        names = {place.id: f"{place.chat}:{place.key}" for place in places}
        models, baseline = model_choice.priced(settings), settings.budgets.baseline_model
        return costs.summed(rows, by, settings.timezone, names=names, baseline=baseline, models=models)

    # ── shared by the verbs ──────────────────────────────────────────────────────────────────────────────

    async def _commit(self, person: Person, verb: Callable[[Unit, Person], Awaitable[T]]) -> T:
        """Carry a verb out for the person as they are now: a door may have known them for hours."""

        async def attempt() -> T:
            async with self.house.store.transaction() as unit:
                return await verb(unit, await self._as_now(unit, person))

        done = await retrying.on_conflict(attempt)
        self._poke()
        return done

    async def _as_now(self, unit: Unit, person: Person) -> Person:
        return await people.as_now(unit, self.house.settings, person)

    def _allow(self, person: Person, act: Act, object: policy.Object) -> None:
        """Raises Refused with the sentence for a person who may not."""
        if why := policy.authorize(self.house.settings, person, act, object):
            raise Refused(why)

    async def _seen(self, unit: Unit, person: Person, dispatch_id: str) -> Dispatch:
        dispatch = await unit.get(Dispatch, dispatch_id)
        if dispatch is None:
            raise Refused(f"There is no dispatch {dispatch_id}; `frontdesk list` shows what there is.")
        self._allow(await self._as_now(unit, person), Act.SHOW, policy.of_dispatch(dispatch))
        return dispatch

    async def _touchable(self, unit: Unit, person: Person, act: Act, dispatch_id: str) -> Dispatch:
        dispatch = await unit.get(Dispatch, dispatch_id, lock=True)
        if dispatch is None:
            raise Refused(f"There is no dispatch {dispatch_id}; `frontdesk list` shows what there is.")
        self._allow(person, act, policy.of_dispatch(dispatch))
        return dispatch

    async def _question(self, unit: Unit, question_id: str) -> Question:
        item = await unit.get(Question, question_id)
        if item is None:
            raise Refused(f"There is no question {question_id}.")
        return item
