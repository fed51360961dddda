"""Cron expressions of timer cycles."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.cron import NoCronExpression, read_cron
from app.engine.seam import TimerOpened
from app.engine.timers import ENDLESS, HELSINKI, plan, with_rhythm
from tests.unit.engine.drawing import boundary, diagram, end, start, timer, user
from tests.unit.engine.walk import Walk


def clocks(text: str, begin: str, count: int) -> list[str]:
    """Return the first times of an expression after a clock."""
    expression, clock, found = read_cron(text), datetime.fromisoformat(begin), []
    for _ in range(count):
        clock = expression.first_after(clock)
        found.append(clock.strftime("%a %Y-%m-%d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("0 0 9 ? * MON-FRI", ["Fri 2026-01-02 09:00:00", "Mon 2026-01-05 09:00:00"]),
        ("0 0 9-17/4 * * *", ["Thu 2026-01-01 13:00:00", "Thu 2026-01-01 17:00:00", "Fri 2026-01-02 09:00:00"]),
        ("*/20 30 10 * * *", ["Thu 2026-01-01 10:30:00", "Thu 2026-01-01 10:30:20", "Thu 2026-01-01 10:30:40"]),
        ("0 0/25 * * * *", ["Thu 2026-01-01 09:50:00", "Thu 2026-01-01 10:00:00", "Thu 2026-01-01 10:25:00"]),
        ("0 0 8 1,15 JAN,jul ?", ["Thu 2026-01-15 08:00:00", "Wed 2026-07-01 08:00:00"]),
        ("0 0 0 L * *", ["Sat 2026-01-31 00:00:00", "Sat 2026-02-28 00:00:00"]),
        ("0 0 0 L-3 * *", ["Wed 2026-01-28 00:00:00", "Wed 2026-02-25 00:00:00"]),
        ("0 0 0 LW * *", ["Fri 2026-01-30 00:00:00", "Fri 2026-02-27 00:00:00"]),
        ("0 0 0 15W * *", ["Thu 2026-01-15 00:00:00", "Mon 2026-02-16 00:00:00"]),
        ("0 0 0 1W * *", ["Mon 2026-02-02 00:00:00", "Mon 2026-03-02 00:00:00"]),
        ("0 0 0 1W 8 *", ["Mon 2026-08-03 00:00:00"]),
        ("0 0 0 31W * *", ["Fri 2026-01-30 00:00:00", "Tue 2026-03-31 00:00:00"]),
        ("0 0 0 * * 5L", ["Fri 2026-01-30 00:00:00", "Fri 2026-02-27 00:00:00"]),
        ("0 0 0 * * FRIL", ["Fri 2026-01-30 00:00:00"]),
        ("0 0 0 ? * MON#1", ["Mon 2026-01-05 00:00:00", "Mon 2026-02-02 00:00:00"]),
        ("0 0 0 ? * 5#5", ["Fri 2026-01-30 00:00:00", "Fri 2026-05-29 00:00:00"]),
        ("0 0 0 ? * SUN-TUE", ["Sun 2026-01-04 00:00:00", "Mon 2026-01-05 00:00:00", "Tue 2026-01-06 00:00:00"]),
        ("0 0 0 ? * FRI-SUN", ["Fri 2026-01-02 00:00:00", "Sat 2026-01-03 00:00:00", "Sun 2026-01-04 00:00:00"]),
        ("0 0 0 ? * 0", ["Sun 2026-01-04 00:00:00"]),
        # both rules of days have to hold, unlike in the cron of Unix
        ("0 0 0 13 * FRI", ["Fri 2026-02-13 00:00:00", "Fri 2026-03-13 00:00:00", "Fri 2026-11-13 00:00:00"]),
        ("0 0 0 29 2 *", ["Tue 2028-02-29 00:00:00", "Sun 2032-02-29 00:00:00"]),
        ("@weekly", ["Sun 2026-01-04 00:00:00"]),
        ("@Hourly", ["Thu 2026-01-01 10:00:00", "Thu 2026-01-01 11:00:00"]),
    ],
)
def test_expressions_as_in_spring(text, times):
    assert clocks(text, "2026-01-01T09:30:00", len(times)) == times


@pytest.mark.parametrize(
    "text",
    [
        "", "0 0 9 * *", "0 9 * * MON-FRI", "0 0 9 * * * 2026", "60 0 9 * * *", "0 0 24 * * *", "0 0 9 0 * *", "@never",
        "0 0 9 32 * *", "0 0 9 * 13 *", "0 0 9 * * 8", "0 0 9 * * 1#6", "0 0 17-9 * * *", "*/0 * * * * *",
        "0 0 9 L-31 * *", "0 0 9 30 2 *", "0 0 9 * * MONDAY", "0 0 ? * * *", "0 0 9 1,,2 * *", "0 0 9 -1 * *",
        "R3/PT1H",
    ],
)  # fmt: skip
def test_what_is_no_expression_or_never_happens(text):
    with pytest.raises(NoCronExpression):
        read_cron(text)


def turns(text: str, now: datetime, count: int) -> list[str]:
    """Return the clock in Helsinki of the first turns, each fired when it was due and stored meanwhile."""
    schedule, found = plan("cycle", text, now), []
    for _ in range(count):
        found.append(schedule.due.astimezone(HELSINKI).strftime("%d.%m. %H:%M%z"))
        schedule = with_rhythm(schedule.rhythm(), due=schedule.due, left=schedule.left).next_after(schedule.due)
    return found


def test_the_clock_is_that_of_helsinki_through_both_changes():
    assert turns("0 30 3 * * *", datetime(2026, 3, 28, tzinfo=UTC), 3) == [
        "28.03. 03:30+0200",
        "29.03. 04:30+0300",  # the clock jumps from 3.00 to 4.00
        "30.03. 03:30+0300",
    ]
    assert turns("0 30 3 * * *", datetime(2026, 10, 24, tzinfo=UTC), 3) == [
        "24.10. 03:30+0300",
        "25.10. 03:30+0300",  # the first of the two
        "26.10. 03:30+0200",
    ]


def test_what_happens_every_hour_does_so_in_the_hour_that_comes_twice():
    assert turns("0 0 * * * *", datetime(2026, 3, 28, 23, 30, tzinfo=UTC), 3) == [
        "29.03. 02:00+0200",
        "29.03. 04:00+0300",
        "29.03. 05:00+0300",
    ]
    assert turns("0 0/30 * * * *", datetime(2026, 10, 24, 23, 40, tzinfo=UTC), 6) == [
        "25.10. 03:00+0300",
        "25.10. 03:30+0300",
        "25.10. 03:00+0200",
        "25.10. 03:30+0200",
        "25.10. 04:00+0200",
        "25.10. 04:30+0200",
    ]


def test_turns_that_were_missed_are_one():
    now = datetime(2026, 1, 2, 12, tzinfo=UTC)
    schedule = plan("cycle", "0 0 9 ? * MON-FRI", now)
    assert schedule.left == ENDLESS
    late = schedule.due + timedelta(days=9, hours=1)
    assert schedule.next_after(late).due == datetime(2026, 1, 15, 7, tzinfo=UTC)


@given(
    st.integers(0, 59), st.sampled_from(["*", "3", "0-4", "*/6"]), st.sampled_from(["*", "L", "15W", "1-7"]),
    st.integers(0, 2 * 366 * 24 * 60),
)  # fmt: skip
def test_turns_come_later_and_later_at_a_time_of_the_expression(minute, hour, day, begun):
    expression = read_cron(f"0 {minute} {hour} {day} * ?")
    schedule = plan("cycle", expression.text, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=begun))
    dues = [schedule.due]
    for _ in range(6):
        schedule = schedule.next_after(schedule.due)
        dues.append(schedule.due)
    assert all(earlier < later for earlier, later in pairwise(dues))
    local = [due.astimezone(HELSINKI).replace(tzinfo=None) for due in dues]
    # only the hour that is missing in spring is told one later
    assert all(expression.holds(clock) or clock.hour == 4 for clock in local)


def test_a_timer_with_a_cron_expression_comes_again_and_again():
    xml = diagram(
        start(),
        user(),
        boundary("b", "u", timer("timeCycle", "0 0 9 ? * MON-FRI"), interrupting=False),
        end("reminded"),
        end(),
        flow="s u; u e; b reminded",
    )
    walk, dues = Walk(xml), []
    for _ in range(6):
        timer_wait = walk.one(TimerOpened)
        dues.append(timer_wait.due_at.astimezone(HELSINKI).strftime("%a %H:%M"))
        walk.at(timer_wait.due_at).fire("b")
    assert dues == ["Tue 09:00", "Wed 09:00", "Thu 09:00", "Fri 09:00", "Mon 09:00", "Tue 09:00"]
