"""The teller of a story: does what its lines say, and waits for what they say must happen."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from adapters.rehearsal.scripted_chat import Platform
from adapters.rehearsal.scripted_chat.faults import Fault
from adapters.rehearsal.scripted_specialist.opening import transcript_path
from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import marked
from bot.errors import Refused
from bot.model.conversations import (
    Address,
    Edited,
    FileRef,
    Inbound,
    Outcome,
    Pressed,
    Reacted,
    Receipt,
    Stopped,
    Submitted,
    Wrote,
)
from bot.model.dispatches import Dispatch, Run, Session
from bot.model.log import AuditRow
from bot.model.people import Identity, Role
from bot.model.questions import Question
from tests.phones import Phones
from tests.slack_phones import SlackPhones
from tests.story_house import StoryHouse
from tests.story_view import View, matches

MAIN: Final = "main"
PATIENCE_S: Final = 20.0
LOOK_EVERY_S: Final = 0.02
UNITS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


class StoryFailed(AssertionError):
    """The house did not do what the transcript says."""


@dataclass(slots=True)
class Teller:
    """Does what a line says, or waits for what it says."""

    house: StoryHouse
    _view: View
    heard: list[str] = field(default_factory=list[str])
    _seen: dict[str, int] = field(
        default_factory=lambda: defaultdict(int)
    )  # conversation → posts that were told
    _events: int = 0
    _last: Inbound | None = None
    _wrote: dict[tuple[str, str], Wrote] = field(default_factory=dict[tuple[str, str], Wrote])

    # ── what people do ───────────────────────────────────────────────────────────────────────────────────

    async def writes(self, who: str, text: str, where: str = MAIN, **more: Any) -> Receipt:
        wrote = Wrote(*self._from(who, where), self._key(), text.replace("\\n", "\n"), who, **more)
        self._wrote[who, where] = wrote
        return await self._receive(wrote)

    async def replies(self, who: str, to: str, text: str, where: str = MAIN) -> None:
        message_id = await self._eventually(lambda: self._view.message_about(to, where), f"a post about {to}")
        await self.writes(who, text, where, reply_to=message_id)

    async def attaches(self, who: str, file: str, text: str, where: str = MAIN) -> None:
        """A file of the story's front, on the scripted platform."""
        data = self.house.files.get(file)
        platform = self.house.platforms[self.house.chat]
        if data is not None:
            platform.files[file] = data.encode()
        await self.writes(who, text, where, files=(FileRef(file, file, len(data or "")),))

    async def handed_over(self, name: str, content: str) -> None:
        data = await self._eventually(lambda: self._view.handed_over(name), f"a file {name}")
        assert matches(content, data.decode()), f"it holds {data.decode()!r}"

    async def forwards(self, who: str, text: str, where: str = MAIN) -> None:
        await self.writes(who, text, where, forwarded=True)

    async def types(
        self, who: str, text: str = "", where: str = "team", said: str = "", refused: str = ""
    ) -> None:
        """Slack's own command; what is answered is for them alone."""
        phones = self.house.phones
        assert isinstance(phones, SlackPhones), "only Slack has it"
        await self.house.pass_time(1)
        answer = await phones.types(who, text, where)
        assert matches(refused or said, answer), f"it was answered: {answer!r}"

    async def stops(self, who: str, where: str = MAIN) -> None:
        """The platform's own stop control."""
        await self._receive(Stopped(*self._from(who, where), self._key(), who))

    async def reacts(self, who: str, emoji: str, to: str, where: str = MAIN, ignored: str = "") -> None:
        """To our newest post about q1 or d1, or to what they wrote themselves."""
        own = self._wrote.get((who, where)) if to == "it" else None
        id = "none" if own else await self._eventually(lambda: self._view.message_about(to, where), "a post")
        event = *self._from(who, where), self._key(), emoji, id, own.key if own else None
        await self._receive(Reacted(*event), Outcome.IGNORED if ignored else None)

    async def wrote_before(self, who: str, minutes: str, text: str, where: str = MAIN) -> None:
        """The platform kept it while the house was down."""
        sent_at = self.house.clock.now() - timedelta(minutes=int(minutes))
        await self.writes(who, text, where, sent_at=sent_at)

    async def not_heard(self, who: str, text: str, where: str = MAIN) -> None:
        """Somebody known writes and is refused; what they are told is a post."""
        wrote = Wrote(*self._from(who, where), self._key(), text, who)
        await self._receive(wrote, Outcome.REFUSED)

    async def says_to(self, who: str, whom: str, text: str, where: str = MAIN) -> None:
        await self.writes(who, f"{whom}: {text}", where, direct=False, addressed=False)

    async def edits(self, who: str, text: str, where: str = MAIN) -> None:
        await self._settle()
        of = self._wrote[who, where]
        await self._receive(Edited(of.identity, of.where, self._key(), of.key, text, who))

    async def redelivered(self) -> None:
        assert self._last is not None
        receipt = await self.house.receive(self._last, again=True)
        assert receipt.outcome is Outcome.DUPLICATE, receipt

    async def presses(
        self, who: str, label: str, where: str = MAIN, said: str = "", refused: str = "", words: str = ""
    ) -> None:
        token = await self._eventually(lambda: self._view.button(label, where), f"a button [{label}]")
        press: Inbound = Pressed(*self._from(who, where), self._key(), token, who)
        receipt = await self._receive(press, Outcome.REFUSED if refused else None)
        if words:
            assert receipt.form is not None, f"no form was opened: {receipt}"
            values = {"text": words}
            press = Submitted(press.identity, press.where, self._key(), receipt.form.token, values, who)
            receipt = await self._receive(press)
        assert matches(refused or said, receipt.text), f"it was answered: {receipt.text!r}"

    async def runs_command(self, who: str, verb: str, id: str, text: str = "", said: str = "") -> None:
        desk = self.house.running.desk
        person = await desk.members.known(who)
        assert person is not None
        verbs: dict[str, Callable[[], Awaitable[object]]] = {
            "stop": lambda: desk.stop(person, id),
            "cancel": lambda: desk.cancel(person, id),
            "retry": lambda: desk.retry(person, id),
            "approve": lambda: desk.approve(person, id),
            "deny": lambda: desk.deny(person, id, text),
            "allow": lambda: desk.allow(person, id, text),
            "revoke": lambda: desk.revoke(person, id),
            "answer": lambda: desk.answer(person, id, text),
            "tell": lambda: desk.tell(person, id, text),
            "continue": lambda: desk.follow_up(person, id, text),
            "dispatch": lambda: desk.dispatch(person, id, text),
            "move": lambda: desk.move(person, id, text),
        }
        await self._settle()
        try:
            answer = str(await verbs[verb]())
        except Refused as error:
            answer = f"refused: {error}"
        assert matches(said, answer), f"it answered: {answer}"

    async def changes_people(self, who: str, change: str, words: str, said: str = "") -> None:
        members = self.house.running.desk.members
        person = await members.known(who)
        assert person is not None
        id, *rest = words.split()
        verbs: dict[str, Callable[[], Awaitable[str]]] = {
            "add": lambda: members.add(person, id, id, Role(rest[0] if rest else "user")),
            "remove": lambda: members.remove(person, id),
            "link": lambda: members.link(person, id, Identity(rest[0], rest[1])),
            "unlink": lambda: members.unlink(person, Identity(id, rest[0])),
        }
        await self._settle()
        try:
            answer = await verbs[change]()
        except Refused as error:
            answer = f"refused: {error}"
        assert matches(said, answer), f"it answered: {answer}"

    # ── what the house shows ─────────────────────────────────────────────────────────────────────────────

    async def frontdesk(self, pattern: str, where: str = MAIN) -> None:
        """The next post must be this one."""

        async def next_post() -> str | None:
            posts = await self._view.posts(where)
            return posts[self._seen[where]] if len(posts) > self._seen[where] else None

        text = await self._eventually(next_post, "another post")
        self.heard.append(f"  {where}: {text}")
        self._seen[where] += 1
        assert self._view.matches(pattern, text), "the next post was another one"

    async def card(self, pattern: str, id: str = "", where: str = MAIN) -> None:
        async def as_told() -> bool:
            return any(self._view.matches(pattern, text) for text in await self._view.cards(id, where))

        await self._eventually(as_told, "such a card", lambda: self._view.cards(id, where))

    async def edited(self, pattern: str, where: str = MAIN) -> None:
        async def as_told() -> bool:
            return any(self._view.matches(pattern, text) for text in await self._view.edits(where))

        await self._eventually(as_told, "such an edit", lambda: self._view.edits(where))

    async def nothing_more(self) -> None:
        await self._settle()
        for where in await self._view.conversations():
            unexpected = (await self._view.posts(where))[self._seen[where] :]
            assert not unexpected, f"in {where} it also said: {unexpected}"

    # ── what is in the rows and on disk ──────────────────────────────────────────────────────────────────

    async def status(self, pattern: str) -> None:
        """Among the problems that everybody on the machine is shown."""
        await self._settle()
        problems = (await self.house.running.desk.status()).problems
        assert any(matches(pattern, problem) for problem in problems), f"it says: {problems}"

    async def is_state(self, id: str, state: str) -> None:
        kind = Run if "/" in id else Question if id.startswith("q") else Dispatch

        async def now() -> str:
            async with self.house.reading() as unit:
                row = await unit.get(kind, id)
            return "" if row is None else str(row.status if isinstance(row, Dispatch) else row.state)

        async def as_told() -> bool:
            return await now() == state

        await self._eventually(as_told, f"{id} {state}", now)

    async def has_runs(self, id: str, count: str) -> None:
        async with self.house.reading() as unit:
            runs = await unit.find(Run, dispatch=id)
        assert len(runs) == int(count), f"it has {len(runs)}"

    async def kept_session(self, id: str) -> None:
        async with self.house.reading() as unit:
            sessions = await unit.find(Session, dispatch=id)
        assert len(sessions) == 1, f"it has {len(sessions)}"

    async def cost(self, id: str, usd: str) -> None:
        async with self.house.reading() as unit:
            dispatch = await unit.get(Dispatch, id)
        assert dispatch is not None
        assert abs(dispatch.cost_usd - float(usd)) < 1e-9, f"it cost {dispatch.cost_usd}"

    async def audit(self, who: str, action: str, object: str) -> None:
        async with self.house.reading() as unit:
            rows = await unit.find(AuditRow, person=who, action=action, object=object)
        assert rows, "nothing of it in the audit"

    async def file(self, path: str, pattern: str) -> None:
        file = self.house.directory / path

        async def as_told() -> bool:
            return file.exists() and matches(pattern, file.read_text())

        await self._eventually(as_told, "such a file")

    async def no_file(self, path: str) -> None:
        await self._settle()
        assert not (self.house.directory / path).exists(), "it is there"

    # ── what happens to the house ────────────────────────────────────────────────────────────────────────

    async def pass_time(self, n: str, unit: str) -> None:
        await self._settle()
        await self.house.pass_time(int(n) * UNITS[unit])

    async def restarted(self) -> None:
        await self._settle()
        await self.killed()

    async def killed(self) -> None:
        await self.house.close()
        await self.house.open()

    async def loses_session(self, id: str) -> None:
        async with self.house.reading() as unit:
            (session,) = await unit.find(Session, dispatch=id)
        transcript_path(session.config_dir, session.id).unlink()

    async def no_process(self) -> None:
        await self._settle()
        left = marked(Marker.of(self.house.settings.home))
        assert not left, f"still running: {left}"

    async def secretary_fails(self, words: str) -> None:
        self.house.gate.failure = words

    async def secretary_tells(self, words: str) -> None:
        self.house.gate.report = words

    async def secretary_thinks(self) -> None:
        self.house.gate.open.clear()

    async def secretary_answers(self) -> None:
        self.house.gate.failure = ""
        self.house.gate.open.set()

    async def chat_is(self, state: str, chat: str = "") -> None:
        self._platform(chat).faults.break_down(down=state == "down")

    async def place_is(self, place: str, state: str) -> None:
        """Of the first chat; the platform's owner or a person there did that."""
        await self._settle()
        platform = self._platform("")
        if state == "is deleted":
            platform.close_conversation(place)
        else:
            platform.block(place, blocked=state == "blocks us")

    async def chat_fails(self, faults: str, chat: str = "") -> None:
        self._platform(chat).faults.next_calls(*(Fault(name.strip()) for name in faults.split(",")))

    # ── shared ───────────────────────────────────────────────────────────────────────────────────────────

    async def _receive(self, inbound: Inbound, expected: Outcome | None = None) -> Receipt:
        await self.house.pass_time(1)
        self._last = inbound
        receipt = await self.house.receive(inbound)
        known = await self.house.running.desk.members.who_is(inbound.identity) is not None
        refusals = (expected,) if expected else (Outcome.REFUSED, Outcome.IGNORED)
        refused = receipt.outcome in refusals
        assert refused == (expected is not None or not known), f"it was {receipt}"
        return receipt

    async def _eventually(
        self,
        look: Callable[[], Awaitable[Any]],
        what: str,
        instead: Callable[[], Awaitable[object]] | None = None,
    ) -> Any:
        ends_at = asyncio.get_running_loop().time() + PATIENCE_S
        while not (found := await look()):
            if asyncio.get_running_loop().time() > ends_at:
                raise StoryFailed(
                    f"Waited for {what} in vain; there is {await instead() if instead else 'none'}."
                )
            await asyncio.sleep(LOOK_EVERY_S)
        return found

    async def _settle(self) -> None:
        async def quiet() -> bool:
            return (
                await self.house.quiet()
                and await asyncio.sleep(LOOK_EVERY_S, True)
                and await self.house.quiet()
            )

        await self._eventually(quiet, "the house to be quiet")

    def _from(self, who: str, where: str) -> tuple[Identity, Address]:
        return self.house.who_and_where(who, where)

    def _platform(self, chat: str) -> Platform | Phones | SlackPhones:
        found = self.house.platforms.get(chat or self.house.chat) or self.house.phones
        assert found is not None, "a terminal has no platform behind it"
        return found

    def _key(self) -> str:
        self._events += 1
        return f"story:{self._events}"
