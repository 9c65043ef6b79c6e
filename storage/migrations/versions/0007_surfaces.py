"""Homes that people have open, and words of others that somebody hands over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.migrations import no_way_back

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_Place = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "homes",
        sa.Column("place", _Place),
        sa.PrimaryKeyConstraint("place", name="homes_pkey"),
        sa.Column("id", sa.Text(), nullable=False),
        sa.UniqueConstraint("id", name="homes_id_key"),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversations.id"],
            name="homes_conversation_fkey",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
    )
    op.create_index("homes_opened_at", "homes", ["opened_at"])
    op.add_column("messages", sa.Column("quoted", sa.Text(), nullable=False, server_default=""))


downgrade = no_way_back
