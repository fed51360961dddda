"""Looking rows up by what is known of them, as every step does several times: the quickest way of each database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from app.storage.direct import Asking, DirectRow, ask
from app.storage.writes import send_noted


def find_rows(connection: Connection, statement: Asking, **values: Any) -> Sequence[DirectRow]:
    """
    Return the rows that the statement finds, a constant of its module, with these values of its parameters.

    Its columns are the attributes of a row. What was noted down to be written is written before.
    """
    if connection.dialect.name == "sqlite":
        return connection.execute(statement, values).all()
    send_noted(connection)
    return ask(connection, statement, values)


def find_row(connection: Connection, statement: Asking, **values: Any) -> DirectRow | None:
    """Return the one row that the statement finds, None where there is none."""
    rows = find_rows(connection, statement, **values)
    if len(rows) > 1:
        raise AssertionError("more than one row was found by a key")
    return rows[0] if rows else None
