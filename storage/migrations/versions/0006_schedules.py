"""Schedules, and each of their firings."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from storage.migrations import no_way_back

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_Place = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _place(table: str) -> tuple[sa.Column[int], sa.PrimaryKeyConstraint]:
    return (sa.Column("place", _Place), sa.PrimaryKeyConstraint("place", name=f"{table}_pkey"))


def _id(table: str) -> tuple[sa.Column[str], sa.UniqueConstraint]:
    return (sa.Column("id", sa.Text(), nullable=False), sa.UniqueConstraint("id", name=f"{table}_id_key"))


def _texts(*names: str, null: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=null) for name in names]


def _at(name: str, *, null: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"{table}_{column}_fkey", deferrable=True, initially="DEFERRED"
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(f"{table}_{'_'.join(columns)}", table, columns)


def _index_only(name: str, table: str, *columns: str, where: str) -> None:
    only = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)


def upgrade() -> None:
    op.create_table(
        "schedules",
        *_place("schedules"),
        *_id("schedules"),
        *_texts("person", "conversation", "cause", "plan"),
        _at("created_at"),
        _at("began_at"),
        *_texts("state"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _at("next_at", null=True),
        *_texts("why"),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        *_texts("seen"),
        _at("news_at", null=True),
        sa.Column("silence_told", sa.Boolean(), nullable=False),
        *_texts("told_month"),
        _refers("schedules", "conversation", "conversations"),
        _refers("schedules", "cause", "messages"),
    )
    _index("schedules", "person")
    _index("schedules", "cause")
    _index("schedules", "state", "next_at")
    op.create_table(
        "firings",
        *_place("firings"),
        *_id("firings"),
        *_texts("schedule"),
        _at("due_at"),
        _at("made_at"),
        *_texts("state"),
        *_texts("by", "preview", null=True),
        _at("hold_until", null=True),
        *_texts("dispatch", "outbox", null=True),
        *_texts("about", "detail"),
        _at("ended_at", null=True),
        _refers("firings", "schedule", "schedules"),
    )
    _index("firings", "schedule")
    _index("firings", "made_at")
    _index_only("firings_dispatch", "firings", "dispatch", where="dispatch IS NOT NULL")
    _index_only("firings_outbox", "firings", "outbox", where="outbox IS NOT NULL")
    _index("firings", "state")


downgrade = no_way_back
