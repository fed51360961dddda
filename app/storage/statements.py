"""Statements that SQLAlchemy writes differently for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from app.storage.writes import Statement, write


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
    # the rows go apart from the statement: its text is the same for any number of them and is made once
    write(connection, _upserting(connection.dialect.name, table, tuple(keys), tuple(changes)), rows)


@lru_cache(maxsize=500)
def _upserting(dialect_name: str, table: Table, keys: tuple[str, ...], changes: tuple[str, ...]) -> Statement:
    dialect = sqlite if dialect_name == "sqlite" else postgresql
    inserting = dialect.insert(table).inline()
    statement: Statement = inserting.on_conflict_do_update(
        index_elements=list(keys), set_={name: inserting.excluded[name] for name in changes}
    )
    return statement


def insert_many_new(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    keys: Sequence[str],
    otherwise: Exception | None = None,
) -> None:
    """Insert those of the rows of which none with the same keys exists. :raises otherwise: one does"""
    statement = _inserting_new(connection.dialect.name, table, tuple(keys), False)
    write(connection, statement, rows, otherwise=otherwise)


@lru_cache(maxsize=500)
def _inserting_new(
    dialect_name: str,
    table: Table,
    keys: tuple[str, ...],
    returning: bool,  # noqa: FBT001 # part of the cache's key
) -> Statement:
    dialect = sqlite if dialect_name == "sqlite" else postgresql
    inserting = dialect.insert(table).inline().on_conflict_do_nothing(index_elements=list(keys))
    statement: Statement = inserting.returning(table.c[keys[0]]) if returning else inserting
    return statement


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any], *, keys: Sequence[str]) -> bool:
    """Insert the row unless one with the same keys exists; return whether it was inserted."""
    # RETURNING says it alike on both databases; psycopg gives no row count here
    statement = _inserting_new(connection.dialect.name, table, tuple(keys), True)
    return connection.execute(statement, dict(row)).first() is not None
