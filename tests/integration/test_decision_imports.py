"""Models of decisions that import others: published together or one after the other, kept as they were published."""

from __future__ import annotations

import pytest

from app.commands.publish import publish
from app.domain.errors import InvalidInput, NotFound
from app.queries.evaluate_decision import evaluate_decision
from app.queries.model_trials import try_decision
from tests.factories import make_place
from tests.unit.decisions.dmn import DMN, NOW, decision, literal, model


def library(percent, namespace="urn:rates", extra=""):
    return model(
        extra
        + '<businessKnowledgeModel id="f" name="tax"><encapsulatedLogic><formalParameter name="amount"/>'
        + literal(f"amount * {percent} / 100")
        + "</encapsulatedLogic></businessKnowledgeModel>",
        own=namespace,
    )


def using(text="Rates.tax(200)", namespace="urn:rates", decision_id="dmn_tax"):
    return model(
        f'<import namespace="{namespace}" name="Rates" importType="{DMN}"/>'
        f'<decision id="{decision_id}" name="{decision_id}"><knowledgeRequirement>'
        f'<requiredKnowledge href="{namespace}#f"/></knowledgeRequirement>{literal(text)}</decision>',
        own="urn:using",
    )


@pytest.fixture
def place(database):
    return make_place(database)


def put(place, **files):
    resources = {f"{name}.dmn": content for name, content in files.items()}
    return place.run(publish, resources=resources, actor=place.people["owner"])


def asked(place, decision_id="dmn_tax", **variables):
    answer = place.executor.read(
        lambda uow: evaluate_decision(uow, key=None, decision_id=decision_id, variables=variables, now=NOW)
    )
    return answer.failure or answer.output


def test_an_imported_model_comes_with_the_same_deployment_or_from_before(place):
    put(place, rates=library(10), tax=using())
    assert asked(place) == 20
    put(place, other=using(decision_id="dmn_other", text="Rates.tax(1000)"))
    assert asked(place, "dmn_other") == 100


def test_a_published_decision_keeps_what_it_imported(place):
    put(place, rates=library(10), tax=using())
    put(place, rates=library(25))
    assert asked(place) == 20
    second = put(place, tax=using())
    assert [each.version for each in second.decisions] == [2]
    assert asked(place) == 50
    assert [each.version for each in put(place, tax=using()).decisions] == [2]


def test_imports_reach_further(place):
    base = library(10, namespace="urn:base")
    middle = model(
        f'<import namespace="urn:base" name="Base" importType="{DMN}"/>'
        '<businessKnowledgeModel id="f" name="tax"><knowledgeRequirement><requiredKnowledge href="urn:base#f"/>'
        '</knowledgeRequirement><encapsulatedLogic><formalParameter name="amount"/>'
        + literal("Base.tax(amount) * 2")
        + "</encapsulatedLogic></businessKnowledgeModel>",
        own="urn:rates",
    )
    put(place, base=base, rates=middle, tax=using())
    assert asked(place) == 40


def test_an_import_that_is_nowhere_is_refused_and_a_broken_one_told(place):
    with pytest.raises(InvalidInput) as refused:
        put(place, tax=using())
    assert ("decision_import", "urn:rates") in [(each.code, each.place) for each in refused.value.problems]
    with pytest.raises(InvalidInput):
        put(place, tax=using(), rates=b"<definitions/>")
    with pytest.raises(NotFound):
        asked(place)


def test_a_draft_sees_published_models(place):
    put(place, rates=library(10))
    tried = place.executor.read(
        lambda uow: try_decision(
            uow, content=using(), decision_id="dmn_tax", values={}, actor=place.people["owner"], now=NOW
        )
    )
    assert tried.output == 20


def test_a_decision_service_is_published_and_asked(place):
    service = '<decisionService id="palvelu" name="Palvelu"><outputDecision href="#d"/></decisionService>'
    deployment = put(place, service=model(decision("d", literal("6 * 7")) + service))
    assert {each.decision_id for each in deployment.decisions} == {"d", "palvelu"}
    assert asked(place, "palvelu") == 42
