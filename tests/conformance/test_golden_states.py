"""Every state ever kept is opened and continued by this build."""

import pytest

from tests.conformance.golden_states import CASES, FOLDER, story

NAMES = sorted(path.stem for path in FOLDER.glob("*.state"))


def test_every_construct_has_a_golden_state():
    assert set(CASES) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_state_is_opened_and_continued(name):
    instance, moves, then = story(name)
    for move in moves:
        instance.move(*move)
    assert instance.facts() == then
