"""Load the county's reference data: organisations, units, roles, time limits, services, texts, opening hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from app.domain.appointments import AppointmentKind, OpeningHours, Slot, times_of_day
from app.domain.calendar import local_date
from app.domain.durations import parse_duration
from app.domain.errors import InvalidInput, Problem
from app.domain.keys import new_key
from app.storage.reference import AREA_SETTING_KINDS, AREA_SETTINGS, LIMIT_KINDS, LIMITS
from app.storage.unit_of_work import UnitOfWork

#: files of these kinds are tables of their own; every other kind is rows of the reference data
ORGANISATIONS, UNITS, ROLES = "organisation", "unit", "role"
#: where it is kept how values of a kind are called and written, and what of a row says it
_KINDS = {LIMITS: LIMIT_KINDS, AREA_SETTINGS: AREA_SETTING_KINDS}
_OF_KIND = ("type", "name", "choices")
#: times are offered this far ahead; the scheduler adds a day every day
SLOTS_AHEAD = timedelta(days=84)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def load_reference(uow: UnitOfWork, *, files: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """
    Insert or replace the rows of the files, each {"kind": ..., "rows": [...]}.

    What a person has changed stays, and so does what the files do not name.

    :raises InvalidInput: a file is not of this form
    """
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for file in files:
        if not isinstance(file.get("kind"), str) or not isinstance(file.get("rows"), list):
            raise InvalidInput([Problem("unknown_resource")])
        by_kind.setdefault(file["kind"], []).extend(file["rows"])
    uow.accounts.put_organisations(by_kind.pop(ORGANISATIONS, []))
    uow.accounts.put_units(by_kind.pop(UNITS, []))
    uow.accounts.put_roles(by_kind.pop(ROLES, []))
    changed = uow.reference.changed_by_people()
    for kind, rows in by_kind.items():
        areas: dict[str, dict[str, Any]] = {}
        for row in rows:
            areas.setdefault(row.get("area", ""), {})[row["id"]] = row["value"]
        if kind in _KINDS:
            named = {row["id"]: {part: row[part] for part in _OF_KIND if part in row} for row in rows if "type" in row}
            uow.reference.put(_KINDS[kind], named, now=now)
        for area_id, values in areas.items():
            own = {name: value for name, value in values.items() if (kind, area_id, name) not in changed}
            if own:
                uow.reference.put(kind, own, area_id=area_id, now=now)


def offer_times(uow: UnitOfWork, *, now: datetime) -> None:
    """
    Offer the units' times for the weeks ahead by the opening hours of the reference data.

    Run once a day; times that are there already stay as they are.
    """
    kinds = uow.reference.values("appointment_kind")
    units = uow.accounts.units()
    today = local_date(now)
    for kind_id, value in kinds.items():
        rules = value["slots"]
        first = today + parse_duration(value.get("demoNotBefore", "P0D"))
        for unit_id, _ in units:
            if unit_id.endswith(f"_{value['unit']}"):
                hours = _hours(AppointmentKind(kind_id), unit_id, rules)
                uow.care.appointments.offer(_slots(hours, first, today + SLOTS_AHEAD))


def _hours(kind: AppointmentKind, unit_id: str, rules: Mapping[str, Any]) -> OpeningHours:
    return OpeningHours(
        kind=kind,
        unit_id=unit_id,
        weekdays=frozenset(_WEEKDAYS.index(name) for name in rules["weekdays"]),
        opens=time.fromisoformat(rules["opens"]),
        closes=time.fromisoformat(rules["closes"]),
        length=parse_duration(rules["length"]),
    )


def _slots(hours: OpeningHours, first: date, last: date) -> list[Slot]:
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [
        Slot(key=new_key(), kind=hours.kind, unit_id=hours.unit_id, starts_at=begin, ends_at=end)
        for day in days
        for begin, end in times_of_day(hours, day=day)
    ]
