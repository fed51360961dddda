"""Publishing common rules: versions, what changes a pathway's version, what running instances keep; both databases."""

from __future__ import annotations

import re

import pytest

from app.commands.model_drafts import hash_of, publish_drafts, save_model_draft
from app.domain.errors import InvalidInput
from app.domain.models import ModelKind
from app.queries.studio import changes_of
from tests.factories import make_place
from tests.unit.engine.test_rules import ALARM, CALL, flow, pathway, taking

TAKING = pathway(taking("call", "call"), flow("call", "done"), first="call")
WITHOUT_FORM = CALL.replace(b'<zeebe:formDefinition formId="f_one"/>', b"")


@pytest.fixture
def place(database):
    return make_place(database)


def published(place, **resources):
    return place.publish(resources={name.replace("_bpmn", ".bpmn"): xml for name, xml in resources.items()})


def test_a_pathway_keeps_its_own_copy_of_the_rule_and_the_original_byte_for_byte(place):
    done = published(place, call_bpmn=WITHOUT_FORM, path_bpmn=TAKING)
    assert done.rules == {"call": 1}
    [(definition, name)] = done.processes
    assert (name, definition.version) == ("path.bpmn", 1)
    original, runnable = place.executor.read(
        lambda uow: (uow.definitions.xml(definition.key), uow.definitions.runnable(definition.key))
    )
    assert original == TAKING
    assert b'id="phone"' in runnable
    assert set(place.open_tasks(place.start())) == {"phone"}


def test_a_changed_rule_changes_the_pathway_only_when_it_is_published_again(place):
    published(place, call_bpmn=WITHOUT_FORM, path_bpmn=TAKING)
    running = place.start()
    changed = WITHOUT_FORM.replace(b'id="phone"', b'id="visit"').replace(b'"phone"', b'"visit"')
    assert published(place, call_bpmn=changed).rules == {"call": 2}
    assert set(place.open_tasks(place.start())) == {"phone"}
    [(again, _)] = published(place, path_bpmn=TAKING).processes
    assert again.version == 2
    assert set(place.open_tasks(place.start())) == {"visit"}
    place.complete(place.open_tasks(running)["phone"])
    assert place.status(running) == "completed"


def test_publishing_the_same_again_changes_no_version(place):
    published(place, call_bpmn=WITHOUT_FORM, path_bpmn=TAKING)
    again = published(place, call_bpmn=WITHOUT_FORM, path_bpmn=TAKING)
    assert again.rules == {"call": 1}
    assert [definition.version for definition, _ in again.processes] == [1]


def test_a_rule_that_could_not_run_is_refused_and_nothing_is_published(place):
    broken = ALARM.replace(b'correlationKey="=asia_id"', b'correlationKey="=asia_id +"')
    with pytest.raises(InvalidInput) as refused:
        published(place, alarm_bpmn=broken, call_bpmn=WITHOUT_FORM)
    assert {problem.values["resource"] for problem in refused.value.problems} == {"alarm.bpmn"}
    with pytest.raises(InvalidInput) as refused:
        published(place, path_bpmn=TAKING)
    assert [problem.code for problem in refused.value.problems] == ["unknown_rule"]


def drafted(place, xml, rule_id="call"):
    """Draft the rule over what is published of it and return the key of the draft."""
    source = place.executor.read(lambda uow: uow.model_sources.find(ModelKind.DIAGRAM, rule_id))
    draft = {"kind": ModelKind.DIAGRAM, "model_id": rule_id, "content": xml, "base_hash": hash_of(source)}
    return place.run(save_model_draft, **draft, revision=0, actor=place.people["owner"]).key


def test_a_rule_is_drafted_and_published_with_the_pathways_that_take_it_in(place):
    outer = pathway(taking("outer", "call"), flow("outer", "done"), first="outer").replace(b'id="path"', b'id="other"')
    published(place, call_bpmn=WITHOUT_FORM, path_bpmn=TAKING, other_bpmn=outer)
    running = place.start()
    changed = WITHOUT_FORM.replace(b'id="phone"', b'id="visit"').replace(b'"phone"', b'"visit"')
    key = drafted(place, changed)
    changes = place.executor.read(changes_of, draft_key=key, actor=place.people["owner"])
    assert changes.is_rule
    touched = {each.process_id: each.running for each in changes.republished}
    assert touched == dict.fromkeys(touched, 0) | {"test_process": 1}
    assert changes.running == 1
    assert changes.differences
    deployment = place.run(publish_drafts, drafts={key: 1}, actor=place.people["owner"])
    assert deployment.rules == {"call": 2}
    assert {definition.process_id: definition.version for definition, _ in deployment.processes} == dict.fromkeys(
        touched, 2
    )
    assert set(place.open_tasks(place.start())) == {"visit"}
    assert set(place.open_tasks(running)) == {"phone"}


def test_a_rule_that_would_break_a_pathway_is_not_published(place):
    published(place, call_bpmn=WITHOUT_FORM, path_bpmn=TAKING)
    key = drafted(place, WITHOUT_FORM.replace(b'id="phone"', b'id="done"').replace(b'"phone"', b'"done"'))
    before = place.executor.read(lambda uow: uow.shared_rules.latest({"call"}))
    with pytest.raises(InvalidInput):
        place.run(publish_drafts, drafts={key: 1}, actor=place.people["owner"])
    assert place.executor.read(lambda uow: uow.shared_rules.latest({"call"})) == before


def test_only_pathways_in_which_something_changes_get_a_new_version_and_the_owner_is_told_which(place):
    own = taking("call", "call", ("kyky.groupsOf.phone", "r_omat"))
    with_own_groups = pathway(own, flow("call", "done"), first="call").replace(b"test_process", b"own_process")
    published(place, call_bpmn=WITHOUT_FORM, path_bpmn=TAKING, other_bpmn=with_own_groups)
    groups = re.sub(rb'candidateGroups="[^"]*"', b'candidateGroups="r_muut"', WITHOUT_FORM)
    assert groups != WITHOUT_FORM
    key = drafted(place, groups)
    changes = place.executor.read(changes_of, draft_key=key, actor=place.people["owner"])
    assert [each.process_id for each in changes.republished] == ["test_process"]
    assert [each.process_id for each in changes.unchanged] == ["own_process"]
    deployment = place.run(publish_drafts, drafts={key: 1}, actor=place.people["owner"])
    versions = {definition.process_id: definition.version for definition, _ in deployment.processes}
    assert versions == {"test_process": 2, "own_process": 1}
    assert [definition.process_id for definition, _ in deployment.processes if definition.key in deployment.new] == [
        "test_process"
    ]
    # where the rule is only drawn anew, nobody gets a version
    key = drafted(place, groups + b"<!-- drawn anew -->")
    changes = place.executor.read(changes_of, draft_key=key, actor=place.people["owner"])
    assert (changes.republished, len(changes.unchanged)) == ((), 2)
    assert not place.run(publish_drafts, drafts={key: 1}, actor=place.people["owner"]).new
