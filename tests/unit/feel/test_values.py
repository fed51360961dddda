from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import ExpressionError
from app.engine.feel import HELSINKI, YearsMonths, evaluate_one, from_state, to_json, to_state
from app.engine.feel.values import FarMoment, days_time_text

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cs"]))
offsets = st.integers(-1079, 1079).map(lambda minutes: timezone(timedelta(minutes=minutes)))
zones = st.one_of(st.none(), st.just(HELSINKI), offsets)
#: the one name that no context may have: in JavaScript it would be something else than an entry
KEYS = texts.filter(lambda key: key != "__proto__") | st.just("$feel")
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(-1e15, 1e15),
    texts,
    st.dates(),
    st.datetimes(timezones=zones, allow_imaginary=False),
    st.times(timezones=st.one_of(st.none(), offsets)),
    st.timedeltas(timedelta(days=-90_000_000), timedelta(days=90_000_000)),
    st.integers(-100_000, 100_000).map(YearsMonths),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_what_is_written_to_state_is_read_back_the_same(value):
    written = json.loads(json.dumps(to_state(value)))
    assert from_state(written) == value
    assert to_state(from_state(written)) == written


@given(st.dictionaries(st.just("a"), values, min_size=1))
def test_a_value_comes_back_from_v8_as_it_went_in(context):
    assert by_instant(evaluate_one("[a][1]", context, now=NOW)) == by_instant(context["a"])


def test_a_context_has_no_entry_that_means_something_else_in_javascript():
    with pytest.raises(ExpressionError) as refused:
        evaluate_one("a", {"a": {"__proto__": {"b": 1}}}, now=NOW)
    assert refused.value.code == "feel_value"


def by_instant(value):
    """Return moments in UTC: in the hour that a clock shows twice, Python calls no two of different zones equal."""
    if isinstance(value, list):
        return [by_instant(each) for each in value]
    if isinstance(value, dict):
        return {key: by_instant(each) for key, each in value.items()}
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        "\ud800",
        {"\udfff": 1},
        {1: "a number as key"},
        object(),
        b"bytes",
        {"a": {1, 2}},
    ],
)
def test_what_is_no_feel_value_is_refused(value):
    with pytest.raises(ExpressionError) as refused:
        to_state(value)
    assert refused.value.code == "feel_value"


def test_data_nested_without_end_is_refused():
    value: list = []
    for _ in range(500):
        value = [value]
    with pytest.raises(ExpressionError, match="nested too deeply"):
        to_state(value)


@pytest.mark.parametrize(
    "written",
    [
        {"$feel": "date", "value": "2026-02-30"},
        {"$feel": "date", "value": 5},
        {"$feel": "python", "value": "os.system"},
        {"$feel": "date and time", "value": "2026-01-01T00:00:00@Nowhere/Land"},
        {"$feel": "days and time duration", "value": "P1M"},
        {"$feel": "context", "value": []},
    ],
)
def test_a_tagged_value_that_we_never_write_is_refused(written):
    with pytest.raises(ExpressionError):
        from_state(written)


def test_data_from_outside_cannot_pass_for_a_tagged_value():
    sent = {"$feel": "date", "value": "2026-01-01"}
    assert from_state(to_state(sent)) == sent
    assert evaluate_one("a.value", {"a": sent}, now=NOW) == "2026-01-01"


def test_the_hour_that_comes_twice_keeps_its_second_turn():
    second = datetime(2026, 10, 25, 3, 30, fold=1, tzinfo=HELSINKI)
    read = from_state(to_state(second))
    assert read.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    back = evaluate_one("[a][1]", {"a": second}, now=NOW)
    assert back.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_plain_json_has_iso_texts():
    assert to_json(
        {
            "d": date(2026, 3, 1),
            "t": datetime(2026, 3, 1, 10, tzinfo=HELSINKI),
            "clock": time(8, 30),
            "p": timedelta(days=14),
            "m": YearsMonths(14),
            "n": Decimal("2.50"),
            "whole": 3.0,
        }
    ) == {
        "d": "2026-03-01",
        "t": "2026-03-01T10:00:00+02:00",
        "clock": "08:30:00",
        "p": "P14D",
        "m": "P1Y2M",
        "n": 2.5,
        "whole": 3,
    }


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "PT0S"),
        (timedelta(days=14), "P14D"),
        (timedelta(hours=36, minutes=5), "P1DT12H5M"),
        (-timedelta(seconds=1, microseconds=500_000), "-PT1.5S"),
    ],
)
def test_days_and_time_durations_are_written_in_days_and_parts_of_a_day(duration, text):
    assert days_time_text(duration) == text


def test_a_year_beyond_python_keeps_its_text():
    assert evaluate_one('date("-2017-12-31")', {}, now=NOW) == FarMoment("date", "-2017-12-31")
    assert evaluate_one("a.year", {"a": FarMoment("date", "-2017-12-31")}, now=NOW) == -2017


def test_another_zone_is_kept():
    there = datetime(2026, 6, 1, 12, tzinfo=ZoneInfo("Europe/Paris"))
    assert evaluate_one("[a][1]", {"a": there}, now=NOW).tzinfo == ZoneInfo("Europe/Paris")
