"""Durations, moments and cycles."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import EngineFault
from app.engine.feel.values import YearsMonths
from app.engine.timers import (
    ENDLESS,
    HELSINKI,
    Interval,
    Schedule,
    plan,
    read_interval,
    to_interval,
    to_moment,
    with_rhythm,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("P14D", Interval(days=14)),
        ("P2W", Interval(days=14)),
        ("P1Y2M", Interval(months=14)),
        ("PT36H", Interval(seconds=129_600)),
        ("P1DT1H30M5S", Interval(days=1, seconds=5_405)),
        ("-P1D", Interval(days=-1)),
        ("PT0S", Interval()),
        ("P", None),
        ("PT", None),
        ("P1", None),
        ("14D", None),
        ("P1D ", Interval(days=1)),
        ("P99999999999D", None),
        ("", None),
    ],
)
def test_iso_durations(text, interval):
    assert read_interval(text) == interval


def test_feel_durations_are_read_in_their_own_units():
    assert to_interval(timedelta(days=2, hours=3)) == Interval(days=2, seconds=10_800)
    assert to_interval(YearsMonths(14)) == Interval(months=14)
    with pytest.raises(EngineFault):
        to_interval(14)


def test_the_end_of_a_month_stays_inside_the_month():
    assert Interval(months=1).after(datetime(2026, 1, 31, 8, tzinfo=UTC)) == datetime(2026, 2, 28, 8, tzinfo=UTC)


@given(
    st.integers(0, 20 * 366 * 24).map(lambda hours: datetime(2020, 1, 1, tzinfo=HELSINKI) + timedelta(hours=hours)),
    st.integers(1, 400),
)
def test_days_keep_the_hour_of_the_wall_clock(moment, days):
    begun = moment.astimezone(UTC).astimezone(HELSINKI)
    due = Interval(days=days).after(begun.astimezone(UTC)).astimezone(HELSINKI)
    expected = (begun.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=HELSINKI)
    # an hour that does not exist in spring is the one after it
    assert due == expected.astimezone(UTC).astimezone(HELSINKI)


def test_moments_without_offset_are_of_helsinki():
    assert to_moment("2026-03-02T10:00:00") == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert to_moment("2026-07-02T10:00:00") == datetime(2026, 7, 2, 7, tzinfo=UTC)
    assert to_moment("2026-03-02T10:00:00Z") == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert to_moment("2026-03-02T10:00:00+02:00[Europe/Helsinki]") == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert to_moment(date(2026, 3, 2)) == datetime(2026, 3, 1, 22, tzinfo=UTC)
    assert to_moment("2026-03-02", end_of_day=True) == datetime(2026, 3, 2, 21, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("value", ["2.3.2026", "", None, True, 17, [], "0001-01-01T00:00:00+14:00"])
def test_what_is_no_moment_is_a_fault(value):
    with pytest.raises(EngineFault):
        to_moment(value)


@pytest.mark.parametrize(
    ("value", "due", "left"),
    [
        ("R3/P7D", NOW + timedelta(days=7), 2),
        ("R/PT1H", NOW + timedelta(hours=1), ENDLESS),
        ("R2/2026-03-05T10:00:00/P1D", datetime(2026, 3, 5, 8, tzinfo=UTC), 1),
        ("R/2026-02-01T10:00:00/P7D", datetime(2026, 3, 8, 8, tzinfo=UTC), ENDLESS),
        (timedelta(hours=2), NOW + timedelta(hours=2), ENDLESS),
    ],
)
def test_cycles(value, due, left):
    schedule = plan("cycle", value, NOW)
    assert (schedule.due, schedule.left) == (due, left)


@pytest.mark.parametrize(
    "value", ["R0/P1D", "R3/PT0S", "R3/-P1D", "0 0 9 * *", "0 0 9 30 2 *", "", None, "R3/", "R3/P1D/P1D"]
)
def test_what_is_no_cycle_is_a_fault(value):
    with pytest.raises(EngineFault):
        plan("cycle", value, NOW)


@given(st.integers(1, 10**7), st.integers(0, 10**9))
def test_a_late_cycle_jumps_to_the_next_slot_of_its_grid(seconds, late):
    schedule = Schedule(due=NOW, left=5, interval=Interval(seconds=seconds))
    now = NOW + timedelta(seconds=late)
    following = schedule.next_after(now)
    assert following.left == 4
    assert now < following.due <= now + timedelta(seconds=seconds)
    assert (following.due - NOW).total_seconds() % seconds == 0


def test_the_last_turn_has_no_next():
    assert Schedule(due=NOW, left=0, interval=Interval(days=1)).next_after(NOW) is None
    assert Schedule(due=NOW).next_after(NOW) is None


def turns(text: str, now: datetime, count: int) -> list[str]:
    """Return the clock in Helsinki of the first turns of a cycle, each fired when it was due."""
    schedule, clocks = plan("cycle", text, now), []
    for _ in range(count):
        clocks.append(schedule.due.astimezone(HELSINKI).strftime("%d.%m. %H:%M%z"))
        schedule = with_rhythm(schedule.rhythm(), due=schedule.due, left=schedule.left).next_after(schedule.due)
    return clocks


def test_a_daily_cycle_passes_the_night_without_half_past_three_and_comes_back_to_its_hour():
    before = datetime(2026, 3, 1, tzinfo=UTC)
    assert turns("R/2026-03-28T03:30:00/P1D", before, 4) == [
        "28.03. 03:30+0200",
        "29.03. 04:30+0300",  # the clock jumps from 3.00 to 4.00
        "30.03. 03:30+0300",
        "31.03. 03:30+0300",
    ]
    assert turns("R/2026-03-29T03:30:00/P1D", before, 2) == ["29.03. 04:30+0300", "30.03. 03:30+0300"]


def test_a_daily_cycle_comes_once_in_the_night_that_has_half_past_three_twice():
    before = datetime(2026, 10, 1, tzinfo=UTC)
    assert turns("R/2026-10-24T03:30:00/P1D", before, 3) == [
        "24.10. 03:30+0300",
        "25.10. 03:30+0300",  # the first of the two
        "26.10. 03:30+0200",
    ]


def test_hours_are_elapsed_time_through_both_changes():
    assert turns("R/2026-03-29T01:00:00/PT1H", datetime(2026, 3, 1, tzinfo=UTC), 4) == [
        "29.03. 01:00+0200",
        "29.03. 02:00+0200",
        "29.03. 04:00+0300",
        "29.03. 05:00+0300",
    ]
    assert turns("R/2026-10-25T02:00:00/PT1H", datetime(2026, 10, 1, tzinfo=UTC), 4) == [
        "25.10. 02:00+0300",
        "25.10. 03:00+0300",
        "25.10. 03:00+0200",
        "25.10. 04:00+0200",
    ]


def test_a_weekly_hour_stays_at_its_hour_all_the_year():
    clocks = turns("R/2026-03-05T13:00:00/P7D", datetime(2026, 3, 1, tzinfo=UTC), 52)
    assert {clock[7:12] for clock in clocks} == {"13:00"}
    assert {clock[12:] for clock in clocks} == {"+0200", "+0300"}


def test_a_monthly_cycle_on_the_last_day_does_not_stay_on_the_28th():
    clocks = turns("R/2026-01-31T09:00:00/P1M", datetime(2026, 1, 1, tzinfo=UTC), 4)
    assert [clock[:6] for clock in clocks] == ["31.01.", "28.02.", "31.03.", "30.04."]


def test_a_cycle_of_an_earlier_build_without_anchor_goes_on():
    schedule = with_rhythm("P0M1DT0S", due=NOW, left=ENDLESS)
    assert (schedule.interval, schedule.anchor) == (Interval(days=1), None)
    assert schedule.next_after(NOW).due == NOW + timedelta(days=1)


@given(st.integers(0, 24), st.integers(0, 60), st.integers(0, 86_399), st.integers(0, 5000))
def test_the_next_slot_of_the_wall_clock_is_the_first_after_now(months, days, second, late):
    if not months and not days:
        return
    interval = Interval(months=months, days=days)
    anchor = datetime.fromisoformat("2026-01-31") + timedelta(seconds=second)
    start = anchor.replace(tzinfo=HELSINKI).astimezone(UTC)
    now = start + timedelta(days=late)
    due = interval.first_after(now, anchor=anchor)
    assert due > now
    slots = [
        interval.times(count).after(anchor.replace(tzinfo=HELSINKI))
        for count in range(1, 6000 // (months * 28 + days) + 2)
    ]
    assert due == next(slot for slot in slots if slot > now)
