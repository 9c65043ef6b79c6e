"""Results that answer an identical request for a while; why a specialist was chosen; who is to answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dispatches", sa.Column("choice", sa.Text(), nullable=False, server_default=""))
    op.add_column("messages", sa.Column("own", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    raise NotImplementedError("Older versions are reached by restoring the copy that was made before.")
