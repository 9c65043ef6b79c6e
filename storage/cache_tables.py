"""The tables of cached results: which dispatch answers a request, and who waits for one."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from bot.model.result_cache import CacheState
from storage.columns import Word, at, flag, identity, place, reference, text
from storage.schema import metadata

kept = Table(
    "kept",
    metadata,
    place(),
    identity(),
    text("key"),
    text("audience"),
    reference("dispatch", "dispatches"),
    at("made_at"),
    Column("state", Word(CacheState), nullable=False),
    at("ended_at", null=True),
    Index(None, "key"),
    Index(None, "dispatch"),
)

waiters = Table(
    "waiters",
    metadata,
    place(),
    identity(),
    reference("dispatch", "dispatches"),
    reference("conversation", "conversations"),
    text("message"),
    text("person"),
    at("asked_at"),
    flag("served"),
    Index(None, "dispatch"),
)
