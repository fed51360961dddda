"""
Definitions of measures: what is counted, and what was asked (`processes/shared/reference/measures.json`).

They are data, because the pathways are: who draws a pathway says what of it is counted. They can only count: the kinds
of figure below are all there are, and the events are all they see.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.domain.errors import InvalidInput, Problem
from app.domain.localized import LocalizedText
from app.domain.statistics.events import Event

T = TypeVar("T")
_FIGURE = {"id", "name", "kind", "of", "among", "to", "by", "longerThanDays", "withinDays", "aboutPeople", "labels"}


class Kind(enum.StrEnum):
    """How a figure is made of events."""

    #: number of events
    EVENTS = "events"
    #: number of different cases that have such an event
    CASES = "cases"
    #: cases (or events without a case) with an event of `of`, as a share of those with one of `among`
    SHARE = "share"
    #: the same, but only the first event of `among` in each case counts
    FIRST_SHARE = "first_share"
    #: median of the days from the first event of `of` to the next one of `to` in the same case
    DAYS = "days"
    #: cases in which something of `to` follows the first event of `of` within `within` days, as a share
    IN_TIME = "in_time"
    #: the same as days, in months
    MONTHS = "months"
    #: how often each value occurs
    DISTRIBUTION = "distribution"
    #: mean of numbers
    MEAN = "mean"
    #: mean over cases of how many things went on at the same time at most: from events of `of` to events of `to`
    PARALLEL = "parallel"
    #: mean number of events in a case that has one of `among`
    PER_CASE = "per_case"
    #: number of cases in which something of `of` has gone on for longer than `longer_than` days without one of `to`
    OPEN_LONGER = "open_longer"
    #: number of different values of the organisation in which the events happened
    ORGANISATIONS = "organisations"
    #: number of different areas
    AREAS = "areas"
    #: means before and after and their difference, of each section of the Kykyviisari
    CHANGE = "change"


class Dimension(enum.StrEnum):
    """By what a figure is broken down."""

    MONTH = "month"
    AREA = "area"
    SOURCE = "source"
    ORGANISATION = "organisation"
    TARGET = "target"
    MUNICIPALITY = "municipality"
    VALUE = "value"


#: kinds that need events to compare with, and kinds that need an end
WITH_AMONG = frozenset({Kind.SHARE, Kind.FIRST_SHARE, Kind.PER_CASE})
WITH_TO = frozenset({Kind.DAYS, Kind.MONTHS, Kind.PARALLEL, Kind.OPEN_LONGER, Kind.IN_TIME})
#: groups under this size are hidden (domain.md 6, R-12)
SMALLEST_GROUP = 5
#: and under this one where people have been measured
SMALLEST_MEASURED_GROUP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Which events count: their name, and their values where not all do; `except_values` do not."""

    name: str
    values: frozenset[str] = frozenset()
    except_values: frozenset[str] = frozenset()
    below: float | None = None

    def matches(self, event: Event) -> bool:
        """Tell whether the event counts."""
        if event.name != self.name:
            return False
        value = written(event.value)
        if self.values and value not in self.values:
            return False
        if self.except_values and (event.value is None or value in self.except_values):
            return False
        if self.below is None:
            return True
        return isinstance(event.value, int | float) and not isinstance(event.value, bool) and event.value < self.below


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureDefinition:
    """One number of a measure, by what it is broken down, and how large a group must be to be shown."""

    id: str
    name: LocalizedText
    kind: Kind
    of: tuple[Counted, ...]
    among: tuple[Counted, ...] = ()
    to: tuple[Counted, ...] = ()
    by: tuple[Dimension, ...] = ()
    longer_than: int = 0
    within: int = 0
    smallest_group: int = SMALLEST_GROUP
    #: names of values that no catalogue of the county holds
    labels: Mapping[str, LocalizedText] = field(default_factory=dict)

    @property
    def events(self) -> frozenset[str]:
        """Names of the events that it needs."""
        return frozenset(counted.name for counted in (*self.of, *self.among, *self.to))


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureDefinition:
    """A measure: what the seed asks, how it is answered, its figures."""

    id: str
    name: LocalizedText
    asked: LocalizedText
    how: LocalizedText
    seeds: tuple[str, ...]
    figures: tuple[FigureDefinition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedQuestion:
    """An evaluation question of a seed and the measures that answer it."""

    id: str
    seed: str
    text: LocalizedText
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """All of them, in the order in which they are shown."""

    measures: tuple[MeasureDefinition, ...]
    questions: tuple[SeedQuestion, ...]

    def measure(self, measure_id: str) -> MeasureDefinition | None:
        """Return the measure of the id, if there is one."""
        return next((measure for measure in self.measures if measure.id == measure_id), None)

    @property
    def events(self) -> frozenset[str]:
        """Names of all events that any figure needs."""
        return frozenset(name for measure in self.measures for figure in measure.figures for name in figure.events)


def read_definitions(measures: Mapping[str, Any], questions: Mapping[str, Any]) -> Definitions:
    """
    Return the definitions of the reference data, by id.

    :raises InvalidInput: naming every place that is wrong
    """
    problems: list[Problem] = []
    read = {key: _tried(_measure, key, value, problems) for key, value in measures.items()}
    asked = {key: _tried(_question, key, value, problems) for key, value in questions.items()}
    problems += [
        Problem("measure_unknown", place=key)
        for key, question in asked.items()
        if question is not None and not set(measures).issuperset(question.measures)
    ]
    if problems:
        raise InvalidInput(problems)
    return Definitions(
        measures=tuple(measure for measure in read.values() if measure is not None),
        questions=tuple(question for question in asked.values() if question is not None),
    )


def _tried(reader: Callable[[str, Any], T], key: str, value: Any, problems: list[Problem]) -> T | None:
    try:
        return reader(key, value)
    except (KeyError, TypeError, ValueError) as error:
        problems.append(Problem("measure_invalid", place=key, values={"detail": str(error)}))
        return None


def _measure(key: str, item: Mapping[str, Any]) -> MeasureDefinition:
    return MeasureDefinition(
        id=key,
        name=item["name"],
        asked=item["asked"],
        how=item["how"],
        seeds=tuple(item["seeds"]),
        figures=tuple(_figure(figure) for figure in item["figures"]),
    )


def _figure(item: Mapping[str, Any]) -> FigureDefinition:
    unknown = set(item) - _FIGURE
    if unknown:
        raise ValueError(f"unknown: {sorted(unknown)}")
    kind = Kind(item["kind"])
    figure = FigureDefinition(
        id=item["id"],
        name=item["name"],
        kind=kind,
        of=_counted(item.get("of", ())),
        among=_counted(item.get("among", ())),
        to=_counted(item.get("to", ())),
        by=tuple(Dimension(name) for name in item.get("by", ())),
        longer_than=int(item.get("longerThanDays", 0)),
        within=int(item.get("withinDays", 0)),
        smallest_group=_smallest_group(kind, about_people=item.get("aboutPeople", True)),
        labels=item.get("labels", {}),
    )
    if (kind in WITH_AMONG) is not bool(figure.among):
        raise ValueError(f"{figure.id}: among")
    if (kind in WITH_TO) is not bool(figure.to):
        raise ValueError(f"{figure.id}: to")
    if (kind is Kind.CHANGE) is bool(figure.of):
        raise ValueError(f"{figure.id}: of")
    return figure


def _smallest_group(kind: Kind, *, about_people: bool) -> int:
    if kind is Kind.CHANGE:
        return SMALLEST_MEASURED_GROUP
    return SMALLEST_GROUP if about_people else 0


def _question(key: str, item: Mapping[str, Any]) -> SeedQuestion:
    return SeedQuestion(id=key, seed=item["seed"], text=item["text"], measures=tuple(item["measures"]))


def _counted(items: Sequence[Any]) -> tuple[Counted, ...]:
    """Read `"case:opened"` or `{"event": ..., "is": [...], "isNot": [...], "below": 12}`."""
    counted = []
    for item in items:
        if isinstance(item, str):
            counted.append(Counted(name=item))
            continue
        unknown = set(item) - {"event", "is", "isNot", "below"}
        if unknown:
            raise ValueError(f"unknown: {sorted(unknown)}")
        counted.append(
            Counted(
                name=item["event"],
                values=frozenset(map(written, item.get("is", ()))),
                except_values=frozenset(map(written, item.get("isNot", ()))),
                below=item.get("below"),
            )
        )
    return tuple(counted)


def written(value: Any) -> str:
    """Write yes and no as forms do, so that `"is": [true]` means what it says."""
    return str(value).lower() if isinstance(value, bool) else str(value)
