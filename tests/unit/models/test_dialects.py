"""Diagrams of Camunda 7, Flowable and Spiff-Arena: what means something here is translated, all else listed."""

import json

import pytest
from lxml import etree

from app.domain.models import FindingKind, ModelKind
from app.engine.diagrams import read_diagram
from app.engine.forms import form_source, read_form
from app.engine.models import form_id_of, import_model
from app.engine.models.dialects.schemas import form_of_schema

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
KEPT = "{urn:kykypolku:import}kept"
FAMILY = ["http://camunda.org/schema/1.0/bpmn", "http://flowable.org/bpmn"]
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"


def drawn(inside, space):
    return (
        f'<definitions xmlns="{BPMN}" xmlns:v="{space}" targetNamespace="x"><process id="p" isExecutable="true">'
        f'<startEvent id="s"/>{inside}<endEvent id="e"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>'
        '<sequenceFlow id="g" sourceRef="t" targetRef="e"/></process></definitions>'
    ).encode()


def imported(inside, space=FAMILY[0]):
    """Return the findings by rule, and the tree of the copy, which runs."""
    found = import_model(drawn(inside, space))
    read_diagram(found.content)
    return {problem.code: problem for problem in found.repairs}, etree.fromstring(found.content)


def only(root, name):
    [element] = root.iter(f"{ZEEBE}{name}")
    return dict(element.attrib)


@pytest.mark.parametrize("space", FAMILY)
def test_people_dates_and_priority_of_a_user_task(space):
    findings, root = imported(
        '<userTask id="t" v:assignee="${initiator}" v:candidateGroups="a,b" v:dueDate="${due}" v:priority="50"/>', space
    )
    assert only(root, "assignmentDefinition") == {"assignee": "=initiator", "candidateGroups": "a,b"}
    assert only(root, "taskSchedule") == {"dueDate": "=due"}
    assert only(root, "priorityDefinition") == {"priority": "50"}
    assert "people_translated" in findings
    assert "vendor_left_out" not in findings


def test_people_as_the_resource_of_the_task():
    _, root = imported(
        '<userTask id="t"><potentialOwner><resourceAssignmentExpression><formalExpression>user(kermit), group(staff)'
        "</formalExpression></resourceAssignmentExpression></potentialOwner></userTask>"
    )
    assert only(root, "assignmentDefinition") == {"candidateUsers": "kermit", "candidateGroups": "staff"}


@pytest.mark.parametrize(
    "fields",
    [
        '<v:formData><v:formField id="sum" label="Summa" type="long"/><v:formField id="o" type="date"/></v:formData>',
        '<v:formProperty id="sum" name="Summa" type="long" required="true"/><v:formProperty id="ok" type="boolean"/>',
    ],
    ids=["camunda", "flowable"],
)
def test_a_form_inside_the_diagram_becomes_one_of_ours(fields):
    found = import_model(
        drawn(f'<userTask id="t"><extensionElements>{fields}</extensionElements></userTask>', FAMILY[0])
    )
    [form] = read_diagram(found.content).forms.values()
    assert b'"Summa"' in form
    assert "form_translated" in {problem.code for problem in found.of_kind(FindingKind.REPAIR)}


@pytest.mark.parametrize(
    ("attributes", "job_type"),
    [
        ('v:type="external" v:topic="laskutus"', "laskutus"),
        ('v:class="org.example.Send"', "org.example.Send"),
        ('v:delegateExpression="${sender}"', "sender"),
        ('v:expression="${bean.send(order, 3)}"', "bean.send"),
        ('v:type="mail"', "tuotu.mail"),
    ],
)
def test_programs_become_types_of_jobs(attributes, job_type):
    findings, root = imported(f'<serviceTask id="t" {attributes}/>')
    assert only(root, "taskDefinition") == {"type": job_type}
    assert findings["job_type_translated"].place == "t"
    assert attributes.rpartition("=")[2].strip('"') in "".join(each.text for each in root.iter(KEPT))


def test_what_goes_into_a_call_and_comes_out():
    _, root = imported(
        '<callActivity id="t" calledElement="${child}"><extensionElements><v:in source="a" target="b"/>'
        '<v:in sourceExpression="${x + 1}" target="c"/><v:out variables="all"/></extensionElements></callActivity>'
    )
    assert only(root, "calledElement") == {
        "processId": "=child",
        "propagateAllParentVariables": "false",
        "propagateAllChildVariables": "true",
    }
    inputs = [(each.get("source"), each.get("target")) for each in root.iter(f"{ZEEBE}input")]
    assert inputs == [("=a", "b"), ("=x + 1", "c")]


