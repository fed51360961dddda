"""One way to search any table of the API: typed conditions, total orders, keyset pages. No text becomes SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from app.domain.errors import InvalidInput, Problem
from app.domain.searching import Condition, Found, Operator, Order, Place, Search

#: counting further than this costs more than anybody gains by it
MOST_COUNTED = 10_000


class Kind(Enum):
    """What an attribute holds."""

    TEXT = str
    NUMBER = int
    FLAG = bool
    MOMENT = datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """
    Something that can be searched by.

    `stored`: how values of the API are kept (states); a value that is not among them matches nothing. `nothing` stands
    in the order for rows that have no value. `condition` takes the comparing over where a column cannot.
    """

    column: Any
    kind: Kind = Kind.TEXT
    stored: Mapping[str, Any] | None = None
    nothing: Any = None
    condition: Callable[[Operator, Any], ColumnElement[bool]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Searchable:
    """A resource: where its rows come from, what they can be searched and sorted by, which column is their key."""

    query: Select[Any]
    key: Any
    attributes: Mapping[str, Attribute]
    order: tuple[Order, ...] = ()
    #: further columns that the key alone does not tell apart
    tie_breakers: tuple[tuple[Any, Kind], ...] = ()


def find(connection: Connection, searchable: Searchable, search: Search, *conditions: ColumnElement[bool]) -> Found:
    """
    Return the page of the rows that fulfil the search and the further conditions.

    :raises InvalidInput: an attribute or order that the resource does not have, a place of another order
    """
    wanted = [*conditions, *(_condition(connection, searchable, item) for item in search.conditions)]
    if search.alternatives:
        groups = ([_condition(connection, searchable, item) for item in group] for group in search.alternatives)
        wanted.append(or_(false(), *(and_(true(), *group) for group in groups)))
    filtered = searchable.query.where(*wanted)
    order = _total_order(searchable, search.order or searchable.order)
    total = connection.execute(
        select(func.count()).select_from(filtered.with_only_columns(literal(1)).limit(MOST_COUNTED + 1).subquery())
    ).scalar_one()
    backwards = search.before is not None
    place = search.before if backwards else search.after
    page = filtered.add_columns(*(item.expression.label(f"_order_{n}") for n, item in enumerate(order)))
    if place is not None:
        page = page.where(_beyond(order, _typed(order, place), backwards=backwards))
    page = page.order_by(*(item.clause(backwards=backwards) for item in order)).limit(search.limit)
    if search.offset:
        page = page.offset(search.offset)
    rows = list(connection.execute(page)) if search.limit else []
    if backwards:
        rows.reverse()
    places = [tuple(getattr(row, f"_order_{n}") for n in range(len(order))) for row in (rows[:1] + rows[-1:])]
    return Found(
        rows=tuple(dict(row._mapping) for row in rows),  # noqa: SLF001 - SQLAlchemy's public name for it
        total=min(total, MOST_COUNTED),
        more_than_total=total > MOST_COUNTED,
        first=places[0] if places else None,
        last=places[-1] if places else None,
    )


# -- order -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sorted:
    expression: Any
    descending: bool
    kind: Kind

    def clause(self, *, backwards: bool) -> Any:
        return self.expression.desc() if self.descending != backwards else self.expression.asc()


def _total_order(searchable: Searchable, order: Sequence[Order]) -> list[_Sorted]:
    """Return by what the rows are sorted, the key last, so that no two rows have the same place."""
    items = []
    for item in order:
        attribute = searchable.attributes.get(item.attribute)
        if attribute is None or attribute.column is None:
            raise InvalidInput([Problem("unknown_sort_field", place=f"sort.{item.attribute}")])
        expression = attribute.column
        if attribute.nothing is not None:
            expression = func.coalesce(expression, literal(attribute.nothing, getattr(expression, "type", None)))
        items.append(_Sorted(expression, item.descending, attribute.kind))
    rest = [_Sorted(column, False, kind) for column, kind in searchable.tie_breakers]
    return [*items, _Sorted(searchable.key, False, Kind.NUMBER), *rest]


def _typed(order: Sequence[_Sorted], place: Place) -> list[Any]:
    if len(place) != len(order):
        raise _wrong_cursor()
    return [_typed_value(item, value) for item, value in zip(order, place, strict=True)]


def _typed_value(item: _Sorted, value: Any) -> Any:
    if item.kind is Kind.MOMENT and isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise _wrong_cursor() from None
    if item.kind is Kind.FLAG and value in (0, 1):
        value = bool(value)
    fits = isinstance(value, item.kind.value) and (item.kind is Kind.FLAG or not isinstance(value, bool))
    if not fits or (isinstance(value, datetime) and value.tzinfo is None) or not _in_range(value):
        raise _wrong_cursor()
    return literal(value, getattr(item.expression, "type", None))


def _in_range(value: Any) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def _wrong_cursor() -> InvalidInput:
    return InvalidInput([Problem("cursor_invalid", place="page")])


def _beyond(order: Sequence[_Sorted], place: Sequence[Any], *, backwards: bool) -> ColumnElement[bool]:
    """Return the condition of the rows after the place: greater in the first column that differs."""
    ways = []
    for number, (item, value) in enumerate(zip(order, place, strict=True)):
        same = [before.expression == at for before, at in zip(order[:number], place[:number], strict=True)]
        past = item.expression < value if item.descending != backwards else item.expression > value
        ways.append(and_(*same, past))
    return or_(*ways)


# -- conditions --------------------------------------------------------------------------------------------------


#: one county per installation
_EVERYWHERE = {"tenantId": Attribute(column=literal("<default>"))}


def _condition(connection: Connection, searchable: Searchable, item: Condition) -> ColumnElement[bool]:
    attribute = searchable.attributes.get(item.attribute) or _EVERYWHERE.get(item.attribute)
    if attribute is None:
        raise InvalidInput([Problem("unknown_filter_field", place=f"filter.{item.attribute}")])
    if attribute.condition is not None:
        return attribute.condition(item.operator, item.value)
    value = item.value
    if attribute.stored is not None:
        if item.operator is Operator.LIKE:
            raise InvalidInput([Problem("operator_not_offered", place=f"filter.{item.attribute}")])
        value = _as_stored(attribute.stored, item.operator, value)
    return compare(connection, attribute.column, item.operator, value)


def _as_stored(stored: Mapping[str, Any], operator: Operator, value: Any) -> Any:
    if operator is Operator.EXISTS:
        return value
    if operator in (Operator.IN, Operator.NOT_IN):
        return [stored[item] for item in value if item in stored]
    return stored.get(value, "")


def compare(connection: Connection, column: Any, operator: Operator, value: Any) -> ColumnElement[bool]:
    """Return the condition that the column fulfils; a row without value differs from every value."""
    if operator is Operator.LIKE:
        return _like(connection, column, value)
    return compare_value(column, operator, value)


def compare_value(column: Any, operator: Operator, value: Any) -> ColumnElement[bool]:
    """Return the condition of every operator but LIKE, which no key or moment takes."""
    return _COMPARISONS[operator](column, value)


_COMPARISONS: Mapping[Operator, Callable[[Any, Any], ColumnElement[bool]]] = {
    Operator.EQUAL: lambda column, value: column == value,
    Operator.DIFFERENT: lambda column, value: column.is_distinct_from(value),
    Operator.EXISTS: lambda column, value: column.is_not(None) if value else column.is_(None),
    Operator.IN: lambda column, value: column.in_(value),
    Operator.NOT_IN: lambda column, value: or_(column.is_(None), not_(column.in_(value))),
    Operator.ABOVE: lambda column, value: column > value,
    Operator.AT_LEAST: lambda column, value: column >= value,
    Operator.BELOW: lambda column, value: column < value,
    Operator.AT_MOST: lambda column, value: column <= value,
}


def _like(connection: Connection, column: Any, pattern: str) -> ColumnElement[bool]:
    """Match * (any characters) and ? (one), with a backslash before those that stand for themselves; exact in case."""
    text = cast(column, String)
    if connection.dialect.name == "sqlite":
        # SQLite's LIKE takes A for a; GLOB does not
        written = _translated(pattern, many="*", one="?", escape=lambda sign: f"[{sign}]" if sign in "*?[" else sign)
        matches: ColumnElement[bool] = text.op("GLOB", is_comparison=True)(written)
        return matches
    written = _translated(pattern, many="%", one="_", escape=lambda sign: f"\\{sign}" if sign in "%_\\" else sign)
    return text.like(written, escape="\\")


def _translated(pattern: str, *, many: str, one: str, escape: Callable[[str], str]) -> str:
    parts = []
    signs = iter(pattern)
    for sign in signs:
        if sign == "\\":
            parts.append(escape(next(signs, "\\")))
        else:
            parts.append(many if sign == "*" else one if sign == "?" else escape(sign))
    return "".join(parts)
