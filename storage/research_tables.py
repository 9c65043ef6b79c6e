"""The tables of research: each page that was asked for, and each note with its proof."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from storage.columns import Document, at, flag, identity, number, place, reference, text
from storage.schema import metadata

fetches = Table(
    "fetches",
    metadata,
    place(),
    identity(),
    reference("dispatch", "dispatches"),
    text("run"),
    text("url"),
    text("final_url"),
    at("at"),
    number("status"),
    text("sha256"),
    text("title"),
    text("text"),
    Column("links", Document(tuple[str, ...]), nullable=False),
    flag("truncated"),
    flag("missing"),
    text("problem"),
    Index(None, "dispatch"),
)

findings = Table(
    "findings",
    metadata,
    place(),
    identity(),
    reference("dispatch", "dispatches"),
    text("run"),
    at("at"),
    text("claim"),
    text("url"),
    text("quote"),
    Index(None, "dispatch"),
)
