"""A place for Claude Code to work in, with a rehearsed model: for tests that drive the real program."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from adapters.rehearsal.model_server import ModelServer, Rule, Script
from adapters.specialists.claude_code import Auth, ClaudeCode, ClaudeCodeSettings
from bot.model.events import Asked, Event, Finished, Parked
from bot.model.questions import Approval, Question
from bot.ports import Limits, Work

KEY = "sk-ant-planted-credential"
E = TypeVar("E")


@dataclass(frozen=True)
class Place:
    """One project directory, one house, one model."""

    root: Path
    server: ModelServer
    specialist: ClaudeCode
    settings: ClaudeCodeSettings

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def house(self) -> Path:
        return self.root / "house"

    def work(self, prompt: str, **changes: object) -> Work:
        plain = Work(
            run="d1/1",
            dispatch="d1",
            attempt=1,
            prompt=prompt,
            session=str(uuid.uuid4()),
            resume=False,
            token="",
            session_usd=0.0,
            directory=str(self.project),
            config_dir=str(self.house / "claude"),
            scratch=str(self.root / "scratch"),
            project="api",
            permission_mode="acceptEdits",
            tools_allowed=None,
            tools_denied=(),
            trust="none",
            sandbox="none",
            environment={},
            model=None,
            limits=Limits(timeout_s=60, idle_s=60, turns=20, usd=1.0, grace_s=10),
            denied_paths=(str(self.house / "secrets"),),
        )
        return replace(plain, **changes)  # pyright: ignore[reportArgumentType] - the fields of Work, by name

    async def events(self, work: Work) -> list[Event]:
        """Everything a run tells, with nobody there to answer."""
        return [event async for event in (await self.specialist.start(work)).events()]


@asynccontextmanager
async def place(root: Path, rules: Sequence[Rule], **settings: object) -> AsyncGenerator[Place]:
    async with ModelServer(Script(rules=tuple(rules))) as server:
        for room in ("project", "house/secrets", "scratch"):
            (root / room).mkdir(parents=True, exist_ok=True)
        plain = ClaudeCodeSettings(
            home=str(root / "house"),
            auth=Auth.API_KEY,
            credential=KEY,
            base_url=server.url,
            max_retries=0,
        )
        chosen = replace(plain, **settings)  # pyright: ignore[reportArgumentType] - the fields, by name
        yield Place(root, server, ClaudeCode(chosen), chosen)


def only(events: Sequence[Event], kind: type[E]) -> E:
    """The one event of a kind."""
    (found,) = all_of(events, kind)
    return found


def all_of(events: Sequence[Event], kind: type[E]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def finished(events: Sequence[Event]) -> Finished:
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1]


def parked(events: Sequence[Event]) -> Parked:
    assert isinstance(events[-1], Parked), events[-1]
    return events[-1]


def asked_question(asked: Asked, approval: Approval | None = None) -> Question:
    """The row that the house keeps for ``asked``."""
    return Question(
        id="q1",
        dispatch="d1",
        run=1,
        conversation="c1",
        kind=asked.kind,
        request=asked.request,
        asks=asked.asks,
        asked_at=datetime(2026, 1, 1, tzinfo=UTC),
        approval=approval or asked.approval,
    )
