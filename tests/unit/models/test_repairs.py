"""Each rule of repair: what it finds, what the copy is then, and that the copy runs."""

import contextlib
import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from app.domain.errors import InvalidInput
from app.domain.models import FindingKind
from app.engine.diagrams import read_diagram
from app.engine.models import import_model
from app.engine.models.repairs.ladder import KINDS
from app.engine.models.repairs.timers import in_iso
from tests.unit.models.chance import Drawing

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
KEPT = "urn:kykypolku:import"
START = '<startEvent id="s"/>'
END = '<endEvent id="e"/>'


def flow(source, target, inside="", name=""):
    ends = f'sourceRef="{source}" targetRef="{target}"'
    return f'<sequenceFlow id="{source}_{target}" name="{name}" {ends}>{inside}</sequenceFlow>'


def drawn(inside, before="", process='isExecutable="true"', after=""):
    return (
        f'<definitions xmlns="{BPMN}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="x">'
        f'{before}<process id="p" name="P" {process}>{inside}</process>{after}</definitions>'
    ).encode()


def codes(imported):
    return [problem.code for problem in imported.repairs if problem.code != "layout_drawn"]


def line(*parts):
    """Return a process whose nodes come one after the other."""
    ids = [etree.fromstring(part).get("id") for part in ("<x id='s'/>", *parts, "<x id='e'/>")]
    flows = "".join(flow(a, b) for a, b in itertools.pairwise(ids))
    return drawn(START + "".join(parts) + END + flows)


def choosing(condition="", task="task"):
    inside = condition and f"<conditionExpression>{condition}</conditionExpression>"
    return drawn(
        START
        + f'<{task} id="t" name="Arvioi"/><exclusiveGateway id="g" name="Mihin?"/><task id="a"/><task id="b"/>'
        + flow("s", "t")
        + flow("t", "g")
        + flow("g", "a", name="Kyllä")
        + flow("g", "b", inside, name="Ei")
    )


