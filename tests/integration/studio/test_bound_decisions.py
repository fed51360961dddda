"""A decision that a diagram binds belongs to the version of its process; of others the newest counts."""

from __future__ import annotations

import hashlib

import pytest

from app.commands.model_drafts import publish_drafts, save_model_draft
from app.domain.errors import InvalidInput
from app.domain.models import ModelKind
from app.queries.studio import changes_of
from tests.factories import chain, diagram, make_place, user_step

STEPS = '<bpmn:startEvent id="begin"/><bpmn:endEvent id="done"/>'


def deciding(*bindings):
    """Return a process that decides after its first task, once for each binding."""
    rules = "".join(
        f'<bpmn:businessRuleTask id="rule_{number}"><bpmn:extensionElements>'
        f'<zeebe:calledDecision decisionId="dmn_koe" resultVariable="tulos"{binding}/>'
        "</bpmn:extensionElements></bpmn:businessRuleTask>"
        for number, binding in enumerate(bindings)
    )
    names = [f"rule_{number}" for number in range(len(bindings))]
    return diagram(
        STEPS + user_step("first") + user_step("last") + rules + chain("begin", "first", *names, "last", "done")
    )


def table(answer):
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
        '<decision id="dmn_koe" name="Koe"><variable id="v" name="dmn_koe"/>'
        f'<literalExpression id="l"><text>"{answer}"</text></literalExpression></decision></definitions>'
    ).encode()


BOUND, LATEST = ' bindingType="deployment"', ""


@pytest.fixture
def place(database):
    return make_place(database)


def answer_of(place, instance):
    place.complete(place.open_tasks(instance)["first"])
    return {item["name"]: item["value"] for item in place.executor.read(lambda uow: uow.monitor.variables(instance))}[
        "tulos"
    ]


def draft_table(place, answer, *, base):
    return place.run(
        save_model_draft,
        kind=ModelKind.DECISION,
        model_id="dmn_koe",
        content=table(answer),
        revision=0,
        base_hash=hashlib.sha256(table(base)).hexdigest(),
        actor=place.people["owner"],
    )


@pytest.mark.parametrize(("binding", "old"), [(BOUND, "vanha"), (LATEST, "uusi")], ids=["bound", "newest"])
def test_a_running_case_keeps_a_bound_table_and_follows_an_unbound_one(place, binding, old):
    place.publish(deciding(binding), resources={"dmn_koe.dmn": table("vanha")})
    running = place.start()
    draft = draft_table(place, "uusi", base="vanha")
    changes = place.executor.read(changes_of, draft_key=draft.key, actor=place.people["owner"])
    assert changes.republished == (("test_process",) if binding else ())
    deployment = place.run(publish_drafts, drafts={draft.key: 1}, actor=place.people["owner"])
    assert [definition.version for definition, _ in deployment.processes] == ([2] if binding else [])
    assert answer_of(place, running) == old
    assert answer_of(place, place.start()) == "uusi"


def test_publishing_the_same_again_makes_no_version(place):
    files = {"dmn_koe.dmn": table("vanha")}
    place.publish(deciding(BOUND), resources=files)
    deployment = place.publish(deciding(BOUND), resources=files)
    assert [definition.version for definition, _ in deployment.processes] == [1]


def test_one_decision_bound_in_two_ways_is_refused(place):
    with pytest.raises(InvalidInput) as caught:
        place.publish(deciding(BOUND, LATEST), resources={"dmn_koe.dmn": table("vanha")})
    assert [(problem.code, problem.place) for problem in caught.value.problems] == [
        ("decision_binding_mixed", "rule_1")
    ]
