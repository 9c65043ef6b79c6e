"""The way from a command to the house: what is asked of the desk, and who opens it.

The desk works on the same rows as a running house, which is woken after each commit; so it does not matter in
which process, or how many, a command is given.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from bot.errors import FrontdeskError

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.settings import Settings


class NoHouse(FrontdeskError):
    """No house is running where one is needed."""


def open_desk(settings: Settings) -> AbstractAsyncContextManager[Desk]:
    """The desk over the house's rows, without an engine. Imported here: ``--help`` must not pay for it."""
    from bot.app import open_desk

    return open_desk(settings)
