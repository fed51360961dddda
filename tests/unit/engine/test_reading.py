"""Reading a diagram: what is hostile, malformed or not supported is refused, with the element's id and name."""

import pytest

from app.domain.errors import InvalidDiagram, NotFound
from app.engine import reader
from app.engine.diagrams import compile_process, content_hash, read_diagram
from tests.unit.engine.drawing import (
    HEAD,
    ROOTS,
    boundary,
    call,
    diagram,
    element,
    end,
    error,
    event_sub,
    script,
    service,
    start,
    sub,
    timer,
    user,
    xor,
)


def problems(xml: bytes) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidDiagram) as refusal:
        read_diagram(xml)
    return [(problem.code, problem.place, problem.name) for problem in refusal.value.problems]


def codes(xml: bytes) -> set[str]:
    return {code for code, _, _ in problems(xml)}


PLAIN = diagram(start(), user(), end(), flow="s u; u e")


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "diagram_malformed"),
        (b"<a", "diagram_malformed"),
        (b"\xff\xfe\x00", "diagram_malformed"),
        (b"<a/>", "diagram_not_bpmn"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "diagram_doctype"),
        (
            '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'.encode("utf-16"),
            "diagram_doctype",
        ),
        (b" " * (reader.LARGEST_FILE + 1), "diagram_too_large"),
        (
            PLAIN.replace(b"</bpmn:process>", b"<bpmn:documentation>&lol;</bpmn:documentation></bpmn:process>"),
            "diagram_malformed",
        ),
        (diagram(start(), *["<bpmn:extensionElements>" * 80 + "</bpmn:extensionElements>" * 80]), "diagram_too_deep"),
        (diagram(start(), *[user(f"u{number}") for number in range(5_001)]), "diagram_too_many_elements"),
        (PLAIN.replace(b'isExecutable="true"', b'isExecutable="false"'), "no_executable_process"),
    ],
)
def test_hostile_and_malformed_files_are_refused(xml, code):
    assert codes(xml) == {code}


UNSUPPORTED = {
    "callActivity without a process": (element("callActivity", "x", name="Kutsu"), "called_process_id_missing"),
    "callActivity with an unknown binding": (
        call("x", "q", name="Kutsu", bindingType="newest"),
        "unsupported_attribute",
    ),
    "callActivity bound to no tag": (call("x", "q", name="Kutsu", bindingType="versionTag"), "version_tag_missing"),
    "an empty adHocSubProcess": (element("adHocSubProcess", "x", name="Kutsu"), "no_start"),
    "an adHocSubProcess with an end": (
        element("adHocSubProcess", "y", user("a") + end("x", name="Kutsu")),
        "event_in_ad_hoc",
    ),
    "an element of a later BPMN": (element("quantumTask", "x", name="Kutsu"), "unsupported_element"),
    "condition": (
        element("intermediateCatchEvent", "x", "<bpmn:conditionalEventDefinition/>", name="Kutsu"),
        "event_condition_missing",
    ),
    "cancel": (element("endEvent", "x", "<bpmn:cancelEventDefinition/>", name="Kutsu"), "cancel_outside_transaction"),
    "a catch event that waits for nothing": (element("intermediateCatchEvent", "x", name="Kutsu"), "unsupported_event"),
    "a timer that is thrown": (
        element("intermediateThrowEvent", "x", timer("timeDuration", "P1D"), name="Kutsu"),
        "unsupported_event",
    ),
    "two errors at once": (element("endEvent", "x", error() + error(), name="Kutsu"), "several_event_definitions"),
    "for compensation": (user("x", name="Kutsu", isForCompensation="true"), "compensation_handler_apart"),
    "service without job": (element("serviceTask", "x", name="Kutsu"), "job_type_missing"),
    "script in another language": (
        element("scriptTask", "x", "<bpmn:script>import os</bpmn:script>", name="Kutsu", scriptFormat="python"),
        "script_missing",
    ),
    "rule without decision": (element("businessRuleTask", "x", name="Kutsu"), "decision_id_missing"),
    "receive without message": (element("receiveTask", "x", name="Kutsu"), "event_without_name"),
    "unknown message": (element("receiveTask", "x", name="Kutsu", messageRef="nowhere"), "unknown_reference"),
    "FEEL that cannot be parsed": (script("x", "=1 +", "y", name="Kutsu"), "feel_syntax"),
    "a result that hides a context": (script("x", "=1", "asia", name="Kutsu"), "variable_name"),
    "an unreadable timer": (
        element("intermediateCatchEvent", "x", timer("timeDuration", "soon"), name="Kutsu"),
        "timer_unreadable",
    ),
    "a cron cycle that never comes": (
        element("intermediateCatchEvent", "x", timer("timeCycle", "0 0 9 30 2 *"), name="Kutsu"),
        "timer_unreadable",
    ),
    "a timer without time": (
        element("intermediateCatchEvent", "x", "<bpmn:timerEventDefinition/>", name="Kutsu"),
        "timer_missing",
    ),
    "a listener that we do not run": (
        user(
            "x",
            extensions='<zeebe:taskListeners><zeebe:taskListener eventType="sleeping" type="l"/></zeebe:taskListeners>',
            name="Kutsu",
        ),
        "listener_event",
    ),
    "a listener of cancelling whose type is computed": (
        user(
            "x",
            extensions="<zeebe:taskListeners>"
            '<zeebe:taskListener eventType="canceling" type="=l"/></zeebe:taskListeners>',
            name="Kutsu",
        ),
        "listener_computed",
    ),
    "a listener of cancelling without a number of retries": (
        user(
            "x",
            extensions="<zeebe:taskListeners>"
            '<zeebe:taskListener eventType="canceling" type="l" retries="many"/></zeebe:taskListeners>',
            name="Kutsu",
        ),
        "listener_computed",
    ),
}


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_what_is_not_supported_is_refused_by_id_and_name(case):
    written, code = UNSUPPORTED[case]
    found = problems(diagram(start(), written, flow="s x", roots=ROOTS))
    assert (code, "x", "Kutsu") in found


