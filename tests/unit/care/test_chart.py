"""The chart of the whole: who leads to whom, and a place for each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.chart import MOST_HEARERS, LinkKind, Passage, ProcessLink, passages, spots, spots_around
from app.engine.diagrams import read_diagram
from tests.factories import chain, diagram

CALLS, STARTS, SENDS, HEARS = LinkKind
NAMES = st.sampled_from("abcdefg")
LINKS = st.dictionaries(NAMES, st.lists(st.builds(ProcessLink, st.sampled_from(LinkKind), NAMES), max_size=6))


def test_what_is_sent_leads_to_who_hears_it_and_calls_to_what_there_is():
    links = {
        "whole": [ProcessLink(CALLS, "part"), ProcessLink(CALLS, "nothing"), ProcessLink(STARTS, "beside")],
        "part": [ProcessLink(SENDS, "alarm"), ProcessLink(SENDS, "unheard")],
        "beside": [ProcessLink(HEARS, "alarm"), ProcessLink(SENDS, "alarm")],
    }
    assert passages(links) == (
        Passage("part", "beside", SENDS),
        Passage("whole", "beside", STARTS),
        Passage("whole", "part", CALLS),
    )


def test_what_everybody_hears_leads_nowhere_in_particular():
    links = {f"p{number}": [ProcessLink(HEARS, "stop")] for number in range(MOST_HEARERS + 1)}
    assert passages({**links, "stopper": [ProcessLink(SENDS, "stop")]}) == ()


@given(LINKS)
def test_each_has_a_place_of_its_own_one_column_after_the_nearest_that_leads_to_it(links):
    ways = passages(links)
    found = {spot.process_id: (spot.column, spot.row) for spot in spots(sorted(links), ways)}
    assert found.keys() == links.keys()
    assert len(set(found.values())) == len(found)
    for way in ways:
        assert found[way.target][0] <= found[way.source][0] + 1
    for process_id, (column, _) in found.items():
        if column:
            assert any(found[way.source][0] == column - 1 for way in ways if way.target == process_id)


def test_a_circle_that_leads_to_others_stands_before_them():
    links = {
        "a": [],
        "b": [ProcessLink(CALLS, "g")],
        "c": [ProcessLink(CALLS, "a"), ProcessLink(CALLS, "e")],
        "e": [ProcessLink(CALLS, "c")],
        "g": [ProcessLink(CALLS, "a")],
    }
    found = {spot.process_id: spot.column for spot in spots(sorted(links), passages(links))}
    assert found == {"b": 0, "c": 0, "a": 1, "e": 1, "g": 1}


def test_links_are_read_from_the_diagram_computed_calls_and_what_is_inside_among_them():
    xml = diagram(
        '<bpmn:startEvent id="alku"/>'
        '<bpmn:callActivity id="yksi"><bpmn:extensionElements>'
        '<zeebe:calledElement processId="=if a then &quot;toinen&quot; else &quot;kolmas&quot;"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
        '<bpmn:serviceTask id="tyo"><bpmn:extensionElements><zeebe:taskDefinition type="start_once"/>'
        '<zeebe:taskHeaders><zeebe:header key="process" value="rinnalla"/></zeebe:taskHeaders>'
        "</bpmn:extensionElements></bpmn:serviceTask>"
        '<bpmn:subProcess id="osa"><bpmn:startEvent id="a"/><bpmn:intermediateThrowEvent id="kerro">'
        '<bpmn:extensionElements><zeebe:taskDefinition type="send"/></bpmn:extensionElements>'
        '<bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateThrowEvent><bpmn:endEvent id="b"/>'
        + chain("a", "kerro", "b")
        + '</bpmn:subProcess><bpmn:endEvent id="loppu"/>'
        + chain("alku", "yksi", "tyo", "osa", "loppu"),
        roots='<bpmn:message id="m" name="viesti"/>',
    )
    assert set(read_diagram(xml).processes[0].links) == {
        ProcessLink(CALLS, "toinen"),
        ProcessLink(CALLS, "kolmas"),
        ProcessLink(STARTS, "rinnalla"),
        ProcessLink(SENDS, "viesti"),
    }


@given(LINKS, NAMES)
def test_one_pathway_stands_between_those_that_lead_to_it_and_those_it_leads_to(links, chosen):
    ways = passages(links)
    places = {spot.process_id: spot for spot in spots_around(chosen, ways)}
    near = {way.source for way in ways if way.target == chosen} | {way.target for way in ways if way.source == chosen}
    assert places.keys() == near | {chosen}
    assert len({(spot.column, spot.row) for spot in places.values()}) == len(places)
    for way in ways:
        if way.target == chosen != way.source:
            assert places[way.source].column < places[chosen].column
