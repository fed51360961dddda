"""
Writes that nobody waits for: PostgreSQL gets all of them in one statement, before the next question or the commit.

A step of the engine writes a dozen rows to eight tables and asks nothing in between. Sent one by one, each costs its
way through SQLAlchemy, the driver and the network, several times what the server needs to carry it out. So `write`
only notes them down. As soon as anything else is asked of the connection, or it commits, they go together: a chain of
common table expressions that takes the rows of each part as one JSON list (ADR 0008). SQLite has neither a network nor
such statements: there each write is carried out at once.

The parts of one statement all see the database as it was before, so their order is open. Where that would matter,
because a part changes rows of a table that is already noted down, what was noted before goes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    Delete,
    Engine,
    Insert,
    LargeBinary,
    String,
    Update,
    bindparam,
    cast,
    column,
    event,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import visitors
from sqlalchemy.types import TypeEngine

from app.storage.direct import dialect, send
from app.storage.types import Instant

Row: TypeAlias = Mapping[str, Any]
Statement: TypeAlias = Insert | Update | Delete
_NOTED = "kykypolku.writes"
#: stands in the text of a part for its rows, until it gets its place among the others
_ROWS = "__rows__"


def write(
    connection: Connection, statement: Statement, rows: Sequence[Row], *, otherwise: Exception | None = None
) -> None:
    """
    Carry out the statement for each of the rows; PostgreSQL may do so later, but before it is asked anything else.

    The rows, all with the same names, are the values of the statement's parameters and, where it inserts or updates,
    of the columns of these names. Statements are made once, as constants of their modules.

    :raises otherwise: the statement did not find (or, inserting, refused) one of the rows; perhaps raised later
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        result = connection.execute(statement, list(rows) if len(rows) > 1 else dict(rows[0]))
        if otherwise is not None and result.rowcount != len(rows):
            raise otherwise
        return
    if not connection.in_transaction():
        # else there would be nothing that a commit could end
        connection.begin()
    noted = connection.info.setdefault(_NOTED, _Noted())
    names = tuple(rows[0])
    _refuse_naive(rows, _moments(statement, names))
    if noted.must_go_before(statement):
        send_noted(connection)
    noted.add(_Part(statement, names, _in_order(rows, names), otherwise))


def send_noted(connection: Connection) -> None:
    """Carry out everything that was noted down. :raises Exception: what a write said to raise, or a database error"""
    noted: _Noted | None = connection.info.get(_NOTED)
    if noted is None or not noted.parts:
        return
    parts, noted.parts = noted.parts, []
    text = _together(
        tuple((_text(part.statement, part.names, part.counted, len(part.rows) == 1), part.counted) for part in parts)
    )
    found = send(connection, text, [msgspec.json.encode(part.rows).decode() for part in parts]).fetchone() or ()
    for part, count in zip(parts, found, strict=True):
        if part.otherwise is not None and count != len(part.rows):
            raise part.otherwise


def keep_order(engine: Engine) -> None:
    """Send what is noted down before the connection is asked anything else, and never in another transaction."""

    @event.listens_for(engine, "before_execute")
    def _before(connection: Connection, *_: object) -> None:
        send_noted(connection)

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        try:
            send_noted(connection)
        except BaseException:
            # SQLAlchemy holds the transaction for ended from here on, so it would not roll back any more
            if not connection.invalidated:
                connection.connection.rollback()
            raise

    @event.listens_for(engine, "rollback")
    def _rollback(connection: Connection) -> None:
        # a connection that broke took its notes with it, and has none that could be asked
        if not connection.invalidated:
            connection.info.pop(_NOTED, None)

    @event.listens_for(engine, "checkin")
    def _checkin(_: object, record: Any) -> None:
        record.info.pop(_NOTED, None)


@dataclass(slots=True)
class _Part:
    statement: Statement
    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    otherwise: Exception | None

    @property
    def counted(self) -> bool:
        return self.otherwise is not None

    def like(self, other: _Part) -> bool:
        same = self.statement is other.statement and self.names == other.names
        return same and _only_inserts(self.statement) and not self.counted and not other.counted


@dataclass(slots=True)
class _Noted:
    parts: list[_Part] = field(default_factory=list)

    def must_go_before(self, statement: Statement) -> bool:
        """
        Tell whether the statement would find another database if it went with these.

        A plain insert of rows with keys of their own does not care; whatever changes rows does.
        """
        if _only_inserts(statement):
            return False
        return any(part.statement.table is statement.table for part in self.parts)

    def add(self, part: _Part) -> None:
        """Note the part; lines of one log stay in their order, because they go as one list."""
        for noted in self.parts:
            if noted.like(part):
                noted.rows += part.rows
                return
        self.parts.append(part)


