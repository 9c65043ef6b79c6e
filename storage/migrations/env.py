"""What Alembic runs: our tables only, inside the transaction that ``storage.migrate`` has begun."""

from __future__ import annotations

from alembic import context

from storage.tables import metadata


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The durable engine keeps its tables in the same database; they are none of our business."""
    return kind != "table" or name in metadata.tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=is_ours,
    render_as_batch=True,  # SQLite alters a table by building it anew
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
