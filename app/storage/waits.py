"""How the rows of waits end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Table, Update, bindparam, update

from app.storage.tables.instances import incident


def end_waits(connection: Connection, table: Table, keys: Sequence[int], *, status: str, now: datetime) -> None:
    """Give the open rows with these keys the status, and note when."""
    if keys:
        column = "resolved_at" if table is incident else "ended_at"
        connection.execute(_ending(table), [{"ended": key, "status": status, column: now} for key in keys])


@cache
def _ending(table: Table) -> Update:
    """Return the statement; made once for each table, because building it costs more than carrying it out."""
    return update(table).where(table.c.key == bindparam("ended"), table.c.status == "open")
