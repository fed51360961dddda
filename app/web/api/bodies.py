"""What every body of the API is made of: bases of requests and answers, filters, paging."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Generic, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from app.domain.errors import InvalidInput, Problem
from app.domain.keys import parse_key
from app.domain.searching import Condition, Found, Operator, Order, Place, Search, VariableCondition
from app.domain.sent_variables import LONGEST_NAME, check_variables
from app.domain.variable_key import scope_range

T = TypeVar("T")

TENANT: Final = "<default>"
MOST_ROWS = 1000
FURTHEST_OFFSET = 10_000
MOST_CONDITIONS = 1000
#: an attribute that is called a key and is any text
TEXTS_NAMED_KEY = frozenset({"correlationKey"})

#: a key as the API writes it
KeyText: TypeAlias = Annotated[str, Meta(pattern="^-?[0-9]{1,25}$", description="decimal string")]
Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=256)]
Tenant: TypeAlias = Literal["<default>"]
Variables: TypeAlias = dict[str, Any]


class Body(Struct, rename="camel", forbid_unknown_fields=True):
    """What a call sends; a field that is not known is refused, not ignored."""


class Answer(Struct, rename="camel"):
    """What a call gets."""


# -- filters -----------------------------------------------------------------------------------------------------


class Operators(Struct, forbid_unknown_fields=True):
    """A comparison other than "is this value"; several must all hold."""


class TextFilter(Operators):
    """Comparisons of a text. In $like, * stands for any characters and ? for one."""

    eq: str | UnsetType = msgspec.field(default=UNSET, name="$eq")
    neq: str | UnsetType = msgspec.field(default=UNSET, name="$neq")
    exists: bool | UnsetType = msgspec.field(default=UNSET, name="$exists")
    among: list[str] | UnsetType = msgspec.field(default=UNSET, name="$in")
    not_among: list[str] | UnsetType = msgspec.field(default=UNSET, name="$notIn")
    like: Annotated[str, Meta(max_length=500)] | UnsetType = msgspec.field(default=UNSET, name="$like")


class KeyFilter(Operators):
    """Comparisons of a key."""

    eq: KeyText | UnsetType = msgspec.field(default=UNSET, name="$eq")
    neq: KeyText | UnsetType = msgspec.field(default=UNSET, name="$neq")
    exists: bool | UnsetType = msgspec.field(default=UNSET, name="$exists")
    among: list[KeyText] | UnsetType = msgspec.field(default=UNSET, name="$in")
    not_among: list[KeyText] | UnsetType = msgspec.field(default=UNSET, name="$notIn")


class NumberFilter(Operators):
    """Comparisons of a whole number."""

    eq: int | UnsetType = msgspec.field(default=UNSET, name="$eq")
    neq: int | UnsetType = msgspec.field(default=UNSET, name="$neq")
    exists: bool | UnsetType = msgspec.field(default=UNSET, name="$exists")
    above: int | UnsetType = msgspec.field(default=UNSET, name="$gt")
    at_least: int | UnsetType = msgspec.field(default=UNSET, name="$gte")
    below: int | UnsetType = msgspec.field(default=UNSET, name="$lt")
    at_most: int | UnsetType = msgspec.field(default=UNSET, name="$lte")
    among: list[int] | UnsetType = msgspec.field(default=UNSET, name="$in")


class MomentFilter(Operators):
    """Comparisons of a moment."""

    eq: Moment | UnsetType = msgspec.field(default=UNSET, name="$eq")
    neq: Moment | UnsetType = msgspec.field(default=UNSET, name="$neq")
    exists: bool | UnsetType = msgspec.field(default=UNSET, name="$exists")
    above: Moment | UnsetType = msgspec.field(default=UNSET, name="$gt")
    at_least: Moment | UnsetType = msgspec.field(default=UNSET, name="$gte")
    below: Moment | UnsetType = msgspec.field(default=UNSET, name="$lt")
    at_most: Moment | UnsetType = msgspec.field(default=UNSET, name="$lte")
    among: list[Moment] | UnsetType = msgspec.field(default=UNSET, name="$in")


Text: TypeAlias = str | TextFilter | UnsetType
Key: TypeAlias = KeyText | KeyFilter | UnsetType
Number: TypeAlias = int | NumberFilter | UnsetType
When: TypeAlias = Moment | MomentFilter | UnsetType
Flag: TypeAlias = bool | UnsetType


class VariableFilter(Body):
    """A variable by name, and its value as JSON."""

    name: Name
    value: str | TextFilter


def conditions(
    body: Struct | UnsetType,
    *,
    choices: Mapping[str, frozenset[str]] | None = None,
    leave: frozenset[str] = frozenset(),
) -> tuple[Condition, ...]:
    """
    Return the conditions of a filter. `choices` are the known values of attributes that have no others.

    :raises InvalidInput: a value that the attribute never has, too many values
    """
    found: list[Condition] = []
    if body is UNSET:
        return ()
    for item in msgspec.structs.fields(body):
        name, value = item.encode_name, getattr(body, item.name)
        if value is UNSET or name in leave:
            continue
        found += [Condition(name, operator, _plain(name, each)) for operator, each in comparisons(value)]
    for condition in found:
        known = (choices or {}).get(condition.attribute)
        if known is not None and not known.issuperset(_listed(condition)):
            raise InvalidInput([Problem("unknown_value", place=f"filter.{condition.attribute}")])
    return tuple(found)


def comparisons(value: Any) -> list[tuple[Operator, Any]]:
    """Return operator and value of each comparison of one attribute of a filter."""
    if not isinstance(value, Operators):
        return [(Operator.EQUAL, value)]
    found = [
        (Operator(item.encode_name), getattr(value, item.name))
        for item in msgspec.structs.fields(value)
        if getattr(value, item.name) is not UNSET
    ]
    if any(isinstance(each, list) and len(each) > MOST_CONDITIONS for _, each in found):
        raise InvalidInput([Problem("more_than_taken", place="filter", values={"most": MOST_CONDITIONS})])
    return found


def _listed(condition: Condition) -> list[Any]:
    if condition.operator in (Operator.LIKE, Operator.EXISTS):
        return []
    return condition.value if isinstance(condition.value, list) else [condition.value]


def _plain(name: str, value: Any) -> Any:
    """Return the value as it is compared: keys as numbers, one that is out of their range as one that nothing has."""
    if not name.endswith("Key") or name in TEXTS_NAMED_KEY or isinstance(value, bool):
        return _in_range(value)
    if isinstance(value, list):
        return [parse_key(each) or -1 for each in value]
    return parse_key(value) or -1


def _in_range(value: Any) -> Any:
    """Return the number within what the database can compare with; nothing is stored beyond that."""
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-(2**31), min(2**31 - 1, value))
    if isinstance(value, list):
        return [_in_range(each) for each in value]
    if isinstance(value, str) and "\0" in value:
        raise InvalidInput([Problem("unknown_value", place="filter")])
    return value


def key_number(text: str | UnsetType) -> int:
    """
    Return the key that a body names.

    :raises InvalidInput: no key can be written so
    """
    key = parse_key(str(text))
    if key is None:
        raise InvalidInput([Problem("key_format", place="")])
    return key


def moment(value: datetime | str | None, *, place: str) -> datetime | None:
    """Return the moment of a body where "" stands for none. :raises InvalidInput: any other text"""
    if isinstance(value, str) and value:
        try:
            value = msgspec.convert(value, Moment)
        except msgspec.ValidationError:
            raise InvalidInput([Problem("field_format", place=place)]) from None
    return value if isinstance(value, datetime) else None


def check_values(variables: Mapping[str, Any]) -> None:
    """Check values that are only evaluated and not kept; any name will do. :raises InvalidInput: no fit value"""
    check_variables({f"_{name}"[:LONGEST_NAME]: value for name, value in variables.items()})


def variable_conditions(
    filters: list[VariableFilter] | UnsetType, *, local: bool = False
) -> tuple[VariableCondition, ...]:
    """Return the conditions on variables."""
    if filters is UNSET:
        return ()
    return tuple(
        VariableCondition(item.name, operator, value, local)
        for item in filters
        for operator, value in comparisons(item.value)
    )


# -- searches ----------------------------------------------------------------------------------------------------


class Sort(Body):
    """By what the rows are sorted."""

    field: Name
    order: Literal["ASC", "DESC"] = "ASC"


class PageWanted(Body):
    """Which page: the first, `from` a number of rows on, `after` or `before` a cursor of an earlier page."""

    limit: Annotated[int, Meta(ge=0, le=MOST_ROWS)] = 100
    offset: Annotated[int, Meta(ge=0, le=FURTHEST_OFFSET)] | UnsetType = msgspec.field(default=UNSET, name="from")
    after: Annotated[str, Meta(max_length=4000)] | UnsetType = UNSET
    before: Annotated[str, Meta(max_length=4000)] | UnsetType = UNSET


class SearchBody(Body):
    """Base of all searches; each adds its own `filter`."""

    sort: list[Sort] = []
    page: PageWanted = msgspec.field(default_factory=PageWanted)


class PageGiven(Answer):
    """Where the page is; cursors are opaque."""

    total_items: int
    has_more_total_items: bool
    start_cursor: str | None
    end_cursor: str | None


class Results(Struct, Generic[T], rename="camel"):
    """A page of what was searched."""

    items: list[T]
    page: PageGiven


def read_search(
    body: SearchBody,
    *,
    found: tuple[Condition, ...] = (),
    alternatives: tuple[tuple[Condition, ...], ...] = (),
    variables: tuple[VariableCondition, ...] = (),
) -> Search:
    """
    Return what the search asks for.

    :raises InvalidInput: more than one place, or a cursor that is none
    """
    page = body.page
    if sum(value is not UNSET for value in (page.offset, page.after, page.before)) > 1:
        raise InvalidInput([Problem("one_place_only", place="page")])
    if len(body.sort) > 10:
        raise InvalidInput([Problem("more_than_taken", place="sort", values={"most": 10})])
    return Search(
        conditions=found,
        alternatives=alternatives,
        variables=variables,
        order=tuple(
            Order(item.field, descending=item.order == "DESC") for item in body.sort if item.field != "tenantId"
        ),
        limit=page.limit,
        offset=0 if page.offset is UNSET else int(page.offset),
        after=_read_cursor(page.after),
        before=_read_cursor(page.before),
    )


def narrowed_to_scope(search: Search, key: int) -> Search:
    """Return the search of the scopes among which the variable of the key is."""
    lowest, highest = scope_range(key)
    nearby = (Condition("scopeKey", Operator.AT_LEAST, lowest), Condition("scopeKey", Operator.AT_MOST, highest))
    return replace(search, conditions=(*search.conditions, *nearby))


def only_rows(found: Found, wanted: Callable[[Mapping[str, Any]], bool]) -> Found:
    """Return the page with only some of its rows."""
    rows = tuple(row for row in found.rows if wanted(row))
    return replace(found, rows=rows, total=len(rows), more_than_total=False)


def results(found: Found, line: Callable[[Mapping[str, Any]], T]) -> Results[T]:
    """Return the page with each row as `line` writes it."""
    return Results(
        items=[line(row) for row in found.rows],
        page=PageGiven(
            total_items=found.total,
            has_more_total_items=found.more_than_total,
            start_cursor=_written_cursor(found.first),
            end_cursor=_written_cursor(found.last),
        ),
    )


def _written_cursor(place: Place | None) -> str | None:
    return None if place is None else base64.b64encode(msgspec.json.encode(list(place))).decode()


def _read_cursor(text: str | UnsetType) -> Place | None:
    if text is UNSET or text == "":
        return None
    try:
        place = msgspec.json.decode(base64.b64decode(str(text), validate=True))
    except (msgspec.DecodeError, binascii.Error, ValueError, RecursionError):
        place = None
    if not isinstance(place, list):
        raise InvalidInput([Problem("cursor_invalid", place="page")])
    return place
