"""The durable engine's connections to SQLite: they write from threads, and wait their turn before they do.

The turn is a courtesy and not the lock: when it does not come in time, the statement goes to SQLite without.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from typing import Any, Final

from storage.turnstile import Turnstile

WITHIN_S: Final = 5.0
"""How long a turn is waited for."""

_WRITES: Final = re.compile(r"\s*(insert|update|delete|replace|begin|create|drop|alter)\b", re.IGNORECASE)


def queued_connections(turnstile: Turnstile) -> Callable[..., sqlite3.Connection]:
    """What makes the connections (``factory`` of ``sqlite3.connect``)."""

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = _QueuedConnection(*arguments, **options)
        connection.turnstile = turnstile
        return connection

    return connected


class _Cursor(sqlite3.Cursor):
    connection: _QueuedConnection  # pyright: ignore[reportIncompatibleMethodOverride]

    def execute(self, sql: str, parameters: Any = ()) -> _Cursor:
        self.connection.take_turn(sql)
        try:
            super().execute(sql, parameters)
        finally:
            self.connection.pass_on()
        return self

    def executemany(self, sql: str, parameters: Any) -> _Cursor:
        self.connection.take_turn(sql)
        try:
            super().executemany(sql, parameters)
        finally:
            self.connection.pass_on()
        return self


class _QueuedConnection(sqlite3.Connection):
    turnstile: Turnstile
    has_turn = False

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)

    def take_turn(self, sql: str) -> None:
        """Before the statement by which a transaction begins to write."""
        if not self.has_turn and not self.in_transaction and _WRITES.match(sql):
            self.has_turn = self.turnstile.enter_in_thread(within_s=WITHIN_S)

    def pass_on(self) -> None:
        """After anything that may have ended the transaction."""
        if self.has_turn and not self.in_transaction:
            self.has_turn = False
            self.turnstile.leave()

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self.pass_on()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.pass_on()

    def close(self) -> None:
        try:
            super().close()
        finally:
            if self.has_turn:
                self.has_turn = False
                self.turnstile.leave()
