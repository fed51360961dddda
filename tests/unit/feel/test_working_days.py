"""Working days in FEEL: the same as those of the house, day by day; summer breaks; what makes no sense is null."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.calendar import HELSINKI, add_working_days, is_eve, is_holiday, is_working_day, working_day_on_or_after
from app.engine.feel import evaluate_one

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
CONTEXT = {"viite": {"kesatauko": {"firstWeek": 26, "lastWeek": 31}, "joulutauko": {"firstWeek": 52, "lastWeek": 1}}}
days = st.dates(date(1995, 1, 1), date(2060, 12, 31))


def value_of(text):
    return evaluate_one(text, CONTEXT, now=NOW)


@settings(max_examples=20)
@given(st.integers(1995, 2060))
def test_every_day_of_a_year_is_what_it_is_in_python(year):
    first = date(year, 1, 1)
    here = [first + timedelta(days=number) for number in range(365)]
    text = f"""for n in 0..364 return {{d: date("{first}") + duration("P1D") * n,
        a: [is working day(d), is public holiday(d), is holiday eve(d)]}}.a"""
    assert value_of(text) == [[is_working_day(day), is_holiday(day), is_eve(day)] for day in here]


@given(days, st.integers(-60, 60))
def test_adding_working_days_is_what_it_is_in_python(day, count):
    assert value_of(f'add working days(date("{day}"), {count})') == add_working_days(day, count)
    assert value_of(f'next working day(date("{day}"))') == working_day_on_or_after(day)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('add working days(date("2026-04-01"), 2)', date(2026, 4, 7)),  # over Easter
        ('add working days(date("2026-06-22"), 1, viite.kesatauko)', date(2026, 8, 3)),
        ('next working day(date("2026-07-01"), viite.kesatauko)', date(2026, 8, 3)),
        ('is working day(date("2026-07-01"))', True),
        ('is working day(date("2026-07-01"), viite.kesatauko)', False),
        ('is working day(date("2026-07-01"), viite.ei_asetettu)', True),
        ('add working days(date("2026-08-04"), -2, viite.kesatauko)', date(2026, 6, 18)),
        ('is in break(date("2026-12-31"), viite.joulutauko)', True),
        ('is in break(date("2026-01-07"), viite.joulutauko)', False),
        ('add working days(date: date("2026-03-06"), days: 1)', date(2026, 3, 9)),
    ],
)
def test_days_over_holidays_and_breaks(text, value):
    assert value_of(text) == value


def test_a_date_and_time_keeps_its_clock_over_the_change_to_summer_time():
    assert value_of('add working days(date and time("2026-03-27T09:00:00@Europe/Helsinki"), 1)') == datetime(
        2026, 3, 30, 9, tzinfo=HELSINKI
    )
    assert value_of("add working days(now(), 5)") == datetime(2026, 3, 9, 9, tzinfo=HELSINKI)


def test_the_day_of_a_moment_is_that_of_finland():
    assert value_of('is working day(date and time("2026-03-06T21:30:00Z"))') is True
    assert value_of('is working day(date and time("2026-03-06T22:30:00Z"))') is False  # Saturday in Finland


@pytest.mark.parametrize(
    "text",
    [
        'add working days("2026-03-02", 1)',
        'add working days(date("2026-03-02"), 1.5)',
        'add working days(date("2026-03-02"), 1000000)',
        'add working days(date("2026-03-02"), null)',
        "next working day(null)",
        'next working day(date("2026-03-02"), "26-31")',
        'next working day(date("2026-03-02"), {firstWeek: 1, lastWeek: 53})',
        'is working day(date("2026-03-02"), {firstWeek: 0, lastWeek: 5})',
    ],
)
def test_what_makes_no_sense_is_null(text):
    assert value_of(text) is None
