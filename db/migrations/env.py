"""Alembic runs this file for every act; `db.migrations` gives the connection, already in a transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from db.schema import Moment
from db.tables import metadata


def written(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write times as plain columns: a migration must not change when our code does."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=written,
    compare_type=True,
    compare_server_default=True,
)
context.run_migrations()
