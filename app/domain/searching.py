"""
What a search of the API asks for: conditions, order, page. Plain values between the door and the storage.

Pages are told apart by the place of their rows in the order (keyset): the first page and the thousandth cost the same.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

#: the values by which a row is sorted, its key last
Place: TypeAlias = Sequence[Any]


class Operator(enum.StrEnum):
    """How a condition compares; the values are how the API writes them."""

    EQUAL = "$eq"
    DIFFERENT = "$neq"
    EXISTS = "$exists"
    IN = "$in"
    NOT_IN = "$notIn"
    LIKE = "$like"
    ABOVE = "$gt"
    AT_LEAST = "$gte"
    BELOW = "$lt"
    AT_MOST = "$lte"


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a row must fulfil. `value` is typed: text, int, bool, datetime, or a list of these."""

    attribute: str
    operator: Operator
    value: Any


@dataclass(frozen=True, slots=True)
class VariableCondition:
    """A variable of the process instance (or only of the element's own scope) must fulfil this."""

    name: str
    operator: Operator
    value: Any
    local: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """By what rows are sorted."""

    attribute: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """
    Which rows, in which order, which of them.

    `alternatives`: of each row at least one group of conditions must hold (none given: any row). One of `offset`,
    `after`, `before` says where the page is; the places come from an earlier page of the same order.
    """

    conditions: tuple[Condition, ...] = ()
    alternatives: tuple[tuple[Condition, ...], ...] = ()
    variables: tuple[VariableCondition, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int = 100
    offset: int = 0
    after: Place | None = None
    before: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page; `total` counts no further than the storage's limit, `more_than_total` says that it stopped there."""

    rows: tuple[Mapping[str, Any], ...] = field(repr=False)
    total: int
    more_than_total: bool
    first: Place | None
    last: Place | None
