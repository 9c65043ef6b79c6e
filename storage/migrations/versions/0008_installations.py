"""Workspaces that have installed the app."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.migrations import no_way_back

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_Place = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "installations",
        sa.Column("place", _Place),
        sa.PrimaryKeyConstraint("place", name="installations_pkey"),
        sa.Column("id", sa.Text(), nullable=False),
        sa.UniqueConstraint("id", name="installations_id_key"),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bot", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("installed_by", sa.Text(), nullable=False),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
    )
    op.create_index("installations_chat", "installations", ["chat"])


downgrade = no_way_back
