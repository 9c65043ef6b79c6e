"""For a team: people and rules as rows, money with its tokens and conversation, limits of one dispatch."""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from storage.migrations import no_way_back

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_Place = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _place(table: str) -> tuple[sa.Column[int], sa.PrimaryKeyConstraint]:
    return (sa.Column("place", _Place), sa.PrimaryKeyConstraint("place", name=f"{table}_pkey"))


def _id(table: str) -> tuple[sa.Column[str], sa.UniqueConstraint]:
    return (sa.Column("id", sa.Text(), nullable=False), sa.UniqueConstraint("id", name=f"{table}_id_key"))


def _texts(*names: str, null: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=null) for name in names]


def _real(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=False)


def _at(name: str, *, null: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"{table}_{'_'.join(columns)}", table, columns)


def _index_only(name: str, table: str, *columns: str, where: str, unique: bool = False) -> None:
    only = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=only, postgresql_where=only)


def upgrade() -> None:
    _wider_tables()
    _people()
    _grants()
    _bind_open_approvals()
    op.create_table("alerts", *_place("alerts"), *_id("alerts"), _at("at"))
    _index("alerts", "at")


def _wider_tables() -> None:
    op.add_column("conversations", sa.Column("person", sa.Text()))
    _index_only("conversations_private", "conversations", "person", where="person IS NOT NULL")
    op.add_column("conversations", sa.Column("goes_on_with", sa.Text()))
    _returned_posts()
    op.add_column("questions", sa.Column("also_in", sa.Text()))
    _index_only("questions_also_in", "questions", "also_in", where="also_in IS NOT NULL")
    op.add_column("messages", sa.Column("late", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("dispatches", sa.Column("max_usd", sa.Double()))
    op.add_column("dispatches", sa.Column("timeout_s", sa.Double()))
    op.add_column("ledger", sa.Column("conversation", sa.Text(), nullable=False, server_default=""))
    for name in ("input_tokens", "cached_tokens", "output_tokens"):
        op.add_column("ledger", sa.Column(name, sa.BigInteger()))
    _money()


def _returned_posts() -> None:
    op.add_column("conversations", sa.Column("lost", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("conversations", sa.Column("lost_why", sa.Text(), nullable=False, server_default=""))
    _index_only("conversations_lost", "conversations", "lost", where="lost")
    op.add_column("outbox", sa.Column("instead_of", sa.Text()))


def _money() -> None:
    """What is not known yet counts; who asks for how much is looked up by person and time."""
    op.add_column("runs", sa.Column("max_turns", sa.BigInteger()))
    op.add_column("runs", sa.Column("lost_usd", sa.Double(), nullable=False, server_default="0"))
    op.add_column("ledger", sa.Column("session", sa.Text(), nullable=False, server_default=""))
    op.add_column("ledger", sa.Column("reserved_usd", sa.Double(), nullable=False, server_default="0"))
    op.add_column("ledger", sa.Column("included_in", sa.Text(), nullable=False, server_default=""))
    _index("ledger", "person", "at")
    _index("messages", "person", "received_at")
    _index("dispatches", "person", "created_at")
    _index_only("ledger_unknown", "ledger", "session", where="usd IS NULL")


def _people() -> None:
    op.create_table(
        "people",
        *_place("people"),
        *_id("people"),
        *_texts("name", "role", "added_by"),
        _at("added_at"),
        *_texts("notify", "quiet_hours", "timezone", null=True),
        _at("removed_at", null=True),
    )
    op.create_table(
        "accounts",
        *_place("accounts"),
        *_id("accounts"),
        *_texts("person", "chat", "account", "added_by"),
        _at("added_at"),
        _at("removed_at", null=True),
    )
    _index("accounts", "person")
    op.create_table(
        "pairings",
        *_place("pairings"),
        *_id("pairings"),
        *_texts("chat"),
        _at("made_at"),
        _at("expires_at"),
        *_texts("account", "conversation", "person", "made_by", null=True),
        _at("closed_at", null=True),
        *_texts("closed_by", null=True),
    )
    _index("pairings", "chat")
    _index("pairings", "expires_at")


def _grants() -> None:
    op.create_table(
        "rules",
        *_place("rules"),
        *_id("rules"),
        *_texts("project", "rule", "added_by"),
        _at("added_at"),
        *_texts("revoked_by", null=True),
        _at("revoked_at", null=True),
    )
    _index("rules", "project")
    _index_only("rules_in_force", "rules", "project", "rule", where="revoked_at IS NULL", unique=True)
    op.create_table(
        "session_grants",
        *_place("session_grants"),
        *_id("session_grants"),
        *_texts("dispatch", "hash", "question", "granted_by"),
        _at("granted_at"),
        sa.ForeignKeyConstraint(
            ["dispatch"],
            ["dispatches.id"],
            name="session_grants_dispatch_fkey",
            deferrable=True,
            initially="DEFERRED",
        ),
    )
    _index("session_grants", "dispatch")
    op.create_table(
        "allowances",
        *_place("allowances"),
        *_id("allowances"),
        *_texts("budget", "period"),
        _real("usd"),
        *_texts("added_by"),
        _at("added_at"),
    )
    _index("allowances", "budget", "period")


def _bind_open_approvals() -> None:
    """Buttons did not say what was shown: those of the newest post of an open approval learn it here."""
    connection = op.get_bind()
    asked = connection.execute(
        sa.text("SELECT id, approval FROM questions WHERE state = 'open' AND approval IS NOT NULL")
    )
    newest = sa.text(
        "SELECT outbox FROM buttons WHERE object = :question AND action = 'grant' ORDER BY place DESC LIMIT 1"
    )
    bind = sa.text("UPDATE buttons SET argument = :hash WHERE outbox = :post AND action IN ('grant', 'deny')")
    for question, approval in asked.all():
        post = connection.execute(newest, {"question": question}).scalar()
        connection.execute(bind, {"hash": json.loads(approval)["hash"], "post": post})


downgrade = no_way_back
