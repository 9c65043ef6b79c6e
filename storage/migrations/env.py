"""What Alembic runs: our tables only, inside the transaction that ``storage.migrate`` has begun."""

from __future__ import annotations

from alembic import context

from storage.migrations import is_ours
from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=is_ours,
    render_as_batch=True,  # SQLite alters a table by building it anew
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