#: what a rule finds, by a diagram that needs it
CASES = {
    "made_executable": drawn(START, process=""),
    "made_private": drawn(START, process='isExecutable="true" processType="Public"'),
    "id_added": drawn("<startEvent/>"),
    "id_renamed": drawn('<startEvent id="1 a"/>'),
    "reference_lost": drawn(START + '<dataObjectReference id="d" dataObjectRef="nowhere"/>'),
    "references_shortened": drawn(
        START + '<userTask id="t"/>' + '<association id="as" sourceRef="x:s" targetRef="t"/>' + flow("s", "t"),
    ),
    "flow_lists_mended": drawn(START + '<task id="t"><incoming>gone</incoming></task>' + flow("s", "t")),
    "flow_end_found": drawn(START + '<task id="t"><incoming>f</incoming></task><sequenceFlow id="f" sourceRef="s"/>'),
    "flow_moved": drawn(
        START
        + '<subProcess id="u"><startEvent id="a"/><endEvent id="b"/></subProcess>'
        + flow("s", "u")
        + flow("a", "b")
    ),
    "flow_lifted": drawn(
        START + '<subProcess id="u"><startEvent id="a"/></subProcess><task id="t"/>' + flow("s", "u") + flow("a", "t")
    ),
    "end_added": drawn(START + '<sequenceFlow id="f" sourceRef="s"/>'),
    "flow_without_source_dropped": drawn(START + END + flow("s", "e") + '<sequenceFlow id="f" targetRef="e"/>'),
    "flow_into_start_moved": drawn(
        START + '<task id="t"/><task id="u"/>' + flow("s", "t") + flow("t", "u") + flow("u", "s")
    ),
    "end_made_intermediate": drawn(START + END + '<task id="t"/>' + flow("s", "e") + flow("e", "t")),
    "start_added": drawn('<task id="a"/><task id="b"/>' + flow("a", "b") + flow("b", "a")),
    "activation_chosen": drawn(
        START
        + '<parallelGateway id="f"/><task id="a"/><task id="b"/><complexGateway id="k"/>'
        + flow("s", "f")
        + flow("f", "a")
        + flow("f", "b")
        + flow("a", "k")
        + flow("b", "k")
    ),
    "ad_hoc_event_left_out": line(
        '<adHocSubProcess id="u"><startEvent id="a"/><task id="b"/><endEvent id="c"/>'
        + flow("a", "b")
        + flow("b", "c")
        + "</adHocSubProcess>"
    ),
    "content_missing": line('<subProcess id="u"/>'),
    "start_made_plain": line('<subProcess id="u"><startEvent id="a"><timerEventDefinition/></startEvent></subProcess>'),
    "start_given_message": drawn(
        START + '<startEvent id="s2" name="Toinen"/>' + END + flow("s", "e") + flow("s2", "e")
    ),
    "starts_together": line('<subProcess id="u"><startEvent id="a"/><startEvent id="b"/></subProcess>'),
    "start_time_missing": drawn('<startEvent id="s"><timerEventDefinition/></startEvent>'),
    "timer_time_asked": line('<intermediateCatchEvent id="c"><timerEventDefinition/></intermediateCatchEvent>'),
    "timer_words_read": line(
        '<intermediateCatchEvent id="c"><timerEventDefinition><timeDuration>3 days</timeDuration>'
        "</timerEventDefinition></intermediateCatchEvent>"
    ),
    "timer_kind_changed": line(
        '<intermediateCatchEvent id="c"><timerEventDefinition><timeDate>P3D</timeDate>'
        "</timerEventDefinition></intermediateCatchEvent>"
    ),
    "event_given_message": line('<intermediateCatchEvent id="c" name="Vastaus"/>'),
    "event_made_catching": line(
        '<intermediateThrowEvent id="c"><timerEventDefinition><timeDuration>P1D</timeDuration>'
        "</timerEventDefinition></intermediateThrowEvent>"
    ),
    "event_put_before": drawn(
        START
        + '<eventBasedGateway id="g"/><task id="t"/><task id="u"/>'
        + flow("s", "g")
        + flow("g", "t")
        + flow("g", "u")
    ),
    "event_gateway_made_plain": drawn(
        START + '<eventBasedGateway id="g"/><receiveTask id="t"/>' + flow("s", "g") + flow("g", "t")
    ),
    "direction_left_out": drawn(
        START
        + '<parallelGateway id="g" gatewayDirection="Converging"/><task id="a"/><task id="b"/>'
        + flow("s", "g")
        + flow("g", "a")
        + flow("g", "b")
    ),
    "event_condition_asked": line(
        '<intermediateCatchEvent id="c"><conditionalEventDefinition/></intermediateCatchEvent>'
    ),
    "event_named": line(
        '<intermediateThrowEvent id="c" name="Hälytys"><signalEventDefinition/></intermediateThrowEvent>'
    ),
    "message_named": line('<sendTask id="t" name="Kutsu"/>'),
    "correlation_key_assumed": line('<receiveTask id="t" messageRef="m"/>'),
    "link_lost": line('<intermediateThrowEvent id="c"><linkEventDefinition name="A"/></intermediateThrowEvent>'),
    "border_without_activity": drawn(START + END + flow("s", "e") + '<boundaryEvent id="b" attachedToRef="gone"/>'),
    "error_made_interrupting": drawn(
        START
        + '<task id="t"/><boundaryEvent id="b" attachedToRef="t" cancelActivity="false">'
        + "<errorEventDefinition/></boundaryEvent>"
        + flow("s", "t")
    ),
    "flag_left_out": drawn('<startEvent id="s" isInterrupting="false"/>'),
    "job_type_made": line('<serviceTask id="t" name="Lähetä lasku"/>'),
    "decision_missing": line('<businessRuleTask id="t"/>'),
    "script_to_write": line('<scriptTask id="t"/>'),
    "script_translated": line(
        '<scriptTask id="t" scriptFormat="python"><script>x = 1\ny = x + 1</script></scriptTask>'
    ),
    "script_not_translated": line('<scriptTask id="t"><script>print(1)</script></scriptTask>'),
    "called_process_made": line('<callActivity id="t" name="Muu polku"/>'),
    "data_mapping_left_out": line(
        '<userTask id="t"><dataInputAssociation id="x"><targetRef>t</targetRef>'
        "<assignment><from>a</from><to>b</to></assignment></dataInputAssociation></userTask>"
    ),
    "collection_asked": line('<task id="t"><multiInstanceLoopCharacteristics/></task>'),
    "cardinality_left_out": line(
        '<task id="t"><multiInstanceLoopCharacteristics><extensionElements>'
        '<z:loopCharacteristics xmlns:z="http://camunda.org/schema/zeebe/1.0" inputCollection="=x"/>'
        "</extensionElements><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></task>"
    ),
    "loop_condition_missing": line('<task id="t"><standardLoopCharacteristics/></task>'),
    "expression_translated": line(
        '<task id="t"><multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality>'
        "<completionCondition>${nrOfCompletedInstances > 1}</completionCondition>"
        "</multiInstanceLoopCharacteristics></task>"
    ),
    "choice_task_added": choosing(),
    "choice_asked": choosing(task="userTask"),
    "default_chosen": choosing("=x = 1"),
    "condition_translated": choosing("${x == 1}"),
    "condition_not_translated": choosing("jos kaikki käy"),
    "condition_left_out": drawn(START + END + flow("s", "e", "<conditionExpression>=x</conditionExpression>")),
    "default_left_out": drawn(START + '<task id="t" default="t_e"/>' + END + flow("s", "t") + flow("t", "e")),
    "layout_drawn": drawn(START),
}


