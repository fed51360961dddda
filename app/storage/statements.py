"""Statements that SQLAlchemy writes differently for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    keys: Sequence[str],
    changes: Sequence[str],
) -> None:
    """Insert the rows; where one with the same keys exists, write the columns named in `changes` over it."""
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    # the rows go apart from the statement: its text is the same for any number of them and is made once
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(keys), set_={name: statement.excluded[name] for name in changes}
        ),
        list(rows),
    )


def insert_many_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, keys: Sequence[str]
) -> None:
    """Insert those of the rows of which none with the same keys exists."""
    if rows:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(table).on_conflict_do_nothing(index_elements=list(keys))
        connection.execute(statement, list(rows))


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any], *, keys: Sequence[str]) -> bool:
    """Insert the row unless one with the same keys exists; return whether it was inserted."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).values(dict(row)).on_conflict_do_nothing(index_elements=list(keys))
    # RETURNING says it alike on both databases; psycopg gives no row count here
    return connection.execute(statement.returning(table.c[keys[0]])).first() is not None
