"""How the rows of waits end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Connection, Table, Update, bindparam, or_, select, update

from app.storage.tables.instances import incident, process_instance
from app.storage.writes import write


def goes_on(table: Table) -> ColumnElement[bool]:
    """Return whether the row's instance is not paused; the few that are stand in an index of their own."""
    paused = select(process_instance.c.key).where(process_instance.c.paused_at.is_not(None))
    return or_(table.c.instance_key.is_(None), table.c.instance_key.not_in(paused))


def end_waits(connection: Connection, table: Table, keys: Sequence[int], *, status: str, now: datetime) -> None:
    """Give the open rows with these keys the status, and note when."""
    if keys:
        column = "resolved_at" if table is incident else "ended_at"
        write(connection, _ending(table), [{"ended": key, "status": status, column: now} for key in keys])


@cache
def _ending(table: Table) -> Update:
    """Return the statement; made once for each table, because building it costs more than carrying it out."""
    return update(table).where(table.c.key == bindparam("ended"), table.c.status == "open")
