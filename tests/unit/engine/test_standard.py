"""The rules of BPMN itself: each fault is found where it is, and sound files are left alone."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from lxml import etree

from app.domain.errors import InvalidDiagram
from app.engine.checks import advise_diagram
from app.engine.checks.standard import check_standard
from app.engine.diagrams import read_diagram
from app.engine.reader import read_document
from app.engine.vocabulary import EVENT_DEFINITIONS, bpmn, local_name

ROOT = Path(__file__).resolve().parents[3]
SUITES = Path(os.environ.get("CONFORMANCE_SUITES", ROOT.parent / "shared" / "suites"))

FOLDER = Path(__file__).parent / "standard"
#: a file with a bit of everything, which keeps every rule
SOUND = (FOLDER / "sound.bpmn").read_text("utf-8")


def faults() -> list[tuple[str, str, str]]:
    """Return the finding with its place, what is replaced in the sound file, and by what."""
    found = []
    for paragraph in (FOLDER / "faults.txt").read_text("utf-8").split("\n\n")[1:]:
        told, before, after = paragraph.rstrip("\n").split("\n")
        found.append((told, before, "" if after == "(nothing)" else after))
    return found


def found(text: str) -> set[tuple[str, str]]:
    return {(problem.code, problem.place) for problem in advise_diagram(text.encode()).standard}


def test_a_sound_file_breaks_no_rule():
    assert found(SOUND) == set()


@pytest.mark.parametrize(("told", "before", "after"), faults(), ids=[told for told, _, _ in faults()])
def test_a_fault_is_told_at_its_element(told, before, after):
    assert before in SOUND
    assert tuple(told.split()) in found(SOUND.replace(before, after, 1))


@pytest.mark.parametrize("path", sorted((ROOT / "processes").glob("*/*.bpmn")), ids=lambda path: path.stem)
def test_the_pathways_keep_the_standard(path):
    assert advise_diagram(path.read_bytes()).standard == ()


@pytest.mark.skipif(not SUITES.exists(), reason="outside test material is not here")
def test_published_reference_models_and_conformance_models_are_left_alone():
    models = [
        *sorted((SUITES / "bpmn-miwg" / "Reference").glob("*.bpmn")),
        *sorted((SUITES / "betsy" / "models").glob("*.bpmn")),
    ]
    flagged = {path.stem for path in models if advise_diagram(path.read_bytes()).standard}
    # two of the conformance models are faulty on purpose
    assert flagged <= {"LoopTask_NegativeLoopMaximum", "Token_CompletionQuantity_Zero"}
    assert len(models) > 50


#: by name: an element, its attribute, and what it becomes (None: it goes)
ATTRIBUTES = {
    "a flow from nowhere": ("sequenceFlow", "sourceRef", None),
    "a flow to nowhere": ("sequenceFlow", "targetRef", "eiole"),
    "a border of nothing": ("boundaryEvent", "attachedToRef", "eiole"),
    "a default that is no flow": ("exclusiveGateway", "default", "eiole"),
    "a parallel default": ("parallelGateway", "default", "eiole"),
    "a direction that is none": ("exclusiveGateway", "gatewayDirection", "Sideways"),
    "a direction of other flows": ("exclusiveGateway", "gatewayDirection", "Mixed"),
    "a kind of process that is none": ("process", "processType", "Hidden"),
    "a message that is not there": ("messageEventDefinition", "messageRef", "eiole"),
    "a signal that is not there": ("signalEventDefinition", "signalRef", "eiole"),
    "an error that is not there": ("errorEventDefinition", "errorRef", "eiole"),
    "an escalation that is not there": ("escalationEventDefinition", "escalationRef", "eiole"),
    "no tokens": ("userTask", "startQuantity", "0"),
    "a pool of no process": ("participant", "processRef", "eiole"),
    "a message flow to nothing": ("messageFlow", "targetRef", "eiole"),
    "several that are one": ("startEvent", "parallelMultiple", "true"),
    "a start beside nothing": ("startEvent", "isInterrupting", "false"),
    "the same id twice": ("endEvent", "id", "alku"),
}
#: by name: an event and the definition that it gets instead of its own ("" none)
DEFINITIONS = {
    "an event of nothing": ("intermediateCatchEvent", ""),
    "a border that waits for nothing": ("boundaryEvent", ""),
    "a start by an error": ("startEvent", "errorEventDefinition"),
    "a start by ending": ("startEvent", "terminateEventDefinition"),
    "an end at a time": ("endEvent", "timerEventDefinition"),
    "an end of no transaction": ("endEvent", "cancelEventDefinition"),
    "waiting for an error": ("intermediateCatchEvent", "errorEventDefinition"),
    "a border of no transaction": ("boundaryEvent", "cancelEventDefinition"),
    "a border that ends": ("boundaryEvent", "terminateEventDefinition"),
    "a link to nothing": ("intermediateThrowEvent", "linkEventDefinition"),
    "a link from nothing": ("intermediateCatchEvent", "linkEventDefinition"),
    "a condition that is not said": ("intermediateCatchEvent", "conditionalEventDefinition"),
}
#: by name: of an element all flows that lead to it ("targetRef") or from it are gone
LOST_FLOWS = {
    "a start that leads nowhere": ("startEvent", "sourceRef"),
    "an end that nothing leads to": ("endEvent", "targetRef"),
    "a border that leads nowhere": ("boundaryEvent", "sourceRef"),
    "a task that nothing leads to": ("userTask", "targetRef"),
    "a task that leads nowhere": ("userTask", "sourceRef"),
}


def mutated(root, name):
    """Put the fault into the model; return whether there was a place for it."""
    if name in ATTRIBUTES:
        kind, attribute, value = ATTRIBUTES[name]
        place = next(root.iter(bpmn(kind)), None)
        if place is not None and value is None:
            del place.attrib[attribute]
        elif place is not None:
            place.set(attribute, root.find(f".//{bpmn('startEvent')}").get("id") if attribute == "id" else value)
        return place is not None
    if name in DEFINITIONS:
        kind, definition = DEFINITIONS[name]
        place = next(root.iter(bpmn(kind)), None)
        for own in [] if place is None else [each for each in place if local_name(each) in EVENT_DEFINITIONS]:
            place.remove(own)
        if place is not None and definition:
            etree.SubElement(place, bpmn(definition), {"name": "eiole"} if definition.startswith("link") else {})
        return place is not None
    kind, end = LOST_FLOWS[name]
    place = next(root.iter(bpmn(kind)), None)
    flows = [flow for flow in root.iter(bpmn("sequenceFlow")) if place is not None and flow.get(end) == place.get("id")]
    for flow in flows:
        flow.getparent().remove(flow)
    return bool(flows)


def is_told(text: bytes) -> bool:
    """Return whether the rules of BPMN or publishing say something of the file."""
    try:
        if check_standard(read_document(text)):
            return True
        read_diagram(text)
    except InvalidDiagram:
        return True
    return False


def test_faults_of_every_kind_are_told_in_whatever_model_they_are():
    sources = [SOUND.encode(), *(path.read_bytes() for path in sorted((ROOT / "processes").glob("*/*.bpmn")))]
    names = {*ATTRIBUTES, *DEFINITIONS, *LOST_FLOWS}
    untold, untried = [], set(names)
    for name in names:
        tried = (root for source in sources if mutated(root := etree.fromstring(source), name))
        for root in itertools.islice(tried, 2):
            untried.discard(name)
            if not is_told(etree.tostring(root)):
                untold.append(name)
    assert (untold, untried) == ([], set())
