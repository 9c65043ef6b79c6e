"""A real house with the real Claude Code and a rehearsed model, in this process or in one that can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

from adapters.rehearsal.model_server import ModelServer, Request, Rule, Script
from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import Identity as Process
from adapters.specialists.child.process import marked, reap
from bot.app import open_desk, open_house
from bot.desk import Desk
from bot.instance import InstanceLock, holder
from bot.model.conversations import Address, Outcome, Pressed, Receipt, Submitted, Wrote
from bot.model.dispatches import Dispatch, Run, Session, Status
from bot.model.people import Identity
from bot.model.posts import OutboxRow, Post, PostKind
from bot.model.questions import Question, QuestionState
from bot.settings import Settings, load
from tests.programs import ROOT

MAIN: Final = Address("terminal", "main")
KEY: Final = "sk-ant-planted-credential-of-no-value"
PATIENCE_S: Final = 40.0
LOOK_EVERY_S: Final = 0.02

CONFIGURATION: Final = """
[frontdesk]
home = "{home}"
[secretary]
model = "rules"
[people.ann]
role = "user"
[people.bob]
role = "user"
[people.carol]
role = "approver"
[people.dora]
role = "admin"
[projects.shop]
directory = "{project_directory}"
env = [{env}]
{project}
[specialists.claude-code]
auth = "api-key"
base_url = "{url}"
{specialist}
[questions]
grace_s = {grace_s}
{tables}
"""

WITHOUT_SANDBOX: Final = 'sandbox = "none"\n'


@dataclass(frozen=True)
class Ground:
    """A project, a configuration and a model: everything but the house itself."""

    root: Path
    server: ModelServer
    settings: Settings

    @property
    def project(self) -> Path:
        return self.root / "shop"

    @property
    def config(self) -> Path:
        return self.root / "frontdesk.toml"

    def asked(self) -> tuple[Request, ...]:
        """What the model was asked as a worker, in order."""
        return self.server.journal.of("work")

    def processes(self, run: str = "") -> list[Process]:
        """Every process of a run of this house, or of any."""
        return marked(Marker.of(self.settings.home, run))


@asynccontextmanager
async def ground(
    root: Path,
    rules: Sequence[Rule],
    *,
    script: Script | None = None,
    grace_s: float = 20.0,
    project: str = "",
    sandbox: str = WITHOUT_SANDBOX,
    specialist: str = "",
    tables: str = "",
    environ: Mapping[str, str] | None = None,
) -> AsyncGenerator[Ground]:
    """Lay everything out in ``root``; ``project``, ``specialist`` and ``tables`` are lines of TOML.

    The whole of ``environ`` is the house's; one model request is tried once, however it fails.
    """
    (root / "shop").mkdir(exist_ok=True)
    async with ModelServer(script or Script(rules=tuple(rules))) as server:
        text = CONFIGURATION.format(
            home=root / "home",
            project_directory=root / "shop",
            project=sandbox + project,
            env='"CLAUDE_CODE_MAX_RETRIES"',
            url=server.url,
            specialist=specialist,
            grace_s=grace_s,
            tables=tables,
        )
        (root / "frontdesk.toml").write_text(text)
        plain = {"PATH": os.environ["PATH"], "HOME": str(root / "nobody")}
        plain |= {"ANTHROPIC_API_KEY": KEY, "CLAUDE_CODE_MAX_RETRIES": "0"}
        here = Ground(root, server, load(str(root / "frontdesk.toml"), environ=plain | dict(environ or {})))
        try:
            yield here
        finally:
            await reap(Marker.of(here.settings.home))


@dataclass
class Visitor:
    """People in front of a house: they write, press and read, and look at rows behind the counter."""

    desk: Desk
    ground: Ground
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
        return "\n\n".join(_shown(post) for post in [*(row.post for row in rows), *cards])

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
            return next((row for row in rows if words in _shown(row.post)), None)

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
        return (await self.desk.show(id)).dispatch

    async def runs(self, id: str = "d1") -> tuple[Run, ...]:
        return (await self.desk.show(id)).runs

    async def session(self, id: str = "d1") -> Session:
        session = (await self.desk.show(id)).session
        assert session is not None
        return session

    async def questions(self, id: str = "d1") -> tuple[Question, ...]:
        return (await self.desk.show(id)).questions

    async def question(self, number: int, id: str = "d1") -> Question:
        """The ``number``-th question of a dispatch, once it is asked."""

        async def found() -> Question | None:
            try:
                asked = await self.questions(id)
            except Exception:  # noqa: BLE001 (the dispatch is not there yet)
                return None
            return asked[number - 1] if len(asked) >= number else None

        return await self.eventually(found, f"question {number}")

    async def becomes(self, *wanted: Status, run: int = 1, id: str = "d1") -> Dispatch:
        """The dispatch once its ``run``-th run, or a later one, has led to one of these states."""

        async def found() -> Dispatch | None:
            rows = {item.id: item for item in await self.desk.dispatches()}
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
                while (found := await look()) is None:
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            raise AssertionError(f"There was never {what}.\n{await self._told()}") from None
        return found

    async def _told(self, id: str = "d1") -> str:
        events = [f"{row.run} {row.kind} {row.data[:300]}" for row in await self.desk.events(id)]
        return "\n".join([await self.text(), *events])


def _shown(post: Post) -> str:
    steps = [f"({step.state}) {step.text}" for step in post.steps]
    files = [f"file {file.name}" for file in post.files]
    buttons = [f"[{button.label}]" for button in post.buttons]
    return "\n".join([post.markdown, *steps, *files, post.footer, *buttons])
