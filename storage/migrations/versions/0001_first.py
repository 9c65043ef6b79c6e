"""The first schema: one table per noun."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from storage.migrations import no_way_back

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_Place = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _place(table: str) -> tuple[sa.Column[int], sa.PrimaryKeyConstraint]:
    return (sa.Column("place", _Place), sa.PrimaryKeyConstraint("place", name=f"{table}_pkey"))


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _text_or_null(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text())


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _real(name: str, *, null: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=null)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _at(name: str, *, null: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"{table}_{'_'.join(columns)}_key")


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=f"{table}_{column}_fkey", deferrable=True, initially="DEFERRED"
    )


def _index(table: str, *columns: str, unique: bool = False) -> None:
    op.create_index(f"{table}_{'_'.join(columns)}", table, columns, unique=unique)


def _index_only(name: str, table: str, *columns: str, where: str, unique: bool = False) -> None:
    only = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=only, postgresql_where=only)


def upgrade() -> None:
    _conversations()
    _work()
    _posts()
    _records()


def _conversations() -> None:
    op.create_table(
        "conversations",
        *_place("conversations"),
        *_texts("id", "chat", "key", "account"),
        _at("created_at"),
        _flag("direct"),
        _text_or_null("project"),
        _number("last_seq"),
        _number("last_post"),
        _number("void_before"),
        _at("hold_until", null=True),
        *_texts("summary"),
        _number("summary_upto"),
        _unique("conversations", "id"),
        _unique("conversations", "chat", "account", "key"),
    )
    _index_only("conversations_held", "conversations", "hold_until", where="hold_until IS NOT NULL")
    op.create_table(
        "messages",
        *_place("messages"),
        *_texts("id", "conversation"),
        _number("seq"),
        *_texts("platform_key"),
        _text_or_null("person"),
        *_texts("sender", "text"),
        _at("received_at"),
        _text_or_null("reply_to"),
        *_texts("origin"),
        _flag("addressed"),
        *_texts("files", "state"),
        _text_or_null("decision"),
        _real("cost_usd", null=True),
        _unique("messages", "id"),
        _unique("messages", "platform_key"),
        _unique("messages", "conversation", "seq"),
        _refers("messages", "conversation", "conversations"),
    )
    _index("messages", "received_at")
    _index("messages", "state")
    op.create_table(
        "arrivals",
        *_place("arrivals"),
        *_texts("id", "conversation"),
        _at("at"),
        _unique("arrivals", "id"),
    )
    _index("arrivals", "at")
    op.create_table(
        "leases",
        *_place("leases"),
        *_texts("id", "holder", "home", "process"),
        _at("until"),
        _unique("leases", "id"),
    )
    op.create_table(
        "refusals",
        *_place("refusals"),
        *_texts("id"),
        _at("at"),
        _unique("refusals", "id"),
    )
    _index("refusals", "at")


def _work() -> None:
    op.create_table(
        "dispatches",
        *_place("dispatches"),
        *_texts("id", "conversation", "project", "specialist", "title", "spec", "person", "cause"),
        _at("created_at"),
        *_texts("status"),
        _number("version"),
        _text_or_null("session"),
        _number("runs"),
        _number("depth"),
        _flag("bulk"),
        _text_or_null("park_reason"),
        _at("resume_at", null=True),
        *_texts("steps", "activity"),
        _at("activity_at", null=True),
        _real("cost_usd"),
        _real("running_usd"),
        _real("context_used", null=True),
        _text_or_null("reason"),
        *_texts("result", "notes"),
        _at("silent_since", null=True),
        _text_or_null("cancel"),
        _number("revision"),
        _number("drawn"),
        _text_or_null("card"),
        _number("number"),
        *_texts("search_text"),
        _unique("dispatches", "id"),
        _refers("dispatches", "conversation", "conversations"),
        _refers("dispatches", "cause", "messages"),
    )
    _index("dispatches", "cause")
    _index("dispatches", "conversation", "number")
    _index_only("dispatches_dirty", "dispatches", "number", where="revision > drawn")
    _index("dispatches", "number", unique=True)
    _index("dispatches", "status")
    op.create_table(
        "sessions",
        *_place("sessions"),
        *_texts("id", "specialist", "project", "dispatch", "directory", "config_dir"),
        _at("created_at"),
        _flag("started"),
        _real("cost_usd"),
        *_texts("token"),
        _unique("sessions", "id"),
        _refers("sessions", "dispatch", "dispatches"),
    )
    _index("sessions", "dispatch")
    op.create_table(
        "notes",
        *_place("notes"),
        *_texts("id", "dispatch", "message", "text"),
        _at("created_at"),
        _number("delivered_run", null=True),
        _flag("read"),
        _unique("notes", "id"),
        _refers("notes", "dispatch", "dispatches"),
    )
    _index("notes", "dispatch")
    op.create_table(
        "questions",
        *_place("questions"),
        *_texts("id", "dispatch"),
        _number("run"),
        *_texts("conversation", "kind", "request", "asks"),
        _at("asked_at"),
        _text_or_null("approval"),
        _text_or_null("default"),
        *_texts("state"),
        _text_or_null("reply"),
        _text_or_null("closed_by"),
        _at("closed_at", null=True),
        _number("delivered_run", null=True),
        _flag("used"),
        _at("remind_at", null=True),
        _at("expire_at", null=True),
        _unique("questions", "id"),
        _refers("questions", "dispatch", "dispatches"),
        _refers("questions", "conversation", "conversations"),
    )
    _index("questions", "conversation", "state")
    _index("questions", "dispatch", "state")
    _index_only("questions_one_open", "questions", "dispatch", "request", where="state = 'open'", unique=True)
    _index("questions", "state")
    op.create_table(
        "runs",
        *_place("runs"),
        *_texts("id", "dispatch"),
        _number("n"),
        _at("created_at"),
        *_texts("prompt"),
        _text_or_null("question"),
        *_texts("state"),
        _number("attempt"),
        *_texts("node", "directory"),
        _real("max_usd", null=True),
        _real("reserved_usd"),
        _real("cost_usd", null=True),
        *_texts("billing"),
        _at("started_at", null=True),
        _at("ended_at", null=True),
        _text_or_null("process"),
        _text_or_null("outcome"),
        _unique("runs", "id"),
        _unique("runs", "dispatch", "n"),
        _refers("runs", "dispatch", "dispatches"),
        _refers("runs", "question", "questions"),
    )
    _index("runs", "question")
    _index("runs", "state")
    op.create_table(
        "events",
        *_place("events"),
        *_texts("id", "run", "dispatch"),
        _number("attempt"),
        _number("seq"),
        _at("at"),
        *_texts("kind", "data"),
        _unique("events", "id"),
        _unique("events", "run", "attempt", "seq"),
        _refers("events", "run", "runs"),
        _refers("events", "dispatch", "dispatches"),
    )
    _index("events", "at")
    _index("events", "dispatch")


def _posts() -> None:
    op.create_table(
        "outbox",
        *_place("outbox"),
        *_texts("id", "conversation"),
        _number("seq"),
        *_texts("kind", "post"),
        _at("created_at"),
        _text_or_null("dispatch"),
        _text_or_null("question"),
        *_texts("state"),
        _text_or_null("edits"),
        _unique("outbox", "id"),
        _unique("outbox", "conversation", "seq"),
        _refers("outbox", "conversation", "conversations"),
        _refers("outbox", "dispatch", "dispatches"),
        _refers("outbox", "question", "questions"),
    )
    _index("outbox", "conversation", "state")
    _index("outbox", "dispatch")
    _index("outbox", "question")
    _index("outbox", "state")
    op.create_table(
        "parts",
        *_place("parts"),
        *_texts("outbox"),
        _number("n"),
        *_texts("key", "part"),
        _number("tries"),
        _text_or_null("message_id"),
        _at("sent_at", null=True),
        _unique("parts", "key"),
        _unique("parts", "outbox", "n"),
        _refers("parts", "outbox", "outbox"),
    )
    _index("parts", "message_id")
    op.create_table(
        "buttons",
        *_place("buttons"),
        *_texts("id", "conversation", "action", "object", "label"),
        _at("created_at"),
        *_texts("argument"),
        _text_or_null("outbox"),
        _text_or_null("person"),
        _at("expires_at", null=True),
        _at("used_at", null=True),
        _text_or_null("used_by"),
        _unique("buttons", "id"),
        _refers("buttons", "conversation", "conversations"),
        _refers("buttons", "outbox", "outbox"),
    )
    _index("buttons", "created_at")
    _index("buttons", "object")
    _index("buttons", "outbox")


def _records() -> None:
    op.create_table(
        "ledger",
        *_place("ledger"),
        *_texts("id"),
        _at("at"),
        *_texts("person", "project", "object"),
        _real("usd", null=True),
        *_texts("billing", "model"),
        _unique("ledger", "id"),
    )
    _index("ledger", "at")
    _index("ledger", "object")
    op.create_table(
        "audit",
        *_place("audit"),
        *_texts("id"),
        _at("at"),
        *_texts("person", "action", "object", "detail"),
        _unique("audit", "id"),
    )
    _index("audit", "at")
    _index("audit", "object")
    op.create_table(
        "blobs",
        *_place("blobs"),
        *_texts("id"),
        _number("size"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _at("created_at"),
        _unique("blobs", "id"),
    )
    _index("blobs", "created_at")
    op.create_table(
        "counters",
        *_texts("name"),
        _number("value"),
        sa.PrimaryKeyConstraint("name", name="counters_pkey"),
    )


downgrade = no_way_back