@pytest.mark.parametrize(
    ("xml", "code", "place"),
    [
        (diagram(start(), start("s2"), user(), flow="s u; s2 u"), "several_none_starts", "p"),
        (diagram(start(), user(), end(), flow="s u; e u; u e"), "flow_out_of_end", "e"),
        (diagram(start(), user(), end(), flow="s u; u s"), "flow_into_start", "s"),
        (diagram(start(), user(), flow="s u; u nowhere"), "flow_without_end", "u__nowhere"),
        (
            diagram(start(), sub("p1", start("s1"), user("a"), flow="s1 a"), user(), flow="s p1; p1 a"),
            "flow_without_end",
            "p1__a",
        ),
        (diagram(start(), xor("g"), user("a"), user("b"), flow="s g; g a; g b [=x]"), "flow_without_condition", "g"),
        (diagram(start(), xor("g", default="zz"), user("a"), flow="s g; g a"), "unknown_reference", "g"),
        (
            diagram(start(), element("parallelGateway", "g"), user("a"), user("b"), flow="s g; g a [=x]; g b"),
            "condition_not_allowed",
            "g",
        ),
        (
            diagram(start(), xor("g"), user("a"), user("b"), flow="s g; g a [${x == 1}]; g b [=x]"),
            "condition_not_feel",
            "g",
        ),
        (
            diagram(start(), element("eventBasedGateway", "g"), user("a"), flow="s g; g a"),
            "event_gateway_needs_events",
            "a",
        ),
        (
            diagram(start(), user(), boundary("b", "nowhere", error()), end(), flow="s u; b e", roots=ROOTS),
            "boundary_without_activity",
            "b",
        ),
        (
            diagram(start(), xor("g"), boundary("b", "g", error()), end(), flow="s g; b e", roots=ROOTS),
            "boundary_on_wrong_element",
            "b",
        ),
        (
            diagram(
                start(), user(), boundary("b", "u", error(), interrupting=False), end(), flow="s u; b e", roots=ROOTS
            ),
            "error_must_interrupt",
            "b",
        ),
        (
            diagram(start(), sub("es", user("a"), triggeredByEvent="true"), user(), flow="s u"),
            "event_sub_process_needs_one_start",
            "es",
        ),
        (diagram(start(), user("u"), user("u"), flow="s u"), "duplicate_id", "u"),
        (
            diagram(
                start(), element("intermediateThrowEvent", "l", '<bpmn:linkEventDefinition name="A"/>'), flow="s l"
            ),
            "link_without_target",
            "l",
        ),
        (
            diagram(
                start(), sub("p1", start("s1", timer("timeDuration", "P1D")), end("e1"), flow="s1 e1"), flow="s p1"
            ),
            "unsupported_event",
            "s1",
        ),
        (
            diagram(
                start(),
                event_sub("es", timer("timeDuration", "P1D"), user("a"), flow="es_s a"),
                user(),
                flow="s u; u es",
            ),
            "flow_into_start",
            "es",
        ),
        (
            diagram(
                start(),
                user(),
                boundary("b1", "u", error(None)),
                boundary("b2", "u", error(None)),
                end(),
                flow="s u; b1 e; b2 e",
            ),
            "caught_twice",
            "b2",
        ),
        (
            diagram(
                element("subProcess", "p1"),
            ),
            "no_start",
            "p1",
        ),
        (
            diagram(
                start(),
                element("receiveTask", "r", messageRef="m"),
                flow="s r",
                roots='<bpmn:message id="m" name="n"/>',
            ),
            "correlation_key_missing",
            "r",
        ),
    ],
)
def test_drawings_that_break_a_rule_are_refused(xml, code, place):
    assert (code, place) in {(found, where) for found, where, _ in problems(xml)}


