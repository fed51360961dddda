"""Facts that a business rule task reads are never kept, whatever happens to it (design.md 4, R-19)."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

from app.domain.steps import IncidentOpened, IncidentRetried
from app.engine.decisions import compile_decision
from app.engine.diagrams import compile_process, read_diagram
from app.engine.run import advance, read_variables, start
from app.engine.seam import Surroundings
from tests.factories import chain, diagram

DECISION = b"""<?xml version="1.0"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:d">
  <decision id="dmn_koe" name="Koe"><variable name="tulos"/>
    <literalExpression><text>if terveys_huoli then "A" else "B"</text></literalExpression></decision>
</definitions>"""
RULE = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:businessRuleTask id="ask" name="Kysy"><bpmn:extensionElements>'
    '<zeebe:calledDecision decisionId="dmn_koe" resultVariable="tulos"/>'
    '<zeebe:ioMapping><zeebe:input source="=asia.terveys_huoli" target="terveys_huoli"/></zeebe:ioMapping>'
    '</bpmn:extensionElements></bpmn:businessRuleTask><bpmn:userTask id="wait"><bpmn:extensionElements>'
    "<zeebe:userTask/></bpmn:extensionElements></bpmn:userTask>" + chain("begin", "ask", "wait")
)
KEYS = itertools.count(100)


def around(fact, *, published=True):
    decisions = {"dmn_koe": compile_decision(DECISION, "dmn_koe")} if published else {}
    return Surroundings(
        now=datetime(2026, 3, 2, tzinfo=UTC),
        new_key=lambda: next(KEYS),
        contexts={"asia": {"terveys_huoli": fact}, "viite": {}},
        decisions=decisions,
    )


def test_a_failed_decision_leaves_no_fact_behind_and_a_retry_reads_it_anew():
    process = compile_process(RULE, "test_process", read_diagram(RULE).content_hash)
    failed = start(process, variables={}, surroundings=around(True, published=False), instance_key=1)
    [incident] = [item for item in failed.opened if isinstance(item, IncidentOpened)]
    assert failed.variables == ()
    assert all(not variables for variables in read_variables(failed.state).values())
    mended = advance(process, failed.state, IncidentRetried(key=incident.key), surroundings=around(False))
    assert {(item.name, item.value) for item in mended.variables} == {("tulos", "B")}
