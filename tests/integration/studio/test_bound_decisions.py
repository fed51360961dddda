"""A decision that a diagram binds belongs to the version of its process; of others the newest counts."""

from __future__ import annotations

import hashlib
import json

import pytest

from app.commands.model_drafts import publish_drafts, save_model_draft
from app.domain.errors import InvalidInput
from app.domain.models import ModelKind
from app.published import form_of
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
    assert [each.process_id for each in changes.republished] == (["test_process"] if binding else [])
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


def tagged(answer, tag):
    return table(answer).replace(
        b'name="Koe">',
        f'name="Koe"><extensionElements><z:versionTag {ZEEBE} value="{tag}"/></extensionElements>'.encode(),
    )


ZEEBE = 'xmlns:z="http://camunda.org/schema/zeebe/1.0"'
TAGGED = ' bindingType="versionTag" versionTag="kevät"'


def test_a_version_tag_chooses_the_newest_table_that_has_it(place):
    place.publish(resources={"dmn_koe.dmn": tagged("ensimmäinen", "kevät")})
    place.publish(resources={"dmn_koe.dmn": tagged("toinen", "kevät")})
    place.publish(deciding(TAGGED), resources={"dmn_koe.dmn": tagged("kesäinen", "kesä")})
    running = place.start()
    assert answer_of(place, place.start()) == "toinen"
    place.publish(resources={"dmn_koe.dmn": tagged("kolmas", "kevät")})
    assert answer_of(place, running) == "kolmas"


def test_a_version_tag_that_no_table_has_is_refused(place):
    with pytest.raises(InvalidInput) as caught:
        place.publish(deciding(TAGGED), resources={"dmn_koe.dmn": tagged("kesäinen", "kesä")})
    assert [(problem.code, problem.values["tag"]) for problem in caught.value.problems] == [
        ("unknown_decision_tag", "kevät")
    ]


@pytest.mark.parametrize(
    ("bindings", "code"),
    [
        ([TAGGED, ' bindingType="versionTag" versionTag="kesä"'], "decision_binding_mixed"),
        ([TAGGED, LATEST], "decision_binding_mixed"),
        ([' bindingType="versionTag"'], "version_tag_missing"),
        ([' bindingType="versionTag" versionTag="=tunniste"'], "unsupported_attribute"),
        ([' bindingType="oldest"'], "unsupported_attribute"),
    ],
)
def test_bindings_that_cannot_be_kept_are_refused(place, bindings, code):
    with pytest.raises(InvalidInput) as caught:
        place.publish(deciding(*bindings), resources={"dmn_koe.dmn": tagged("vanha", "kevät")})
    assert code in [problem.code for problem in caught.value.problems]


def test_a_called_process_decides_by_the_tables_of_its_own_version(place):
    caller = diagram(
        STEPS
        + user_step("before")
        + '<bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="called"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
        + user_step("after")
        + chain("begin", "before", "call", "after", "done")
    )
    called = diagram(
        STEPS + user_step("first") + '<bpmn:businessRuleTask id="rule"><bpmn:extensionElements>'
        f'<zeebe:calledDecision decisionId="dmn_koe" resultVariable="tulos"{BOUND}/>'
        "</bpmn:extensionElements></bpmn:businessRuleTask>" + chain("begin", "first", "rule", "done"),
        process_id="called",
    )
    place.publish(caller, called, resources={"dmn_koe.dmn": table("vanha")})
    running = place.start()
    place.complete(place.open_tasks(running)["before"])
    # a new table makes a new version of the called process; the call that has begun keeps its own
    place.publish(caller, called, resources={"dmn_koe.dmn": table("uusi")})
    later = place.start()
    place.complete(place.open_tasks(later)["before"])
    assert [answer_of(place, instance) for instance in (running, later)] == ["vanha", "uusi"]


def form(title, tag):
    field = {"key": "vastaus", "type": "text", "record": "answer", "label": {"fi": "Vastaus"}}
    section = {"key": "osa", "title": {"fi": "Osa"}, "fields": [field]}
    return json.dumps({"id": "f_koe", "title": {"fi": title}, "versionTag": tag, "sections": [section]}).encode()


def shown(tag):
    binding = f' bindingType="versionTag" versionTag="{tag}"' if tag else ""
    step = user_step("first", form_id="f_koe").replace('formId="f_koe"', f'formId="f_koe"{binding}')
    return diagram(STEPS + step + chain("begin", "first", "done"))


def title_of(place, definition):
    return place.executor.read(lambda uow: form_of(uow, definition.key, "f_koe")).title["fi"]


def test_a_version_tag_chooses_the_form_that_a_version_is_published_with(place):
    place.publish(resources={"f_koe.json": form("Keväinen", "kevät")})
    deployment = place.publish(shown("kevät"), resources={"f_koe.json": form("Kesäinen", "kesä")})
    assert title_of(place, deployment.processes[0][0]) == "Keväinen"
    newest = place.publish(shown("")).processes[0][0]
    assert title_of(place, newest) == "Kesäinen"
    with pytest.raises(InvalidInput) as caught:
        place.publish(shown("syksy"))
    assert [(problem.code, problem.place) for problem in caught.value.problems] == [("unknown_form_tag", "first")]


def test_a_form_of_camunda_keeps_its_version_tag(place):
    made = {"id": "f_koe", "versionTag": "kevät", "components": [{"type": "textfield", "key": "a", "label": "Nimi"}]}
    place.publish(shown("kevät"), resources={"f_koe.form": json.dumps(made).encode()})
