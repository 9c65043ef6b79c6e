"""The tables of schedules: what is to start by itself, and each time that it did."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from bot.model.schedules import FiringState, Plan, ScheduleState
from storage.columns import Document, Word, at, flag, identity, number, only_where, place, reference, text
from storage.schema import metadata

schedules = Table(
    "schedules",
    metadata,
    place(),
    identity(),
    text("person"),
    reference("conversation", "conversations"),
    reference("cause", "messages"),
    Column("plan", Document(Plan), nullable=False),
    at("created_at"),
    at("began_at"),
    Column("state", Word(ScheduleState), nullable=False),
    number("version"),
    at("next_at", null=True),
    text("why"),
    number("failures"),
    Column("seen", Document(tuple[str, ...]), nullable=False),
    at("news_at", null=True),
    flag("silence_told"),
    text("told_month"),
    Index(None, "person"),
    Index(None, "cause"),
    Index(None, "state", "next_at"),
)

firings = Table(
    "firings",
    metadata,
    place(),
    identity(),
    reference("schedule", "schedules"),
    at("due_at"),
    at("made_at"),
    Column("state", Word(FiringState), nullable=False),
    text("by", null=True),
    text("preview", null=True),
    at("hold_until", null=True),
    text("dispatch", null=True),
    text("outbox", null=True),
    Column("about", Document(tuple[str, ...]), nullable=False),
    text("detail"),
    at("ended_at", null=True),
    Index(None, "schedule"),
    Index(None, "made_at"),
    only_where("firings_dispatch", "dispatch", where="dispatch IS NOT NULL"),
    only_where("firings_outbox", "outbox", where="outbox IS NOT NULL"),
    Index(None, "state"),
)
