"""Items of bulk work, each with its one result; files that people handed over; the model of a dispatch."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.migrations import no_way_back

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_Place = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _create(table: str, *columns: sa.Column[Any]) -> None:
    """With the columns that every table has, and the dispatch that it belongs to."""
    op.create_table(
        table,
        sa.Column("place", _Place),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("dispatch", sa.Text(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("place", name=f"{table}_pkey"),
        sa.UniqueConstraint("id", name=f"{table}_id_key"),
        sa.ForeignKeyConstraint(
            ["dispatch"],
            ["dispatches.id"],
            name=f"{table}_dispatch_fkey",
            deferrable=True,
            initially="DEFERRED",
        ),
    )
    op.create_index(f"{table}_dispatch", table, ["dispatch"])


def _column(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.add_column("dispatches", sa.Column("model", sa.Text(), nullable=False, server_default=""))
    text, number, moment = sa.Text(), sa.BigInteger(), sa.DateTime(timezone=True)
    words = [_column(name, text) for name in ("name", "task", "shape")]
    _create("item_lists", *words, _column("total", number), _column("created_at", moment))
    _create(
        "items",
        _column("list", text),
        _column("n", number),
        _column("text", text),
        _column("state", text),
        _column("tries", number),
        _column("answer", text),
    )
    op.create_index("items_list_n", "items", ["list", "n"])
    _create(
        "given_files",
        _column("name", text),
        _column("sha256", text),
        _column("size", number),
        _column("at", moment),
    )
    op.create_index("given_files_sha256", "given_files", ["sha256"])


downgrade = no_way_back
