"""Items of bulk work, each with its one result; files that people handed over; the model of a dispatch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dispatches", sa.Column("model", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    raise NotImplementedError("Older versions are reached by restoring the copy that was made before.")
