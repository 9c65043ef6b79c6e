"""Items of bulk work, each with its one result."""

from __future__ import annotations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("Older versions are reached by restoring the copy that was made before.")