@pytest.mark.parametrize("code", CASES)
def test_a_rule_tells_what_it_did_and_the_copy_runs(code):
    imported = import_model(CASES[code])
    assert code in [problem.code for problem in imported.repairs]
    read_diagram(imported.content)
    again = import_model(imported.content)
    assert (again.repairs, again.content) == ((), imported.content)


def test_every_finding_has_a_kind():
    found = {problem.code for xml in CASES.values() for problem in import_model(xml).repairs}
    assert found <= KINDS.keys()
    assert set(CASES) <= KINDS.keys()


def test_a_choice_without_conditions_is_asked_in_the_users_words():
    imported = import_model(CASES["choice_asked"])
    [question] = imported.of_kind(FindingKind.QUESTION)
    assert (question.place, question.values["task"]) == ("g", "Arvioi")
    root = etree.fromstring(imported.content)
    conditions = [each.text for each in root.iter(f"{{{BPMN}}}conditionExpression")]
    assert conditions == ['=valinta_g = "kylla"', '=valinta_g = "ei"']
    [form] = read_diagram(imported.content).forms.values()
    assert b'"Kyll' in form


def test_what_is_taken_out_stays_in_the_copy_as_text():
    imported = import_model(CASES["condition_not_translated"])
    kept = [each.text for each in etree.fromstring(imported.content).iter(f"{{{KEPT}}}kept")]
    assert len(kept) == 1
    assert "jos kaikki käy" in kept[0]


def test_two_pools_get_one_message():
    pools = (
        '<collaboration id="c"><participant id="p1" processRef="p"/><participant id="p2" processRef="q"/>'
        '<messageFlow id="m" name="Pyyntö" sourceRef="t" targetRef="r"/></collaboration>'
    )
    other = '<process id="q"><startEvent id="r"><messageEventDefinition/></startEvent></process>'
    xml = drawn(START + '<sendTask id="t"/>' + flow("s", "t"), before=pools, process="", after=other)
    imported = import_model(xml)
    assert codes(imported).count("made_executable") == 2
    root = etree.fromstring(imported.content)
    [message] = root.findall(f"{{{BPMN}}}message")
    assert message.get("name") == "Pyyntö"
    referring = [each for each in root.iter() if each.get("messageRef") == message.get("id")]
    assert len(referring) == 2
    assert len(read_diagram(imported.content).processes) == 2


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "utf-8-sig"])
@pytest.mark.parametrize("declared", [True, False])
def test_files_in_other_encodings_are_read(encoding, declared):
    text = drawn('<startEvent id="s" name="Älä yöllä"/>').decode()
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    declaration = f'<?xml version="1.0" encoding="{name}"?>' if declared else ""
    imported = import_model((declaration + text).encode(encoding))
    assert "Älä yöllä".encode() in imported.content


def test_entities_of_html_and_forbidden_signs_are_read():
    xml = drawn('<startEvent id="s" name="A&nbsp;&auml;&#11;\x0b"/>')
    assert codes(import_model(xml)) == ["encoding_read"]


