"""
Decision tables by their cells: what no row answers, what two rows answer, rows that are never asked.

Each input column is cut where its cells say so (`< 18`, `[18..64]`, `"tyoton"`), and of every part one value is tried
against all rows, column after column; parts that the same rows match are one (D. Calvanese et al. 2016). Where all
borders of a column are whole numbers its values are taken for whole: nobody is 64.5 years old. A table with a cell that
is not a plain test is not compared, which is told; a column may be compared with one name instead of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from app.domain.errors import Problem
from app.engine.models.table import Column, DecisionTable

#: combinations of parts that are looked at; beyond, nothing is said of the table
MOST_PARTS = 20_000
#: gaps and pairs of rows that are told of one table
MOST_TOLD = 5
#: what stands for every text that no cell names
ELSE = "…"

#: policies by which one row answers: a gap there gives null (DMN 1.5 clause 8.2.8)
_ONE_ANSWERS = frozenset({"UNIQUE", "ANY", "FIRST", "PRIORITY"})

_Value = Decimal | str | bool | None
_Test = Callable[[_Value], bool]

_NUMBER = r"-?\d+(?:\.\d+)?"
_COMPARED = re.compile(rf"(<=|>=|<|>|=)?\s*({_NUMBER})")
_NAMED = re.compile(r"(<=|>=|<|>|=)\s*([^\W\d]\w*(?:\.\w+)*)")
_RANGE = re.compile(rf"([\[\](])\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*([\])\[])")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NOT = re.compile(r"not\s*\((.*)\)", re.DOTALL)
_BOOLEANS = {"true": True, "false": False}


@dataclass(slots=True)
class _Part:
    """What the cells of one column name: borders, texts; `tests` one for each row."""

    tests: list[_Test] = field(default_factory=list)
    borders: set[Decimal] = field(default_factory=set)
    texts: dict[str, None] = field(default_factory=dict)
    booleans: bool = False
    closed: bool = False
    null: bool = False
    #: the one name that stands for a border
    border_name: str = ""

    def values(self) -> list[_Value]:
        """Return one value of each part that the cells tell apart."""
        found: list[_Value] = [None] if self.null else []
        if self.booleans:
            found += [True, False]
        if self.borders:
            found += _numbers(sorted(self.borders))
        if self.texts or not (self.booleans or self.borders):
            found += [*self.texts, *([] if self.closed else [ELSE])]
        return found


def _numbers(borders: Sequence[Decimal]) -> list[Decimal]:
    whole = all(border == border.to_integral_value() for border in borders)
    if whole:
        return sorted({border + step for border in borders for step in (-1, 0, 1)})
    between = [(low + high) / 2 for low, high in pairwise(borders)]
    return sorted({*borders, *between, borders[0] - 1, borders[-1] + 1})


class _NotPlain(Exception):  # no error: the table is not compared
    """A cell is more than a plain test."""


class _TooManyParts(Exception):  # no error: the table is not compared
    """Too many combinations to look at."""


def check_table(table: DecisionTable) -> tuple[list[Problem], list[Problem]]:
    """Return the warnings and the notes on a table, placed at the decision."""
    inputs = [number for number, column in enumerate(table.columns) if column.part == "input"]
    if not table.rows or not inputs or table.hit_policy not in _ONE_ANSWERS:
        return [], []
    try:
        parts = [_part(table, number, table.columns[number]) for number in inputs]
        found = _Search(parts, len(table.rows)).run()
    except _NotPlain as reason:
        return [], [_problem(table, "table_not_compared", cell=str(reason))]
    except _TooManyParts:
        return [], [_problem(table, "table_too_wide", parts=MOST_PARTS)]
    columns = [
        (table.columns[number].label or table.columns[number].expression, part.border_name)
        for number, part in zip(inputs, parts, strict=True)
    ]
    warnings: list[Problem] = []
    if table.hit_policy in {"UNIQUE", "ANY"}:
        pairs = [pair for pair in found.together if table.hit_policy == "UNIQUE" or _differ(table, *pair)]
        for first, second in pairs[:MOST_TOLD]:
            example = _example(columns, found.together[first, second])
            warnings.append(_problem(table, "rows_overlap", first=first + 1, second=second + 1, example=example))
    if table.hit_policy == "FIRST":
        unused = [number for number in range(len(table.rows)) if number not in found.first]
        warnings += [_problem(table, "row_never_used", row=number + 1) for number in unused[:MOST_TOLD]]
    gaps = [] if table.has_default else found.gaps
    notes = [_problem(table, "table_gap", example=_example(columns, gap)) for gap in gaps[:MOST_TOLD]]
    return warnings, notes


def _problem(table: DecisionTable, code: str, **values: object) -> Problem:
    return Problem(code, place=table.decision_id, name=table.name, values=values)


def _example(columns: Sequence[tuple[str, str]], values: Sequence[_Value]) -> str:
    """Return the values as a person would say them, by the labels of the columns and the names of their borders."""
    said = (f"{label}: {_said(value, border)}" for (label, border), value in zip(columns, values, strict=False))
    return ", ".join(said)


def _said(value: _Value, border_name: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if border_name:
        return f"{'<' if value < 0 else '>' if value else '='} {border_name}"
    return f"{value.normalize():f}"


def _differ(table: DecisionTable, first: int, second: int) -> bool:
    def outputs(number: int) -> list[str]:
        return [cell.text for cell in table.rows[number].cells if cell.part == "output"]

    return outputs(first) != outputs(second)


# -- cells -----------------------------------------------------------------------------------------


def _part(table: DecisionTable, number: int, column: Column) -> _Part:
    part = _Part()
    allowed = _TEXT.findall(column.allowed)
    if allowed and _TEXT.sub("", column.allowed).replace(",", "").strip() == "":
        part.texts = dict.fromkeys(allowed)
        part.closed = True
    part.booleans = column.type == "boolean"
    for row in table.rows:
        part.tests.append(_test(row.cells[number].text, part))
    if part.border_name and part.borders != {Decimal(0)}:
        # nobody knows which of them is greater
        raise _NotPlain(part.border_name)
    return part


def _test(cell: str, part: _Part) -> _Test:
    text = cell.strip()
    if text in {"", "-"}:
        return lambda _: True
    denied = _NOT.fullmatch(text)
    tests = [_simple(each, part) for each in _divided(denied.group(1) if denied else text)]
    if denied:
        return lambda value: not any(test(value) for test in tests)
    return lambda value: any(test(value) for test in tests)


def _divided(text: str) -> Iterable[str]:
    """Return the tests between the commas that stand in no text and no bracket."""
    depth, quoted, begun = 0, False, 0
    for place, sign in enumerate(text):
        if sign == '"':
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if sign == "," and depth == 0:
                yield text[begun:place].strip()
                begun = place + 1
    yield text[begun:].strip()


def _simple(text: str, part: _Part) -> _Test:
    if text in _BOOLEANS:
        part.booleans = True
        wanted = _BOOLEANS[text]
        return lambda value: value is wanted
    if text == "null":
        part.null = True
        return lambda value: value is None
    if match := _TEXT.fullmatch(text):
        said = match.group(1)
        part.texts[said] = None
        return lambda value: value == said
    if match := _COMPARED.fullmatch(text):
        return _compared(match.group(1) or "=", Decimal(match.group(2)), part)
    if (match := _NAMED.fullmatch(text)) and part.border_name in {"", match.group(2)}:
        part.border_name = match.group(2)
        return _compared(match.group(1), Decimal(0), part)
    # a bracket that looks outwards leaves its border out: ]1..5[ is (1..5)
    if match := _RANGE.fullmatch(text):
        low = _compared(">=" if match.group(1) == "[" else ">", Decimal(match.group(2)), part)
        high = _compared("<=" if match.group(4) == "]" else "<", Decimal(match.group(3)), part)
        return lambda value: low(value) and high(value)
    raise _NotPlain(text)


def _compared(comparison: str, border: Decimal, part: _Part) -> _Test:
    part.borders.add(border)
    compare: dict[str, Callable[[Decimal], bool]] = {
        "<": lambda value: value < border,
        "<=": lambda value: value <= border,
        ">": lambda value: value > border,
        ">=": lambda value: value >= border,
        "=": lambda value: value == border,
    }
    holds = compare[comparison]
    return lambda value: isinstance(value, Decimal) and holds(value)


# -- the search ------------------------------------------------------------------------------------


class _Search:
    """Goes through the columns with the rows that still match."""

    def __init__(self, parts: Sequence[_Part], rows: int) -> None:
        self._ways = [self._grouped(part, rows) for part in parts]
        self._all = (1 << rows) - 1
        self._seen: set[tuple[int, int]] = set()
        self.gaps: list[tuple[_Value, ...]] = []
        #: pairs of rows that answer the same values
        self.together: dict[tuple[int, int], tuple[_Value, ...]] = {}
        #: rows that answer first somewhere
        self.first: set[int] = set()

    @staticmethod
    def _grouped(part: _Part, rows: int) -> list[tuple[int, _Value]]:
        """Return one value for each set of rows (as bits) that the column's cells let through."""
        found: dict[int, _Value] = {}
        for value in part.values():
            matching = sum(1 << row for row in range(rows) if part.tests[row](value))
            found.setdefault(matching, value)
        return list(found.items())

    def run(self) -> _Search:
        """Look at everything. :raises _TooManyParts: it would take too long"""
        self._go(0, self._all, ())
        return self

    def _go(self, column: int, rows: int, values: tuple[_Value, ...]) -> None:
        if (column, rows) in self._seen:
            return
        self._seen.add((column, rows))
        if len(self._seen) > MOST_PARTS:
            raise _TooManyParts
        if not rows:
            self.gaps.append(values)
        elif column == len(self._ways):
            self._note(rows, values)
        else:
            for matching, value in self._ways[column]:
                self._go(column + 1, rows & matching, (*values, value))

    def _note(self, rows: int, values: tuple[_Value, ...]) -> None:
        numbers = [number for number in range(rows.bit_length()) if rows >> number & 1]
        self.first.add(numbers[0])
        for position, first in enumerate(numbers):
            for second in numbers[position + 1 :]:
                self.together.setdefault((first, second), values)
