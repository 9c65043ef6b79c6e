"""Plays a story: a chat transcript in Markdown that runs against a real house and says what people must see.

The first ```toml block is the front: tables of frontdesk.toml, ``chat = "scripted"`` for the scripted platform
instead of the terminal, and ``[[play.rules]]``, what the specialist does. Every ```chat block is transcript, a
line each; the rest is prose. What we say must come in this order and nothing else may come in between; ``…``
stands for anything. ``in side`` after a name means the conversation ``side``.

    ann: fix the parser                      ann replies to q1: the second     ann forwards: look at this
    ann edits it: fix the lexer              ann to bob: lunch?                redelivered
    frontdesk: pattern                       card d1: pattern                  edited: pattern
    ann presses [Allow once]                 … -> what the press is answered with
    ann presses [Answer] and writes: words   bob presses [Deny] -> refused: pattern
    ann$ frontdesk stop d1 -> pattern        audit: ann question.granted d1/q1
    d1 is parked    q1 is open    d1/2 is finished    d1 has 2 runs    d1 kept one session    d1 cost $0.50
    file api/a.py: pattern                   no file api/a.py                  (2 hours pass)
    (the house is restarted)                 (the house is killed)             (the session of d1 is lost)
    (the secretary thinks)                   (the secretary answers)           (nothing more is said)
    (the chat is down)                       (the chat is up)         (the next calls of the chat: 429, lose)
"""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from adapters.rehearsal.scripted_chat.faults import Fault
from adapters.rehearsal.scripted_specialist.opening import transcript_path
from bot import reports
from bot.errors import Refused
from bot.model.conversations import (
    Address,
    Conversation,
    Edited,
    Inbound,
    Outcome,
    Pressed,
    Receipt,
    Submitted,
    Wrote,
)
from bot.model.dispatches import Dispatch, Run, Session
from bot.model.log import AuditRow
from bot.model.people import Identity
from bot.model.posts import Button, OutboxRow, PartRow, Post, PostKind
from bot.model.questions import Question
from bot.ports import Unit
from tests.story_house import StoryHouse

MAIN: Final = "main"
PATIENCE_S: Final = 20.0
LOOK_EVERY_S: Final = 0.02
UNITS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


class StoryFailed(AssertionError):
    """The house did not do what the transcript says."""


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Script:
    title: str
    front: dict[str, Any]
    lines: tuple[Line, ...]


def read(path: Path) -> Script:
    """Parse a story; its title is its first heading."""
    title, front, lines, fence = "", list[str](), list[Line](), ""
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if text.startswith("```"):
            fence = "" if fence else text.removeprefix("```").strip()
        elif fence == "toml":
            front.append(text)
        elif fence == "chat" and text.strip():
            lines.append(Line(number, text.strip()))
        elif text.startswith("# ") and not title:
            title = text.removeprefix("# ")
    return Script(title, tomllib.loads("\n".join(front)), tuple(lines))


async def play(path: Path, directory: Path, chat: str | None = None) -> None:
    """Play the story in ``path`` with all state in ``directory``, in that chat if it does not name its own."""
    script = read(path)
    house = StoryHouse({"chat": chat or "terminal", **script.front}, directory)
    await house.open()
    try:
        teller = Teller(house)
        for line in script.lines:
            try:
                await teller.tell(line.text)
            except Exception as error:
                raise StoryFailed(
                    f"{path.name}:{line.number}: {line.text}\n{error}\n{teller.heard}"
                ) from error
        await teller.end()
    finally:
        await house.close()


def matches(pattern: str, text: str) -> bool:
    """Whether ``pattern`` with its ``…`` occurs in the text, wherever lines break."""
    expression = ".*".join(re.escape(" ".join(part.split())) for part in pattern.split("…"))
    return re.search(expression, " ".join(text.split()), re.DOTALL) is not None


def shown(post: Post) -> str:
    """A post as one text: words, steps, files, footer, buttons."""
    steps = [f"({step.state}) {step.text}" for step in post.steps]
    files = [f"file {file.name}" for file in post.files]
    buttons = [f"[{button.label}]" for button in post.buttons]
    return "\n".join([post.markdown, *steps, *files, post.footer, *buttons])


