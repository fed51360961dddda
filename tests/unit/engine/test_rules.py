"""Common rules: taken in with one element, checked, told, and never at the cost of the original file."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import InvalidDiagram
from app.domain.steps import JobOpened, TimerOpened, UserTaskOpened
from app.engine.diagrams import compile_process, content_hash, read_diagram
from app.engine.rules import is_shared_rule, probe, read_rule, rules_taken_in
from app.engine.run import start
from app.engine.seam import Surroundings
from tests.factories import NAMESPACES, diagram, flow, user_step

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def rule(rule_id: str, body: str, *, roots: str = "", executable: str = "false") -> bytes:
    return (
        f'<bpmn:definitions {NAMESPACES}>{roots}<bpmn:process id="{rule_id}" name="Sääntö" isExecutable="{executable}">'
        f"{extra(('kyky.sharedRule', 'true'), ('kyky.name.sv', 'Regel'))}{body}</bpmn:process></bpmn:definitions>"
    ).encode()


def extra(*pairs: tuple[str, str], inside: str = "") -> str:
    properties = "".join(f'<zeebe:property name="{name}" value="{value}"/>' for name, value in pairs)
    return f"<bpmn:extensionElements>{inside}<zeebe:properties>{properties}</zeebe:properties></bpmn:extensionElements>"


def taking(element_id: str, rule_id: str, *pairs: tuple[str, str], event: bool = False, inside: str = "") -> str:
    triggered = ' triggeredByEvent="true"' if event else ""
    named = extra(("kyky.rule", rule_id), *pairs, inside=inside)
    return f'<bpmn:subProcess id="{element_id}"{triggered}>{named}</bpmn:subProcess>'


def timer_on(host: str, name: str, time: str) -> str:
    return (
        f'<bpmn:boundaryEvent id="{host}_{name}" cancelActivity="false" attachedToRef="{host}">'
        f"<bpmn:timerEventDefinition><bpmn:timeDate>{time}</bpmn:timeDate></bpmn:timerEventDefinition>"
        f'</bpmn:boundaryEvent><bpmn:endEvent id="{host}_{name}_sent">{extra(inside=HEADERS.format(host))}'
        "<bpmn:messageEventDefinition/></bpmn:endEvent>" + flow(f"{host}_{name}", f"{host}_{name}_sent")
    )


HEADERS = (
    '<zeebe:taskDefinition type="tell"/><zeebe:taskHeaders><zeebe:header key="task" value="{}"/></zeebe:taskHeaders>'
)
REMINDER = rule(
    "reminder",
    '<bpmn:userTask id="any"/>' + timer_on("any", "late", "=erapaiva + duration(viite.t_muistutus)"),
)
CALL = rule(
    "call",
    '<bpmn:subProcess id="call_content"><bpmn:startEvent id="begin_call"/>'
    + user_step("phone", groups="r_palveluohjaaja", form_id="f_one")
    + '<bpmn:endEvent id="called"/>'
    + flow("begin_call", "phone")
    + flow("phone", "called")
    + "</bpmn:subProcess>",
)
ALARM = rule(
    "alarm",
    '<bpmn:subProcess id="alarm_content" triggeredByEvent="true"><bpmn:startEvent id="rings" isInterrupting="false">'
    '<bpmn:messageEventDefinition messageRef="ring"/></bpmn:startEvent>'
    + user_step("answer")
    + '<bpmn:endEvent id="answered"/>'
    + flow("rings", "answer")
    + flow("answer", "answered")
    + "</bpmn:subProcess>",
    roots='<bpmn:message id="ring" name="rings"><bpmn:extensionElements><zeebe:subscription correlationKey="=asia_id"/>'
    "</bpmn:extensionElements></bpmn:message>",
)
RULES = {"reminder": REMINDER, "call": CALL, "alarm": ALARM}


def pathway(*parts: str, first: str = "task") -> bytes:
    body = '<bpmn:startEvent id="begin"/><bpmn:endEvent id="done"/>' + flow("begin", first) + "".join(parts)
    return diagram(body)


def dated_task(due: str) -> str:
    return (
        '<bpmn:userTask id="task"><bpmn:extensionElements>'
        f"<zeebe:taskSchedule dueDate='{due}'/></bpmn:extensionElements></bpmn:userTask>" + flow("task", "done")
    )


def begin(xml: bytes):
    read = read_diagram(xml, RULES)
    process = compile_process(read.runnable, "test_process", read.content_hash)
    keys = itertools.count(10)
    around = Surroundings(
        now=NOW, new_key=lambda: next(keys), contexts={"asia": {}, "viite": {"t_muistutus": "P3D"}}, decisions={}
    )
    return start(process, variables={"asia_id": "1"}, surroundings=around, start_element_id="begin", instance_key=1)


def opened(step, kind):
    return {item.element_id: item for item in step.opened if isinstance(item, kind)}


def codes_of(xml: bytes, rules=None) -> list[tuple[str, str]]:
    with pytest.raises(InvalidDiagram) as refused:
        read_diagram(xml, RULES if rules is None else rules)
    return [(problem.code, problem.place) for problem in refused.value.problems]


def test_a_pathway_without_rules_runs_as_it_is():
    xml = pathway(user_step("task"), flow("task", "done"))
    assert read_diagram(xml, RULES).runnable == xml
    assert read_diagram(xml).content_hash == content_hash(xml)


def test_a_sub_process_takes_the_place_of_an_empty_one_and_the_taking_is_told():
    xml = pathway(taking("call", "call"), flow("call", "done"), first="call")
    read = read_diagram(xml, RULES)
    assert [(repair.code, repair.place, repair.values["rule"]) for repair in read.repairs] == [
        ("rule_taken_in", "call", "call")
    ]
    assert set(opened(begin(xml), UserTaskOpened)) == {"phone"}
    elements = {element.element_id: element for element in read.processes[0].elements}
    assert elements["phone"].drawn_as == "call"
    assert read.processes[0].form_ids == {"f_one"}


def test_a_rule_taken_in_twice_has_its_elements_twice_under_other_names():
    xml = pathway(
        taking("first", "call"),
        taking("second", "call"),
        flow("first", "second"),
        flow("second", "done"),
        first="first",
    )
    read = read_diagram(xml, RULES)
    assert {"first_phone", "second_phone"} <= {element.element_id for element in read.processes[0].elements}


def test_form_and_groups_of_a_task_may_be_replaced_and_nothing_else():
    replaced = taking("call", "call", ("kyky.formOf.phone", "f_two"), ("kyky.groupsOf.phone", "r_laakari"))
    task = opened(begin(pathway(replaced, flow("call", "done"), first="call")), UserTaskOpened)["phone"]
    assert (task.form_id, task.candidate_groups) == ("f_two", ("r_laakari",))
    wrong = taking("call", "call", ("kyky.formOf.nobody", "f_two"))
    assert codes_of(pathway(wrong, flow("call", "done"), first="call")) == [("rule_without_task", "call")]


def test_input_mappings_of_the_taking_element_are_the_rule_s_variables():
    given = '<zeebe:ioMapping><zeebe:input source="=1 + 1" target="given"/></zeebe:ioMapping>'
    step = begin(pathway(taking("call", "call", inside=given), flow("call", "done"), first="call"))
    assert [(item.name, item.value) for item in step.variables if item.name == "given"] == [("given", 2)]


def test_an_event_sub_process_waits_with_its_own_message():
    step = begin(pathway(user_step("task"), flow("task", "done"), taking("alarm", "alarm", event=True)))
    assert [item.message_name for item in step.opened if hasattr(item, "message_name")] == ["rings"]


@pytest.mark.parametrize(
    ("due", "fires"),
    [
        ('=now() + duration("P10D")', NOW + timedelta(days=13)),
        ("", NOW + timedelta(days=3)),
        ("=puuttuva", NOW + timedelta(days=3)),
        ("2026-03-10T10:00:00", datetime(2026, 3, 13, 8, tzinfo=UTC)),
        # the end of the day, in Finland
        ('=date("2026-03-10")', datetime(2026, 3, 13, 21, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_rule_of_tasks_counts_from_the_due_date_else_from_the_opening(due, fires):
    step = begin(pathway(dated_task(due), taking("x", "reminder", event=True)))
    assert opened(step, TimerOpened)["task_late"].due_at == fires
    assert opened(step, JobOpened) == {}


def test_a_rule_of_tasks_reaches_tasks_in_other_rules_but_not_those_that_go_without():
    own = '<bpmn:userTask id="task">' + extra(("kyky.withoutRule", "other, reminder")) + "</bpmn:userTask>"
    xml = pathway(
        own, flow("task", "call"), taking("call", "call"), flow("call", "done"), taking("x", "reminder", event=True)
    )
    ids = {element.element_id for element in read_diagram(xml, RULES).processes[0].elements}
    assert "phone_late" in ids
    assert "task_late" not in ids
    assert "x" not in ids


def test_the_header_of_a_notification_names_the_task_that_it_is_about():
    xml = pathway(user_step("task"), flow("task", "done"), taking("x", "reminder", event=True))
    assert b'key="task" value="task"' in read_diagram(xml, RULES).runnable


def test_what_cannot_be_taken_in_is_refused_at_its_element():
    full = taking("call", "call").replace("</bpmn:subProcess>", '<bpmn:startEvent id="own"/></bpmn:subProcess>')
    cases = {
        "unknown_rule": taking("call", "nobody"),
        "rule_not_empty": full,
        "rule_of_another_kind": taking("call", "alarm"),
    }
    for code, element in cases.items():
        assert (code, "call") in codes_of(pathway(element, flow("call", "done"), first="call")), code
    assert ("unknown_rule", "call") in codes_of(pathway(taking("call", "call"), flow("call", "done"), first="call"), {})


def test_a_rule_that_takes_in_itself_is_refused():
    loop = rule(
        "loop",
        '<bpmn:subProcess id="c"><bpmn:startEvent id="s"/>'
        + taking("inner", "loop")
        + flow("s", "inner")
        + "</bpmn:subProcess>",
    )
    found = codes_of(pathway(taking("call", "loop"), flow("call", "done"), first="call"), {"loop": loop})
    assert "rule_in_itself" in {code for code, _ in found}


@pytest.mark.parametrize("body", ["", '<bpmn:startEvent id="s"/>', '<bpmn:userTask id="without_events"/>'])
def test_a_rule_holds_a_sub_process_or_tasks_with_events(body):
    with pytest.raises(InvalidDiagram) as refused:
        read_rule(rule("empty", body))
    assert [problem.code for problem in refused.value.problems] == ["rule_unreadable"]


def test_a_rule_is_told_from_a_pathway_and_checked_alone():
    assert is_shared_rule(CALL)
    assert not is_shared_rule(pathway(user_step("task"), flow("task", "done")))
    assert not is_shared_rule(rule("call", "", executable="true"))
    assert read_rule(CALL).name == {"fi": "Sääntö", "sv": "Regel"}
    assert rules_taken_in(probe("call", CALL)) == {"call"}
    for rule_id, xml in RULES.items():
        assert read_diagram(probe(rule_id, xml), RULES).processes
