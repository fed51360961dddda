"""
How long what is kept of clients is kept (R-11, R-13, R-14): classes, their periods, and when a period is over.

The periods are time limits of the county (`s_<class>`, edited like the others). An empty one keeps for good: so it is
when the National Archives order that a class is archived.
"""

from __future__ import annotations

import calendar
import enum
import re
from datetime import date, timedelta

from app.domain.actor import Actor

#: the data protection officer confirms what is erased (R-13); who runs the system sees how much it is
PROTECTION_ROLES = frozenset({"r_tietosuojavastaava"})
WATCHING_ROLES = frozenset({"r_yllapitaja"})
_PERIOD = re.compile(r"P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,3})M)?(?:(\d{1,3})W)?(?:(\d{1,4})D)?")


class RetentionClass(enum.StrEnum):
    """A class of data with a period of its own; the value is the last part of its limit's name."""

    #: copies of patient documents, from the closing of the case; the originals are in the patient system (R-14)
    PATIENT = "potilas"
    #: social documents of working age services, from the closing of the case (R-13)
    SOCIAL = "sosiaali"
    #: the same of a case with substance abuse services
    SUBSTANCE = "paihde"
    #: the same of a case with disability services, from the closing of the client's last case
    DISABILITY = "vammaispalvelu"
    #: who the client is, from their death
    BASIC = "perustiedot"
    #: the lines of both logs, from their writing (R-11)
    LOG = "loki"


#: classes by which all that is left of a case goes, the strongest first: a case is of the first that fits
CASE_CLASSES = (RetentionClass.DISABILITY, RetentionClass.SUBSTANCE, RetentionClass.SOCIAL)


class ErasureStatus(enum.StrEnum):
    """Where a proposal to erase is."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"  # erased in the coming night
    KEPT = "kept"  # somebody has decided that it stays for the time being
    ERASED = "erased"


class KeepReason(enum.StrEnum):
    """Why something stays although its time is over."""

    ARCHIVING = "archiving"  # the National Archives have ordered it
    PENDING = "pending"  # an appeal, a complaint or another matter is under way
    OTHER = "other"


def limit_name(kind: RetentionClass) -> str:
    """Return the name of the limit that holds the period of the class."""
    return f"s_{kind}"


def last_day_over(period: str, *, today: date) -> date:
    """
    Return the last day from which the period (ISO 8601 of years, months, weeks, days) is over today.

    What began to count on that day or earlier has been kept long enough, and nothing goes too early: days are counted
    back first, then months, and a day that a month does not have is its last.

    :raises ValueError: the text is no such period
    """
    years, months, weeks, days = _parts(period)
    return _months_later(today - timedelta(weeks=weeks, days=days), -(12 * years + months))


def kept_until(period: str, *, since: date) -> date:
    """Return the first day on which what began to count on the day may go. :raises ValueError: no such period"""
    years, months, weeks, days = _parts(period)
    return _months_later(since, 12 * years + months) + timedelta(weeks=weeks, days=days)


def _parts(period: str) -> tuple[int, int, int, int]:
    match = _PERIOD.fullmatch(period.strip())
    if match is None:
        raise ValueError("no period of years, months, weeks and days")
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    return years, months, weeks, days


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year < 1:
        raise ValueError("before the calendar")
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def may_see_retention(actor: Actor) -> bool:
    """Tell whether the actor may see how much is kept and goes: counts and classes, no client."""
    return not actor.roles.isdisjoint(PROTECTION_ROLES | WATCHING_ROLES)


def may_decide_erasure(actor: Actor) -> bool:
    """Tell whether the actor may confirm that something is erased, in the registers of their organisation."""
    return not actor.roles.isdisjoint(PROTECTION_ROLES)