@dataclass(slots=True)
class Teller:
    """Does what a line says, or waits for what it says."""

    house: StoryHouse
    heard: list[str] = field(default_factory=list[str])
    _seen: dict[str, int] = field(
        default_factory=lambda: defaultdict(int)
    )  # conversation → posts that were told
    _events: int = 0
    _last: Inbound | None = None
    _wrote: dict[tuple[str, str], Wrote] = field(default_factory=dict[tuple[str, str], Wrote])

    async def tell(self, line: str) -> None:
        for expression, verb in VERBS:
            if found := re.fullmatch(expression, line):
                await verb(self, **{k: v for k, v in found.groupdict().items() if v is not None})
                return
        raise StoryFailed("No such line in a story.")

    async def end(self) -> None:
        await self.nothing_more()

    # ── what people do ───────────────────────────────────────────────────────────────────────────────────

    async def writes(self, who: str, text: str, where: str = MAIN, **more: Any) -> Receipt:
        wrote = Wrote(
            self._identity(who), self._address(where), self._key(), text.replace("\\n", "\n"), who, **more
        )
        self._wrote[who, where] = wrote
        return await self._receive(wrote)

    async def replies(self, who: str, to: str, text: str, where: str = MAIN) -> None:
        await self.writes(who, text, where, reply_to=await self._message_about(to))

    async def forwards(self, who: str, text: str, where: str = MAIN) -> None:
        await self.writes(who, text, where, forwarded=True)

    async def says_to(self, who: str, whom: str, text: str, where: str = MAIN) -> None:
        await self.writes(who, f"{whom}: {text}", where, direct=False, addressed=False)

    async def edits(self, who: str, text: str, where: str = MAIN) -> None:
        await self._settle()
        of = self._wrote[who, where]
        await self._receive(Edited(of.identity, of.where, self._key(), of.key, text, who))

    async def redelivered(self) -> None:
        assert self._last is not None
        receipt = await self.house.running.desk.receive(self._last)
        assert receipt.outcome is Outcome.DUPLICATE, receipt

    async def presses(
        self, who: str, label: str, where: str = MAIN, said: str = "", refused: str = "", words: str = ""
    ) -> None:
        token = await self._eventually(lambda: self._button(label, where), f"a button [{label}]")
        press: Inbound = Pressed(self._identity(who), self._address(where), self._key(), token, who)
        receipt = await self._receive(press, Outcome.REFUSED if refused else None)
        if words:
            assert receipt.form is not None, f"no form was opened: {receipt}"
            values = {"text": words}
            press = Submitted(press.identity, press.where, self._key(), receipt.form.token, values, who)
            receipt = await self._receive(press)
        assert matches(refused or said, receipt.text), f"it was answered: {receipt.text!r}"

    async def runs_command(self, who: str, verb: str, id: str, text: str = "", said: str = "") -> None:
        desk = self.house.running.desk
        person = self.house.settings.person_named(who)
        assert person is not None
        verbs: dict[str, Callable[[], Awaitable[object]]] = {
            "stop": lambda: desk.stop(person, id),
            "cancel": lambda: desk.cancel(person, id),
            "retry": lambda: desk.retry(person, id),
            "approve": lambda: desk.approve(person, id),
            "deny": lambda: desk.deny(person, id, text),
            "answer": lambda: desk.answer(person, id, text),
            "tell": lambda: desk.tell(person, id, text),
            "continue": lambda: desk.follow_up(person, id, text),
            "dispatch": lambda: desk.dispatch(person, id, text),
        }
        await self._settle()
        try:
            answer = str(await verbs[verb]())
        except Refused as error:
            answer = f"refused: {error}"
        assert matches(said, answer), f"it answered: {answer}"

    # ── what the house shows ─────────────────────────────────────────────────────────────────────────────

    async def frontdesk(self, pattern: str, where: str = MAIN) -> None:
        """The next post must be this one."""

        async def next_post() -> str | None:
            posts = await self._posts(where)
            return posts[self._seen[where]] if len(posts) > self._seen[where] else None

        text = await self._eventually(next_post, "another post")
        self.heard.append(f"  {where}: {text}")
        self._seen[where] += 1
        assert matches(pattern, text), "the next post was another one"

    async def card(self, pattern: str, id: str = "", where: str = MAIN) -> None:
        async def as_told() -> bool:
            return any(matches(pattern, text) for text in await self._cards(id, where))

        await self._eventually(as_told, "such a card", lambda: self._cards(id, where))

    async def edited(self, pattern: str, where: str = MAIN) -> None:
        async def as_told() -> bool:
            return any(matches(pattern, text) for text in await self._edits(where))

        await self._eventually(as_told, "such an edit", lambda: self._edits(where))

    async def nothing_more(self) -> None:
        await self._settle()
        for where in await self._conversations():
            unexpected = (await self._posts(where))[self._seen[where] :]
            assert not unexpected, f"in {where} it also said: {unexpected}"

    # ── what is in the rows and on disk ──────────────────────────────────────────────────────────────────

    async def is_state(self, id: str, state: str) -> None:
        kind = Run if "/" in id else Question if id.startswith("q") else Dispatch

        async def now() -> str:
            async with self._reading() as unit:
                row = await unit.get(kind, id)
            return "" if row is None else str(row.status if isinstance(row, Dispatch) else row.state)

        async def as_told() -> bool:
            return await now() == state

        await self._eventually(as_told, f"{id} {state}", now)

    async def has_runs(self, id: str, count: str) -> None:
        async with self._reading() as unit:
            runs = await unit.find(Run, dispatch=id)
        assert len(runs) == int(count), f"it has {len(runs)}"

    async def kept_session(self, id: str) -> None:
        async with self._reading() as unit:
            sessions = await unit.find(Session, dispatch=id)
        assert len(sessions) == 1, f"it has {len(sessions)}"

    async def cost(self, id: str, usd: str) -> None:
        async with self._reading() as unit:
            dispatch = await unit.get(Dispatch, id)
        assert dispatch is not None
        assert abs(dispatch.cost_usd - float(usd)) < 1e-9, f"it cost {dispatch.cost_usd}"

    async def audit(self, who: str, action: str, object: str) -> None:
        async with self._reading() as unit:
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
        async with self._reading() as unit:
            (session,) = await unit.find(Session, dispatch=id)
        transcript_path(session.config_dir, session.id).unlink()

    async def secretary_thinks(self) -> None:
        self.house.gate.open.clear()

    async def secretary_answers(self) -> None:
        self.house.gate.open.set()

    async def chat_is(self, state: str) -> None:
        assert self.house.platform is not None, 'only with chat = "scripted"'
        self.house.platform.faults.mix = {Fault.LOSE: 1.0} if state == "down" else {}

    async def chat_fails(self, faults: str) -> None:
        assert self.house.platform is not None, 'only with chat = "scripted"'
        self.house.platform.faults.next_calls(*(Fault(name.strip()) for name in faults.split(",")))

    # ── shared ───────────────────────────────────────────────────────────────────────────────────────────

    async def _receive(self, inbound: Inbound, expected: Outcome | None = None) -> Receipt:
        await self.house.pass_time(1)
        self._last = inbound
        receipt = await self.house.running.desk.receive(inbound)
        known = self.house.settings.person(inbound.identity) is not None
        refusals = (Outcome.REFUSED,) if expected is Outcome.REFUSED else (Outcome.REFUSED, Outcome.IGNORED)
        refused = receipt.outcome in refusals
        assert refused == (expected is Outcome.REFUSED or not known), f"it was {receipt}"
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

    def _reading(self) -> Any:
        return self.house.running.desk.house.store.reading()

    def _identity(self, who: str) -> Identity:
        return Identity(self.house.chat, who)

    def _address(self, where: str) -> Address:
        return Address(self.house.chat, where)

    def _key(self) -> str:
        self._events += 1
        return f"story:{self._events}"

    async def _conversations(self) -> list[str]:
        async with self._reading() as unit:
            return [conversation.key for conversation in await unit.find(Conversation)]

    async def _rows(self, unit: Unit, where: str) -> list[OutboxRow]:
        """What was posted there, and has arrived."""
        found = await unit.find(Conversation, chat=self.house.chat, key=where)
        return await unit.find(OutboxRow, conversation=found[0].id, state="sent") if found else []

    async def _posts(self, where: str) -> list[str]:
        async with self._reading() as unit:
            rows = await self._rows(unit, where)
            posts = [row for row in rows if row.kind is not PostKind.CARD and row.edits is None]
            return [await self._text(unit, row) for row in posts]

    async def _text(self, unit: Unit, row: OutboxRow) -> str:
        """As people see it: on a platform what arrived there, else the row itself."""
        if self.house.platform is None:
            return shown(row.post)
        ids = [part.message_id for part in await unit.find(PartRow, outbox=row.id)]
        messages = [message for message in self.house.platform.messages() if message.id in ids]
        return "\n".join(f"{m.text}\n{' '.join(f'[{label}]' for label in m.buttons)}" for m in messages)

    async def _edits(self, where: str) -> list[str]:
        async with self._reading() as unit:
            rows = await self._rows(unit, where)
            by_id = {row.id: row for row in rows}
            edits = [row for row in rows if row.edits in by_id]
            if self.house.platform is None:
                return [shown(row.post) for row in edits]
            return [await self._text(unit, by_id[row.edits or ""]) for row in edits]

    async def _cards(self, id: str, where: str) -> list[str]:
        async with self._reading() as unit:
            rows = [row for row in await self._rows(unit, where) if row.kind is PostKind.CARD]
            wanted = [row for row in rows if id in ("", row.dispatch)][-1:]
            if self.house.platform is not None:
                return [await self._text(unit, row) for row in wanted]
            found = [await unit.get(Dispatch, row.dispatch or "") for row in wanted]
        return [shown(reports.card(dispatch, self.house.clock.now())) for dispatch in found if dispatch]

    async def _button(self, label: str, where: str) -> str | None:
        """The newest button with that label that was not used, as the conversation shows it."""
        async with self._reading() as unit:
            for row in reversed(await self._rows(unit, where)):
                for view in row.post.buttons:
                    button = await unit.get(Button, view.token)
                    if view.label == label and button is not None and button.used_at is None:
                        return view.token
        return None

    async def _message_about(self, id: str) -> str:
        """The platform id of the newest post about q1 or d1; in a terminal the row's own."""

        async def newest() -> str | None:
            about = {"question": id} if id.startswith("q") else {"dispatch": id}
            async with self._reading() as unit:
                rows = await unit.find(OutboxRow, **about, edits=None, state="sent", newest=True, limit=1)
                if not rows or self.house.platform is None:
                    return rows[0].id if rows else None
                parts = await unit.find(PartRow, outbox=rows[0].id)
            return parts[0].message_id if parts else None

        return await self._eventually(newest, f"a post about {id}")


