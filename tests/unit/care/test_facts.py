"""Facts of a case by rule D2 of the domain model."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.facts import Answer, answers_needed, facts, whole_months, whole_years
from app.domain.sharing import DataGroup

TODAY = date(2026, 3, 2)
MORNING = datetime(2026, 3, 2, 7, tzinfo=UTC)


def answer(field, value, *, fact=None, minutes=0, group=DataGroup.EMPLOYMENT):
    return Answer(
        field=field,
        value=value,
        fact=value if fact is None else fact,
        data_group=group,
        answered_at=MORNING + timedelta(minutes=minutes),
    )


def values(names, *answers, birth_date=None, **attributes):
    found = facts(names=names, answers=answers, birth_date=birth_date, today=TODAY, attributes=attributes)
    return {name: fact.value for name, fact in found.items()}


def test_mattis_facts_are_those_of_the_scenario():
    matti = values(
        ["ika", "tyottomyys_kk", "tyottomyys_v", "terveystarkastus_v"],
        answer("tyotilanne", "tyoton"),
        answer("tyottomyys_alkanut", date(2025, 1, 2)),
        answer("terveystarkastus_pvm", "2022-02-01", group=DataGroup.HEALTH),
        birth_date=date(1990, 5, 14),
    )
    assert matti == {"ika": 35, "tyottomyys_kk": 14, "tyottomyys_v": 1, "terveystarkastus_v": 4}


def test_each_fact_carries_its_data_group():
    found = facts(
        names=["ika", "tyottomyys_kk", "terveystarkastus_v", "lahde", "oma"],
        answers=[answer("oma", 3, group=DataGroup.PLAN)],
        birth_date=None,
        today=TODAY,
        attributes={"lahde": "ITSE"},
    )
    assert {name: fact.data_group for name, fact in found.items()} == {
        "ika": DataGroup.BASIC,
        "tyottomyys_kk": DataGroup.EMPLOYMENT,
        "terveystarkastus_v": DataGroup.HEALTH,
        "lahde": DataGroup.BASIC,
        "oma": DataGroup.PLAN,
    }


def test_the_latest_answer_wins_and_at_one_moment_the_one_given_last():
    assert values(["x"], answer("x", 2, minutes=5), answer("x", 1)) == {"x": 2}
    assert values(["x"], answer("x", 1), answer("x", 2)) == {"x": 2}


def test_not_known_is_null_even_after_a_known_answer():
    later = Answer(
        field="x",
        value="ei_tietoa",
        fact=None,
        data_group=DataGroup.HEALTH,
        answered_at=MORNING + timedelta(hours=1),
    )
    assert values(["x"], answer("x", "kylla", fact=True), later) == {"x": None}
    assert values(["x"], answer("x", "kylla", fact=True)) == {"x": True}


def test_who_is_no_longer_unemployed_has_no_months_of_unemployment():
    answers = [answer("tyottomyys_alkanut", date(2025, 1, 2)), answer("tyotilanne", "tyoton")]
    assert values(["tyottomyys_kk"], *answers) == {"tyottomyys_kk": 14}
    assert values(["tyottomyys_kk"], *answers, answer("tyotilanne", "opiskelija", minutes=1)) == {"tyottomyys_kk": None}


def test_dates_in_the_future_or_unreadable_are_not_known():
    for wrong in (date(2026, 3, 3), "huomenna", None, 5):
        assert values(["tyottomyys_kk"], answer("tyottomyys_alkanut", wrong)) == {"tyottomyys_kk": None}
    assert values(["ika"], birth_date=date(2026, 3, 3)) == {"ika": None}


def test_whole_months_and_years_are_full_ones():
    assert whole_months(start=date(2025, 12, 31), end=date(2026, 1, 30)) == 0
    assert whole_months(start=date(2025, 12, 31), end=date(2026, 1, 31)) == 1
    assert whole_years(start=date(2000, 2, 29), end=date(2025, 2, 28)) == 24
    assert whole_years(start=date(2000, 2, 29), end=date(2025, 3, 1)) == 25


def test_it_is_said_which_answers_a_fact_is_made_of():
    assert answers_needed(["ika", "tyottomyys_kk", "terveys_huoli"]) == {
        "tyotilanne",
        "tyottomyys_alkanut",
        "terveys_huoli",
    }


names = st.lists(
    st.sampled_from(["ika", "tyottomyys_kk", "tyottomyys_v", "terveystarkastus_v", "aiempi_konsultaatio", "x", "y"])
)
raw = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.dates()
answers = st.lists(
    st.builds(
        answer,
        st.sampled_from(["tyotilanne", "tyottomyys_alkanut", "terveystarkastus_pvm", "x", "y"]),
        raw,
        minutes=st.integers(0, 100),
    )
)


@given(names, answers, st.none() | st.dates(), st.dates())
def test_whatever_was_answered_every_asked_fact_is_there_and_numbers_are_not_negative(
    asked, given_answers, born, today
):
    found = facts(names=asked, answers=given_answers, birth_date=born, today=today)
    assert set(found) == set(asked)
    for name in set(asked) & {"ika", "tyottomyys_kk", "tyottomyys_v", "terveystarkastus_v"}:
        assert found[name].value is None or found[name].value >= 0


@given(names, answers)
def test_answers_that_a_fact_does_not_need_do_not_change_it(asked, given_answers):
    needed = answers_needed(asked)
    fewer = [one for one in given_answers if one.field in needed]
    assert values(asked, *given_answers) == values(asked, *fewer)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 40_000))
def test_twelve_months_are_a_year(start, days):
    end = start + timedelta(days=days)
    months, years = whole_months(start=start, end=end), whole_years(start=start, end=end)
    assert years == months // 12