def test_a_drawing_that_contradicts_itself_is_refused():
    claimed = user("u", "<bpmn:outgoing>s__u</bpmn:outgoing><bpmn:incoming>nowhere</bpmn:incoming>")
    assert ("flow_contradicts", "u", "") in problems(diagram(start(), claimed, end(), flow="s u; u e"))
    joining = xor("g", gatewayDirection="Diverging")
    assert ("gateway_direction", "g", "") in problems(
        diagram(start(), user("a"), user("b"), joining, end(), flow="s a; s b; a g; b g; g e")
    )
    link = '<bpmn:linkEventDefinition name="A"/>'
    linked = element("intermediateThrowEvent", "out", link), element("intermediateCatchEvent", "into", link)
    assert ("flow_into_link", "into", "") in problems(diagram(start(), *linked, end(), flow="s out; s into; into e"))


@pytest.mark.parametrize(
    ("inner", "roots", "place"),
    [
        ('<bpmn:dataObjectReference id="d" dataObjectRef="nowhere"/>', "", "d"),
        ('<bpmn:dataObjectReference id="d" dataObjectRef="u"/>', "", "d"),
        ('<bpmn:dataObject id="d" itemSubjectRef="nowhere"/>', "", "d"),
        (
            "",
            '<bpmn:collaboration id="c"><bpmn:participant id="x" processRef="nowhere"/></bpmn:collaboration>',
            "x",
        ),
    ],
)
def test_references_that_lead_nowhere_are_refused(inner, roots, place):
    xml = diagram(start(), user(), end(), inner, flow="s u; u e", roots=roots)
    assert ("unknown_reference", place, "") in problems(xml)


def test_what_another_file_declares_is_not_looked_for():
    data = '<bpmn:dataObject id="d" itemSubjectRef="xsd:string" xmlns:xsd="http://www.w3.org/2001/XMLSchema"/>'
    assert read_diagram(diagram(start(), user(), end(), data, flow="s u; u e"))


def test_a_default_flow_where_nothing_is_chosen_is_refused():
    fork = element("parallelGateway", "g", default="g__a")
    xml = diagram(start(), fork, user("a"), user("b"), flow="s g; g a; g b")
    assert ("unsupported_attribute", "g", "") in problems(xml)


def test_oddities_of_flows_are_told():
    xml = diagram(
        start(),
        xor("g", default="g__a"),
        user("a"),
        user("b"),
        end(),
        flow="s g; g a [=x]; g b [=x]; a e [=x]",
    )
    told = {(repair.code, repair.place) for repair in read_diagram(xml).repairs}
    assert {("default_condition_ignored", "g"), ("condition_alone", "a")} <= told


def test_a_named_error_without_code_does_not_become_a_catch_all():
    xml = diagram(
        start(),
        service(),
        boundary("b", "t", error("e0")),
        end(),
        flow="s t; t e; b e",
        roots='<bpmn:error id="e0" name="Nimi"/>',
    )
    assert ("event_without_name", "b", "") in problems(xml)


def test_other_engines_instructions_are_refused_rather_than_ignored():
    xml = PLAIN.replace(
        b"<bpmn:userTask ", b'<bpmn:userTask xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:assignee="x" '
    )
    assert codes(xml) == {"foreign_extension"}


def test_the_attribute_of_bpmn_itself_names_a_process_too():
    calling = diagram(start(), element("callActivity", "x", calledElement="ns:toinen"), flow="s x")
    assert read_diagram(calling).processes[0].called_process_ids == {"toinen"}


def test_every_problem_is_told_at_once():
    xml = diagram(
        start(), element("callActivity", "c"), service("t", ""), script("k", "=1 +", "y"), flow="s c; c t; t k"
    )
    assert {place for _, place, _ in problems(xml)} == {"c", "t", "k"}


def test_repairs_are_told():
    xml = diagram(user(), end(), flow="u e").replace(b' id="u__e"', b"")
    assert {(repair.code, repair.place) for repair in read_diagram(xml).repairs} == {
        ("flow_id_added", "u"),
        ("implicit_start", "p"),
        ("task_without_people", "u"),
    }


