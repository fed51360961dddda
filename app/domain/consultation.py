"""
The consultation hour (P03): when it is held, who leads it, who may bring what, how long anything is kept.

An item of the hour is anonymous by construction: it knows no client, no case, no task and no moment; the only date near
it is that of the session it waits for or was dealt in (R-06, docs/decisions/0060).
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from app.domain.actor import Actor
from app.domain.calendar import HELSINKI, add_working_days, is_holiday_or_eve

#: area setting and its value that say that the area holds the hour (P03c sets it)
WAY_SETTING, HOUR_WAY = "konsultaatiotapa", "TUNTI"
#: limits of the reference data
WEEKLY, BREAK, CHECK, PER_ITEM, SETTINGS = (
    "t_konsultaatio_viikko",
    "kesatauko",
    "t_konsultaatio_peruutus",
    "t_konsultaatio_paikka",
    "konsultaatio",
)
#: the process that is only drawn (kyky.drawnOnly): its forms are the item's
ITEM_PROCESS = "tyky_konsultaatio_tapaus"
ITEM_FORM, ANSWER_FORM = "f_konsultaatio", "f_konsultaatio_vastaus"
#: a session is made this long before it is held (d1)
PLANNED_AHEAD = timedelta(days=7)
#: R-15: the texts of an item, and the way back to who brought it, count from the day of the session
TEXT_KEPT = timedelta(days=90)
REQUESTER_KEPT = timedelta(days=30)
#: fewer organisations than this, and the facilitator decides whether the hour is held (d3)
ENOUGH_ORGANISATIONS = 3
_MORNING = time(8, 0)
#: looking for a day on which the hour may be held ends here: longer than any break
_LONGEST_SEARCH = 60

FACILITATOR_ROLE = "r_fasilitaattori"
DEVELOPER_ROLE = "r_kehittaja"
PHYSICIAN_ROLE = "r_laakari"
#: who brings items, and what `tuojan_ammatti` says of them (domain.md P03a); the first that somebody has counts
PROFESSIONS = {
    "r_asiakasvastaava_te": "asiakasvastaava_te",
    "r_sosiaalityontekija": "sosiaalityontekija",
    "r_sosiaaliohjaaja": "sosiaaliohjaaja",
    "r_vammaispalvelu": "vammaispalvelu",
    "r_palveluohjaaja": "palveluohjaaja",
    "r_terveydenhoitaja": "terveydenhoitaja",
    "r_sairaanhoitaja": "sairaanhoitaja",
    "r_tyokykykoordinaattori": "muu",
    PHYSICIAN_ROLE: "laakari",
}


class SessionStatus(enum.StrEnum):
    """Where a session stands; the last three are ends."""

    PLANNED = "planned"
    OPEN = "open"
    HELD = "held"
    CANCELLED = "cancelled"
    MOVED = "moved"


class ItemStatus(enum.StrEnum):
    """Where an item stands; the last two are ends."""

    WAITING = "waiting"
    IN_HAND = "in_hand"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class Part(enum.StrEnum):
    """What somebody is in the group of an area's hour."""

    EXPERT = "expert"
    FACILITATOR = "facilitator"


