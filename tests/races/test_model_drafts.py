"""Two process owners at one draft at the same moment: one is kept, the other is told and loses nothing."""

from __future__ import annotations

import hashlib

import pytest

from app.commands.model_drafts import discard_model_draft, import_model_draft, publish_drafts, save_model_draft
from app.commands.publish import publish
from app.domain.models import ModelKind
from tests.factories import chain, diagram, make_place, user_step
from tests.races.test_commands import ROUNDS, race

STEPS = '<bpmn:startEvent id="begin"/><bpmn:endEvent id="done"/>'


def drawn(groups, process_id="test_process"):
    body = STEPS + user_step("first", groups=groups) + chain("begin", "first", "done")
    return diagram(body, process_id=process_id)


BASE = drawn("r_palveluohjaaja")


@pytest.fixture
def place(database):
    place = make_place(database)
    place.publish(BASE)
    return place


def saving(place, content, revision, **more):
    def save():
        return place.run(
            save_model_draft,
            kind=ModelKind.DIAGRAM,
            model_id="test_process",
            content=content,
            revision=revision,
            base_hash=hashlib.sha256(newest(place)).hexdigest(),
            actor=place.people["owner"],
            **more,
        )

    return save


def newest(place):
    return place.executor.read(lambda uow: uow.model_sources.find(ModelKind.DIAGRAM, "test_process")).content


def draft_of(place):
    return place.executor.read(lambda uow: uow.model_drafts.find(ModelKind.DIAGRAM, "test_process"))


def discarding(place, line):
    return lambda: place.run(
        discard_model_draft, draft_key=line.key, revision=line.revision, actor=place.people["owner"]
    )


def publishing(place, line):
    return lambda: place.run(publish_drafts, drafts={line.key: line.revision}, actor=place.people["owner"])


def test_two_owners_begin_and_save_the_same_draft(place):
    one, other = drawn("r_laakari"), drawn("r_jarjesto")
    for _ in range(ROUNDS):
        assert race(saving(place, one, 0), saving(place, other, 0)) == ["DraftChanged", "done"]
        assert race(saving(place, one, 1), saving(place, other, 1)) == ["DraftChanged", "done"]
        draft = draft_of(place)
        assert (draft.line.revision, draft.content in {one, other}) == (2, True)
        discarding(place, draft.line)()


def test_saving_against_discarding(place):
    content = drawn("r_laakari")
    for _ in range(ROUNDS):
        saving(place, content, 0)()
        line = draft_of(place).line
        assert race(saving(place, BASE, 1), discarding(place, line)) == ["DraftChanged", "done"]
        left = draft_of(place)
        assert left is None or left.content == BASE
        if left is not None:
            discarding(place, left.line)()


def test_saving_against_publishing(place):
    for number in range(ROUNDS):
        published, saved = drawn(f"r_{number}"), drawn("r_jarjesto")
        saving(place, published, 0)()
        results = race(saving(place, saved, 1), publishing(place, draft_of(place).line))
        assert results == ["DraftChanged", "done"]
        left = draft_of(place)
        if left is None:
            assert newest(place) == published
        else:
            # what was published would not have been what its publisher had looked at
            assert (left.content, newest(place) == published) == (saved, False)
            discarding(place, left.line)()


def test_two_owners_publish_the_same_draft(place):
    for number in range(ROUNDS):
        saving(place, drawn(f"r_{number}"), 0)()
        line = draft_of(place).line
        assert race(publishing(place, line), publishing(place, line)) == ["NotFound", "done"]
        assert place.executor.read(lambda uow: uow.definitions.get_latest("test_process")).version == number + 2
        assert draft_of(place) is None


def test_publishing_a_draft_against_publishing_from_elsewhere(place):
    for number in range(ROUNDS):
        saving(place, drawn(f"r_{number}"), 0)()
        line = draft_of(place).line
        elsewhere = {"diagram_0.bpmn": drawn(f"r_muualta_{number}")}
        results = race(
            publishing(place, line),
            lambda elsewhere=elsewhere: place.run(publish, resources=elsewhere, actor=place.people["owner"]),
        )
        assert results in (["BaseOutdated", "done"], ["done", "done"])
        versions = place.executor.read(lambda uow: uow.monitor.definitions(process_id="test_process"))
        assert [version.version for version in versions] == list(range(len(versions), 0, -1))
        # nobody published over a version that they had not seen
        assert newest(place) == elsewhere["diagram_0.bpmn"]
        left = draft_of(place)
        if left is not None:
            discarding(place, left.line)()


def test_one_file_is_imported_twice_at_once(place):
    for number in range(ROUNDS):
        content = drawn("r_laakari", process_id=f"tuotu_{number}")

        def bring(content=content):
            return place.run(import_model_draft, content=content, actor=place.people["owner"])

        assert race(bring, bring) == ["DraftChanged", "done"]
