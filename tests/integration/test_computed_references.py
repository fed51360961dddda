"""Decisions whose ids are computed: found when they are asked, an incident where they are not published."""

from __future__ import annotations

from sqlalchemy import select

from app.commands.resolve_incident import resolve_incident
from app.storage.tables.instances import incident
from tests.factories import chain, diagram, make_place
from tests.unit.engine.test_rule_tasks import DMN

RULE = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:businessRuleTask id="rule" name="Sääntö"><bpmn:extensionElements>'
    '<zeebe:calledDecision decisionId="=taulu" resultVariable="tulos" bindingType="deployment"/>'
    '</bpmn:extensionElements></bpmn:businessRuleTask><bpmn:endEvent id="done"/>' + chain("begin", "rule", "done")
)


def open_incidents(place):
    with place.executor.database.engine.connect() as connection:
        return connection.execute(select(incident).where(incident.c.status == "open")).all()


def test_a_computed_decision_is_found_when_it_is_asked(database):
    place = make_place(database)
    deployed = place.publish(RULE, resources={"ika.dmn": DMN})
    assert "decision_newest" in [problem.code for problem in deployed.repairs]
    instance = place.start(variables={"taulu": "dmn_ika", "ika": 60})
    assert place.status(instance) == "completed"
    values = {line["name"]: line["value"] for line in place.executor.read(lambda uow: uow.monitor.variables(instance))}
    assert values["tulos"] == "vanha"


def test_a_computed_decision_that_is_not_published_waits_until_it_is(database):
    place = make_place(database)
    place.publish(RULE)
    instance = place.start(variables={"taulu": "dmn_ika", "ika": 20})
    [missing] = open_incidents(place)
    assert (missing.code, missing.element_id) == ("decision_missing", "rule")
    place.publish(resources={"ika.dmn": DMN})
    place.run(resolve_incident, incident_key=missing.key, actor=place.people["admin"])
    assert place.status(instance) == "completed"


def test_a_computed_id_that_is_no_text_is_an_incident(database):
    place = make_place(database)
    place.publish(RULE)
    place.start(variables={"taulu": None})
    [wrong] = open_incidents(place)
    assert wrong.code == "decision_id_value"
