"""The tables of a team: its people, what they allowed beyond one press, and what they were told."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from bot.model.people import Role
from storage.columns import Word, at, identity, only_where, place, reference, text, usd
from storage.schema import metadata

alerts = Table("alerts", metadata, place(), identity(), at("at"), Index(None, "at"))

people = Table(
    "people",
    metadata,
    place(),
    identity(),
    text("name"),
    Column("role", Word(Role), nullable=False),
    text("added_by"),
    at("added_at"),
    text("notify", null=True),
    text("quiet_hours", null=True),
    text("timezone", null=True),
    at("removed_at", null=True),
)

accounts = Table(
    "accounts",
    metadata,
    place(),
    identity(),
    text("person"),
    text("chat"),
    text("account"),
    text("added_by"),
    at("added_at"),
    at("removed_at", null=True),
    Index(None, "person"),
)

pairings = Table(
    "pairings",
    metadata,
    place(),
    identity(),
    text("chat"),
    at("made_at"),
    at("expires_at"),
    text("account", null=True),
    text("conversation", null=True),
    text("person", null=True),
    text("made_by", null=True),
    at("closed_at", null=True),
    text("closed_by", null=True),
    Index(None, "chat"),
    Index(None, "expires_at"),
)

homes = Table(
    "homes",
    metadata,
    place(),
    identity(),
    reference("conversation", "conversations"),
    text("person"),
    at("opened_at"),
    text("shown"),
    Index(None, "opened_at"),
)

installations = Table(
    "installations",
    metadata,
    place(),
    identity(),
    text("chat"),
    text("team"),
    text("name"),
    text("bot"),
    text("sealed"),
    text("installed_by"),
    at("installed_at"),
    at("removed_at", null=True),
    Index(None, "chat"),
)

rules = Table(
    "rules",
    metadata,
    place(),
    identity(),
    text("project"),
    text("rule"),
    text("added_by"),
    at("added_at"),
    text("revoked_by", null=True),
    at("revoked_at", null=True),
    Index(None, "project"),
    only_where("rules_in_force", "project", "rule", where="revoked_at IS NULL", unique=True),
)

session_grants = Table(
    "session_grants",
    metadata,
    place(),
    identity(),
    reference("dispatch", "dispatches"),
    text("hash"),
    text("question"),
    text("granted_by"),
    at("granted_at"),
    Index(None, "dispatch"),
)

allowances = Table(
    "allowances",
    metadata,
    place(),
    identity(),
    text("budget"),
    text("period"),
    usd("usd"),
    text("added_by"),
    at("added_at"),
    Index(None, "budget", "period"),
)
