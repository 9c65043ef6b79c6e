"""What a measured house stands on: a configuration with two people, and every chat connected to its fake."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

CHAT: Final = "bench"
"""A chat that lives in the measured process and needs no time: what is left is ours."""

NEED_NO_FAKE: Final = frozenset({"terminal", "scripted"})
"""One is always there, the other is what the bench's own chat is made of."""

RULES: Final = 'model = "rules"'

LIFTED: Final = """
[limits]
messages_per_minute = 1_000_000
dispatches_per_hour = 1_000_000
"""
"""One person writes what else a whole team would, and what is refused would not be measured."""

AS_DELIVERED: Final = ""
"""The limits that a house has when its configuration says nothing."""

_CONFIGURATION: Final = """
[frontdesk]
home = "{home}"
[secretary]
{secretary}
[people.ann]
role = "admin"
[people.ann.accounts]
{chat} = "ann"
[people.bob]
role = "user"
[people.bob.accounts]
{chat} = "bob"
{limits}
{more}
"""


def configure(root: Path, *, secretary: str = RULES, limits: str = LIFTED, more: str = "") -> Path:
    """Write the configuration; ``more`` is TOML."""
    root.mkdir(parents=True, exist_ok=True)
    path = root / "frontdesk.toml"
    home = root / "home"
    path.write_text(
        _CONFIGURATION.format(home=home, secretary=secretary, chat=CHAT, limits=limits, more=more)
    )
    return path


@dataclass(frozen=True, slots=True)
class Fakes:
    """Stand-ins for the platforms of every installed chat that has one."""

    tables: str  # of frontdesk.toml
    environment: Mapping[str, str]
    missing: Sequence[str]  # chats that have none: the bench's memory figure is short of them


@asynccontextmanager
async def every_chat() -> AsyncGenerator[Fakes]:
    """They run in this process, which is not the one that is measured."""
    installed = {point.name for point in entry_points(group="frontdesk.chats")} - NEED_NO_FAKE
    known = {point.name: point for point in entry_points(group="frontdesk.rehearsals")}
    environment = dict(os.environ)
    async with AsyncExitStack() as stack:
        for name in sorted(installed & known.keys()):
            phones = await stack.enter_async_context(known[name].load()())
            environment |= phones.environment
        tables = "".join(f"[chats.{name}]\n" for name in sorted(installed & known.keys()))
        yield Fakes(tables, environment, sorted(installed - known.keys()))
