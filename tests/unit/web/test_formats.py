"""Dates, times and deadlines as people say them, on the clock of Finland."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from app.web.language import Formats
from app.web.shell import EXTENSION, Shell

#: Wednesday, 10.42 in Finland (winter time)
NOW = datetime(2026, 3, 4, 8, 42, tzinfo=UTC)


@pytest.fixture
def _clock():
    app = Flask(__name__)
    app.extensions[EXTENSION] = Shell(executor=None, settings=None, clock=lambda: NOW)
    with app.app_context():
        yield


pytestmark = pytest.mark.usefixtures("_clock")


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fi", "ke 4.3.2026 klo 10.42"), ("sv", "ons 4.3.2026 kl. 10.42"), ("en", "Wed 4 Mar 2026 at 10:42")],
)
def test_a_moment_is_written_in_helsinki_time(language, expected):
    assert Formats(language).moment(NOW) == expected


def test_a_summer_moment_is_in_summer_time():
    assert Formats("fi").time(datetime(2026, 7, 1, 6, 5, tzinfo=UTC)) == "9.05"


@pytest.mark.parametrize(
    ("due_at", "level", "text"),
    [
        (NOW - timedelta(days=2), "late", "Myöhässä 2 pv"),
        (NOW - timedelta(minutes=1), "late", "Myöhässä"),
        # two in the night in Finland of the same day, although yesterday in UTC
        (datetime(2026, 3, 3, 23, 0, tzinfo=UTC), "late", "Myöhässä"),
        (NOW + timedelta(hours=5), "today", "Tänään klo 15.42"),
        # five past midnight in Finland: tomorrow, although still today in UTC
        (datetime(2026, 3, 4, 22, 5, tzinfo=UTC), "soon", "Huomenna"),
        (NOW + timedelta(days=2), "later", "pe 6.3."),
        (datetime(2027, 1, 4, 8, 0, tzinfo=UTC), "later", "4.1.2027"),
        (datetime(9999, 12, 31, tzinfo=UTC), "none", ""),
        (None, "none", ""),
    ],
)
def test_a_deadline_is_said_by_the_days_of_finland(due_at, level, text):
    due = Formats("fi").due(due_at)
    assert (due.level, due.text) == (level, text)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOW - timedelta(minutes=1), "tänään klo 10.41"),
        (NOW - timedelta(days=1), "eilen klo 10.42"),
        (NOW + timedelta(days=1), "huomenna klo 10.42"),
        (NOW - timedelta(days=3), "su 1.3. klo 10.42"),
        (None, ""),
    ],
)
def test_a_moment_near_now_is_said_as_people_do(moment, text):
    assert Formats("fi").when(moment) == text


def test_numbers_have_the_language_s_separators():
    assert Formats("fi").number(1284.5) == "1\u00a0284,5"
    assert Formats("en").number(1284.5) == "1,284.5"


def test_a_date_is_a_date_in_any_language():
    assert [Formats(language).full_date(date(1990, 5, 3)) for language in ("fi", "sv", "en")] == [
        "3.5.1990",
        "3.5.1990",
        "3 May 1990",
    ]


def test_a_text_of_data_falls_back_to_finnish():
    assert Formats("sv").text({"fi": "Ajanvaraus"}) == "Ajanvaraus"
    assert Formats("sv").text("plain") == "plain"
    assert Formats("sv").text(None) == ""