def test_the_outline_says_what_a_process_needs():
    xml = diagram(
        element("startEvent", "s", extensions='<zeebe:formDefinition formId="f_alku"/>', name="Alku"),
        user(
            "u",
            extensions='<zeebe:formDefinition formId="f_x"/><zeebe:taskSchedule dueDate="=viite.t_x"/>',
            name="Kysy",
        ),
        xor("g", default="g__t"),
        element("businessRuleTask", "r", extensions='<zeebe:calledDecision decisionId="dmn_x" resultVariable="t"/>'),
        service("t", "send_notification"),
        end(),
        '<bpmn:laneSet><bpmn:lane id="l" name="Palveluohjaaja"><bpmn:flowNodeRef>u</bpmn:flowNodeRef></bpmn:lane>'
        "</bpmn:laneSet>",
        flow="s u; u g; g r [=asia.ika > 55 and tulos = 1]; g t; r e; t e",
    )
    [outline] = read_diagram(xml).processes
    assert outline.form_ids == {"f_alku", "f_x"}
    assert outline.decision_ids == {"dmn_x"}
    assert outline.job_types == {"send_notification"}
    assert outline.references == {"asia.ika", "viite.t_x"}
    assert outline.start_events[0].form_id == "f_alku"
    by_id = {each.element_id: each for each in outline.elements}
    assert (by_id["u"].lane, by_id["u"].name, by_id["u"].element_type) == ("Palveluohjaaja", {"fi": "Kysy"}, "userTask")
    assert by_id["g__r"].element_type == "sequenceFlow"


def test_only_executable_processes_are_read():
    other = '<bpmn:process id="doc" isExecutable="false"><bpmn:callActivity id="c"/></bpmn:process>'
    xml = PLAIN.replace(b"</bpmn:definitions>", other.encode() + b"</bpmn:definitions>")
    assert [process.process_id for process in read_diagram(xml).processes] == ["p"]
    with pytest.raises(NotFound):
        compile_process(xml, "doc", content_hash(xml))


def test_a_compiled_process_is_kept_by_its_hash():
    digest = content_hash(PLAIN)
    assert compile_process(PLAIN, "p", digest) is compile_process(PLAIN, "p", digest)
    assert HEAD.encode() in PLAIN


def foreign(inner="", space="http://camunda.org/schema/1.0/bpmn", **attributes):
    """Return a diagram with a user task that has things of another engine."""
    written = "".join(f' c:{name}="{value}"' for name, value in attributes.items())
    xml = diagram(start(), user("u", extensions=inner), end(), flow="s u; u e")
    return xml.replace(b'<bpmn:userTask id="u"', f'<bpmn:userTask xmlns:c="{space}" id="u"{written}'.encode())


@pytest.mark.parametrize(
    ("xml", "left_out"),
    [
        (foreign(asyncBefore="true", exclusive="false", jobPriority="5"), {"asyncBefore", "exclusive", "jobPriority"}),
        (foreign(assignee="", formKey=" "), {"assignee", "formKey"}),
        (foreign('<c:properties><c:property name="n" value="v"/></c:properties>'), {"properties", "property"}),
        (foreign("<c:failedJobRetryTimeCycle>R3/PT1M</c:failedJobRetryTimeCycle>"), {"failedJobRetryTimeCycle"}),
        (foreign("<c:formData/><c:inputOutput> </c:inputOutput>"), {"formData", "inputOutput"}),
        (foreign(space="http://flowable.org/bpmn", **{"async": "true"}), {"async"}),
    ],
)
def test_what_runs_nothing_in_another_engine_is_left_out_and_told(xml, left_out):
    repairs = [each for each in read_diagram(xml).repairs if each.code == "foreign_left_out"]
    assert {each.values["element"] for each in repairs} == left_out
    assert {each.place for each in repairs} == {"u"}


@pytest.mark.parametrize(
    "xml",
    [
        foreign(assignee="${pomo}"),
        foreign(candidateGroups="r"),
        foreign(formKey="f"),
        foreign('<c:taskListener event="create" class="X"/>'),
        foreign('<c:inputOutput><c:inputParameter name="a">1</c:inputParameter></c:inputOutput>'),
        foreign('<c:formData><c:formField id="a"/></c:formData>'),
        foreign(space="http://www.jboss.org/drools", asyncBefore="true"),
        foreign("<c:properties/>", space="http://spiffworkflow.org/bpmn/schema/1.0/core"),
    ],
)
def test_what_means_something_in_another_engine_is_refused(xml):
    assert codes(xml) == {"foreign_extension"}
