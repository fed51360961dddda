"""Drafts on both databases: saving, conflicts, importing, publishing; the same refusals as of publishing anything."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select

from app.commands.model_drafts import (
    discard_model_draft,
    import_model_draft,
    publish_drafts,
    save_model_draft,
)
from app.domain.actor import SYSTEM
from app.domain.errors import BaseOutdated, DraftChanged, InvalidInput, NotAllowed, NotFound
from app.domain.models import ModelKind
from app.queries.studio import changes_of, check_model, open_model, process_models
from app.storage.tables.people import audit
from tests.factories import chain, diagram, make_place, user_step

STEPS = '<bpmn:startEvent id="begin"/><bpmn:endEvent id="done"/>'
FORM = b"""{"id": "f_uusi", "title": {"fi": "Uusi", "sv": "Ny", "en": "New"}, "dataGroup": "perustiedot", "sections": [
  {"key": "osa", "title": {"fi": "Osa", "sv": "Del", "en": "Part"}, "fields": [
    {"key": "kentta", "type": "text", "label": {"fi": "A", "sv": "B", "en": "C"}, "record": "answer"}]}]}"""


def drawn(*, groups="r_palveluohjaaja", form_id="", more=""):
    return diagram(STEPS + user_step("first", groups=groups, form_id=form_id) + more + chain("begin", "first", "done"))


BASE = drawn()
NEXT = drawn(groups="r_laakari")


@pytest.fixture
def place(database):
    place = make_place(database)
    place.publish(BASE)
    return place


def save(place, content=NEXT, *, who="owner", revision=0, kind=ModelKind.DIAGRAM, model_id="test_process", **more):
    base = hashlib.sha256(BASE).hexdigest() if kind is ModelKind.DIAGRAM else ""
    return place.run(
        save_model_draft,
        kind=kind,
        model_id=model_id,
        content=content,
        revision=revision,
        base_hash=base,
        actor=place.people[who],
        **more,
    )


def draft_of(place, kind=ModelKind.DIAGRAM, model_id="test_process", owner_key=0):
    return place.executor.read(lambda uow: uow.model_drafts.find(kind, model_id, owner_key=owner_key))


def publish(place, *saved, **more):
    drafts = {each.key: each.revision for each in saved}
    return place.run(publish_drafts, drafts=drafts, actor=place.people["owner"], **more)


def actions(place):
    with place.executor.database.engine.connect() as connection:
        return list(connection.execute(select(audit.c.action).order_by(audit.c.key)).scalars())


def test_a_draft_is_kept_byte_for_byte_and_counts_its_savings(place):
    first = save(place)
    assert (first.revision, draft_of(place).content) == (1, NEXT)
    second = save(place, BASE, revision=1)
    assert (second.key, second.revision, draft_of(place).content) == (first.key, 2, BASE)
    assert place.executor.read(lambda uow: uow.definitions.get_latest("test_process")).version == 1
    assert actions(place)[-2:] == ["model_draft_begun", "model_draft_saved"]


def test_the_second_of_two_owners_is_told_who_and_when_and_may_choose(place):
    mine = save(place)
    save(place, BASE, revision=1)
    with pytest.raises(DraftChanged) as caught:
        save(place, NEXT, revision=1)
    assert (caught.value.key, caught.value.revision, caught.value.by) == (mine.key, 2, "Owner")
    assert caught.value.at == place.now
    with pytest.raises(DraftChanged) as begun:
        save(place, NEXT)
    assert begun.value.revision == 2
    assert draft_of(place).content == BASE
    # over it, knowingly; or beside it
    assert save(place, NEXT, revision=2).revision == 3
    copy = save(place, NEXT, own_copy=True)
    assert draft_of(place, owner_key=place.people["owner"].user_key).line.key == copy.key


def test_a_draft_that_is_gone_is_said_to_be(place):
    saved = save(place)
    place.run(discard_model_draft, draft_key=saved.key, revision=1, actor=place.people["owner"])
    with pytest.raises(DraftChanged) as caught:
        save(place, NEXT, revision=1)
    assert caught.value.revision == 0
    with pytest.raises(NotFound):
        place.run(discard_model_draft, draft_key=saved.key, revision=1, actor=place.people["owner"])
    assert save(place, NEXT).revision == 1


def test_only_what_was_looked_at_is_discarded(place):
    saved = save(place)
    save(place, BASE, revision=1)
    with pytest.raises(DraftChanged):
        place.run(discard_model_draft, draft_key=saved.key, revision=1, actor=place.people["owner"])
    assert draft_of(place).content == BASE


@pytest.mark.parametrize("who", ["counsellor", "admin"])
def test_only_process_owners_draw_and_publish(place, who):
    saved = save(place)
    person = place.people[who]
    for command, values in (
        (save_model_draft, {"kind": ModelKind.FORM, "model_id": "f", "content": b"", "revision": 0, "base_hash": ""}),
        (discard_model_draft, {"draft_key": saved.key, "revision": 1}),
        (import_model_draft, {"content": NEXT}),
        (publish_drafts, {"drafts": {saved.key: 1}}),
    ):
        with pytest.raises(NotAllowed):
            place.run(command, actor=person, **values)
    for query, values in (
        (open_model, {"kind": ModelKind.DIAGRAM, "model_id": "test_process"}),
        (check_model, {"kind": ModelKind.DIAGRAM, "content": NEXT}),
        (changes_of, {"draft_key": saved.key}),
        (process_models, {"process_id": "test_process"}),
    ):
        with pytest.raises(NotAllowed):
            place.executor.read(query, actor=person, **values)


@pytest.mark.parametrize("model_id", ["", "1a", "a b", "a/b", "../x", "a" * 201, "<x>"])
def test_a_model_needs_an_id_that_is_one(place, model_id):
    with pytest.raises(InvalidInput) as caught:
        save(place, model_id=model_id)
    assert caught.value.problems[0].code == "model_without_id"


@pytest.mark.parametrize("content", [b"", b"<a", b"<!DOCTYPE x><a/>", b"\x00\xff", b"x" * (2 * 1024 * 1024 + 1)])
def test_what_nothing_could_open_again_is_not_kept(place, content):
    with pytest.raises(InvalidInput):
        save(place, content)
    assert draft_of(place) is None


def test_a_form_half_written_is_kept_as_it_is(place):
    save(place, b'{"id": "f_uusi", ', kind=ModelKind.FORM, model_id="f_uusi")
    assert draft_of(place, ModelKind.FORM, "f_uusi").content == b'{"id": "f_uusi", '


def test_publishing_makes_a_new_version_and_running_cases_go_on_with_theirs(place):
    running = place.start()
    deployment = publish(place, save(place))
    [(definition, _)] = deployment.processes
    assert (definition.process_id, definition.version) == ("test_process", 2)
    assert draft_of(place) is None
    fresh = place.start()
    tasks = {
        key: place.executor.read(lambda uow, key=key: uow.tasks.get(place.open_tasks(key)["first"]))
        for key in (running, fresh)
    }
    assert tasks[running].candidate_groups == ("r_palveluohjaaja",)
    assert tasks[fresh].candidate_groups == ("r_laakari",)
    assert actions(place)[-3:-1] != actions(place)[-2:]
    assert "model_draft_published" in actions(place)


def test_a_draft_that_cannot_run_is_refused_as_everywhere_and_stays(place):
    broken = drawn(more='<bpmn:callActivity id="kutsu"/><bpmn:serviceTask id="irti"/>')
    saved = save(place, broken)
    checked = place.executor.read(check_model, kind=ModelKind.DIAGRAM, content=broken, actor=place.people["owner"])
    with pytest.raises(InvalidInput) as caught:
        publish(place, saved)
    refused = {(problem.code, problem.place) for problem in caught.value.problems}
    assert refused
    assert refused == {(problem.code, problem.place) for problem in checked.problems}
    assert draft_of(place).content == broken
    assert place.executor.read(lambda uow: uow.definitions.get_latest("test_process")).version == 1


def test_a_draft_of_an_older_version_warns_first(place):
    saved = save(place)
    place.publish(drawn(groups="r_jarjesto"))
    with pytest.raises(BaseOutdated) as caught:
        publish(place, saved)
    assert (caught.value.model_id, caught.value.version, caught.value.by) == ("test_process", 2, "Owner")
    [(definition, _)] = publish(place, saved, outdated=True).processes
    assert definition.version == 3


def test_only_what_was_looked_at_is_published(place):
    saved = save(place)
    save(place, BASE, revision=1)
    with pytest.raises(DraftChanged):
        publish(place, saved)


def test_a_diagram_and_its_new_form_are_published_together_only(place):
    owner = place.people["owner"]
    form = save(place, FORM, kind=ModelKind.FORM, model_id="f_uusi")
    content = drawn(form_id="f_uusi")
    saved = save(place, content)
    checked = place.executor.read(check_model, kind=ModelKind.DIAGRAM, content=content, actor=owner)
    assert checked.problems == ()
    with pytest.raises(InvalidInput) as caught:
        publish(place, saved)
    assert caught.value.problems[0].code == "unknown_form"
    publish(place, saved, form)
    models = place.executor.read(process_models, process_id="test_process", actor=owner)
    assert [line.model_id for line in models.forms] == ["f_uusi"]
    assert [version.version for version in models.versions] == [2, 1]


def test_a_changed_form_gives_its_processes_a_new_version(place):
    form = save(place, FORM, kind=ModelKind.FORM, model_id="f_uusi")
    publish(place, save(place, drawn(form_id="f_uusi")), form)
    running = place.start()
    changed = place.run(
        save_model_draft,
        kind=ModelKind.FORM,
        model_id="f_uusi",
        content=FORM.replace(b"Uusi", b"Uudempi"),
        revision=0,
        base_hash=hashlib.sha256(FORM).hexdigest(),
        actor=place.people["owner"],
    )
    changes = place.executor.read(changes_of, draft_key=changed.key, actor=place.people["owner"])
    assert [(each.process_id, each.running) for each in changes.republished] == [("test_process", 1)]
    assert changes.running == 1
    [(definition, _)] = publish(place, changed).processes
    assert definition.version == 3

    def title(key):
        task = place.executor.read(lambda uow: uow.tasks.get(place.open_tasks(key)["first"]))
        return place.executor.read(lambda uow: uow.definitions.form_source(task.definition_key, "f_uusi"))

    assert b"Uudempi" not in title(running)
    assert b"Uudempi" in title(place.start())


def test_an_import_keeps_the_original_and_knows_what_it_replaces(place):
    original = BASE.replace(b'<bpmn:startEvent id="begin"/>', b'<bpmn:startEvent id="begin"/><bpmn:task/>')
    found = place.run(import_model_draft, content=original, actor=place.people["owner"])
    draft = draft_of(place)
    assert (draft.original, draft.line.base_hash) == (original, hashlib.sha256(BASE).hexdigest())
    assert draft.content != original
    assert {problem.code for problem in found.imported.repairs} >= {"id_added", "layout_drawn"}
    with pytest.raises(DraftChanged):
        place.run(import_model_draft, content=original, actor=place.people["owner"])
    copy = place.run(import_model_draft, content=original, actor=place.people["owner"], own_copy=True)
    assert copy.draft.key != found.draft.key


def test_an_own_copy_is_nobody_else_s(place):
    saved = save(place, own_copy=True)
    with pytest.raises(NotAllowed):
        place.run(publish_drafts, drafts={saved.key: 1}, actor=place.people["counsellor"])
    with pytest.raises(NotAllowed):
        # the system has no studio
        place.run(discard_model_draft, draft_key=saved.key, revision=1, actor=SYSTEM)
    assert publish(place, saved).processes[0][0].version == 2
