"""Results that are noted for the case (`kyky.note.<fact>`): they hold at once and never become variables."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime

import pytest

from app.domain.errors import InvalidDiagram
from app.domain.sharing import DataGroup
from app.domain.steps import IncidentOpened, IncidentRetried, InstanceStatus, JobCompleted, JobOpened
from app.engine.decisions import compile_decision
from app.engine.diagrams import compile_process, read_diagram
from app.engine.run import advance, read_variables, start
from app.engine.seam import Surroundings
from tests.unit.engine.drawing import diagram, element, end, io, service, user
from tests.unit.engine.drawing import start as start_event

DECISION = b"""<?xml version="1.0"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:d">
  <decision id="dmn_vaihe" name="Vaihe"><variable name="vaihe"/>
    <literalExpression><text>if alenema then "SEKUNDAARI" else "PRIMAARI"</text></literalExpression></decision>
</definitions>"""


def notes(**facts):
    """Zeebe properties: fact = (FEEL, data group)."""
    lines = [
        f'<zeebe:property name="kyky.note.{fact}" value="{value}"/>'
        f'<zeebe:property name="kyky.noteGroup.{fact}" value="{group}"/>'
        for fact, (value, group) in facts.items()
    ]
    return f"<zeebe:properties>{''.join(lines)}</zeebe:properties>"


def rule(element_id, extensions):
    called = '<zeebe:calledDecision decisionId="dmn_vaihe" resultVariable="vaihe"/>'
    return element("businessRuleTask", element_id, "", called + extensions)


def run(xml, *, has_case=True, **facts):
    process = compile_process(xml, "p", read_diagram(xml).content_hash)
    return process, start(process, variables={}, surroundings=around(has_case=has_case, **facts), instance_key=1)


def around(*, has_case=True, **facts):
    keys = itertools.count(100)
    return Surroundings(
        now=datetime(2026, 3, 2, tzinfo=UTC),
        new_key=lambda: next(keys),
        contexts={"asia": facts, "viite": {}},
        decisions={"dmn_vaihe": compile_decision(DECISION, "dmn_vaihe")},
        has_case=has_case,
    )


DECIDED = diagram(
    start_event(),
    rule("r", io({"alenema": "=asia.alenema"}) + notes(vaihe=("=vaihe", "suunnitelma"))),
    user(extensions=io({"seen": "=asia.vaihe"})),
    end(),
    flow="s r; r u; u e",
)


def test_a_decision_notes_its_result_which_holds_at_once_and_is_no_variable():
    _, step = run(DECIDED, alenema=True, vaihe=None)
    assert [(each.fact, each.value, each.data_group, each.source) for each in step.notes] == [
        ("vaihe", "SEKUNDAARI", DataGroup.PLAN, "dmn_vaihe")
    ]
    assert {name for scope in read_variables(step.state).values() for name in scope} == {"seen"}
    assert {(each.name, each.value) for each in step.variables} == {("seen", "SEKUNDAARI")}


def test_what_has_output_mappings_too_gives_both():
    both = io({"alenema": "=asia.alenema"}, {"ohjaus": "=vaihe"}) + notes(vaihe=("=vaihe", "terveys"))
    _, step = run(diagram(start_event(), rule("r", both), end(), flow="s r; r e"), alenema=False)
    assert step.status is InstanceStatus.COMPLETED
    assert {(each.name, each.value) for each in step.variables} == {("ohjaus", "PRIMAARI")}
    assert [each.data_group for each in step.notes] == [DataGroup.HEALTH]


def test_any_activity_notes_when_it_ends_and_keeps_giving_its_variables():
    noting = notes(paatettiin=("=today()", "perustiedot"), koodi=("=koodi", "suunnitelma"))
    process, opened = run(diagram(start_event(), service(extensions=noting), end(), flow="s t; t e"))
    assert opened.notes == ()
    [job] = [each for each in opened.opened if isinstance(each, JobOpened)]
    done = JobCompleted(key=job.key, variables={"koodi": "N03"})
    step = advance(process, opened.state, done, surroundings=around())
    assert {each.fact: each.value for each in step.notes} == {"paatettiin": date(2026, 3, 2), "koodi": "N03"}
    assert {each.source for each in step.notes} == {"t"}
    assert {(each.name, each.value) for each in step.variables} == {("koodi", "N03")}


def test_the_facts_that_a_note_reads_are_facts_that_the_process_refers_to():
    process, _ = run(
        diagram(start_event(), user(extensions=notes(ika_silloin=("=asia.ika", "perustiedot"))), end(), flow="s u; u e")
    )
    assert "asia.ika" in process.outline.references


def test_without_a_case_it_stops_with_an_incident_and_goes_on_when_there_is_one():
    process, stopped = run(DECIDED, has_case=False, alenema=True, vaihe=None)
    [incident] = [each for each in stopped.opened if isinstance(each, IncidentOpened)]
    assert incident.code == "note_without_case"
    assert stopped.notes == ()
    retried = IncidentRetried(key=incident.key)
    mended = advance(process, stopped.state, retried, surroundings=around(alenema=True, vaihe=None))
    assert [each.value for each in mended.notes] == ["SEKUNDAARI"]


@pytest.mark.parametrize(
    "extensions",
    [
        notes(vaihe=("=vaihe", "")),
        notes(vaihe=("=vaihe", "salainen")),
        notes(**{"Vaihe 1": ("=vaihe", "terveys")}),
        notes(vaihe=("=vaihe", "terveys")).replace("kyky.noteGroup.vaihe", "kyky.noteGroup.toinen"),
    ],
    ids=["no_group", "unknown_group", "no_name", "group_of_another"],
)
def test_a_note_without_data_group_or_name_is_refused_by_the_elements_name(extensions):
    with pytest.raises(InvalidDiagram) as refused:
        read_diagram(diagram(start_event(), user(extensions=extensions), end(), flow="s u; u e"))
    assert [(each.code, each.place) for each in refused.value.problems] == [("note_unreadable", "u")]


def test_only_activities_note():
    noting = element("endEvent", "e", "", notes(vaihe=("=1", "terveys")))
    with pytest.raises(InvalidDiagram) as refused:
        read_diagram(diagram(start_event(), user(), noting, flow="s u; u e"))
    assert [(each.code, each.place) for each in refused.value.problems] == [("note_unreadable", "e")]
