"""Time limits: who may change them, what is accepted, what is kept of it, and what it holds for; both databases."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from app.cli import read_reference
from app.commands.change_limit import change_limit
from app.commands.load_reference import load_reference
from app.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.domain.limits import limit_text, read_limit
from app.queries.limits import changes_of_limit, limit_page
from app.storage.tables.people import audit
from tests.factories import AREA, START, diagram, flow, make_place
from tests.scenarios.world import PROCESSES

WAITING = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="waits"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>=viite.t_tiimi</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    '<bpmn:endEvent id="done"/>' + flow("begin", "waits") + flow("waits", "done")
)


@pytest.fixture
def place(database):
    place = make_place(database)
    place.run(load_reference, files=read_reference(PROCESSES))
    return place


def change(place, limit_id, text, *, was, area_id="", person="owner"):
    return place.run(change_limit, limit_id=limit_id, area_id=area_id, text=text, was=was, actor=place.people[person])


def lines(place, area_id=""):
    page = place.executor.read(limit_page, area_id=area_id, actor=place.people["admin"])
    return {line.limit_id: line for line in page.lines}


def test_every_limit_of_the_files_is_listed_with_name_and_kind(place):
    rows = json.loads((PROCESSES / "shared/reference/time_limits.json").read_text())["rows"]
    shown = lines(place)
    assert {(row["id"], row["type"]) for row in rows} == {(line.limit_id, line.kind) for line in shown.values()}
    assert shown["t_tiimi"].text == "P30D"
    assert shown["kesatauko"].text == "26-31"
    assert shown["t_laki_hoitoon_paasy"].text == ""


def test_a_change_holds_for_timers_that_start_later_and_says_who_made_it(place):
    place.publish(WAITING)
    before = place.start()
    assert change(place, "t_tiimi", "P10D", was="P30D")
    after = place.start()
    [(_, first)], [(_, second)] = place.open_timers(before).values(), place.open_timers(after).values()
    assert (first, second) == (START + timedelta(days=30, hours=-1), START + timedelta(days=10))
    line = lines(place)["t_tiimi"]
    assert (line.text, line.changed_at, line.own) == ("P10D", START, False)
    assert line.changed_by
    with place.executor.database.engine.connect() as connection:
        [row] = connection.execute(select(audit).where(audit.c.action == "limit_changed")).all()
    assert row.details == {"limit": "t_tiimi", "area": "", "from": "P30D", "to": "P10D"}


def test_an_area_has_its_own_value_and_others_keep_the_common_one(place):
    assert change(place, "t_tiimi", "P20D", was="P30D", area_id=AREA)
    assert (lines(place, AREA)["t_tiimi"].text, lines(place, AREA)["t_tiimi"].own) == ("P20D", True)
    assert lines(place, "espoo")["t_tiimi"].text == "P30D"
    read = place.executor.read(
        lambda uow: [uow.reference.context({"t_tiimi"}, area_id=area) for area in (AREA, "espoo")]
    )
    assert read == [{"t_tiimi": "P20D"}, {"t_tiimi": "P30D"}]


def test_the_same_value_changes_nothing(place):
    assert not change(place, "t_tiimi", " P30D ", was="P30D")
    assert lines(place)["t_tiimi"].changed_by == ""


@pytest.mark.parametrize(
    ("limit_id", "was", "text"),
    [
        ("t_tiimi", "P30D", "30 days"),
        ("t_tiimi", "P30D", "P"),
        ("t_tiimi", "P30D", "-P3D"),
        ("t_omaolo", "3", "3.5"),
        ("t_loppuarviointi_alkaa", "1.11.", "29.2."),
        ("t_loppuarviointi_alkaa", "1.11.", "11-01"),
        ("kesatauko", "26-31", "0-54"),
        ("t_seuranta", "P1M, P3M, P6M, P12M", "P1M, soon"),
        ("halytysrajat", "", "{"),
        ("halytysrajat", "", '{"tyoterveys_summa": 2}'),
        ("halytysrajat", "", '{"tyoterveys_summa": 2, "puheeksiotto_summa": "2", "tarjous_summa": 4}'),
        ("t_omahoito", "", '{"lyhyt": "P14D", "ensimmainen": "later", "toinen": "P84D"}'),
        ("konsultaatio", "", '{"laakarit_mukana": 1}'),
    ],
)
def test_what_is_no_value_of_the_kind_is_refused(place, limit_id, was, text):
    with pytest.raises(InvalidInput) as refused:
        change(place, limit_id, text, was=was)
    [problem] = refused.value.problems
    assert problem.code == f"limit_{lines(place)[limit_id].kind}"


def test_only_process_owners_and_administrators_see_and_change(place):
    with pytest.raises(NotAllowed):
        change(place, "t_tiimi", "P1D", was="P30D", person="counsellor")
    with pytest.raises(NotAllowed):
        place.executor.read(limit_page, area_id="", actor=place.people["counsellor"])
    for limit_id, area_id in (("t_nobody", ""), ("t_tiimi", "nowhere")):
        with pytest.raises(NotFound):
            change(place, limit_id, "P1D", was="P30D", area_id=area_id)


def test_of_two_who_change_at_once_one_is_told(place):
    for was, texts in (("P30D", ("P11D", "P12D")), (None, ("P13D", "P14D")), (None, ("P15D", "P16D"))):
        seen, barrier = was or lines(place)["t_tiimi"].text, Barrier(2)

        def attempt(text, seen=seen, barrier=barrier):
            barrier.wait()
            try:
                return change(place, "t_tiimi", text, was=seen)
            except Conflict:
                return "told"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(map(str, pool.map(attempt, texts))) == ["True", "told"]


def test_loading_the_files_again_keeps_what_people_changed(place):
    change(place, "t_tiimi", "P10D", was="P30D")
    change(place, "t_omaolo", "4", was="3", area_id=AREA)
    place.run(load_reference, files=read_reference(PROCESSES))
    assert (lines(place)["t_tiimi"].text, lines(place)["t_tavoittelu"].text) == ("P10D", "P14D")
    assert (lines(place, AREA)["t_omaolo"].text, lines(place)["t_omaolo"].text) == ("4", "3")


@pytest.mark.parametrize("row", json.loads((PROCESSES / "shared/reference/time_limits.json").read_text())["rows"])
def test_what_is_written_of_a_value_reads_as_the_value(row):
    written = limit_text(row["type"], row["value"])
    assert read_limit(row["type"], written, present=row["value"]) == row["value"]


# -- settings of areas ----------------------------------------------------------------------------------------------


def settings(place, area_id=AREA):
    page = place.executor.read(limit_page, area_id=area_id, actor=place.people["admin"])
    return {line.limit_id: line for line in page.settings}


def test_settings_are_of_an_area_and_pathways_read_what_was_written(place):
    assert settings(place, "") == {}
    assert {line.kind for line in settings(place).values()} == {"choice", "flag", "names", "object", "text"}
    assert change(place, "alue.sosiaalipolku", "true", was="false", area_id=AREA)
    assert change(place, "alue.tiimimalli", "ESPOO", was="YLEINEN", area_id=AREA)
    assert change(place, "alue.kela_vaiheet", "arvio, tiimi", was="konsultaatio, tiimi", area_id=AREA)
    names = {"alue.sosiaalipolku", "alue.tiimimalli", "alue.kela_vaiheet"}
    read = place.executor.read(lambda uow: uow.reference.context(names, area_id=AREA))
    assert read["alue"] == {"sosiaalipolku": True, "tiimimalli": "ESPOO", "kela_vaiheet": ["arvio", "tiimi"]}
    assert settings(place, "rovaniemi")["alue.tiimimalli"].text == "ROVANIEMI"
    place.run(load_reference, files=read_reference(PROCESSES))
    assert settings(place)["alue.tiimimalli"].text == "ESPOO"


def test_the_history_of_a_limit_says_who_changed_what_where(place):
    change(place, "alue.tiimimalli", "ESPOO", was="YLEINEN", area_id=AREA)
    place.later(days=1)
    change(place, "alue.tiimimalli", "YLEINEN", was="ESPOO", area_id=AREA)
    change(place, "t_tiimi", "P10D", was="P30D")
    owner = place.people["owner"]
    found = place.executor.read(changes_of_limit, limit_id="alue.tiimimalli", actor=owner)
    assert [(each.before, each.after, each.area_id) for each in found] == [
        ("ESPOO", "YLEINEN", AREA),
        ("YLEINEN", "ESPOO", AREA),
    ]
    assert all(each.by for each in found)
    with pytest.raises(NotAllowed):
        place.executor.read(changes_of_limit, limit_id="t_tiimi", actor=place.people["counsellor"])


@pytest.mark.parametrize(
    ("setting", "was", "text"),
    [
        ("tiimimalli", "YLEINEN", "MUU"),
        ("sosiaalipolku", "false", "ehkä"),
        ("kela_vaiheet", "konsultaatio, tiimi", "arvio, loma"),
        ("paivystysnumero", "116117", ""),
        ("nimi", "", '{"fi": "Nimi"}'),
    ],
)
def test_what_is_no_value_of_the_setting_is_refused(place, setting, was, text):
    with pytest.raises(InvalidInput) as refused:
        change(place, f"alue.{setting}", text, was=was, area_id=AREA)
    assert [each.code for each in refused.value.problems] == [f"limit_{settings(place)[f'alue.{setting}'].kind}"]


def test_a_setting_of_no_area_or_of_an_unknown_one_is_not_there(place):
    for area_id in ("", "nowhere"):
        with pytest.raises(NotFound):
            change(place, "alue.tiimimalli", "ESPOO", was="YLEINEN", area_id=area_id)
    with pytest.raises(Conflict):
        change(place, "alue.tiimimalli", "ROVANIEMI", was="ESPOO", area_id=AREA)


def test_of_two_who_change_a_setting_at_once_one_is_told(place):
    barrier = Barrier(2)

    def attempt(text):
        barrier.wait()
        try:
            return change(place, "alue.tiimimalli", text, was="YLEINEN", area_id=AREA)
        except Conflict:
            return "told"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(map(str, pool.map(attempt, ("ESPOO", "ROVANIEMI")))) == ["True", "told"]
