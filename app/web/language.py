"""In which language the page speaks, and how it writes dates, times and numbers (Europe/Helsinki)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_decimal
from flask import Flask, g, request

from app.domain.localized import LANGUAGES, in_language
from app.locale import Texts
from app.web.sessions import current_client, current_session
from app.web.shell import now

HELSINKI = ZoneInfo("Europe/Helsinki")
COOKIE = "kykypolku-language"
LANGUAGE_NAMES = {"fi": "Suomi", "sv": "Svenska", "en": "English"}
#: "no date" of the task tables; a page shows nothing for it
_NEVER_YEAR = 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """How one language writes moments; CLDR patterns, with the weekday because people plan by it."""

    locale: Locale
    date: str
    day: str
    time: str
    moment: str


_PATTERNS = {
    "fi": Patterns(locale=Locale("fi"), date="d.M.y", day="ccc d.M.", time="H.mm", moment="ccc d.M.y 'klo' H.mm"),
    "sv": Patterns(locale=Locale("sv", "FI"), date="d.M.y", day="ccc d.M.", time="H.mm", moment="ccc d.M.y 'kl.' H.mm"),
    "en": Patterns(
        locale=Locale("en", "GB"), date="d MMM y", day="ccc d MMM", time="HH:mm", moment="ccc d MMM y 'at' HH:mm"
    ),
}


def install(app: Flask) -> None:
    """Give templates `t`, `tn`, `here` and the formats."""

    @app.context_processor
    def texts() -> dict[str, Any]:
        language = current_language()
        formats = Formats(language)
        return {
            "language": language,
            "languages": LANGUAGE_NAMES,
            "t": Texts.load(language),
            "tn": Texts.load(language).plural,
            "here": formats.text,
            "formats": formats,
        }


def current_language() -> str:
    """Return the language of this request: the person's own, else the cookie's, else the browser's, else Finnish."""
    if "language" in g:
        return str(g.language)
    session, client = current_session(), current_client()
    chosen = request.cookies.get(COOKIE)
    if session is not None:
        language = session.account.language
    elif client is not None:
        language = client.language
    elif chosen in LANGUAGES:
        language = chosen
    else:
        language = request.accept_languages.best_match(LANGUAGES) or "fi"
    g.language = language if language in LANGUAGES else "fi"
    return str(g.language)


def texts() -> Texts:
    """Return the texts in the language of this request."""
    return Texts.load(current_language())


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """How a deadline is said: `level` is late, today, soon, later or none."""

    level: str
    text: str
    title: str


class Formats:
    """Dates, times and numbers of one page in one language; all of it is said from one moment."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._patterns = _PATTERNS[language]
        self._texts = Texts.load(language)

    @cached_property
    def _now(self) -> datetime:
        return now()

    def text(self, value: Mapping[str, str] | str | None) -> str:
        """Return a text of data in the language; a plain string stays as it is."""
        return value or "" if isinstance(value, str) or value is None else in_language(value, self.language)

    def full_date(self, value: date | datetime | None) -> str:
        """Return the date, e.g. 27.11.2026."""
        return "" if value is None else format_date(_local_day(value), self._patterns.date, self._patterns.locale)

    def day(self, value: date | datetime | None) -> str:
        """Return the day as people plan by it, e.g. pe 27.11. (with the year where it is not this one)."""
        if value is None:
            return ""
        day = _local_day(value)
        if day.year != _local_day(self._now).year:
            return self.full_date(day)
        return _day(day, self.language)

    def time(self, value: datetime | dt.time | None) -> str:
        """Return the time of day, e.g. 9.05."""
        if value is None:
            return ""
        return format_time(value, self._patterns.time, tzinfo=HELSINKI, locale=self._patterns.locale)

    def moment(self, value: datetime | None) -> str:
        """Return day and time, e.g. pe 27.11.2026 klo 9.05."""
        if value is None or value.year == _NEVER_YEAR:
            return ""
        return _moment(value, self.language)

    def when(self, value: datetime | None) -> str:
        """Return the moment as it is said now: a time today, "eilen", else the day."""
        if value is None or value.year == _NEVER_YEAR:
            return ""
        days = (_local_day(self._now) - _local_day(value)).days
        keys = {0: "format.today_at", 1: "format.yesterday_at", -1: "format.tomorrow_at"}
        if days in keys:
            return self._texts(keys[days], time=self.time(value))
        return self._texts("format.day_at", day=self.day(value), time=self.time(value))

    def ago(self, value: datetime | None) -> str:
        """Return how long ago it was or how soon it will be, e.g. 3 minuuttia sitten."""
        if value is None:
            return ""
        return format_timedelta(value - self._now, add_direction=True, locale=self._patterns.locale)

    def number(self, value: float | None) -> str:
        """Return the number with the language's separators."""
        return "" if value is None else format_decimal(value, locale=self._patterns.locale)

    def iso(self, value: date | datetime | None) -> str:
        """Return the machine-readable form for <time datetime>."""
        return "" if value is None else value.isoformat()

    def due(self, value: datetime | None) -> Due:
        """Return how the deadline is said: late by days, today at, tomorrow at, else the day."""
        if value is None or value.year == _NEVER_YEAR:
            return Due(level="none", text="", title="")
        days = (_local_day(value) - _local_day(self._now)).days
        title = self.moment(value)
        if value < self._now:
            late = self._texts.plural("due.late", count=-days) if days < 0 else self._texts("due.late_today")
            return Due(level="late", text=late, title=title)
        if days == 0:
            return Due(level="today", text=self._texts("due.today", time=self.time(value)), title=title)
        if days == 1:
            return Due(level="soon", text=self._texts("due.tomorrow"), title=title)
        return Due(level="later", text=self.day(value), title=title)


# the same moments are shown again and again: in every row, and whenever the page is opened anew


@lru_cache(maxsize=4096)
def _moment(value: datetime, language: str) -> str:
    patterns = _PATTERNS[language]
    return format_datetime(value, patterns.moment, tzinfo=HELSINKI, locale=patterns.locale)


@lru_cache(maxsize=4096)
def _day(value: date, language: str) -> str:
    patterns = _PATTERNS[language]
    return format_date(value, patterns.day, patterns.locale)


def _local_day(value: date | datetime) -> date:
    return value.astimezone(HELSINKI).date() if isinstance(value, datetime) else value
