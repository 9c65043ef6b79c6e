"""What researchers fetched and noted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.migrations import no_way_back

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_Place = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _gathered(
        "fetches",
        *_texts("url", "final_url"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        *_texts("sha256", "title", "text", "links"),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.Column("missing", sa.Boolean(), nullable=False),
        *_texts("problem"),
    )
    _gathered(
        "findings",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_texts("claim", "url", "quote"),
    )


def _gathered(table: str, *columns: sa.Column[object]) -> None:
    """A table of what belongs to a run of a dispatch."""
    op.create_table(
        table,
        sa.Column("place", _Place),
        sa.PrimaryKeyConstraint("place", name=f"{table}_pkey"),
        sa.Column("id", sa.Text(), nullable=False),
        sa.UniqueConstraint("id", name=f"{table}_id_key"),
        *_texts("dispatch", "run"),
        *columns,
        sa.ForeignKeyConstraint(
            ["dispatch"],
            ["dispatches.id"],
            name=f"{table}_dispatch_fkey",
            deferrable=True,
            initially="DEFERRED",
        ),
    )
    op.create_index(f"{table}_dispatch", table, ["dispatch"])


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


downgrade = no_way_back
