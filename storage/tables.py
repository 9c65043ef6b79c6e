"""Every table: one per noun, columns named as its fields.

``place`` counts the rows of a table as they come. Foreign keys are checked at the commit, so that a
transaction may write its rows in the order in which it thinks of them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Double, Index, LargeBinary, Table, UniqueConstraint

from bot.model.conversations import FileRef, MessageState, Origin
from bot.model.dispatches import Billing, ParkReason, RunState, Spec, Status, Step
from bot.model.posts import ButtonAction, OutboxState, Part, Post, PostKind
from bot.model.questions import Approval, Ask, QuestionKind, QuestionState, Reply
from storage.cache_tables import kept as kept
from storage.cache_tables import waiters as waiters
from storage.columns import (
    Document,
    Word,
    Words,
    at,
    flag,
    identity,
    number,
    only_where,
    place,
    reference,
    text,
    usd,
)
from storage.item_tables import given_files as given_files
from storage.item_tables import item_lists as item_lists
from storage.item_tables import items as items
from storage.research_tables import fetches as fetches
from storage.research_tables import findings as findings
from storage.schedule_tables import firings as firings
from storage.schedule_tables import schedules as schedules
from storage.schema import metadata as metadata
from storage.team_tables import accounts as accounts
from storage.team_tables import alerts as alerts
from storage.team_tables import allowances as allowances
from storage.team_tables import homes as homes
from storage.team_tables import installations as installations
from storage.team_tables import pairings as pairings
from storage.team_tables import people as people
from storage.team_tables import rules as rules
from storage.team_tables import session_grants as session_grants

REVISION: Final = "0008"
"""The newest migration; what a database must be at to be used."""

conversations = Table(
    "conversations",
    metadata,
    place(),
    identity(),
    text("chat"),
    text("key"),
    text("account"),
    at("created_at"),
    flag("direct"),
    text("project", null=True),
    number("last_seq"),
    number("last_post"),
    number("void_before"),
    at("hold_until", null=True),
    text("summary"),
    number("summary_upto"),
    text("person", null=True),
    text("goes_on_with", null=True),
    flag("lost"),
    text("lost_why"),
    UniqueConstraint("chat", "account", "key"),
    only_where("conversations_held", "hold_until", where="hold_until IS NOT NULL"),
    only_where("conversations_private", "person", where="person IS NOT NULL"),
    only_where("conversations_lost", "lost", where="lost"),
)

messages = Table(
    "messages",
    metadata,
    place(),
    identity(),
    reference("conversation", "conversations"),
    number("seq"),
    identity("platform_key"),
    text("person", null=True),
    text("sender"),
    text("text"),
    at("received_at"),
    text("reply_to", null=True),
    Column("origin", Word(Origin), nullable=False),
    flag("addressed"),
    Column("files", Document(tuple[FileRef, ...]), nullable=False),
    Column("state", Word(MessageState), nullable=False),
    text("decision", null=True),
    usd("cost_usd", null=True),
    flag("own"),
    flag("late"),
    text("quoted"),
    UniqueConstraint("conversation", "seq"),
    Index(None, "state"),
    Index(None, "received_at"),
    Index(None, "person", "received_at"),
)

dispatches = Table(
    "dispatches",
    metadata,
    place(),
    identity(),
    reference("conversation", "conversations"),
    text("project"),
    text("specialist"),
    text("title"),
    Column("spec", Document(Spec), nullable=False),
    text("person"),
    reference("cause", "messages"),
    at("created_at"),
    Column("status", Word(Status), nullable=False),
    number("version"),
    text("session", null=True),
    number("runs"),
    number("depth"),
    flag("bulk"),
    Column("park_reason", Word(ParkReason)),
    at("resume_at", null=True),
    Column("steps", Document(tuple[Step, ...]), nullable=False),
    text("activity"),
    at("activity_at", null=True),
    usd("cost_usd"),
    usd("running_usd"),
    Column("context_used", Double),
    text("reason", null=True),
    text("result"),
    Column("notes", Document(tuple[str, ...]), nullable=False),
    at("silent_since", null=True),
    text("cancel", null=True),
    number("revision"),
    number("drawn"),
    text("card", null=True),
    usd("max_usd", null=True),
    Column("timeout_s", Double),
    text("model"),
    text("choice"),
    number("number"),  # of d7: 7, so that d10 comes after d9
    text("search_text"),  # title, goal and result, case-folded: databases fold ASCII at best
    Index(None, "number", unique=True),
    Index(None, "conversation", "number"),
    Index(None, "status"),
    Index(None, "cause"),
    Index(None, "person", "created_at"),
    only_where("dispatches_dirty", "number", where="revision > drawn"),
)

runs = Table(
    "runs",
    metadata,
    place(),
    identity(),
    reference("dispatch", "dispatches"),
    number("n"),
    at("created_at"),
    text("prompt"),
    reference("question", "questions", null=True),
    Column("state", Word(RunState), nullable=False),
    number("attempt"),
    text("node"),
    text("directory"),
    usd("max_usd", null=True),
    number("max_turns", null=True),
    usd("reserved_usd"),
    usd("lost_usd"),
    usd("cost_usd", null=True),
    Column("billing", Word(Billing), nullable=False),
    at("started_at", null=True),
    at("ended_at", null=True),
    text("process", null=True),
    text("outcome", null=True),
    UniqueConstraint("dispatch", "n"),
    Index(None, "state"),
    Index(None, "question"),
)

sessions = Table(
    "sessions",
    metadata,
    place(),
    identity(),
    text("specialist"),
    text("project"),
    reference("dispatch", "dispatches"),
    text("directory"),
    text("config_dir"),
    at("created_at"),
    flag("started"),
    usd("cost_usd"),
    text("token"),
    Index(None, "dispatch"),
)

notes = Table(
    "notes",
    metadata,
    place(),
    identity(),
    reference("dispatch", "dispatches"),
    text("message"),
    text("text"),
    at("created_at"),
    number("delivered_run", null=True),
    flag("read"),
    Index(None, "dispatch"),
)

questions = Table(
    "questions",
    metadata,
    place(),
    identity(),
    reference("dispatch", "dispatches"),
    number("run"),
    reference("conversation", "conversations"),
    Column("kind", Word(QuestionKind), nullable=False),
    text("request"),
    Column("asks", Document(tuple[Ask, ...]), nullable=False),
    at("asked_at"),
    Column("approval", Document(Approval)),
    text("default", null=True),
    Column("state", Word(QuestionState), nullable=False),
    Column("reply", Document(Reply)),
    text("closed_by", null=True),
    at("closed_at", null=True),
    number("delivered_run", null=True),
    flag("used"),
    at("remind_at", null=True),
    at("expire_at", null=True),
    text("also_in", null=True),
    Index(None, "dispatch", "state"),
    Index(None, "conversation", "state"),
    Index(None, "state"),
    only_where("questions_also_in", "also_in", where="also_in IS NOT NULL"),
    only_where("questions_one_open", "dispatch", "request", where="state = 'open'", unique=True),
)

outbox = Table(
    "outbox",
    metadata,
    place(),
    identity(),
    reference("conversation", "conversations"),
    number("seq"),
    Column("kind", Word(PostKind), nullable=False),
    Column("post", Document(Post), nullable=False),
    at("created_at"),
    reference("dispatch", "dispatches", null=True),
    reference("question", "questions", null=True),
    Column("state", Word(OutboxState), nullable=False),
    text("edits", null=True),
    text("instead_of", null=True),
    UniqueConstraint("conversation", "seq"),
    Index(None, "conversation", "state"),
    Index(None, "state"),
    Index(None, "dispatch"),
    Index(None, "question"),
)

parts = Table(
    "parts",
    metadata,
    place(),
    reference("outbox", "outbox"),
    number("n"),
    identity("key"),
    Column("part", Document(Part), nullable=False),
    number("tries"),
    text("message_id", null=True),
    at("sent_at", null=True),
    UniqueConstraint("outbox", "n"),
    Index(None, "message_id"),
)

buttons = Table(
    "buttons",
    metadata,
    place(),
    identity(),
    reference("conversation", "conversations"),
    Column("action", Word(ButtonAction), nullable=False),
    text("object"),
    text("label"),
    at("created_at"),
    text("argument"),
    reference("outbox", "outbox", null=True),
    text("person", null=True),
    at("expires_at", null=True),
    at("used_at", null=True),
    text("used_by", null=True),
    Index(None, "object"),
    Index(None, "outbox"),
    Index(None, "created_at"),
)

arrivals = Table(
    "arrivals",
    metadata,
    place(),
    identity(),
    text("conversation"),
    at("at"),
    Index(None, "at"),
)

events = Table(
    "events",
    metadata,
    place(),
    identity(),
    reference("run", "runs"),
    reference("dispatch", "dispatches"),
    number("attempt"),
    number("seq"),
    at("at"),
    text("kind"),
    text("data"),
    UniqueConstraint("run", "attempt", "seq"),
    Index(None, "dispatch"),
    Index(None, "at"),
)

ledger = Table(
    "ledger",
    metadata,
    place(),
    identity(),
    at("at"),
    text("person"),
    text("project"),
    text("object"),
    usd("usd", null=True),
    Column("billing", Word(Billing), nullable=False),
    text("model"),
    text("conversation"),
    number("input_tokens", null=True),
    number("cached_tokens", null=True),
    number("output_tokens", null=True),
    text("session"),
    usd("reserved_usd"),
    text("included_in"),
    Index(None, "at"),
    Index(None, "object"),
    Index(None, "person", "at"),
    only_where("ledger_unknown", "session", where="usd IS NULL"),
)

audit = Table(
    "audit",
    metadata,
    place(),
    identity(),
    at("at"),
    text("person"),
    text("action"),
    text("object"),
    text("detail"),
    Index(None, "object"),
    Index(None, "at"),
)

blobs = Table(
    "blobs",
    metadata,
    place(),
    identity(),
    number("size"),
    Column("data", LargeBinary, nullable=False),
    at("created_at"),
    Index(None, "created_at"),
)

refusals = Table("refusals", metadata, place(), identity(), at("at"), Index(None, "at"))

leases = Table(
    "leases",
    metadata,
    place(),
    identity(),
    text("holder"),
    text("home"),
    text("process"),
    at("until"),
)

counters = Table(
    "counters", metadata, Column("name", Words, primary_key=True), Column("value", BigInteger, nullable=False)
)