_WHO: Final = r"(?P<who>[a-z]+)(?: in (?P<where>[a-z]+))?"
_SAID: Final = r"(?: -> (?:refused: (?P<refused>.+)|(?P<said>.+)))?"

VERBS: Final[tuple[tuple[str, Callable[..., Awaitable[Any]]], ...]] = (
    (r"frontdesk(?: in (?P<where>\w+))?: (?P<pattern>.+)", Teller.frontdesk),
    (r"card(?: (?P<id>d\d+))?(?: in (?P<where>\w+))?: (?P<pattern>.+)", Teller.card),
    (r"edited(?: in (?P<where>\w+))?: (?P<pattern>.+)", Teller.edited),
    (r"audit: (?P<who>\w+) (?P<action>\S+) (?P<object>\S+)", Teller.audit),
    (r"file (?P<path>\S+): (?P<pattern>.+)", Teller.file),
    (r"no file (?P<path>\S+)", Teller.no_file),
    (r"redelivered", Teller.redelivered),
    (r"(?P<id>[dq]\d+(?:/\d+)?) is (?P<state>\w+)", Teller.is_state),
    (r"(?P<id>d\d+) has (?P<count>\d+) runs?", Teller.has_runs),
    (r"(?P<id>d\d+) kept one session", Teller.kept_session),
    (r"(?P<id>d\d+) cost \$(?P<usd>[\d.]+)", Teller.cost),
    (r"\((?P<n>\d+) (?P<unit>second|minute|hour|day)s? pass(?:es)?\)", Teller.pass_time),
    (r"\(the house is restarted\)", Teller.restarted),
    (r"\(the house is killed\)", Teller.killed),
    (r"\(the session of (?P<id>d\d+) is lost\)", Teller.loses_session),
    (r"\(the secretary thinks\)", Teller.secretary_thinks),
    (r"\(the secretary answers\)", Teller.secretary_answers),
    (r"\(the chat is (?P<state>down|up)\)", Teller.chat_is),
    (r"\(the next calls of the chat: (?P<faults>.+)\)", Teller.chat_fails),
    (r"\(nothing more is said\)", Teller.nothing_more),
    (rf"{_WHO} presses \[(?P<label>[^\]]+)\](?: and writes: (?P<words>.+))?{_SAID}", Teller.presses),
    (
        r"(?P<who>[a-z]+)\$ frontdesk (?P<verb>\w+) (?P<id>\w+)(?: \"(?P<text>.+)\")?(?: -> (?P<said>.+))?",
        Teller.runs_command,
    ),
    (rf"{_WHO} replies to (?P<to>[dq]\d+): (?P<text>.+)", Teller.replies),
    (rf"{_WHO} forwards: (?P<text>.+)", Teller.forwards),
    (rf"{_WHO} edits it: (?P<text>.+)", Teller.edits),
    (rf"{_WHO} to (?P<whom>\w+): (?P<text>.+)", Teller.says_to),
    (rf"{_WHO}: (?P<text>.+)", Teller.writes),
)
"""What a line may be; the first that fits."""
