"""Small diagrams for tests, written in a few words: elements, and flows as "from to" or "from to [=condition]"."""

from __future__ import annotations

import re
from xml.sax.saxutils import quoteattr

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' targetNamespace="http://test">'
)


def flows(text: str) -> str:
    """Return sequence flows; their ids are from__to."""
    found = []
    for line in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        match = re.fullmatch(r"(\w+) (\w+)(?: \[(.*)\])?", line)
        assert match, line
        source, target, condition = match.groups()
        inner = f"<bpmn:conditionExpression>{escape(condition)}</bpmn:conditionExpression>" if condition else ""
        found.append(
            f'<bpmn:sequenceFlow id="{source}__{target}" sourceRef="{source}" targetRef="{target}">{inner}'
            "</bpmn:sequenceFlow>"
        )
    return "".join(found)


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def diagram(*elements: str, flow: str = "", roots: str = "", process_id: str = "p") -> bytes:
    body = "".join(elements) + flows(flow)
    process = f'<bpmn:process id="{process_id}" name="Koe" isExecutable="true">{body}</bpmn:process>'
    return f"{HEAD}{roots}{process}</bpmn:definitions>".encode()


def element(tag: str, element_id: str, inner: str = "", extensions: str = "", **attributes: str) -> str:
    written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    held = f"<bpmn:extensionElements>{extensions}</bpmn:extensionElements>" if extensions else ""
    return f'<bpmn:{tag} id="{element_id}"{written}>{held}{inner}</bpmn:{tag}>'


def io(inputs: dict[str, str] | None = None, outputs: dict[str, str] | None = None) -> str:
    lines = [
        f"<zeebe:input source={quoteattr(source)} target={quoteattr(to)}/>" for to, source in (inputs or {}).items()
    ]
    lines += [
        f"<zeebe:output source={quoteattr(source)} target={quoteattr(to)}/>" for to, source in (outputs or {}).items()
    ]
    return f"<zeebe:ioMapping>{''.join(lines)}</zeebe:ioMapping>"


def start(element_id: str = "s", inner: str = "", **attributes: str) -> str:
    return element("startEvent", element_id, inner, **attributes)


def end(element_id: str = "e", inner: str = "", **attributes: str) -> str:
    return element("endEvent", element_id, inner, **attributes)


def user(element_id: str = "u", inner: str = "", extensions: str = "", **attributes: str) -> str:
    return element("userTask", element_id, inner, "<zeebe:userTask/>" + extensions, **attributes)


def service(element_id: str = "t", job: str = "job", inner: str = "", extensions: str = "", **attributes: str) -> str:
    return element("serviceTask", element_id, inner, f'<zeebe:taskDefinition type="{job}"/>' + extensions, **attributes)


def call(
    element_id: str, process_id: str, inner: str = "", extensions: str = "", *, name: str = "", **attributes: str
) -> str:
    """Return a call activity; the attributes are those of zeebe:calledElement."""
    written = "".join(f" {each}={quoteattr(text)}" for each, text in attributes.items())
    called = f"<zeebe:calledElement processId={quoteattr(process_id)}{written}/>"
    return element("callActivity", element_id, inner, called + extensions, name=name)


def script(
    element_id: str, expression: str, result: str, inner: str = "", extensions: str = "", **attributes: str
) -> str:
    written = f"<zeebe:script expression={quoteattr(expression)} resultVariable={quoteattr(result)}/>"
    return element("scriptTask", element_id, inner, written + extensions, **attributes)


def xor(element_id: str = "g", **attributes: str) -> str:
    return element("exclusiveGateway", element_id, **attributes)


def parallel(element_id: str) -> str:
    return element("parallelGateway", element_id)


def inclusive(element_id: str, **attributes: str) -> str:
    return element("inclusiveGateway", element_id, **attributes)


def timer(kind: str, text: str) -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{escape(text)}</bpmn:{kind}></bpmn:timerEventDefinition>"


