"""The rules of `processes/` (processes/README.md): what a process owner may rely on in every folder."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from app.commands.deliver_documents import FORMS as DELIVERED
from app.commands.local_jobs import LOCAL_JOBS
from app.documents import Template
from app.domain import sharing
from app.domain.outcomes import BROKEN_OFF, Outcome
from app.domain.permissions import ROLE_LETTERS
from app.domain.sharing import DataGroup
from app.domain.statistics.definitions import read_definitions
from app.engine.decisions import read_decisions
from app.engine.diagrams import Diagram, read_diagram
from app.engine.forms import read_form
from app.engine.rules import read_rule
from tests.conformance import pathways_page
from tests.conformance.story import Story

PROCESSES = Path(__file__).parents[2] / "processes"
SHARED = PROCESSES / "shared"
FOLDERS = sorted(path for path in PROCESSES.iterdir() if path.is_dir() and path != SHARED)
RULES = sorted((SHARED / "rules").glob("*.bpmn"))
FORMS = sorted(PROCESSES.glob("*/forms/*.json"))
TABLES = sorted(PROCESSES.glob("*/*.dmn"))
REFERENCE = sorted((SHARED / "reference").glob("*.json"))
LANGUAGES = ("fi", "sv", "en")
SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
    "dmn": "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "dmndi": "https://www.omg.org/spec/DMN/20191111/DMNDI/",
}
#: what the player of scenarios can do; the product can do no less
JOB_TYPES = {*LOCAL_JOBS, *(name.removeprefix("_do_") for name in vars(Story) if name.startswith("_do_"))}
#: steps of a pathway that is drawn and never run (kyky.drawnOnly): the product does them outside the engine
DRAWN_JOB_TYPES = {"check_anonymity", "join_consultation_queue"}
#: forms without a case or a client
WITHOUT_CLIENT = {
    "f_asiakaspalaute",
    "f_loppuarviointi",
    "f_saavutettavuuspalaute",
    "f_saavutettavuusvastaus",
    "f_kayttoonotto",
    "f_konsultaatio",
    "f_konsultaatio_vastaus",
    "f_kuittaus_lasnaolo",
    "f_tunnin_pitaminen",
}
GATEWAYS = ("exclusiveGateway", "inclusiveGateway")
#: pathways that are no part of a client's care and go on when the client stops it
WITHOUT_CASE = {
    "tyky_asiointilinkki",
    "tyky_konsultaatio_istunto",
    "tyky_konsultaatio_kayttoonotto",
    "tyky_konsultaatio_tapaus",
    "tyky_loppuarviointi",
    "tyky_lokipyynto",
    "tyky_muistettava",
    "tyky_suostumuksen_voimassaolo",
}

in_every_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
#: the pathways and the common rules that they take in
in_every_drawing = pytest.mark.parametrize("folder", [*FOLDERS, *RULES], ids=lambda path: path.stem)
for_every_rule = pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
for_every_form = pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
for_every_table = pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)


# -- reading ---------------------------------------------------------------------------------------------------------


@cache
def diagram(folder: Path) -> etree._Element:
    """The drawing of a pathway's folder, or of a rule's file."""
    return etree.parse(folder / f"{folder.name}.bpmn" if folder.is_dir() else folder).getroot()


@cache
def read(folder: Path) -> Diagram:
    return read_diagram((folder / f"{folder.name}.bpmn").read_bytes(), {path.stem: path.read_bytes() for path in RULES})


@cache
def running(folder: Path) -> etree._Element:
    """What runs: the pathway with the rules that it takes in."""
    return etree.fromstring(read(folder).runnable)


@cache
def reference(name: str) -> dict[str, Any]:
    rows = json.loads((SHARED / "reference" / f"{name}.json").read_text())["rows"]
    return {row["id"]: row for row in rows}


def tag(element: etree._Element) -> str:
    return etree.QName(element).localname


def find(root: etree._Element, path: str) -> list[etree._Element]:
    return root.findall(path, NS)


def is_only_called(folder: Path) -> bool:
    """Whether nobody and no message can start it: it is the core of others, which answer for the whole case."""
    [process] = find(diagram(folder), "bpmn:process")
    starts = find(process, "bpmn:startEvent")
    begun = [each for each in (process, *starts) if "kyky.startRoles" in properties(each)]
    return not begun and all(start.find("bpmn:messageEventDefinition", NS) is None for start in starts)


def flow_nodes(root: etree._Element) -> list[etree._Element]:
    return [
        element
        for element in root.iter()
        if isinstance(element.tag, str)
        and re.search(r"(Task|Event|Gateway|subProcess|callActivity)$", tag(element))
        and element.tag.startswith(f"{{{NS['bpmn']}}}")
    ]


def properties(element: etree._Element) -> dict[str, str]:
    found = find(element, "bpmn:extensionElements/zeebe:properties/zeebe:property")
    return {each.get("name", ""): each.get("value", "") for each in found}


def bounds(shape: etree._Element) -> tuple[float, float, float, float]:
    box = shape.find("dc:Bounds", NS)
    x, y, width, height = (float(box.get(name)) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def shapes(root: etree._Element) -> dict[str, tuple[float, float, float, float]]:
    return {shape.get("bpmnElement"): bounds(shape) for shape in find(root, ".//bpmndi:BPMNShape")}


def headers(root: etree._Element, key: str) -> set[str]:
    return {each.get("value", "") for each in find(root, ".//zeebe:header") if each.get("key") == key}


def form_ids(root: etree._Element) -> set[str]:
    """The forms of the tasks, those that a notification links to (header `form`)."""
    return {each.get("formId", "") for each in find(root, ".//zeebe:formDefinition")} | headers(root, "form")


def localized(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "fi" in value:
            yield value
        for inner in value.values():
            yield from localized(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from localized(inner)


# -- folders and names -----------------------------------------------------------------------------------------------


@in_every_folder
def test_folder_file_and_process_have_one_name(folder: Path) -> None:
    [process] = find(diagram(folder), "bpmn:process")
    assert process.get("id") == folder.name
    assert folder.name.startswith("tyky_")
    assert process.get("isExecutable") == "true"
    assert [path.name for path in folder.glob("*.bpmn")] == [f"{folder.name}.bpmn"]


@in_every_drawing
def test_ids_are_ascii_snake_case(folder: Path) -> None:
    ids = [element.get("id") for element in diagram(folder).iter() if element.get("id")]
    assert [each for each in ids if not SNAKE_CASE.fullmatch(each)] == []
    assert [each for each, times in Counter(ids).items() if times > 1] == []


@in_every_drawing
def test_everything_in_a_diagram_is_named_and_documented_in_three_languages(folder: Path) -> None:
    root = diagram(folder)
    described = [*flow_nodes(root), *find(root, ".//bpmn:lane"), *find(root, ".//bpmn:participant")]
    described += find(root, "bpmn:process")
    for element in described:
        own = properties(element)
        assert element.get("name") or tag(element) == "process", element.get("id")
        assert (element.findtext("bpmn:documentation", "", NS) or "").strip(), element.get("id")
        for language in ("sv", "en"):
            assert own.get(f"kyky.name.{language}"), (element.get("id"), language)
            assert own.get(f"kyky.documentation.{language}"), (element.get("id"), language)


@in_every_drawing
def test_every_way_out_of_a_decision_says_when_it_is_taken(folder: Path) -> None:
    flows = find(diagram(folder), ".//bpmn:sequenceFlow")
    outgoing = Counter(flow.get("sourceRef") for flow in flows)
    gateways = {node.get("id"): node for node in flow_nodes(diagram(folder)) if tag(node) in GATEWAYS}
    for flow in flows:
        source = gateways.get(flow.get("sourceRef"))
        if source is None or outgoing[source.get("id")] == 1:
            continue
        own = properties(flow)
        assert flow.get("name"), flow.get("id")
        assert own.get("kyky.name.sv"), flow.get("id")
        assert own.get("kyky.name.en"), flow.get("id")
        is_default = source.get("default") == flow.get("id")
        assert is_default != (flow.find("bpmn:conditionExpression", NS) is not None), flow.get("id")


@in_every_folder
def test_the_engine_runs_the_diagram_as_it_is_drawn(folder: Path) -> None:
    assert [repair for repair in read(folder).repairs if repair.code != "rule_taken_in"] == []


# -- drawing ---------------------------------------------------------------------------------------------------------


@in_every_drawing
def test_everything_is_drawn_once(folder: Path) -> None:
    root = diagram(folder)
    drawn = Counter(each.get("bpmnElement") for each in root.iter() if each.get("bpmnElement") and each.get("id"))
    plane = root.find(".//bpmndi:BPMNPlane", NS)
    assert plane is not None
    del drawn[plane.get("bpmnElement")]
    wanted = [*flow_nodes(root), *find(root, ".//bpmn:lane"), *find(root, ".//bpmn:participant")]
    wanted += find(root, ".//bpmn:sequenceFlow")
    assert drawn == Counter(element.get("id") for element in wanted)


@in_every_drawing
def test_no_shape_lies_on_another(folder: Path) -> None:
    root = diagram(folder)
    boxes = shapes(root)
    nodes = flow_nodes(root)
    for one, other in combinations(nodes, 2):
        if other.get("attachedToRef") == one.get("id") or one.get("attachedToRef") == other.get("id"):
            continue
        if one in other.iterancestors() or other in one.iterancestors():
            continue
        a, b = boxes[one.get("id")], boxes[other.get("id")]
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, (one.get("id"), other.get("id"))


@in_every_drawing
def test_shapes_lie_inside_what_holds_them(folder: Path) -> None:
    root = diagram(folder)
    boxes = shapes(root)
    lanes = {ref.text: lane.get("id") for lane in find(root, ".//bpmn:lane") for ref in find(lane, "bpmn:flowNodeRef")}
    for node in flow_nodes(root):
        holder = node.getparent()
        if tag(holder) == "process" and not lanes:
            continue  # a rule has no lanes
        place = lanes[node.get("id")] if tag(holder) == "process" else holder.get("id")
        inner, outer = boxes[node.get("id")], boxes[place]
        assert outer[0] <= inner[0], node.get("id")
        assert outer[1] <= inner[1], node.get("id")
        assert inner[2] <= outer[2], node.get("id")
        assert inner[3] <= outer[3], node.get("id")


@in_every_drawing
def test_flows_go_straight_and_end_at_borders(folder: Path) -> None:
    root = diagram(folder)
    boxes = shapes(root)
    flows = {flow.get("id"): flow for flow in find(root, ".//bpmn:sequenceFlow")}
    for edge in find(root, ".//bpmndi:BPMNEdge"):
        flow = flows[edge.get("bpmnElement")]
        points = [(float(each.get("x")), float(each.get("y"))) for each in find(edge, "di:waypoint")]
        for (x1, y1), (x2, y2) in pairwise(points):
            assert abs(x1 - x2) < 1 or abs(y1 - y2) < 1, flow.get("id")
        for point, end in ((points[0], "sourceRef"), (points[-1], "targetRef")):
            assert on_border(point, boxes[flow.get(end)]), (flow.get("id"), end)


def on_border(point: tuple[float, float], box: tuple[float, float, float, float]) -> bool:
    (x, y), (left, top, right, bottom) = point, box
    inside = left - 1 <= x <= right + 1 and top - 1 <= y <= bottom + 1
    return inside and min(abs(x - left), abs(x - right), abs(y - top), abs(y - bottom)) <= 1


@in_every_drawing
def test_events_on_a_task_sit_on_its_border(folder: Path) -> None:
    root = diagram(folder)
    boxes = shapes(root)
    for event in find(root, ".//bpmn:boundaryEvent"):
        left, top, right, bottom = boxes[event.get("id")]
        middle = ((left + right) / 2, (top + bottom) / 2)
        assert on_border(middle, boxes[event.get("attachedToRef")]), event.get("id")


# -- common rules ----------------------------------------------------------------------------------------------------


@for_every_rule
def test_a_rule_has_its_file_s_name_and_speaks_three_languages(path: Path) -> None:
    rule = read_rule(path.read_bytes())
    assert rule.rule_id == path.stem
    assert set(rule.name) == set(LANGUAGES)


def test_every_rule_is_taken_in_and_every_pathway_takes_in_the_rules_that_hold_everywhere() -> None:
    taken = {
        folder: {repair.values["rule"] for repair in read(folder).repairs if "rule" in repair.values}
        for folder in FOLDERS
    }
    assert set().union(*taken.values()) == {path.stem for path in RULES}
    for folder, rules in taken.items():
        own_tasks = find(diagram(folder), ".//bpmn:userTask")
        assert "x2_maaraajat" in rules or not own_tasks, folder.name
        # what is not done for the client's case (a request of the own log, anonymous work) does not end with it
        if folder.name not in WITHOUT_CASE and not is_only_called(folder):
            assert "x4_asiakas_peruu" in rules, folder.name
        assert ("x8_kiireellisyys" in rules) <= ("x8_kiireellinen_hoito" in rules), folder.name
        answered = "x5_ei_tavoitettu" in rules or is_only_called(folder)
        assert ("x5_tavoittelu" in rules) <= answered, folder.name


# -- what a diagram names exists -------------------------------------------------------------------------------------


@in_every_folder
def test_forms_that_are_named_exist_and_forms_that_exist_are_used(folder: Path) -> None:
    known = {path.stem: path for path in FORMS}
    named = form_ids(running(folder))
    assert named <= known.keys()
    assert {path.parent.parent for name, path in known.items() if name in named} <= {folder, SHARED}
    assert {path.stem for path in FORMS if path.parent.parent == folder} <= named


def test_shared_forms_are_used_by_somebody_and_ids_are_unique() -> None:
    named = {name for folder in FOLDERS for name in form_ids(running(folder))}
    assert {path.stem for path in FORMS if path.parent.parent == SHARED} <= named
    assert len({path.stem for path in FORMS}) == len(FORMS)


@in_every_folder
def test_every_user_task_has_a_form_and_candidates_who_exist(folder: Path) -> None:
    for task in find(running(folder), ".//bpmn:userTask"):
        assert task.find("bpmn:extensionElements/zeebe:userTask", NS) is not None, task.get("id")
        assert task.find("bpmn:extensionElements/zeebe:formDefinition", NS) is not None, task.get("id")
        assignment = task.find("bpmn:extensionElements/zeebe:assignmentDefinition", NS)
        assert assignment is not None, task.get("id")
        roles = set(re.findall(r"r_[a-z_]+", assignment.get("candidateGroups", "")))
        assert roles, task.get("id")
        assert roles <= reference("roles").keys(), task.get("id")


@in_every_folder
def test_roles_decisions_jobs_and_notifications_exist(folder: Path) -> None:
    root = running(folder)
    for key in ("kyky.startRoles", "kyky.offeredTo"):
        text = " ".join(properties(element).get(key, "") for element in root.iter() if isinstance(element.tag, str))
        assert set(re.findall(r"r_[a-z_]+", text)) <= reference("roles").keys()
    decisions = {each.get("decisionId") for each in find(root, ".//zeebe:calledDecision")}
    assert decisions <= {path.stem for path in TABLES}
    [process] = find(root, "bpmn:process")
    drawn = DRAWN_JOB_TYPES if properties(process).get("kyky.drawnOnly") == "true" else set()
    assert {each.get("type") for each in find(root, ".//zeebe:taskDefinition")} <= JOB_TYPES | drawn
    assert headers(root, "notification") <= reference("notifications").keys()
    assert headers(root, "template") <= {*Template, *DELIVERED}
    kinds = {json.loads(path.read_text())["kind"] for path in REFERENCE}
    beside = ",".join(properties(task).get("kyky.besideReference", "") for task in find(root, ".//bpmn:userTask"))
    assert set(filter(None, map(str.strip, beside.split(",")))) <= kinds
    assert headers(root, "kind") <= reference("appointment_kinds").keys()
    assert headers(root, "task") <= {task.get("id") for task in find(root, ".//bpmn:userTask")}


@in_every_folder
def test_limits_and_settings_that_are_read_exist(folder: Path) -> None:
    text = etree.tostring(running(folder), encoding="unicode")
    forms = [path for path in FORMS if path.stem in form_ids(running(folder))]
    text += "".join(path.read_text() for path in forms)
    for path in set(re.findall(r"viite\.([a-z0-9_.]+[a-z0-9_])", text)):
        head, _, rest = path.partition(".")
        if head == "alue":
            assert rest in reference("area_settings"), path
            continue
        value = reference("time_limits")[head]["value"]
        assert not rest or rest in value, path


@in_every_folder
def test_every_task_of_a_professional_reminds_and_escalates(folder: Path) -> None:
    """Rule X2; a task that the client fills has its own reminder, and what must be done at once escalates at once."""
    root = running(folder)
    reminded = {each.get("id", "").removesuffix("_muistutusaika") for each in find(root, ".//bpmn:boundaryEvent")}
    escalated = {each.get("id", "").removesuffix("_eskalaatioaika") for each in find(root, ".//bpmn:boundaryEvent")}
    for task in find(root, ".//bpmn:userTask"):
        if properties(task).get("kyky.selfFilled") == "true":
            continue
        assert task.get("id") in escalated, task.get("id")
        assert task.get("id") in reminded or task.get("id") == "x8_toimi_heti", task.get("id")


@in_every_folder
def test_an_escalation_offers_its_own_task_to_the_group_before_anybody_is_told(folder: Path) -> None:
    """Rule X2: released and shown first, then the mail; counted from the due date where there is one."""
    root = running(folder)
    onward = {flow.get("sourceRef"): flow.get("targetRef") for flow in find(root, ".//bpmn:sequenceFlow")}
    nodes = {node.get("id"): node for node in flow_nodes(root)}
    for event in find(root, ".//bpmn:boundaryEvent"):
        kind = (event.get("id") or "").removeprefix(f"{event.get('attachedToRef')}_")
        if kind not in {"muistutusaika", "eskalaatioaika"}:
            continue
        task = nodes[event.get("attachedToRef")]
        schedule = task.find("bpmn:extensionElements/zeebe:taskSchedule", NS)
        own = properties(task)
        if schedule is not None and schedule.get("dueDate") != "=now()" and own.get("kyky.selfFilled") != "true":
            [counted] = [each.text for each in event.iter() if tag(each) in {"timeDate", "timeDuration"}]
            assert schedule.get("dueDate", "").removeprefix("=") in counted, event.get("id")
        if kind == "eskalaatioaika":
            offered = nodes[onward[event.get("id")]]
            told = nodes[onward[offered.get("id")]]
            types = [each.find(".//zeebe:taskDefinition", NS).get("type") for each in (offered, told)]
            assert types == ["escalate_task", "send_notification"], event.get("id")
            assert headers(offered, "task") == headers(told, "task") == {task.get("id")}, event.get("id")


@in_every_folder
def test_a_red_flag_on_any_form_stops_the_pathway(folder: Path) -> None:
    """Rule X8: behind every task whose form asks about urgency stands the gateway that looks at the answer."""
    root = running(folder)
    asking = {path.stem for path in FORMS if '"kiireellinen"' in path.read_text()}
    onward = {(flow.get("sourceRef"), flow.get("targetRef")) for flow in find(root, ".//bpmn:sequenceFlow")}
    onward |= {(end.get("id"), end.getparent().get("id")) for end in find(root, ".//bpmn:subProcess/bpmn:endEvent")}
    for task in find(root, ".//bpmn:userTask"):
        if task.find(".//zeebe:formDefinition", NS).get("formId") in asking:
            reached = {task.get("id")}
            for _ in range(5):
                reached |= {target for source, target in onward if source in reached}
            assert any(each.endswith("_kiireellinen") for each in reached), task.get("id")


# -- forms -----------------------------------------------------------------------------------------------------------


@for_every_form
def test_forms_read_and_speak_three_languages(path: Path) -> None:
    form = read_form(path.read_bytes())
    assert form.form_id == path.stem
    assert form.form_id.startswith("f_")
    assert form.missing_translations == ()


@for_every_form
def test_red_flags_and_the_clients_view_are_asked_anew_each_time(path: Path) -> None:
    fields = {field.key: field for field in read_form(path.read_bytes()).fields}
    for key in ("kiireellinen", "turvallisuus_huoli", "asiakkaan_nakemys", "mita_tehtiin"):
        assert key not in fields or fields[key].ask_again, key


@for_every_form
def test_answers_have_a_data_group_and_care_data_never_becomes_a_process_variable(path: Path) -> None:
    form = read_form(path.read_bytes())
    if path.stem in WITHOUT_CLIENT:
        assert form.data_groups == frozenset()  # kept without case or client
        return
    for field in form.fields:
        assert field.data_group is not None, field.key
        if field.data_group in {DataGroup.HEALTH, DataGroup.SOCIAL, DataGroup.FUNCTIONAL_SUMMARY}:
            assert field.process_variable is None, field.key


# -- decisions -------------------------------------------------------------------------------------------------------


@for_every_table
def test_a_table_is_named_after_its_decision_and_drawn(path: Path) -> None:
    model = read_decisions(path.read_bytes())
    assert [each.decision_id for each in model.decisions] == [path.stem]
    root = etree.parse(path).getroot()
    drawn = {each.get("dmnElementRef") for each in root.iter() if each.get("dmnElementRef")}
    wanted = [*find(root, "dmn:inputData"), *find(root, "dmn:decision"), *find(root, ".//dmn:informationRequirement")]
    assert drawn == {element.get("id") for element in wanted}


@for_every_table
def test_every_rule_and_name_of_a_table_has_its_texts_in_the_catalogue(path: Path) -> None:
    texts = json.loads((SHARED / "decision_texts.json").read_text())
    root = etree.parse(path).getroot()
    decision = root.find("dmn:decision", NS)
    assert decision is not None
    assert decision.get("name") == texts[path.stem]["fi"]
    for rule in find(root, ".//dmn:rule"):
        code = rule.findtext("dmn:description", "", NS)
        assert rule.findtext("dmn:annotationEntry/dmn:text", "", NS) == texts[f"{path.stem}.{code}"]["fi"]
    for column in [*find(root, ".//dmn:input"), *find(root, ".//dmn:output")]:
        key = (column.get("id") or "").partition("_")[2]
        assert column.get("label") == texts[f"{path.stem}.{key}"]["fi"]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_what_a_table_puts_out_has_a_name_for_people(path: Path) -> None:
    """R-22: a decision is told in words, not in codes."""
    texts = json.loads((SHARED / "decision_texts.json").read_text())
    kinds = ("services", "client_groups", "referral_sources", "outcomes", "organisations", "roles")
    named = {row_id for kind in kinds for row_id in reference(kind)}
    root = etree.parse(path).getroot()
    codes = {
        code
        for entry in find(root, ".//dmn:outputEntry/dmn:text")
        for code in re.findall(r'"([^"]+)"', entry.text or "")
    }
    assert sorted(code for code in codes - named if f"{path.stem}.{code}" not in texts) == []


def test_a_choice_that_a_table_names_is_a_question_of_some_form() -> None:
    """R-22: what a person decided is found by the question that the table names."""
    asked = {
        field["key"]
        for path in PROCESSES.glob("*/forms/*.json")
        for section in json.loads(path.read_text())["sections"]
        for field in section["fields"]
        if field.get("record") == "answer"
    }
    named = {
        each.get("value")
        for path in TABLES
        for each in find(etree.parse(path).getroot(), ".//zeebe:property")
        if each.get("name") in {"kyky.choice", "kyky.reason"}
    }
    assert named
    assert named <= asked


def test_nothing_can_be_attached_to_an_anonymous_matter() -> None:
    """R-07: a file would carry names that no check of the text can see."""
    anonymous = [path for path in FORMS if path.stem in {"f_konsultaatio", "f_konsultaatio_vastaus"}]
    assert len(anonymous) == 2
    for path in anonymous:
        form = read_form(path.read_bytes())
        assert not form.has_files, path.stem
        assert form.data_groups == frozenset(), path.stem


def test_benefit_information_says_its_source() -> None:
    """R-17: what a worker writes of benefits says who told it, and the law where it is by law."""
    plans = {
        "toimeentulo_suunnitelma",
        "etuudet_tarkistettu",
        "kuntoutusraha_tarkistettu",
        "etuuskysymys",
        "talous_velat",
    }
    for path in FORMS:
        form = read_form(path.read_bytes())
        asked = {each.key: each for each in form.fields if each.data_group is DataGroup.BENEFITS}
        facts = {key for key in asked if key not in plans and not key.endswith(("_lahde", "_lakiperuste"))}
        # the client's own form needs no source: it is the client who tells
        if facts and path.stem != "f_saatelomake_ennakko":
            [source] = [each for key, each in asked.items() if key.endswith("_lahde")]
            assert source.required, path.stem
            assert {"asiakas", "kela_suostumus", "laki"} <= {option.value for option in source.options}
            assert any(key.endswith("_lakiperuste") for key in asked), path.stem


# -- reference data --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*REFERENCE, SHARED / "decision_texts.json"], ids=lambda path: path.stem)
def test_reference_data_speaks_three_languages_and_has_unique_ids(path: Path) -> None:
    content = json.loads(path.read_text())
    for text in localized(content):
        assert all(text.get(language) for language in LANGUAGES), text
    rows = content.get("rows", [])
    keys = Counter((row.get("area", ""), row["id"]) for row in rows)
    assert [key for key, times in keys.items() if times > 1] == []


def test_the_sharing_table_and_the_role_letters_are_those_of_the_code() -> None:
    written = {name: row.split() for name, row in sharing._ROWS.items()}
    assert {name: list(row["value"].values()) for name, row in reference("data_sharing").items()} == written
    assert {
        name: role["permissions"] for name, role in reference("roles").items() if name in ROLE_LETTERS
    } == ROLE_LETTERS


def test_measures_count_what_there_is() -> None:
    """What a measure counts and nobody asks or does any more would count nothing, in silence."""
    asked = {
        f"{form['id']}.{'.'.join(path)}"
        for form in (json.loads(path.read_text()) for path in FORMS)
        for section in form["sections"]
        for field in section["fields"]
        for path in [(field["key"],), *((field["key"], inner["key"]) for inner in field.get("fields", ()))]
    }
    steps = {
        f"{folder.name}.{task.get('id')}" for folder in FOLDERS for task in find(running(folder), ".//bpmn:userTask")
    }
    known = {
        "answer": asked,
        "done": {path.stem for path in FORMS},
        "start": {folder.name for folder in FOLDERS},
        "task": steps,
        "survey": {key.removeprefix("f_loppuarviointi.") for key in asked},
        "feedback": {key.removeprefix("f_asiakaspalaute.") for key in asked},
    }
    rows = {
        kind: {name: row["value"] for name, row in reference(kind).items()}
        for kind in ("measures", "measure_questions")
    }
    counted = {
        event.partition(":")[::2] for event in read_definitions(rows["measures"], rows["measure_questions"]).events
    }
    assert sorted(f"{kind}:{what}" for kind, what in counted if kind in known and what not in known[kind]) == []


def test_the_outcomes_are_those_of_the_code() -> None:
    rows = reference("outcomes")
    assert rows.keys() == set(Outcome)
    assert {name for name, row in rows.items() if row["value"]["hiddenFromEmployment"]} == BROKEN_OFF


@in_every_folder
def test_an_end_of_a_case_says_an_outcome_and_says_whose_choice_it_is(folder: Path) -> None:
    """Every end that closes the case names an end state; one behind f_sulkeminen asks there what was chosen (X1)."""
    root = diagram(folder)
    forms = {
        task.get("id"): task.find(".//zeebe:formDefinition", NS).get("formId")
        for task in find(root, ".//bpmn:userTask")
    }
    closing = [
        node
        for node in flow_nodes(root)
        if node.find("bpmn:extensionElements/zeebe:taskDefinition[@type='close_case']", NS) is not None
    ]
    for end in closing:
        assert tag(end) == "endEvent", end.get("id")
        assert headers(end, "outcome") <= set(Outcome), end.get("id")
        if headers(end, "outcome") & BROKEN_OFF:
            assert [forms[task] for task in headers(end, "task")] == ["f_sulkeminen"], end.get("id")


def test_what_reference_data_points_at_exists() -> None:
    organisations = reference("organisations")
    for service in reference("services").values():
        assert set(service["value"]["owners"]) <= organisations.keys()
        assert service["value"]["category"] in reference("service_categories")
    for unit in reference("units").values():
        assert unit["organisation"] in organisations
    for role in reference("roles").values():
        assert set(role["organisations"]) <= organisations.keys()


# -- scenarios -------------------------------------------------------------------------------------------------------


@in_every_folder
def test_scenarios_name_elements_of_their_process(folder: Path) -> None:
    known = {node.get("id") for node in flow_nodes(running(folder))}
    paths = sorted((folder / "scenarios").glob("*.json"))
    assert paths
    for path in paths:
        scenario = json.loads(path.read_text())
        assert scenario["id"] == path.stem
        assert scenario["process"] == folder.name
        assert all(scenario["name"].get(language) for language in LANGUAGES)
        expect = scenario["expect"]
        named = {step.get("task") or step.get("timer") for step in scenario["steps"]} - {None}
        named |= {scenario["start"]["event"], *scenario.get("bookings", {})}
        named |= {each for key in ("path", "notReached", "open", "waiting") for each in expect.get(key, [])}
        named |= {expect["end"]} if "end" in expect else set()
        assert named <= known, named - known


def test_the_page_of_the_pathways_says_what_the_diagrams_say() -> None:
    assert pathways_page.PAGE.read_text() == pathways_page.page(), "python -m tests.conformance.pathways_page"