def test_inputs_outputs_turns_and_decisions():
    findings, root = imported(
        '<businessRuleTask id="t" v:decisionRef="d" v:resultVariable="r"><extensionElements><v:inputOutput>'
        '<v:inputParameter name="a">${b}</v:inputParameter><v:inputParameter name="c"><v:script>x()</v:script>'
        "</v:inputParameter></v:inputOutput></extensionElements>"
        '<multiInstanceLoopCharacteristics v:collection="${people}" v:elementVariable="person"/></businessRuleTask>'
    )
    assert only(root, "calledDecision") == {"decisionId": "d", "resultVariable": "r"}
    assert only(root, "loopCharacteristics") == {"inputCollection": "=people", "inputElement": "person"}
    assert only(root, "input") == {"source": "=b", "target": "a"}
    assert "expression_not_translated" in findings


def test_listeners_are_listed_and_kept_as_text():
    findings, root = imported(
        '<userTask id="t"><extensionElements><v:taskListener event="create" class="org.example.Hear"/>'
        "</extensionElements></userTask>"
    )
    assert (findings["vendor_left_out"].place, findings["vendor_left_out"].values["parts"]) == ("t", "v:taskListener")
    assert "org.example.Hear" in "".join(each.text for each in root.iter(KEPT))


def test_scripts_services_and_instructions_of_spiff_arena():
    findings, root = imported(
        '<serviceTask id="t"><extensionElements><v:preScript>x = 1</v:preScript>'
        '<v:instructionsForEndUser>Lue tämä.</v:instructionsForEndUser><v:serviceTaskOperator id="http/Get" '
        'resultVariable="answer"><v:parameters><v:parameter id="url" type="str" value="&quot;u&quot;"/></v:parameters>'
        "</v:serviceTaskOperator></extensionElements></serviceTask>",
        SPIFF,
    )
    assert only(root, "taskDefinition") == {"type": "http/Get"}
    mapped = {each.get("target"): each.get("source") for each in root.iter(f"{ZEEBE}input", f"{ZEEBE}output")}
    assert mapped == {"x": "=1", "url": '="u"', "answer": "=answer"}
    assert {"script_translated", "job_type_translated", "instructions_translated"} <= findings.keys()


def test_a_form_of_spiff_arena_is_named_as_its_file_is_imported():
    findings, root = imported(
        '<userTask id="t"><extensionElements><v:properties>'
        '<v:property name="formJsonSchemaFilename" value="hakemus-schema.json"/>'
        '<v:property name="formUiSchemaFilename" value="hakemus-uischema.json"/>'
        "</v:properties></extensionElements></userTask>",
        SPIFF,
    )
    assert findings["form_named"].values == {"form": form_id_of("lomakkeet/hakemus-schema.json")}
    assert only(root, "formDefinition") == {"formId": form_id_of("hakemus-schema.json")}
    assert "vendor_left_out" in findings


SCHEMA = {
    "title": "Hakemus",
    "type": "object",
    "required": ["nimi", "milloin"],
    "properties": {
        "nimi": {"type": "string", "title": "Nimi", "description": "Koko nimi"},
        "milloin": {"type": "string", "format": "date"},
        "ikä": {"type": "integer", "title": "Ikä"},
        "kunta": {"enum": ["A", "B"]},
        "kieli": {"type": "string", "oneOf": [{"const": "fi", "title": "suomi"}, {"const": "sv"}]},
        "tuet": {"type": "array", "items": {"enum": ["x", "y"]}},
        "osoite": {"type": "object", "properties": {}},
        "muuta": True,
    },
}


def test_a_json_schema_becomes_a_form_that_can_be_published():
    found = import_model(json.dumps(SCHEMA).encode(), form_id="hakemus")
    form = read_form(form_source(found.content)[0])
    assert (found.kind, found.named.model_id, form.form_id) == (ModelKind.FORM, "hakemus", "hakemus")
    asked = {field.key: (field.type, field.required) for field in form.fields}
    assert asked == {
        "nimi": ("text", True),
        "milloin": ("date", True),
        "ika": ("integer", False),
        "kunta": ("choice", False),
        "kieli": ("choice", False),
        "tuet": ("multiChoice", False),
    }
    assert [(problem.code, problem.values) for problem in found.repairs] == [
        ("form_translated", {"count": 6}),
        ("form_key_changed", {"old": "ikä", "new": "ika"}),
        ("form_part_left_out", {"part": "osoite"}),
        ("form_part_left_out", {"part": "muuta"}),
    ]


@pytest.mark.parametrize("text", ["{", "[]", '{"properties": []}', '{"id": "x", "components": [], "properties": {}}'])
def test_what_is_no_schema_is_left_as_it_is(text):
    assert form_of_schema(text.encode(), "x") is None
