"""
Figures out of events: counts, shares, medians, and by what they are broken down; small groups are hidden.

A number is made of observations, one for each thing that counts; a breakdown sorts the same observations by month,
source or organisation. What is hidden cannot be worked out from what is shown (domain.md 6, R-12).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import fmean, median, stdev

from app.domain.statistics.definitions import Counted, Dimension, FigureDefinition, Kind, written
from app.domain.statistics.events import Change, Event, Material, Question

DAYS_IN_MONTH = 30.44
PERCENT = 100
#: from this difference on a section has changed (domain.md 4.8, dmn_kykyviisari_muutos)
SMALLEST_CHANGE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """
    A number and how many people or things stand behind it.

    `value` is None where there is nothing to compute. Of a number that is hidden because the group is too small
    nothing is told, the size of the group neither.
    """

    value: float | None
    base: int
    hidden: bool = False


HIDDEN = Number(value=None, base=0, hidden=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a breakdown; `key` is a month (2026-03), an id or a value, "" where it is not known."""

    key: str
    number: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """A figure by one dimension."""

    dimension: Dimension
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionChange:
    """
    One section of the Kykyviisari before and after: means of those who were measured twice, on a scale from 0 to 10.

    `measured_once` have not been measured again. All but the counts are None where fewer than ten were.
    """

    section: str
    base: int
    measured_once: int
    before: float | None = None
    after: float | None = None
    difference: float | None = None
    deviation: float | None = None
    better: float | None = None
    same: float | None = None
    worse: float | None = None
    days: float | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure computed."""

    definition: FigureDefinition
    number: Number
    breakdowns: tuple[Breakdown, ...] = ()
    sections: tuple[SectionChange, ...] = ()


@dataclass(frozen=True, slots=True)
class _Observation:
    """Something that counts: the event that it is sorted by, its weight, and whom or what it is about."""

    event: Event
    value: float
    about: Hashable


def compute(definition: FigureDefinition, material: Material, question: Question) -> Figure:
    """Return the figure for what the report asks."""
    if definition.kind is Kind.CHANGE:
        sections = _changes(definition, material.changes, question)
        base = max((section.base for section in sections), default=0)
        return Figure(definition=definition, number=Number(value=None, base=base), sections=sections)
    events = [event for event in material.events if question.admits(event)]
    observations = _OBSERVE[definition.kind](definition, events, question)
    total = _number(definition, observations)
    breakdowns = tuple(
        Breakdown(dimension=dimension, rows=_rows(definition, observations, dimension, question))
        for dimension in definition.by
    )
    return Figure(definition=definition, number=total, breakdowns=breakdowns)


# -- observations --------------------------------------------------------------------------------------------------


def _about(event: Event) -> Hashable:
    """Whom the event is about: its case; where there is none, the thing that it belongs to, else itself."""
    if event.case_key is not None:
        return event.case_key
    return ("thing", event.thing_key) if event.thing_key is not None else id(event)


def _of(counted: Sequence[Counted], events: Iterable[Event]) -> list[Event]:
    return [event for event in events if any(item.matches(event) for item in counted)]


def _in_period(events: Iterable[Event], question: Question) -> list[Event]:
    return [event for event in events if event.day in question.period]


def _each(definition: FigureDefinition, events: Sequence[Event], question: Question) -> list[_Observation]:
    return [_Observation(event, 1, _about(event)) for event in _in_period(_of(definition.of, events), question)]


def _numbers(definition: FigureDefinition, events: Sequence[Event], question: Question) -> list[_Observation]:
    return [
        _Observation(event, float(event.value), _about(event))
        for event in _in_period(_of(definition.of, events), question)
        if isinstance(event.value, int | float)
    ]


def _share(definition: FigureDefinition, events: Sequence[Event], question: Question) -> list[_Observation]:
    """A case (or one of its things) counts once, in the month of its first event in the period."""
    hits = {_thing(event) for event in _in_period(_of(definition.of, events), question)}
    firsts: dict[Hashable, Event] = {}
    for event in _in_period(_of(definition.among, events), question):
        known = firsts.get(_thing(event))
        if known is None or event.day < known.day:
            firsts[_thing(event)] = event
    return [_Observation(event, float(thing in hits), _about(event)) for thing, event in firsts.items()]


def _first_share(definition: FigureDefinition, events: Sequence[Event], question: Question) -> list[_Observation]:
    """Only the first event that a case has ever had counts: what it was like when the client came."""
    firsts = _first_by_case(_of(definition.among, events))
    return [
        _Observation(event, float(any(item.matches(event) for item in definition.of)), about)
        for about, event in firsts.items()
        if event.day in question.period
    ]


def _first_by_case(events: Iterable[Event]) -> dict[Hashable, Event]:
    firsts: dict[Hashable, Event] = {}
    for event in events:
        known = firsts.get(_about(event))
        if known is None or event.day < known.day:
            firsts[_about(event)] = event
    return firsts


def _days(definition: FigureDefinition, events: Sequence[Event], question: Question) -> list[_Observation]:
    starts = _first_by_case(event for event in _of(definition.of, events) if event.case_key is not None)
    ends: dict[Hashable, Event] = {}
    for event in _of(definition.to, events):
        start = starts.get(_about(event))
        if start is None or event.day < start.day:
            continue
        known = ends.get(_about(event))
        if known is None or event.day < known.day:
            ends[_about(event)] = event
    scale = DAYS_IN_MONTH if definition.kind is Kind.MONTHS else 1
    return [
        _Observation(event, (event.day - starts[about].day).days / scale, about)
        for about, event in ends.items()
        if event.day in question.period
    ]


def _in_time(definition: FigureDefinition, events: Sequence[Event], question: Question) -> list[_Observation]:
    """A case counts in the month in which it began; what had no time yet to follow counts as not in time."""
    starts = _first_by_case(event for event in _of(definition.of, events) if event.case_key is not None)
    follows: dict[Hashable, list[date]] = {}
    for event in _of(definition.to, events):
        follows.setdefault(_about(event), []).append(event.day)
    return [
        _Observation(event, float(any(_within(definition, event.day, day) for day in follows.get(about, ()))), about)
        for about, event in starts.items()
        if event.day in question.period
    ]


def _within(definition: FigureDefinition, start: date, day: date) -> bool:
    return 0 <= (day - start).days <= definition.within


def _open_longer(definition: FigureDefinition, events: Sequence[Event], question: Question) -> list[_Observation]:
    """What is still open at the end of the period and began more than that many days before."""
    end = question.period.last
    over = {_thing(event) for event in _of(definition.to, events) if event.day <= end}
    return [
        _Observation(event, 1, _about(event))
        for event in _of(definition.of, events)
        if (end - event.day).days > definition.longer_than and _thing(event) not in over
    ]


def _thing(event: Event) -> Hashable:
    return (_about(event), event.thing_key)


def _parallel(definition: FigureDefinition, events: Sequence[Event], question: Question) -> list[_Observation]:
    """For each case the most things that went on on one day of the period."""
    ended = {_thing(event): event.day for event in _of(definition.to, events)}
    spans: dict[Hashable, list[tuple[date, date]]] = {}
    first: dict[Hashable, Event] = {}
    for event in _of(definition.of, events):
        span = (max(event.day, question.period.first), min(ended.get(_thing(event), date.max), question.period.last))
        if span[0] <= span[1]:
            spans.setdefault(_about(event), []).append(span)
            first.setdefault(_about(event), event)
    return [
        _Observation(first[about], max(sum(start <= day <= end for start, end in own) for day, _ in own), about)
        for about, own in spans.items()
    ]


def _per_case(definition: FigureDefinition, events: Sequence[Event], question: Question) -> list[_Observation]:
    counts: dict[Hashable, int] = {}
    for event in _in_period(_of(definition.of, events), question):
        counts[_about(event)] = counts.get(_about(event), 0) + 1
    cases = _first_by_case(_in_period(_of(definition.among, events), question))
    return [_Observation(event, counts.get(about, 0), about) for about, event in cases.items()]


_OBSERVE: Mapping[Kind, Callable[[FigureDefinition, Sequence[Event], Question], list[_Observation]]] = {
    Kind.EVENTS: _each,
    Kind.CASES: _each,
    Kind.DISTRIBUTION: _each,
    Kind.ORGANISATIONS: _each,
    Kind.AREAS: _each,
    Kind.MEAN: _numbers,
    Kind.SHARE: _share,
    Kind.FIRST_SHARE: _first_share,
    Kind.IN_TIME: _in_time,
    Kind.DAYS: _days,
    Kind.MONTHS: _days,
    Kind.OPEN_LONGER: _open_longer,
    Kind.PARALLEL: _parallel,
    Kind.PER_CASE: _per_case,
}


# -- numbers -------------------------------------------------------------------------------------------------------


def _number(definition: FigureDefinition, observations: Sequence[_Observation]) -> Number:
    base = len({observation.about for observation in observations})
    if not observations:
        return Number(value=0 if definition.kind in _COUNTS else None, base=0)
    if _is_small(definition, observations, base):
        return HIDDEN
    return Number(value=_value(definition.kind, observations, base), base=base)


_COUNTS = frozenset({Kind.EVENTS, Kind.CASES, Kind.DISTRIBUTION, Kind.OPEN_LONGER, Kind.ORGANISATIONS, Kind.AREAS})
_SHARES = frozenset({Kind.SHARE, Kind.FIRST_SHARE, Kind.IN_TIME})


def _is_small(definition: FigureDefinition, observations: Sequence[_Observation], base: int) -> bool:
    smallest = definition.smallest_group
    if base < smallest:
        return True
    if definition.kind not in _SHARES:
        return False
    hits = len({observation.about for observation in observations if observation.value})
    misses = len({observation.about for observation in observations if not observation.value})
    return 0 < hits < smallest or 0 < misses < smallest


def _value(kind: Kind, observations: Sequence[_Observation], base: int) -> float:
    values = [observation.value for observation in observations]
    match kind:
        case Kind.EVENTS | Kind.DISTRIBUTION:
            return len(values)
        case Kind.CASES | Kind.OPEN_LONGER:
            return base
        case Kind.ORGANISATIONS:
            return len({observation.event.organisation_id for observation in observations})
        case Kind.AREAS:
            return len({observation.event.area_id for observation in observations})
        case Kind.SHARE | Kind.FIRST_SHARE | Kind.IN_TIME:
            return PERCENT * fmean(values)
        case Kind.DAYS | Kind.MONTHS:
            return median(values)
        case _:
            return fmean(values)


# -- breakdowns ----------------------------------------------------------------------------------------------------


def _rows(
    definition: FigureDefinition, observations: Sequence[_Observation], dimension: Dimension, question: Question
) -> tuple[Row, ...]:
    groups: dict[str, list[_Observation]] = {}
    if dimension is Dimension.MONTH:
        groups = {month: [] for month in months(question)}
    for observation in observations:
        groups.setdefault(_key(observation.event, dimension), []).append(observation)
    rows = _protected([Row(key=key, number=_number(definition, group)) for key, group in groups.items()])
    if dimension is not Dimension.MONTH:
        rows.sort(key=lambda row: (row.number.hidden, -row.number.base, row.key))
    return tuple(rows)


def months(question: Question) -> list[str]:
    """Return the months of the period, `2026-03` and so on."""
    first, last = question.period.first, question.period.last
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [f"{first.year + (first.month - 1 + n) // 12}-{(first.month - 1 + n) % 12 + 1:02}" for n in range(count)]


def _key(event: Event, dimension: Dimension) -> str:
    match dimension:
        case Dimension.MONTH:
            return f"{event.day:%Y-%m}"
        case Dimension.AREA:
            return event.area_id
        case Dimension.SOURCE:
            return event.source
        case Dimension.ORGANISATION:
            return event.organisation_id
        case Dimension.TARGET:
            return event.target
        case Dimension.MUNICIPALITY:
            return event.municipality
        case Dimension.VALUE:
            return "" if event.value is None else written(event.value)


def _protected(rows: list[Row]) -> list[Row]:
    """Hide a second row where one alone is hidden: the total minus the others would be the hidden one."""
    hidden = [row for row in rows if row.number.hidden]
    shown = [row for row in rows if not row.number.hidden and row.number.base]
    if len(hidden) != 1 or not shown:
        return rows
    smallest = min(shown, key=lambda row: row.number.base)
    return [replace(row, number=HIDDEN) if row is smallest else row for row in rows]


# -- Kykyviisari ---------------------------------------------------------------------------------------------------


def _changes(definition: FigureDefinition, changes: Sequence[Change], question: Question) -> tuple[SectionChange, ...]:
    sections: dict[str, list[Change]] = {}
    for change in changes:
        if question.admits(change) and change.day in question.period:
            sections.setdefault(change.section, []).append(change)
    return tuple(_section(definition, name, own) for name, own in sections.items())


def _section(definition: FigureDefinition, name: str, changes: Sequence[Change]) -> SectionChange:
    pairs = [(change, change.after) for change in changes if change.after is not None]
    base, once = len(pairs), len(changes) - len(pairs)
    if base < definition.smallest_group:
        return SectionChange(section=name, base=base, measured_once=once, hidden=True)
    differences = [after - change.before for change, after in pairs]
    better = sum(difference >= SMALLEST_CHANGE for difference in differences)
    worse = sum(difference <= -SMALLEST_CHANGE for difference in differences)
    return SectionChange(
        section=name,
        base=base,
        measured_once=once,
        before=fmean(change.before for change, _ in pairs),
        after=fmean(after for _, after in pairs),
        difference=fmean(differences),
        deviation=stdev(differences),
        better=PERCENT * better / base,
        same=PERCENT * (base - better - worse) / base,
        worse=PERCENT * worse / base,
        days=fmean((change.day - change.first_day).days for change, _ in pairs),
    )
