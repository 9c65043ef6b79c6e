"""People in front of a house: what they say and press, what they see, and the rows behind the counter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar
from uuid import uuid4

from bot.desk import Desk
from bot.model.conversations import Address, Outcome, Pressed, Receipt, Submitted, Wrote
from bot.model.dispatches import Dispatch, Note, Run, Session, Status
from bot.model.log import Blob
from bot.model.people import Identity, Person, Role
from bot.model.posts import OutboxRow, Post, PostKind
from bot.model.questions import Question, QuestionState

MAIN: Final = Address("terminal", "main")
WATCHER: Final = Person("dora", "dora", Role.ADMIN)
"""Who looks at the rows: an admin of the houses that visitors come to."""
PATIENCE_S: Final = 60.0
LOOK_EVERY_S: Final = 0.02

T = TypeVar("T")


@dataclass
class Visitor:
    desk: Desk
    _heard: int = 0  # the newest post that a test has waited for
    _pressed: set[str] = field(default_factory=set[str])

    # ── what people do ───────────────────────────────────────────────────────────────────────────────────

    async def says(self, text: str, who: str = "ann", *, to: str | None = None) -> Receipt:
        return await self.desk.receive(
            Wrote(Identity("terminal", who), MAIN, uuid4().hex, text, who, reply_to=to)
        )

    async def starts(self, text: str, who: str = "ann") -> Receipt:
        return await self.says(f"/run @shop {text}", who)

    async def presses(self, label: str, who: str = "ann") -> Receipt:
        """Press the newest button of that name, once it is there."""
        token = await self.button(label)
        press = Pressed(Identity("terminal", who), MAIN, uuid4().hex, token, who)
        receipt = await self.desk.receive(press)
        if receipt.outcome is Outcome.ACCEPTED:
            self._pressed.add(token)
        return receipt

    async def fills_in(self, label: str, text: str, who: str = "ann") -> Receipt:
        """Press a button that opens a form, and send the form."""
        opened = await self.presses(label, who)
        assert opened.form is not None, opened
        values = {"text": text}
        return await self.desk.receive(
            Submitted(Identity("terminal", who), MAIN, uuid4().hex, opened.form.token, values, who)
        )

    # ── what they see ────────────────────────────────────────────────────────────────────────────────────

    async def posts(self) -> list[OutboxRow]:
        return await self.desk.posts(MAIN.key, 0)

    async def text(self) -> str:
        """Everything that was ever posted, and the cards as they are now."""
        rows = await self.posts()
        cards = [card for row in rows if row.kind is PostKind.CARD and (card := await self.desk.card(row))]
        return "\n\n".join(shown(post) for post in [*(row.post for row in rows), *cards])

    async def card(self, dispatch: str = "d1") -> Post:
        row = next(
            row for row in await self.posts() if row.kind is PostKind.CARD and row.dispatch == dispatch
        )
        card = await self.desk.card(row)
        assert card is not None
        return card

    async def hears(self, words: str) -> Post:
        """The next post with these words; a later call looks only at later posts."""

        async def found() -> OutboxRow | None:
            rows = [row for row in await self.posts() if row.seq > self._heard]
            return next((row for row in rows if words in shown(row.post)), None)

        row = await self.eventually(found, f"a post with {words!r}")
        self._heard = row.seq
        return row.post

    async def button(self, label: str) -> str:
        async def found() -> str | None:
            rows = await self.posts()
            redrawn = {row.edits for row in rows}
            tokens = [
                button.token
                for row in rows
                if row.id not in redrawn
                for button in row.post.buttons
                if button.label == label and button.token not in self._pressed
            ]
            return tokens[-1] if tokens else None

        return await self.eventually(found, f"a button [{label}]")

    # ── what stands in rows ──────────────────────────────────────────────────────────────────────────────

    async def dispatch(self, id: str = "d1") -> Dispatch:
        return (await self.desk.show(WATCHER, id)).dispatch

    async def runs(self, id: str = "d1") -> tuple[Run, ...]:
        return (await self.desk.show(WATCHER, id)).runs

    async def session(self, id: str = "d1") -> Session:
        session = (await self.desk.show(WATCHER, id)).session
        assert session is not None
        return session

    async def questions(self, id: str = "d1") -> tuple[Question, ...]:
        return (await self.desk.show(WATCHER, id)).questions

    async def blob(self, sha256: str) -> bytes:
        async with self.desk.house.store.reading() as unit:
            found = await unit.get(Blob, sha256)
        assert found is not None
        return found.data

    async def is_told(self, words: str) -> None:
        """Until the live run was given a note with these words."""

        async def found() -> bool | None:
            async with self.desk.house.store.reading() as unit:
                notes = await unit.find(Note, dispatch="d1")
            return any(words in note.text and note.delivered_run for note in notes) or None

        await self.eventually(found, f"a note with {words!r} handed over")

    async def appears(self, path: Path) -> None:
        """Until a run has made that file."""

        async def found() -> bool | None:
            return path.exists() or None

        await self.eventually(found, str(path))

    async def disappears(self, path: Path) -> None:
        """Until the house has removed it; it does so after it has told how the run ended."""

        async def found() -> bool | None:
            return not path.exists() or None

        await self.eventually(found, f"an end of {path}")

    async def question(self, number: int, id: str = "d1") -> Question:
        """The ``number``-th question of a dispatch, once it is asked."""

        async def found() -> Question | None:
            known = [item.id for item in await self.desk.dispatches(WATCHER)]
            asked = await self.questions(id) if id in known else ()
            return asked[number - 1] if len(asked) >= number else None

        return await self.eventually(found, f"question {number}")

    async def becomes(self, *wanted: Status, run: int = 1, id: str = "d1") -> Dispatch:
        """The dispatch once its ``run``-th run, or a later one, has led to one of these states."""

        async def found() -> Dispatch | None:
            rows = {item.id: item for item in await self.desk.dispatches(WATCHER)}
            known = rows.get(id)
            return known if known and known.runs >= run and known.status in wanted else None

        return await self.eventually(found, f"{id} to become {'/'.join(wanted)} in run {run}")

    async def is_done(self, run: int = 1, id: str = "d1") -> Dispatch:
        """Done, or the test fails at once with what went wrong instead."""
        ended = await self.becomes(Status.DONE, Status.FAILED, run=run, id=id)
        assert ended.status is Status.DONE, await self._told(id)
        return ended

    async def parks(self, run: int = 1, id: str = "d1") -> Dispatch:
        ended = await self.becomes(Status.PARKED, Status.FAILED, Status.DONE, run=run, id=id)
        assert ended.status is Status.PARKED, await self._told(id)
        return ended

    async def none_is_open(self, id: str = "d1") -> bool:
        return all(item.state is not QuestionState.OPEN for item in await self.questions(id))

    async def eventually(self, look: Callable[[], Awaitable[T | None]], what: str) -> T:
        """Look again and again: rows change in other tasks and other processes."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (found := await look()) is None:  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            raise AssertionError(f"There was never {what}.\n{await self._told()}") from None
        return found

    async def _told(self, id: str = "d1") -> str:
        events = [
            f"{row.run} {row.kind} {row.data[:300]}" for row in await self.desk.news(WATCHER, id, set())
        ]
        return "\n".join([await self.text(), *events])


def shown(post: Post) -> str:
    """A post as one text: words, steps, files, footer, buttons."""
    steps = [f"({step.state}) {step.text}" for step in post.steps]
    files = [f"file {file.name}" for file in post.files]
    buttons = [f"[{button.label}]" for button in post.buttons]
    return "\n".join([post.markdown, *steps, *files, post.footer, *buttons])
