"""The Store: ``unit`` reads and writes rows, ``views`` asks across them, ``purge`` forgets."""

from storage.store.sql_store import SqlStore

__all__ = ["SqlStore"]