def message(ref: str = "m") -> str:
    return f'<bpmn:messageEventDefinition messageRef="{ref}"/>'


def signal(ref: str = "sig") -> str:
    return f'<bpmn:signalEventDefinition signalRef="{ref}"/>'


def error(ref: str | None = "err") -> str:
    return f'<bpmn:errorEventDefinition errorRef="{ref}"/>' if ref else "<bpmn:errorEventDefinition/>"


def escalation(ref: str | None = "esc") -> str:
    return f'<bpmn:escalationEventDefinition escalationRef="{ref}"/>' if ref else "<bpmn:escalationEventDefinition/>"


def compensation(activity: str = "", *, waits: bool = True) -> str:
    referred = f' activityRef="{activity}"' if activity else ""
    return f'<bpmn:compensateEventDefinition{referred} waitForCompletion="{str(waits).lower()}"/>'


def associated(source: str, target: str) -> str:
    return f'<bpmn:association id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'


def condition(text: str) -> str:
    return (
        f"<bpmn:conditionalEventDefinition><bpmn:condition>{escape(text)}</bpmn:condition>"
        "</bpmn:conditionalEventDefinition>"
    )


TERMINATE = "<bpmn:terminateEventDefinition/>"

#: root elements that the shorthands above refer to
ROOTS = (
    '<bpmn:message id="m" name="viesti"><bpmn:extensionElements><zeebe:subscription correlationKey="=avain"/>'
    '</bpmn:extensionElements></bpmn:message><bpmn:message id="m2" name="toinen"><bpmn:extensionElements>'
    '<zeebe:subscription correlationKey="=avain"/></bpmn:extensionElements></bpmn:message>'
    '<bpmn:signal id="sig" name="merkki"/><bpmn:error id="err" errorCode="virhe"/>'
    '<bpmn:escalation id="esc" escalationCode="nosto"/>'
)


def boundary(element_id: str, host: str, inner: str, *, interrupting: bool = True, extensions: str = "") -> str:
    return element(
        "boundaryEvent", element_id, inner, extensions, attachedToRef=host, cancelActivity=str(interrupting).lower()
    )


def undone(host: str, extensions: str = "") -> tuple[str, str, str]:
    """Return the compensation event c_<host> on the activity, and the user task undo_<host> that it leads to."""
    handler = user(f"undo_{host}", extensions=extensions, isForCompensation="true")
    return boundary(f"c_{host}", host, compensation()), handler, associated(f"c_{host}", f"undo_{host}")


def transaction(element_id: str, *elements: str, flow: str = "", **attributes: str) -> str:
    return element("transaction", element_id, "".join(elements) + flows(flow), **attributes)


def sub(element_id: str, *elements: str, flow: str = "", extensions: str = "", **attributes: str) -> str:
    return element("subProcess", element_id, "".join(elements) + flows(flow), extensions, **attributes)


def event_sub(element_id: str, definition: str, *elements: str, flow: str, interrupting: bool = True) -> str:
    """Return an event sub-process whose start event is `<id>_s`."""
    first = start(f"{element_id}_s", definition, isInterrupting=str(interrupting).lower())
    return sub(element_id, first, *elements, flow=flow, triggeredByEvent="true")


def multi(
    collection: str,
    *,
    sequential: bool = False,
    item: str = "item",
    output: tuple[str, str] | None = None,
    condition: str = "",
) -> str:
    collected = f' outputCollection="{output[0]}" outputElement={quoteattr(output[1])}' if output else ""
    done = f"<bpmn:completionCondition>{escape(condition)}</bpmn:completionCondition>" if condition else ""
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"><bpmn:extensionElements>'
        f'<zeebe:loopCharacteristics inputCollection={quoteattr(collection)} inputElement="{item}"{collected}/>'
        f"</bpmn:extensionElements>{done}</bpmn:multiInstanceLoopCharacteristics>"
    )
