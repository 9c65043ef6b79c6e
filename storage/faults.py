"""What a database's errors mean: a sentence that says what happened and what to do, never the statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import Conflict, FrontdeskError, StoreError

_RACES = ("40001", "40P01")
"""Of Postgres: a serialization failure and a deadlock; somebody else went first."""

_FULL = ("database or disk is full", "No space left on device")
_NO_TABLES = ("no such table", "no such column", "UndefinedTable", "UndefinedColumn")


@contextmanager
def translated(where: str) -> Generator[None]:
    """Raise Conflict or StoreError instead of what the libraries raise; ``where`` names the database."""
    try:
        yield
    except FrontdeskError:
        raise
    except IntegrityError as error:
        raise conflict(error) from error
    except DBAPIError as error:
        raise _meaning(_said(error), _sqlstate(error), where) from error
    except (sqlite3.Error, OSError, PoolTimeout) as error:
        raise _meaning(str(error), "", where) from error


def conflict(error: IntegrityError) -> Conflict:
    return Conflict(f"A row like it exists already, or one it refers to does not: {_said(error)}.")


def locked(where: str) -> StoreError:
    return StoreError(
        f"{where} stayed locked by another writer; nothing was accepted. Close other programs that have it "
        "open, then try again."
    )


def _meaning(said: str, sqlstate: str, where: str) -> FrontdeskError:
    if sqlstate in _RACES:
        return Conflict("Somebody else changed the same rows first; read them again.")
    if "database is locked" in said:
        return locked(where)
    if any(sign in said for sign in _FULL):
        return StoreError(
            f"The disk that holds {where} is full; nothing was accepted. Free some space; Frontdesk goes on "
            "by itself."
        )
    if any(sign in said for sign in _NO_TABLES) or sqlstate in ("42P01", "42703"):
        return StoreError(f"{where} is not up to date ({said}). Run `frontdesk migrate`.")
    if "not a database" in said or "malformed" in said:
        return StoreError(f"{where} is damaged or no database ({said}). Restore it with `frontdesk restore`.")
    return StoreError(
        f"{where} cannot be used now ({said}); nothing was accepted. Check that it is there and reachable; "
        "Frontdesk goes on by itself when it answers."
    )


def _said(error: DBAPIError) -> str:
    """The driver's first line; what follows may quote rows."""
    return str(error.orig).strip().partition("\n")[0].rstrip(".")


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")
