"""How the rows of waits end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, update

from app.storage.tables.instances import (
    incident,
)


def end_waits(connection: Connection, table: Table, keys: Sequence[int], *, status: str, now: datetime) -> None:
    if keys:
        column = "resolved_at" if table is incident else "ended_at"
        connection.execute(
            update(table).where(table.c.key.in_(keys), table.c.status == "open").values({"status": status, column: now})
        )
