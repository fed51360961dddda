"""
Import a model that was drawn elsewhere: the original stays byte for byte, beside it stands a copy put right by name.

Each repair has a name and is told. What a name stands for is what the normaliser does in memory with every diagram;
here it is written into the copy, so that an editor can open it, and a process owner sees and owns it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from app.domain.errors import Problem
from app.domain.models import ModelKind
from app.engine.models.layout import lay_out
from app.engine.models.naming import Named, kind_of, name_model
from app.engine.normaliser import is_true
from app.engine.reader import read_drawing
from app.engine.rules import is_shared_rule
from app.engine.vocabulary import BPMN as MODEL
from app.engine.vocabulary import EVENT_DEFINITIONS, EVENTS, FLOW_NODES, bpmn, local_name, namespace, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """`content` is the copy that can be opened and, where nothing else is wrong, run; `original` what was given."""

    kind: ModelKind
    named: Named
    original: bytes
    content: bytes
    repairs: tuple[Problem, ...]


def import_model(original: bytes) -> Imported:
    """
    Read what was drawn elsewhere. What still cannot be published is no obstacle here: the check of the draft says it.

    :raises InvalidInput: malformed, hostile, too large, or no model at all
    """
    kind = kind_of(original)
    # the size is asked first
    name_model(kind, original)
    content, repairs = (original, []) if kind is not ModelKind.DIAGRAM else _repaired(original)
    return Imported(
        kind=kind, named=name_model(kind, content), original=original, content=content, repairs=tuple(repairs)
    )


def _repaired(xml: bytes) -> tuple[bytes, list[Problem]]:
    root = read_drawing(xml)
    repairs: list[Problem] = []
    # a common rule is content of other processes and runs nowhere by itself
    if not is_shared_rule(xml):
        _make_executable(root, repairs)
    _add_ids(root, repairs)
    _inline_definitions(root, repairs)
    if lay_out(root):
        repairs.append(Problem("layout_drawn"))
    if not repairs:
        return xml, []
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8")), repairs


def _repair(code: str, element: _Element, **values: str) -> Problem:
    return Problem(code, place=element.get("id", ""), name=element.get("name", ""), values=values)


def _make_executable(root: _Element, repairs: list[Problem]) -> None:
    """A file in which nothing is executable was drawn to be looked at: its one process with steps is meant."""
    processes = root.findall(bpmn("process"))
    if any(is_true(process.get("isExecutable")) for process in processes):
        return
    with_steps = [process for process in processes if any(local_name(each) in FLOW_NODES for each in process)]
    if len(with_steps) == 1:
        with_steps[0].set("isExecutable", "true")
        repairs.append(_repair("made_executable", with_steps[0]))


def _add_ids(root: _Element, repairs: list[Problem]) -> None:
    taken = {element.get("id") for element in root.iter() if element.get("id")}
    for element in root.iter():
        if namespace(element) != MODEL or element.get("id"):
            continue
        name = local_name(element)
        if name not in FLOW_NODES and name not in {"process", "sequenceFlow", "callActivity"}:
            continue
        number = 1
        while f"{name}_{number}" in taken:
            number += 1
        element.set("id", f"{name}_{number}")
        taken.add(f"{name}_{number}")
        if name == "sequenceFlow":
            ends = {"source": element.get("sourceRef", ""), "target": element.get("targetRef", "")}
            repairs.append(_repair("flow_id_added", element, **ends))
        else:
            repairs.append(_repair("id_added", element))


def _inline_definitions(root: _Element, repairs: list[Problem]) -> None:
    """An event that points at a definition outside of it gets a copy of its own, which editors can show."""
    outside = {each.get("id"): each for each in root if local_name(each) in EVENT_DEFINITIONS and each.get("id")}
    for event in [element for element in root.iter() if local_name(element) in EVENTS]:
        for reference in event.findall(bpmn("eventDefinitionRef")):
            definition = outside.get(text_of(reference).rpartition(":")[2])
            if definition is None:
                continue
            inlined = etree.SubElement(event, definition.tag)
            for name, value in definition.attrib.items():
                if name != "id":
                    inlined.set(name, value)
            for part in definition:
                inlined.append(etree.fromstring(etree.tostring(part)))
            event.remove(reference)
            repairs.append(_repair("event_definition_inlined", event, reference=text_of(reference)))
