"""Results that answer an identical request for a while; why a specialist was chosen; who is to answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.migrations import no_way_back

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_Place = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _of_dispatch(
        "kept",
        *_texts("key", "audience"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        *_texts("state"),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    op.create_index("kept_key", "kept", ["key"])
    _of_dispatch(
        "waiters",
        *_texts("conversation", "message", "person"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("served", sa.Boolean(), nullable=False),
        _refers("waiters", "conversation", "conversations"),
    )
    op.add_column("dispatches", sa.Column("choice", sa.Text(), nullable=False, server_default=""))
    op.add_column("messages", sa.Column("own", sa.Boolean(), nullable=False, server_default=sa.false()))


def _of_dispatch(table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("place", _Place),
        sa.PrimaryKeyConstraint("place", name=f"{table}_pkey"),
        sa.Column("id", sa.Text(), nullable=False),
        sa.UniqueConstraint("id", name=f"{table}_id_key"),
        *_texts("dispatch"),
        *columns,
        _refers(table, "dispatch", "dispatches"),
    )
    op.create_index(f"{table}_dispatch", table, ["dispatch"])


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    name = f"{table}_{column}_fkey"
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, deferrable=True, initially="DEFERRED")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


downgrade = no_way_back
