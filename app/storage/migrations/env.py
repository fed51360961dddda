"""Alembic's entry: runs the migrations over the connection that app.storage.schema hands in."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from app.storage import types
from app.storage.tables import metadata


def _our_types_by_name(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types by their names into a generated migration."""
    if kind == "type":
        for name in ("Json", "CountedKey"):
            if item is getattr(types, name):
                autogen.imports.add("from app.storage import types")
                return f"types.{name}"
        if isinstance(item, types.Instant):
            autogen.imports.add("from app.storage import types")
            return "types.Instant()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    # SQLite changes a table by copying it
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    render_item=_our_types_by_name,
)
with context.begin_transaction():
    context.run_migrations()
