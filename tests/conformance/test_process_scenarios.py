"""
Every scenario of `processes/*/scenarios` runs through the engine: real diagrams, tables, forms and reference data.

What the database, the workers and the clock do is played in memory (story.py), so that a process owner who changes a
pathway sees in a second whether its stories still come true. The format is described in processes/README.md.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from app.domain.steps import InstanceStatus, TimerOpened, UserTaskOpened
from tests.conformance.story import PROCESSES, Story, with_people

SCENARIOS = sorted(PROCESSES.glob("*/scenarios/*.json"))
HALYTYS_RULES = ["H1", "H2a", "H2b", "H2c", "H3", "H4", "H5", "H6", "H7"]
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def in_order(wanted: list[str], done: list[str]) -> bool:
    rest = iter(done)
    return all(each in rest for each in wanted)


@cache
def played(path: Path) -> Story:
    scenario = json.loads(path.read_text())
    story = Story(scenario)
    for step in scenario["steps"]:
        story.play(step)
    return story


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_the_story_comes_true(path: Path) -> None:
    story = played(path)
    expected = json.loads(path.read_text())["expect"]
    assert in_order(expected.get("path", []), story.done), story.done
    assert not set(expected.get("notReached", [])) & set(story.done)
    if "end" in expected:
        assert story.status is InstanceStatus.COMPLETED, [wait.element_id for wait in story.waits.values()]
        assert expected["end"] in story.done
        assert story.closes_with == expected["outcome"]
    else:
        assert story.status is InstanceStatus.ACTIVE
    assert set(expected.get("open", [])) <= {task.element_id for task in story.open(UserTaskOpened)}
    assert set(expected.get("waiting", [])) <= {timer.element_id for timer in story.open(TimerOpened)}
    if "messages" in expected:
        assert sorted(message.name for message in story.thrown) == sorted(expected["messages"])
    for name in ("offered", "started", "delivered"):
        if name in expected:
            assert getattr(story, name) == expected[name], name
    check_values(story, expected)


def check_values(story: Story, expected: dict[str, Any]) -> None:
    """What variables, facts, decisions and the calendar have to come to."""
    for name, value in expected.get("variables", {}).items():
        assert story.variables[name] == value
    found = story.facts({f"asia.{name}" for name in expected.get("facts", {})})
    assert found == with_people(expected.get("facts", {}))
    if "indicators" in expected:
        assert [hit["koodi"] for hit in story.decisions["dmn_indikaattorit"].output or []] == expected["indicators"]
    if "sum" in expected:
        assert story.variables["indikaattorisumma"] == expected["sum"]
    if "rule" in expected:
        [(_, number)] = story.decisions["dmn_halytys"].matched_rules
        assert HALYTYS_RULES[number - 1] == expected["rule"]
    if "finishedOn" in expected:
        assert story.clock.date().isoformat() == expected["finishedOn"]


@pytest.mark.parametrize("folder", sorted({path.parent.parent for path in SCENARIOS}), ids=lambda path: path.name)
def test_the_stories_walk_every_way_and_reach_every_end(folder: Path) -> None:
    """Of the ways that the pathway itself draws; those inside a common rule are walked by the pathways together."""
    root = etree.parse(folder / f"{folder.name}.bpmn").getroot()
    ways = {each.get("id"): each.get("targetRef") for each in root.iter(f"{{{BPMN}}}sequenceFlow")}
    ends = {each.get("id") for each in root.iter(f"{{{BPMN}}}endEvent")}
    stories = [played(path) for path in SCENARIOS if path.parent.parent == folder]
    walked = set().union(*(story.flows for story in stories))
    missed = sorted(ways.keys() - walked)
    share = 1 - len(missed) / len(ways)
    assert share >= 0.95, f"{share:.0%} of the ways are walked, missed: {missed}"
    # an end whose error or escalation interrupts what holds it is reached and never completed
    assert sorted(ends - {ways[way] for way in walked & ways.keys()}) == []