@pytest.mark.parametrize(
    "space",
    [
        "http://www.omg.org/spec/BPMN/20100524/MODEL/",
        "http://schema.omg.org/spec/BPMN/2.0",
        "https://www.omg.org/spec/BPMN/20100524/MODEL",
    ],
)
def test_old_and_mistyped_namespaces_are_read(space):
    imported = import_model(drawn(START).replace(BPMN.encode(), space.encode()))
    assert codes(imported) == ["namespace_read"]
    read_diagram(imported.content)


def test_a_diagram_without_a_process_is_refused_in_clear_words():
    xml = f'<definitions xmlns="{BPMN}"><choreography id="c"/></definitions>'.encode()
    with pytest.raises(InvalidInput) as caught:
        import_model(xml)
    assert [problem.code for problem in caught.value.problems] == ["diagram_without_process"]


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("3 days", "P3D"),
        ("24h", "PT24H"),
        ("2 viikkoa", "P2W"),
        ("1 kk", "P1M"),
        ("5 min", "PT5M"),
        ("soon", ""),
        ("", ""),
    ],
)
def test_amounts_of_time_in_words_are_read(text, iso):
    assert in_iso(text) == iso


BYTES = [CASES[name] for name in ("choice_task_added", "flow_lifted", "timer_time_asked", "border_without_activity")]


@settings(max_examples=60)
@given(st.sampled_from(BYTES), st.data())
def test_damage_never_breaks_the_import(xml, data):
    """Attributes lost, swapped or doubled and elements taken out: a copy or a refusal, and nothing else."""
    root = etree.fromstring(xml)
    for _ in range(data.draw(st.integers(1, 4))):
        elements = [each for each in root.iter() if each is not root]
        if not elements:
            break
        element = data.draw(st.sampled_from(elements))
        act = data.draw(st.sampled_from(["drop", "lose", "swap", "double", "rename"]))
        names = sorted(element.attrib)
        if act == "drop":
            element.getparent().remove(element)
        elif act == "double":
            element.addnext(etree.fromstring(etree.tostring(element)))
        elif act == "rename":
            element.tag = f"{{{BPMN}}}" + data.draw(
                st.sampled_from(["task", "endEvent", "subProcess", "sequenceFlow", "boundaryEvent"])
            )
        elif names:
            name = data.draw(st.sampled_from(names))
            if act == "lose":
                del element.attrib[name]
            else:
                element.set(name, data.draw(st.sampled_from(["s", "g", "nowhere", "", "p", "1"])))
    with contextlib.suppress(InvalidInput):
        read_diagram(import_model(etree.tostring(root)).content)


def test_the_page_of_the_rules_has_every_rule_with_its_kind():
    page = (Path(__file__).parents[3] / "docs/reference/import.md").read_text("utf-8")
    assert [code for code, kind in KINDS.items() if f"| `{code}` | {kind} |" not in page] == []


@pytest.mark.parametrize(
    "xml",
    [
        line('<receiveTask id="r" instantiate="true"/>'),
        line('<task id="t" completionQuantity="0" startQuantity="many"/>'),
        line(
            '<task id="t"><multiInstanceLoopCharacteristics behavior="One"><loopCardinality>3</loopCardinality>'
            "</multiInstanceLoopCharacteristics></task>"
        ),
    ],
)
def test_marks_that_say_nothing_are_left_out(xml):
    imported = import_model(xml)
    assert "flag_left_out" in codes(imported)
    assert read_diagram(imported.content).processes


def test_an_empty_ad_hoc_sub_process_gets_something_to_do():
    imported = import_model(line('<adHocSubProcess id="u"/>'))
    assert codes(imported) == ["content_missing"]
    assert read_diagram(imported.content).processes


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_whatever_is_drawn_runs_after_repair_and_needs_no_second_one(first):
    for seed in range(first, first + 20):
        copy = import_model(Drawing(random.Random(seed)).file()).content
        read_diagram(copy)
        assert import_model(copy).repairs == (), seed


def test_a_large_file_loses_only_what_other_tools_noted():
    note = f'<v:picture xmlns:v="urn:other">{"x" * 2_500_000}</v:picture>'
    xml = drawn(f"<extensionElements>{note}</extensionElements>{START}")
    imported = import_model(xml)
    assert "notes_left_out" in codes(imported)
    assert len(imported.content) < 5_000
    assert imported.original == xml
    read_diagram(imported.content)
