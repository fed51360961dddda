"""Working days in Finland and the choice of a free time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.appointments import (
    AppointmentKind,
    OpeningHours,
    Slot,
    Window,
    booking_window,
    first_free_slot,
    times_of_day,
)
from app.domain.calendar import (
    add_working_days,
    is_eve,
    is_holiday,
    is_working_day,
    parse_day,
    working_day_on_or_after,
    written_day,
)

NOW = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def test_the_eves_and_holidays_without_a_consultation_hour_in_2026_are_those_of_the_domain_model():
    thursdays = [date(2026, 1, 1) + timedelta(weeks=week) for week in range(53)]
    without = [day for day in thursdays if day.year == 2026 and (is_holiday(day) or is_eve(day))]
    assert without == [
        date(2026, 1, 1),
        date(2026, 4, 2),
        date(2026, 4, 30),
        date(2026, 5, 14),
        date(2026, 6, 18),
        date(2026, 12, 24),
        date(2026, 12, 31),
    ]


def test_midsummer_eve_and_christmas_eve_are_no_working_days():
    assert not is_working_day(date(2026, 6, 19))
    assert not is_working_day(date(2026, 12, 24))
    assert is_working_day(date(2026, 12, 31))


def test_five_working_days_over_easter():
    assert add_working_days(date(2026, 4, 1), 2) == date(2026, 4, 7)
    assert add_working_days(date(2026, 4, 7), -2) == date(2026, 4, 1)
    assert working_day_on_or_after(date(2026, 4, 3)) == date(2026, 4, 7)


@given(days, st.integers(1, 40))
def test_counting_on_and_back_meets_again_from_a_working_day(day, count):
    start = working_day_on_or_after(day)
    end = add_working_days(start, count)
    assert is_working_day(end)
    assert sum(is_working_day(start + timedelta(days=number)) for number in range(1, (end - start).days + 1)) == count
    assert add_working_days(end, -count) == start


@given(st.dates(min_value=date(1850, 1, 1), max_value=date(2199, 12, 31)))
def test_a_day_is_read_however_people_write_it(day):
    ways = (written_day(day), f"{day:%d.%m.%Y}", f"{day.day}. {day.month}. {day.year}", day.isoformat())
    assert {parse_day(f" {way} ") for way in ways} == {day}


def test_what_is_no_day_is_none():
    for text in ("", "huomenna", "31.2.2026", "1.3.", "1.3.26", "2026-13-01", "1.1.0001", "1.1.9999", "1.3.2026 klo 9"):
        assert parse_day(text) is None


def slot(key, starts_at, *, kind=AppointmentKind.INITIAL_SERVICE, is_free=True):
    return Slot(
        key=key, kind=kind, unit_id="u", starts_at=starts_at, ends_at=starts_at + timedelta(minutes=45), is_free=is_free
    )


slots = st.lists(
    st.builds(
        slot,
        st.integers(1),
        st.integers(-50, 500).map(lambda hours: NOW + timedelta(hours=hours)),
        kind=st.sampled_from(AppointmentKind),
        is_free=st.booleans(),
    )
)


@given(slots, st.integers(0, 100), st.none() | st.integers(0, 200))
def test_the_first_free_time_is_free_fitting_and_the_earliest(all_slots, hours, more):
    window = Window(
        earliest=NOW + timedelta(hours=hours),
        latest=None if more is None else NOW + timedelta(hours=hours + more),
    )
    found = first_free_slot(all_slots, kind=AppointmentKind.PHYSICIAN, window=window)
    fitting = [one for one in all_slots if one.is_free and one.kind == "laakari" and window.admits(one.starts_at)]
    if found is None:
        assert not fitting
    else:
        assert found in fitting
        assert found.starts_at == min(one.starts_at for one in fitting)


def test_within_fourteen_days_lasts_to_the_end_of_that_day_in_finland():
    window = booking_window(now=NOW, within=timedelta(days=14))
    assert window.admits(datetime(2026, 3, 16, 21, 59, tzinfo=UTC))
    assert not window.admits(datetime(2026, 3, 16, 22, 0, tzinfo=UTC))
    assert not window.admits(NOW - timedelta(seconds=1))


def test_limits_that_exclude_each_other_are_refused():
    with pytest.raises(ValueError, match="exclude"):
        booking_window(now=NOW, not_before=timedelta(days=8), within=timedelta(days=7))


HOURS = OpeningHours(
    kind=AppointmentKind.INITIAL_SERVICE,
    unit_id="u",
    weekdays=frozenset({0, 2}),
    opens=time(9),
    closes=time(12),
    length=timedelta(minutes=45),
)


def test_a_unit_gives_times_on_its_weekdays_and_not_on_holidays():
    assert [begin.strftime("%H:%M") for begin, _ in times_of_day(HOURS, day=date(2026, 3, 2))] == [
        "09:00",
        "09:45",
        "10:30",
        "11:15",
    ]
    assert times_of_day(HOURS, day=date(2026, 3, 3)) == []
    assert times_of_day(HOURS, day=date(2026, 4, 6)) == []


def test_times_are_finnish_clock_times_in_summer_and_winter():
    winter, summer = (
        times_of_day(HOURS, day=day)[0][0].astimezone(UTC).hour for day in (date(2026, 3, 2), date(2026, 6, 1))
    )
    assert (winter, summer) == (7, 6)