def _only_inserts(statement: Statement) -> bool:
    return isinstance(statement, Insert) and getattr(statement, "_post_values_clause", None) is None


def _in_order(rows: Sequence[Row], names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    if len(names) == 1:
        return [(row[names[0]],) for row in rows]
    return list(map(itemgetter(*names), rows))


def _refuse_naive(rows: Sequence[Row], names: Sequence[str]) -> None:
    """Look at the values of these names. :raises ValueError: a moment without a time zone"""
    for name in names:
        for row in rows:
            value = row[name]
            if isinstance(value, datetime) and value.tzinfo is None:
                raise ValueError("a moment without a time zone cannot be stored")


@lru_cache(maxsize=500)
def _moments(statement: Statement, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the names whose values may be moments: of such columns, and whatever only the statement names."""
    columns = statement.table.c
    return tuple(name for name in names if name not in columns or isinstance(columns[name].type, Instant))


@lru_cache(maxsize=500)
def _together(parts: tuple[tuple[str, bool], ...]) -> str:
    """Return one statement of the parts, which answers a row: for each part how many rows it touched, if counted."""
    named = [
        f"w{number} AS ({text.replace(_ROWS, f'(${number + 1}::jsonb)')})" for number, (text, _) in enumerate(parts)
    ]
    # the only thing put in is the part's number
    counts = [
        f"(SELECT count(*) FROM w{number})" if counted else "NULL"  # noqa: S608
        for number, (_, counted) in enumerate(parts)
    ]
    return f"WITH {', '.join(named)} SELECT {', '.join(counts)}"


@lru_cache(maxsize=500)
def _text(
    statement: Statement,
    names: tuple[str, ...],
    counted: bool,  # noqa: FBT001 # part of the cache's key
    single: bool,  # noqa: FBT001
) -> str:
    """Return the statement in PostgreSQL's words, with the rows of a JSON list in place of its parameters."""
    made = _inserting(statement, names) if isinstance(statement, Insert) else _changing(statement, names, single=single)
    if counted and not made._returning:  # noqa: SLF001 # SQLAlchemy has no public name for it
        made = made.returning(literal_column("1"))
    return str(made.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _inserting(statement: Insert, names: Sequence[str]) -> Insert:
    values = [_value(_rows.c.value, number, statement.table.c[name].type) for number, name in enumerate(names)]
    return statement.from_select(list(names), select(*values), include_defaults=False)


def _changing(statement: Update | Delete, names: Sequence[str], *, single: bool) -> Any:
    """
    Put the rows' values in place of the statement's parameters, and set the columns of the remaining names.

    A single row is named as such: the planner takes every list for one of a hundred rows, and would rather read a
    small table whole than look a hundred rows up.
    """
    row = _the_row if single else _rows.c.value
    asked: set[str] = set()
    visitors.traverse(statement, {}, {"bindparam": lambda parameter: asked.add(parameter.key)})
    if isinstance(statement, Update):
        columns = statement.table.c
        statement = statement.values(
            {name: bindparam(name, type_=columns[name].type) for name in names if name not in asked}
        )
    places = {name: number for number, name in enumerate(names)}

    def replace(element: Any, **_: object) -> ColumnElement[Any] | None:
        if isinstance(element, BindParameter) and element.key in places:
            return _value(row, places[element.key], element.type)
        return None

    return visitors.replacement_traverse(statement, {}, replace)


_rows = func.jsonb_array_elements(literal_column(_ROWS)).table_valued(column("value", JSONB), name="r")
_the_row: ColumnElement[Any] = literal_column(f"({_ROWS} -> 0)", JSONB())


def _value(row: ColumnElement[Any], number: int, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """Return the expression for the value at this place of a row."""
    place: ColumnElement[int] = literal_column(str(number))
    if isinstance(kind, JSON):
        # a JSON null stays one: only for other columns is it no value
        return row.op("->", return_type=JSONB())(place)
    text = row.op("->>", return_type=String())(place)
    if isinstance(kind, LargeBinary):
        return func.decode(text, literal_column("'base64'"))
    return text if isinstance(kind, String) else cast(text, kind)
