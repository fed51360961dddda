"""What was drawn elsewhere becomes a copy that opens and runs; every repair has a name; hostile files are refused."""

import json
from pathlib import Path

import pytest
from lxml import etree

from app.domain.errors import InvalidInput
from app.domain.models import LARGEST_MODEL, ModelKind
from app.engine.diagrams import read_diagram
from app.engine.models import import_model
from app.engine.vocabulary import ZEEBE

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
LAYOUT = "http://www.omg.org/spec/BPMN/20100524/DI"
FOREIGN = f"""<definitions xmlns="{BPMN}" targetNamespace="x">
  <timerEventDefinition id="viikko"><timeDuration>P7D</timeDuration></timerEventDefinition>
  <process id="vieras" name="Vieras">
    <startEvent/>
    <userTask id="tee" name="Tee"/>
    <boundaryEvent id="raja" attachedToRef="tee"><eventDefinitionRef>viikko</eventDefinitionRef></boundaryEvent>
    <subProcess id="osa">
      <startEvent id="s"/><endEvent id="e"/><sequenceFlow id="se" sourceRef="s" targetRef="e"/>
    </subProcess>
    <endEvent id="loppu"/>
    <sequenceFlow sourceRef="startEvent_1" targetRef="tee"/>
    <sequenceFlow id="f" sourceRef="tee" targetRef="osa"/>
    <sequenceFlow id="g" sourceRef="osa" targetRef="loppu"/>
  </process>
</definitions>""".encode()


def codes(imported):
    return [problem.code for problem in imported.repairs]


def test_each_repair_is_named_and_tied_to_its_element():
    imported = import_model(FOREIGN)
    assert imported.kind is ModelKind.DIAGRAM
    assert imported.original == FOREIGN
    assert codes(imported) == [
        "made_executable",
        "id_added",
        "flow_id_added",
        "event_definition_inlined",
        "layout_drawn",
    ]
    assert [problem.place for problem in imported.repairs[:4]] == ["vieras", "startEvent_1", "sequenceFlow_1", "raja"]
    assert (imported.named.model_id, imported.named.name["fi"]) == ("vieras", "Vieras")


def test_the_copy_can_be_published_and_every_element_is_drawn_once():
    content = import_model(FOREIGN).content
    [outline] = read_diagram(content).processes
    assert {"tee", "raja", "osa", "loppu"} <= {element.element_id for element in outline.elements}
    root = etree.fromstring(content)
    drawn = [shape.get("bpmnElement") for shape in root.iter(f"{{{LAYOUT}}}BPMNShape", f"{{{LAYOUT}}}BPMNEdge")]
    elements = [each.get("id") for each in root.find(f"{{{BPMN}}}process").iter() if each.get("id")]
    definitions = {each.get("id") for each in root.iter(f"{{{BPMN}}}timerEventDefinition")}
    assert sorted(drawn) == sorted(set(elements) - {"vieras"} - definitions)


def test_importing_the_copy_again_repairs_nothing():
    content = import_model(FOREIGN).content
    again = import_model(content)
    assert again.content == content
    assert again.repairs == ()


@pytest.mark.parametrize("path", sorted(Path("processes").rglob("*.bpmn")), ids=lambda path: path.stem)
def test_our_own_pathways_are_taken_as_they_are(path):
    imported = import_model(path.read_bytes())
    assert imported.content == path.read_bytes()


def test_a_table_and_a_form_are_known_by_what_they_are():
    table = next(Path("processes").rglob("dmn_halytys.dmn")).read_bytes()
    form = next(Path("processes").rglob("f_tunnistus.json")).read_bytes()
    assert (import_model(table).kind, import_model(table).named.model_id) == (ModelKind.DECISION, "dmn_halytys")
    assert (import_model(form).kind, import_model(form).named.model_id) == (ModelKind.FORM, "f_tunnistus")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "diagram_malformed"),
        (b"<definitions", "diagram_malformed"),
        (b"<html/>", "model_unknown"),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><definitions/>', "diagram_doctype"),
        (b"<definitions " + b" " * LARGEST_MODEL + b"/>", "model_too_large"),
        (b"{" + b" " * LARGEST_MODEL, "model_too_large"),
        (b"PK\x03\x04\x00\x00", "diagram_malformed"),
    ],
    ids=["nothing", "half", "other", "entity", "huge", "huge_form", "zip"],
)
def test_what_is_malformed_hostile_or_no_model_is_refused(content, code):
    with pytest.raises(InvalidInput) as caught:
        import_model(content)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_nested_keys_of_a_form_inside_a_diagram_keep_their_shape_except_in_rows():
    rows = {"type": "dynamiclist", "path": "order.rows", "components": [{"type": "textfield", "key": "item.name"}]}
    form = json.dumps({"type": "default", "components": [{"type": "number", "key": "order.sum"}, rows]})
    imported = import_model(
        f"""<definitions xmlns="{BPMN}" xmlns:z="{ZEEBE}" targetNamespace="x"><process id="p" isExecutable="true">
        <extensionElements><z:userTaskForm id="f">{form}</z:userTaskForm></extensionElements>
        <startEvent id="a"/><userTask id="b"><extensionElements><z:userTask/>
        <z:formDefinition formKey="camunda-forms:bpmn:f"/></extensionElements></userTask><endEvent id="c"/>
        <sequenceFlow id="ab" sourceRef="a" targetRef="b"/><sequenceFlow id="bc" sourceRef="b" targetRef="c"/>
        </process></definitions>""".encode()
    )
    told = {problem.code: problem.values for problem in imported.repairs}
    assert told == {"form_key_changed": {"old": "item.name", "new": "item_name"}, "layout_drawn": {}}
    assert b'"key": "order.sum"' in imported.content
