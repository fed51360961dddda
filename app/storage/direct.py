"""
Statements that go to PostgreSQL's driver themselves, past SQLAlchemy's execution.

SQLAlchemy's way of executing a statement costs two to three times what the driver needs for a row that is looked up by
its key (ADR 0009). The statements of every step therefore are made by SQLAlchemy once, as constants of their modules;
their text is kept, and only the values go with it. The transaction, the pool and the meaning of errors stay
SQLAlchemy's: what is asked here sees what was asked there, and fails alike.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import psycopg
from sqlalchemy import BindParameter, ColumnElement, Connection, Select, Update, literal, literal_column
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import visitors
from sqlalchemy.types import NullType

from app.storage.types import Instant, in_utc

#: the words of PostgreSQL, with $1 for the first value as its own protocol has it: nothing is left to be replaced
dialect = postgresql.psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call] # untyped there

#: a row whose columns are its attributes
DirectRow: TypeAlias = Any
Asking: TypeAlias = Select[Any] | Update


def send(connection: Connection, text: str, values: Sequence[Any]) -> psycopg.RawCursor[tuple[Any, ...]]:
    """
    Send the text with its values in the connection's transaction, and return the cursor with the answer.

    :raises DBAPIError: as SQLAlchemy raises it, the connection given up where it broke
    """
    if not connection.in_transaction():
        # else there would be nothing that a commit could end
        connection.begin()
    driver: Any = connection.connection.driver_connection
    cursor: psycopg.RawCursor[tuple[Any, ...]] = psycopg.RawCursor(driver)
    try:
        for listen in connection.dispatch.before_cursor_execute:
            listen(connection, cursor, text, values, None, False)  # as SQLAlchemy calls them
        cursor.execute(text, values)
    except BaseException as error:  # noqa: BLE001 # raised again, always
        # the one place where SQLAlchemy tells a broken connection from a refused statement
        connection._handle_dbapi_exception(error, text, None, None, None)  # noqa: SLF001
    return cursor


def ask(connection: Connection, statement: Asking, values: Mapping[str, Any]) -> list[DirectRow]:
    """
    Return the rows of the statement, a constant of its module whose parameters have these values; PostgreSQL only.

    A value goes as the driver takes it: keys, texts, truth values, moments with a time zone.
    """
    prepared = _prepared(statement)
    cursor = send(connection, prepared.text, [values[name] for name in prepared.names])
    return [prepared.make(row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class _Prepared:
    text: str
    names: tuple[str, ...]
    make: Callable[[tuple[Any, ...]], DirectRow]


@lru_cache(maxsize=500)
def _prepared(statement: Asking) -> _Prepared:
    """Return the statement's text, the names of its values in their order, and what makes its rows."""
    # what the statement itself compares with stays in its text: there a partial index of just that is found
    fixed: Any = visitors.replacement_traverse(statement, {}, _literal)
    compiled: Any = fixed.compile(dialect=dialect)
    if "POSTCOMPILE" in str(compiled):
        raise TypeError("a list whose length is not known is no constant")
    columns = list(statement.exported_columns)
    row = namedtuple("row", [column.key for column in columns])  # type: ignore[misc] # noqa: PYI024 # made of columns
    moments = [number for number, column in enumerate(columns) if isinstance(column.type, Instant)]

    def make(values: tuple[Any, ...]) -> DirectRow:
        found = list(values)
        for number in moments:
            found[number] = in_utc(found[number])
        return row._make(found)

    return _Prepared(str(compiled), tuple(compiled.positiontup), make if moments else row._make)


def _literal(element: Any, **_: object) -> ColumnElement[Any] | None:
    if not isinstance(element, BindParameter) or element.value is None:
        return None
    # what an update sets has the type of its column only when it is compiled
    known = literal(element.value, None if isinstance(element.type, NullType) else element.type)
    return literal_column(str(known.compile(dialect=dialect, compile_kwargs={"literal_binds": True})), known.type)
