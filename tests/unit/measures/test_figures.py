"""Figures out of events: what counts, in which month, and that a small group can never be worked out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInput
from app.domain.statistics.definitions import Dimension, Kind, read_definitions
from app.domain.statistics.events import Change, Event, Material, Period, Question
from app.domain.statistics.figures import compute, months

YEAR = Question(period=Period(first=date(2026, 1, 1), last=date(2026, 12, 31)))
TEXT = {"fi": "x", "sv": "x", "en": "x"}


def definition(kind, of=(), **more):
    figure = {"id": "luku", "name": TEXT, "kind": kind, "of": list(of), **more}
    measure = {"name": TEXT, "asked": TEXT, "how": TEXT, "seeds": ["001"], "figures": [figure]}
    return read_definitions({"M99": measure}, {}).measures[0].figures[0]


def events(name, count, *, first_case=1, day=date(2026, 3, 2), value=None, **more):
    return [Event(name=name, day=day, value=value, case_key=first_case + n, **more) for n in range(count)]


def number(figure_definition, *groups, question=YEAR):
    material = Material(events=tuple(event for group in groups for event in group))
    return compute(figure_definition, material, question)


def test_a_case_counts_once_however_often_something_happens_in_it():
    twice = [*events("start:p", 7), *events("start:p", 7)]
    assert number(definition("cases", ["start:p"]), twice).number.value == 7
    assert number(definition("events", ["start:p"]), twice).number.value == 14


def test_only_what_happened_in_the_period_and_fits_the_question_counts():
    before = events("start:p", 6, day=date(2025, 12, 31))
    inside = events("start:p", 6, first_case=10, area_id="espoo", source="ITSE", organisation_id="o_a")
    other = events("start:p", 5, first_case=20, area_id="lappi")
    figure = definition("cases", ["start:p"])
    assert number(figure, before, inside, other).number.value == 11
    for narrower in ({"area_id": "espoo"}, {"source": "ITSE"}, {"organisation_id": "o_a"}):
        question = Question(period=YEAR.period, **narrower)
        assert number(figure, before, inside, other, question=question).number.value == 6


def test_a_share_is_of_cases_and_hides_what_few_have():
    figure = definition("share", [{"event": "answer:f.paatos", "is": ["TIIMI"]}], among=["answer:f.paatos"])
    teams, others = (
        events("answer:f.paatos", 5, value="TIIMI"),
        events("answer:f.paatos", 15, first_case=50, value="OMA"),
    )
    assert number(figure, teams, others).number.value == 25
    for few in (number(figure, teams[:4], others), number(figure, teams, others[:4])):
        assert few.number.hidden
        assert few.number.value is None
        assert few.number.base == 0
    assert number(figure, events("answer:f.paatos", 8, value="OMA")).number.value == 0


def test_a_share_of_things_without_a_case_is_of_the_things():
    figure = definition("share", ["session:held"], among=["session:planned"], aboutPeople=False)
    planned = [Event(name="session:planned", day=date(2026, 3, n), thing_key=n) for n in (5, 12, 19, 26)]
    held = [Event(name="session:held", day=event.day, thing_key=event.thing_key) for event in planned[:3]]
    assert number(figure, planned, held).number.value == 75


def test_what_the_client_was_when_they_came_is_what_was_known_first():
    figure = definition("first_share", [{"event": "fact:vaihe", "is": ["PRIMAARI"]}], among=["fact:vaihe"])
    came = events("fact:vaihe", 10, value="PRIMAARI") + events("fact:vaihe", 10, first_case=50, value="SEKUNDAARI")
    later = events("fact:vaihe", 10, day=date(2026, 6, 1), value="TERTIAARI")
    assert number(figure, later, came).number.value == 50


def test_days_are_counted_to_the_next_such_thing_and_belong_to_the_month_of_the_end():
    figure = definition("days", ["case:opened"], to=["done:f"], by=["month"])
    ended = [Event(name="done:f", day=date(2026, 3, 12), case_key=n) for n in range(1, 6)]
    early = [Event(name="done:f", day=date(2026, 3, 1), case_key=n) for n in range(1, 6)]
    computed = number(figure, events("case:opened", 5), ended, early)
    assert computed.number.value == 10
    assert [row.key for row in computed.breakdowns[0].rows if row.number.base] == ["2026-03"]


def test_numbers_that_are_below_a_bound_are_told_apart_from_yes_and_no():
    figure = definition("share", [{"event": "fact:kk", "below": 12}], among=["fact:kk"])
    low, high = events("fact:kk", 6, value=3), events("fact:kk", 6, first_case=20, value=30)
    assert number(figure, low, high).number.value == 50
    assert number(figure, events("fact:kk", 6, value=True), high).number.value == 0


def test_services_side_by_side_are_the_most_of_any_day():
    figure = definition("parallel", ["action:started"], to=["action:ended"])
    started, ended = [], []
    for case in range(1, 6):
        for action, (begin, end) in enumerate([(1, 20), (5, 10), (9, 30), (21, 25)]):
            thing = case * 10 + action
            started.append(Event(name="action:started", day=date(2026, 3, begin), case_key=case, thing_key=thing))
            ended.append(Event(name="action:ended", day=date(2026, 3, end), case_key=case, thing_key=thing))
    assert number(figure, started, ended).number.value == 3


def test_what_goes_on_for_too_long_is_what_has_no_end():
    figure = definition("open_longer", ["case:opened"], to=["case:closed"], longerThanDays=365)
    old, new = events("case:opened", 9, day=date(2025, 1, 2)), events("case:opened", 9, first_case=50)
    closed = [Event(name="case:closed", day=date(2026, 1, 2), case_key=n) for n in range(1, 4)]
    assert number(figure, old, new, closed).number.value == 6


def test_changes_per_case_are_counted_among_the_cases_that_could_have_one():
    figure = definition("per_case", ["coordinator:changed"], among=["coordinator:named"])
    assert number(figure, events("coordinator:named", 8), events("coordinator:changed", 4)).number.value == 0.5


def test_a_section_is_shown_when_ten_have_been_measured_twice():
    figure = definition("change")

    def measured(count, before, after):
        return [
            Change(
                section="mieli",
                before=before,
                after=after,
                first_day=date(2026, 1, 5),
                day=date(2026, 7, 4),
                case_key=n,
            )
            for n in range(count)
        ]

    changes = [*measured(6, 4.0, 6.0), *measured(4, 5.0, 5.5), *measured(3, 4.0, None)]
    [section] = compute(figure, Material(changes=tuple(changes)), YEAR).sections
    assert (section.base, section.measured_once) == (10, 3)
    assert (section.better, section.same, section.worse) == (60, 40, 0)
    assert section.difference == pytest.approx(1.4)
    assert section.days == 180
    [few] = compute(figure, Material(changes=tuple(changes[1:])), YEAR).sections
    assert few.hidden
    assert few.before is None


COUNTED = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from(["ITSE", "KELA", "RISE", "OMAOLO", "TYP_TYM"]), st.integers(0, 364)),
    max_size=120,
)


@given(COUNTED, st.sampled_from(["cases", "events", "share"]))
def test_no_small_group_is_shown_or_can_be_worked_out(drawn, kind):
    happened = tuple(
        Event(name="start:p", day=date(2026, 1, 1) + timedelta(days=day), value=source, case_key=case, source=source)
        for case, source, day in drawn
    )
    more = {"among": ["start:p"]} if kind == "share" else {}
    figure = definition(kind, ["start:p"], by=["source", "month"], **more)
    computed = compute(figure, Material(events=happened), YEAR)
    for breakdown in computed.breakdowns:
        hidden = [row for row in breakdown.rows if row.number.hidden]
        shown = [row for row in breakdown.rows if not row.number.hidden and row.number.base]
        assert all(row.number.base >= 5 for row in shown)
        assert all(row.number.value is None and row.number.base == 0 for row in hidden)
        # one hidden row beside shown ones would be the total minus the others
        assert not (len(hidden) == 1 and shown)


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 40))
def test_a_period_has_each_of_its_months_once(first, more):
    count = first.year * 12 + first.month - 1 + more
    last = date(count // 12, count % 12 + 1, 1)
    named = months(Question(period=Period(first=first.replace(day=1), last=last)))
    assert len(named) == len(set(named)) == more + 1
    assert (named[0], named[-1]) == (f"{first:%Y-%m}", f"{last:%Y-%m}")


@pytest.mark.parametrize(
    "figure",
    [
        {"kind": "share", "of": ["a:b"]},
        {"kind": "days", "of": ["a:b"]},
        {"kind": "cases"},
        {"kind": "guess", "of": ["a:b"]},
        {"kind": "cases", "of": [{"event": "a:b", "like": "x"}]},
        {"kind": "cases", "of": ["a:b"], "by": ["client"]},
        {"kind": "cases", "of": ["a:b"], "sql": "select"},
    ],
)
def test_a_definition_that_makes_no_sense_is_named(figure):
    measure = {"name": TEXT, "asked": TEXT, "how": TEXT, "seeds": [], "figures": [{"id": "x", "name": TEXT, **figure}]}
    with pytest.raises(InvalidInput) as raised:
        read_definitions({"M99": measure}, {})
    assert [(problem.code, problem.place) for problem in raised.value.problems] == [("measure_invalid", "M99")]


def test_a_question_about_no_measure_is_named():
    with pytest.raises(InvalidInput) as raised:
        read_definitions({}, {"q": {"seed": "001", "text": TEXT, "measures": ["M77"]}})
    assert raised.value.problems[0].place == "q"


def test_dimensions_are_those_that_a_reader_may_know():
    known = {"month", "area", "municipality", "source", "organisation", "target", "value"}
    assert {str(dimension) for dimension in Dimension} == known
    assert Kind.CHANGE == "change"
