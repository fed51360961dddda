"""When a period is over: never too early, whatever the calendar does."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.domain.errors import InvalidInput
from app.domain.limits import limit_text, read_limit
from app.domain.retention import kept_until, last_day_over

DAYS = some.dates(min_value=date(1990, 1, 1), max_value=date(2060, 1, 1))
PERIODS = some.builds(
    lambda years, months, days: f"P{years}Y{months}M{days}D",
    some.integers(0, 30),
    some.integers(0, 30),
    some.integers(0, 900),
)


@given(today=DAYS, period=PERIODS, earlier=some.integers(0, 800))
def test_what_is_over_has_been_kept_for_its_whole_period(today, period, earlier):
    last = last_day_over(period, today=today)
    assert kept_until(period, since=last - timedelta(days=earlier)) <= today


@given(today=DAYS, period=PERIODS)
def test_what_is_not_over_is_at_most_some_days_of_a_month_too_old(today, period):
    later = last_day_over(period, today=today) + timedelta(days=1)
    assert kept_until(period, since=later) > today - timedelta(days=3)


@pytest.mark.parametrize(
    ("period", "today", "last"),
    [
        ("P10Y", date(2036, 3, 2), date(2026, 3, 2)),
        ("P1Y", date(2024, 2, 29), date(2023, 2, 28)),
        ("P6M", date(2026, 8, 31), date(2026, 2, 28)),
        ("P90D", date(2026, 4, 1), date(2026, 1, 1)),
        ("P2W", date(2026, 3, 15), date(2026, 3, 1)),
    ],
)
def test_periods_are_counted_by_the_calendar(period, today, last):
    assert last_day_over(period, today=today) == last


@pytest.mark.parametrize("text", ["10 vuotta", "P", "PT5H", "P0Y", "P10", "-P1Y", "P1D2Y"])
def test_what_is_no_period_is_refused_with_its_own_words(text):
    with pytest.raises(InvalidInput) as refused:
        read_limit("period", text, present="P10Y")
    assert refused.value.problems[0].code == "limit_period"


def test_an_empty_period_keeps_for_good():
    assert read_limit("period", " ", present="P10Y") is None
    assert limit_text("period", None) == ""
    assert read_limit("period", "P12Y", present=None) == "P12Y"
