"""What commands share: the settings, read once; the person they act for; the desk, opened for one thing."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from bot.cli.house import open_desk
from bot.errors import Refused
from bot.model.people import Identity

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.model.people import Person
    from bot.redact import Redactor
    from bot.settings import Settings

T = TypeVar("T")

TERMINAL: Final = "terminal"


class Context:
    """One per command line."""

    def __init__(self) -> None:
        self.config: str | None = None
        self._settings: Settings | None = None

    @property
    def settings(self) -> Settings:
        """Read at the first use; raises SettingsError."""
        if self._settings is None:
            from bot.settings import load

            self._settings = load(self.config)
        return self._settings

    @property
    def has_file(self) -> bool:
        """Whether there is a configuration to change."""
        from bot.settings.sources import find_file

        if named := self.config or os.environ.get("FRONTDESK_CONFIG"):
            return Path(named).expanduser().exists()
        return find_file(None, os.environ, Path.cwd()) is not None

    def forget(self) -> None:
        """The file was changed: it is read again at the next use."""
        self._settings = None

    def person(self, name: str | None) -> Person:
        """Who the command acts for: --as, else whoever is logged in; raises Refused for nobody known."""
        person = self.person_if_known(name)
        if person:
            return person
        settings = self.settings
        who = name or settings.local_account
        raise Refused(
            f"{who} is nobody this house knows. Add [people.{who}] to the configuration, with "
            f'terminal = "{settings.local_account}" for the login name, or use --as with one of: '
            f"{', '.join(settings.people)}."
        )

    def person_if_known(self, name: str | None) -> Person | None:
        """The rows are looked at for whom the file does not name."""
        settings = self.settings
        if person := settings.person_named(name) if name else settings.local_person():
            return person
        if name:
            return self.ask(lambda desk: desk.members.known(name))
        return self.ask(lambda desk: desk.members.who_is(Identity(TERMINAL, settings.local_account)))

    def ask(self, question: Callable[[Desk], Awaitable[T]]) -> T:
        """Open the desk, ask it one thing, close it."""

        from bot.cli.logging_to import log_to_stderr

        log_to_stderr(self.settings, level=logging.WARNING)

        async def asked() -> T:
            async with open_desk(self.settings) as desk:
                return await question(desk)

        return asyncio.run(asked())

    @property
    def redactor(self) -> Redactor:
        """For what a command prints; knows the environment's secrets even when the configuration is wrong."""
        from bot.redact import Redactor
        from bot.settings.secrets import is_secret_name

        values = {value for name, value in os.environ.items() if is_secret_name(name)}
        if self._settings:
            values |= self._settings.secret_values()
        return Redactor(values)