class Attendance(enum.StrEnum):
    """What an expert said of the next session; the values are those of the form f_kuittaus_lasnaolo."""

    COMING = "tulen"
    SUBSTITUTE = "sijainen_tulee"
    ABSENT = "en_paase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When the hour is held: weekday 0 = Monday, the clock of Helsinki; no session in the weeks of the break."""

    weekday: int
    begins: time
    ends: time
    break_weeks: frozenset[int] = frozenset()
    skips_holidays_and_eves: bool = True
    check_at: time = time(12, 0)
    per_item: timedelta = timedelta(minutes=15)

    @property
    def places(self) -> int:
        """How many items fit into the hour."""
        begins, ends = (timedelta(hours=at.hour, minutes=at.minute) for at in (self.begins, self.ends))
        return max(1, (ends - begins) // self.per_item)

    def is_held_on(self, day: date) -> bool:
        """Tell whether the hour is held on the day."""
        return (
            day.weekday() == self.weekday
            and day.isocalendar().week not in self.break_weeks
            and not (self.skips_holidays_and_eves and is_holiday_or_eve(day))
        )

    def days(self, first: date) -> Iterator[date]:
        """Give the days of sessions from the first on, as far as anybody plans."""
        day = first + timedelta(days=(self.weekday - first.weekday()) % 7)
        for week in range(_LONGEST_SEARCH):
            if self.is_held_on(day + timedelta(weeks=week)):
                yield day + timedelta(weeks=week)

    def starts_at(self, day: date) -> datetime:
        """Return the moment at which the hour of the day begins."""
        return datetime.combine(day, self.begins, HELSINKI)

    def ends_at(self, day: date) -> datetime:
        """Return the moment at which the hour of the day ends."""
        return datetime.combine(day, self.ends, HELSINKI)

    def morning_of(self, day: date) -> datetime:
        """Return when those who come are told of the hour of the day."""
        return datetime.combine(day, _MORNING, HELSINKI)

    def checked_at(self, day: date) -> datetime:
        """Return when an empty hour of the day is cancelled: on the working day before."""
        return datetime.combine(add_working_days(day, -1), self.check_at, HELSINKI)


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_schedule(limits: Mapping[str, Any], *, per_item: timedelta) -> Schedule:
    """
    Return the schedule of the limits `WEEKLY`, `BREAK` and `CHECK` as the reference data holds them.

    :raises ValueError: a limit says what no schedule can be made of
    :raises KeyError: a limit is missing
    """
    weekly, pause = limits[WEEKLY], limits.get(BREAK) or {}
    return Schedule(
        weekday=_WEEKDAYS.index(weekly["weekday"]),
        begins=time.fromisoformat(weekly["from"]),
        ends=time.fromisoformat(weekly["to"]),
        break_weeks=_weeks(pause.get("firstWeek", 0), pause.get("lastWeek", 0)),
        skips_holidays_and_eves=bool(weekly.get("skipHolidaysAndEves", True)),
        check_at=time.fromisoformat((limits.get(CHECK) or {}).get("at", "12:00")),
        per_item=per_item,
    )


def _weeks(first: int, last: int) -> frozenset[int]:
    if not first or not last:
        return frozenset()
    return frozenset(range(first, last + 1)) if first <= last else frozenset((*range(first, 54), *range(1, last + 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody of the group of an area's hour; `turn` orders the facilitators."""

    user_key: int
    part: Part
    turn: int
    name: str = ""
    organisation_id: str = ""


def next_chairs(facilitators: Sequence[Member], last_led: Mapping[int, date]) -> tuple[int | None, int | None]:
    """
    Return who leads the next session and who stands in: those whose last session is longest ago.

    Whoever has never led comes first; of two alike the earlier turn decides. None where there is nobody.
    """
    order = sorted(facilitators, key=lambda member: (last_led.get(member.user_key, date.min), member.turn))
    keys: list[int | None] = [member.user_key for member in order]
    return (keys[0] if keys else None), (keys[1] if len(keys) > 1 else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """The hour of an area; it is there once P03c has been gone through."""

    area_id: str
    remote_link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One hour in an area. The counts stay when everything else is forgotten (R-15)."""

    key: int
    area_id: str
    starts_at: datetime
    ends_at: datetime
    status: SessionStatus
    facilitator_key: int | None
    deputy_key: int | None
    remote_link: str = ""
    handled: int = 0
    carried: int = 0
    walk_ins: int = 0
    organisations: tuple[str, ...] = ()
    learnt: str = field(default="", repr=False)

    @property
    def day(self) -> date:
        """The day in Finland on which it is held: the only date that its items have."""
        return self.starts_at.astimezone(HELSINKI).date()

    @property
    def takes_items(self) -> bool:
        """Tell whether items can still join its queue."""
        return self.status is SessionStatus.PLANNED


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    One anonymous item. What was asked and answered is by the keys of the forms; forgotten, it is empty.

    `arrival` orders the queue of a session and nothing else; it is gone when the session is closed.
    """

    key: int
    session_key: int
    status: ItemStatus
    arrival: int | None
    walk_in: bool
    topics: tuple[str, ...]
    profession: str
    organisation_id: str
    age_group: str
    asked: Mapping[str, Any] = field(repr=False)
    answer: Mapping[str, Any] = field(repr=False)
    recommendation: str = ""
    carried: int = 0
    passed: int = 0


def profession_of(roles: Collection[str]) -> str:
    """Return what the item says of who brings it, "" where their roles bring none."""
    return next((profession for role, profession in PROFESSIONS.items() if role in roles), "")


def may_bring(actor: Actor, *, with_physicians: bool) -> bool:
    """Tell whether the actor may bring items; physicians only where the county has said so."""
    roles = actor.roles if with_physicians else actor.roles - {PHYSICIAN_ROLE}
    return actor.user_key is not None and bool(profession_of(roles))


#: experts of the group by their role (P03b); whoever is named to a group may visit as well
_EXPERT_ROLES = frozenset({"r_kela_ratkaisu", "r_kuntoutusohjaaja"})


def may_visit(actor: Actor) -> bool:
    """Tell whether the hour is a place for the actor: they bring items, lead, arrange, or are experts by their role."""
    return not actor.roles.isdisjoint({*PROFESSIONS, *_EXPERT_ROLES, FACILITATOR_ROLE, DEVELOPER_ROLE})


def may_lead(actor: Actor, *, area_id: str, facilitators: Collection[int]) -> bool:
    """Tell whether the actor may open, run and close sessions of the area: its facilitators, whoever's turn it is."""
    if actor.user_key in facilitators:
        return True
    return FACILITATOR_ROLE in actor.roles and works_in(actor, area_id)


def may_arrange(actor: Actor, *, area_id: str, facilitators: Collection[int]) -> bool:
    """Tell whether the actor may change group, turns and link of the hour."""
    return may_lead(actor, area_id=area_id, facilitators=facilitators) or (
        DEVELOPER_ROLE in actor.roles and works_in(actor, area_id)
    )


def works_in(actor: Actor, area_id: str) -> bool:
    """Tell whether the actor's unit works in the area."""
    return actor.areas is None or area_id in actor.areas
