"""Repairs of gateways: conditions that can be read, and a question to a person where none was drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from app.engine.models.dialects.expressions import NotTranslated, translate
from app.engine.models.repairs.asked import choice, give_form
from app.engine.models.repairs.working_copy import (
    ACTIVITY_NODES,
    WorkingCopy,
    incoming,
    label_of,
    name_from,
    outgoing,
)
from app.engine.vocabulary import bpmn, extension, local_name, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
#: by what a gateway says of itself: whether several flows may come in, and whether several may go out
_DIRECTIONS = {"Converging": (True, False), "Diverging": (False, True)}
_WIDTH, _HEIGHT, _ROOM = 100.0, 80.0, 150.0


def read_conditions(copy: WorkingCopy) -> None:
    """A condition is FEEL; one of another language is translated where its meaning is plain, else set aside."""
    for flow in copy.flows():
        condition = flow.find(bpmn("conditionExpression"))
        if condition is None:
            continue
        text = text_of(condition)
        if not text:
            copy.set_aside(condition, flow)
            continue
        language = condition.get("language", "")
        if text.startswith("=") and (not language or "feel" in language.lower()):
            continue
        try:
            translated = translate(text, language=language)
        except NotTranslated:
            copy.note("condition_not_translated", flow, condition=text)
            copy.set_aside(condition, flow)
            continue
        condition.attrib.pop("language", "")
        condition.text = f"={translated}"
        copy.note("condition_translated", flow, condition=text, translated=translated)


def place_conditions(copy: WorkingCopy) -> None:
    """Conditions stand where flows are chosen; defaults where there is something else to choose."""
    for node in copy.nodes():
        flows = outgoing(node)
        ids = {flow.get("id") for flow in flows}
        conditional = [flow for flow in flows if flow.find(bpmn("conditionExpression")) is not None]
        free = local_name(node) in ACTIVITY_NODES | {"complexGateway"}
        chooses = free or local_name(node) in _CHOOSING
        if node.get("default") and (node.get("default") not in ids or not chooses):
            copy.note("default_left_out", node, flow=copy.set_attribute_aside(node, "default"))
        if not chooses:
            for flow in conditional:
                part = flow.find(bpmn("conditionExpression"))
                copy.note("condition_left_out", flow, condition=text_of(part))
                if part is not None:
                    copy.set_aside(part, flow)
        elif free and node.get("default"):
            rest = [flow for flow in conditional if flow.get("id") != node.get("default")]
            if not rest:
                copy.note("default_left_out", node, flow=copy.set_attribute_aside(node, "default"))


def mend_directions(copy: WorkingCopy) -> None:
    """What a gateway says of its direction is what its flows show; an event gateway with one way out is none."""
    for gateway in list(copy.nodes()):
        if not local_name(gateway).endswith("Gateway"):
            continue
        several_in, several_out = _DIRECTIONS.get(gateway.get("gatewayDirection", ""), (True, True))
        if (len(incoming(gateway)) > 1 and not several_in) or (len(outgoing(gateway)) > 1 and not several_out):
            copy.note("direction_left_out", gateway, direction=gateway.get("gatewayDirection", ""))
            gateway.set("gatewayDirection", "Unspecified")
        if local_name(gateway) == "eventBasedGateway" and len(outgoing(gateway)) < 2:
            gateway.tag = bpmn("exclusiveGateway")
            for attribute in ("eventGatewayType", "instantiate"):
                gateway.attrib.pop(attribute, "")
            copy.note("event_gateway_made_plain", gateway)


def choose_flows(copy: WorkingCopy) -> None:
    """
    A gateway whose flows have no conditions asks a person, by a form before it.

    One flow without a condition beside others with one is what happens otherwise: the default.
    """
    for gateway in list(copy.nodes(*_CHOOSING)):
        flows = outgoing(gateway)
        default = gateway.get("default", "")
        plain = [flow for flow in flows if flow.find(bpmn("conditionExpression")) is None and flow.get("id") != default]
        if len(flows) < 2 or not plain:
            continue
        if len(plain) == 1 and not default:
            gateway.set("default", plain[0].get("id", ""))
            copy.note("default_chosen", gateway, flow=_label(copy, plain[0]))
            continue
        _ask(copy, gateway, plain, everything=len(plain) == len(flows))


def _ask(copy: WorkingCopy, gateway: _Element, flows: list[_Element], *, everything: bool) -> None:
    key = copy.variable("valinta", gateway)
    several = local_name(gateway) != "exclusiveGateway"
    options: dict[str, str] = {}
    for flow in flows:
        label = _label(copy, flow)
        value = _free(name_from(label, "tie"), options)
        options[value] = label
        condition = etree.SubElement(flow, bpmn("conditionExpression"))
        condition.text = f'=list contains({key}, "{value}")' if several else f'={key} = "{value}"'
    title = " ".join(gateway.get("name", "").split()) or "Mistä jatketaan?"
    question = choice(key, title, list(options.items()), several=several, required=everything)
    asking = _task_before(gateway)
    if asking is None:
        asking = _put_task(copy, gateway, title)
        if asking is None:
            return
        copy.note("choice_task_added", gateway, task=asking.get("id", ""), variable=key)
    else:
        copy.note("choice_asked", gateway, task=label_of(asking), variable=key)
    give_form(copy, asking, title, [question])


def _free(stem: str, taken: dict[str, str]) -> str:
    number = 1
    made = stem
    while made in taken:
        number += 1
        made = f"{stem}_{number}"
    return made


def _task_before(gateway: _Element) -> _Element | None:
    """Return the user task right before the gateway whose form can ask: it has none, and leads nowhere else."""
    arriving = incoming(gateway)
    scope = gateway.getparent()
    if len(arriving) != 1 or scope is None:
        return None
    before = next(
        (each for each in scope.findall(bpmn("userTask")) if each.get("id") == arriving[0].get("sourceRef")), None
    )
    if before is None or extension(before, "formDefinition") is not None or len(outgoing(before)) != 1:
        return None
    repeated = any(local_name(each).endswith("LoopCharacteristics") for each in before)
    return None if repeated or extension(before, "ioMapping") is not None else before


def _put_task(copy: WorkingCopy, gateway: _Element, title: str) -> _Element | None:
    scope = gateway.getparent()
    if scope is None:
        return None
    gateway_id = gateway.get("id", "")
    arriving = incoming(gateway)
    task = copy.add(scope, "userTask", f"valitse_{gateway_id}", name=title)
    copy.extend(task, "userTask")
    task_id = task.get("id", "")
    onward = copy.add(scope, "sequenceFlow", f"virta_{task_id}_{gateway_id}", sourceRef=task_id, targetRef=gateway_id)
    for flow in arriving:
        flow.set("targetRef", task_id)
    _join_lane(copy, gateway_id, task_id)
    box = copy.drawing.box(gateway_id)
    if box is None:
        return task
    x, y, _, height = box
    middle = y + height / 2
    ends = {flow.get("id", ""): copy.drawing.points(flow.get("id", "")) for flow in arriving}
    copy.drawing.make_room(gateway_id, _ROOM)
    copy.drawing.put(task_id, (x, middle - _HEIGHT / 2, _WIDTH, _HEIGHT), beside=gateway_id)
    copy.drawing.connect(onward.get("id", ""), [(x + _WIDTH, middle), (x + _ROOM, middle)], beside=gateway_id)
    for flow_id, points in ends.items():
        if points:
            copy.drawing.end_at(flow_id, _at_border(points[-1], (x, middle)))
    return task


def _at_border(point: tuple[float, float], left_middle: tuple[float, float]) -> tuple[float, float]:
    """Return where a line ends at the task that stands where the gateway stood: on the side from which it came."""
    x, middle = left_middle
    if point[0] <= x + 2:
        return x, middle
    return x + _WIDTH / 2, middle - _HEIGHT / 2 if point[1] < middle else middle + _HEIGHT / 2


def _join_lane(copy: WorkingCopy, beside: str, task_id: str) -> None:
    for reference in list(copy.root.iter(bpmn("flowNodeRef"))):
        if text_of(reference) == beside:
            made = etree.Element(bpmn("flowNodeRef"))
            made.text = task_id
            reference.addnext(made)


def _label(copy: WorkingCopy, flow: _Element) -> str:
    """Return what the flow is called: its name, else that of what it leads to."""
    name = " ".join(flow.get("name", "").split())
    if name:
        return name
    target = copy.nodes_by_id().get(flow.get("targetRef", ""))
    return flow.get("id", "") if target is None else label_of(target)
