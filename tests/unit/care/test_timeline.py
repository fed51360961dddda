"""Waits and gaps on a client's timeline."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.timeline import Days, days_without, gaps, joined, marks

BEGIN = date(2026, 3, 1)


def days(first, last):
    return Days(BEGIN + timedelta(days=first), BEGIN + timedelta(days=last))


SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda pair: days(pair[0], pair[0] + pair[1])), max_size=8
)


def each_day(spans):
    return {span.first + timedelta(days=number) for span in spans for number in range(span.length)}


@given(SPANS, st.integers(0, 40), st.integers(0, 40))
def test_every_day_within_the_limits_is_either_covered_or_free_and_never_both(spans, first, length):
    limits = days(first, first + length)
    free = days_without(spans, limits)
    covered = each_day(part for span in spans if (part := span.within(limits)) is not None)
    assert each_day(free) | covered == each_day([limits])
    assert not each_day(free) & covered
    assert free == joined(free)


@given(SPANS)
def test_what_is_joined_has_the_same_days_and_touches_nowhere(spans):
    found = joined(spans)
    assert each_day(found) == each_day(spans)
    assert all(one.last + timedelta(days=1) < other.first for one, other in pairwise(found))


def test_a_gap_is_a_week_in_which_nobody_does_anything_while_a_case_is_open():
    busy = [days(0, 3), days(10, 12), days(21, 30)]
    # six days, then eight; what lies before and after the case is none
    assert gaps(busy, open_days=[days(0, 60)]) == [days(13, 20), days(31, 60)]
    assert gaps(busy, open_days=[days(0, 20), days(22, 33)]) == [days(13, 20)]
    assert gaps([], open_days=[]) == []


@given(st.integers(0, 4000), st.integers(0, 6000))
def test_the_line_has_few_marks_and_all_lie_on_it(first, length):
    limits = days(first, first + length)
    found = marks(limits)
    assert len(found) <= 4
    assert all(mark.day == 1 and limits.first <= mark <= limits.last for mark in found)
    assert found or length < 62


def test_days_do_not_end_before_they_begin():
    with pytest.raises(ValueError, match="before the first"):
        days(1, 0)
