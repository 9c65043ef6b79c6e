"""The tables of bulk work, and of files that people handed over."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from bot.model.items import ItemState
from storage.columns import Word, at, identity, number, place, reference, text
from storage.schema import metadata

item_lists = Table(
    "item_lists",
    metadata,
    place(),
    identity(),
    reference("dispatch", "dispatches"),
    text("name"),
    text("task"),
    text("shape"),
    number("total"),
    at("created_at"),
    Index(None, "dispatch"),
)

items = Table(
    "items",
    metadata,
    place(),
    identity(),
    text("list"),
    reference("dispatch", "dispatches"),
    number("n"),
    text("text"),
    Column("state", Word(ItemState), nullable=False),
    number("tries"),
    text("answer"),
    Index(None, "list", "n"),
    Index(None, "dispatch"),
)

given_files = Table(
    "given_files",
    metadata,
    place(),
    identity(),
    reference("dispatch", "dispatches"),
    text("name"),
    text("sha256"),
    number("size"),
    at("at"),
    Index(None, "dispatch"),
    Index(None, "sha256"),
)
