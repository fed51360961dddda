"""Repairs of what leaves the order open: ad-hoc sub-processes and complex gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from app.engine.models.repairs.working_copy import ACTIVITY_NODES, WorkingCopy, incoming
from app.engine.normaliser import is_true
from app.engine.refusals import MOST_TOKENS, QUANTITIES
from app.engine.vocabulary import bpmn, local_name, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_NO_ORDER = frozenset({"startEvent", "endEvent"})


def free_ad_hoc(copy: WorkingCopy) -> None:
    """What is done in any order has neither a start nor an end of its own; one with nothing to do gets a task."""
    for scope in list(copy.nodes("adHocSubProcess")):
        for event in [each for each in scope if local_name(each) in _NO_ORDER]:
            copy.note("ad_hoc_event_left_out", scope, event=event.get("name", "") or event.get("id", ""))
            copy.drop_node(event)
        if not any(local_name(each) in ACTIVITY_NODES for each in scope):
            copy.add(scope, "task", f"tehtava_{scope.get('id', '')}")
            copy.note("content_missing", scope)


def choose_activation(copy: WorkingCopy) -> None:
    """A complex gateway that does not say when it goes on does so with the first that comes; the others end there."""
    for gateway in copy.nodes("complexGateway"):
        condition = gateway.find(bpmn("activationCondition"))
        if len(incoming(gateway)) < 2 or text_of(condition).startswith("="):
            continue
        if condition is not None and text_of(condition):
            copy.note("condition_not_translated", gateway, condition=text_of(condition))
            copy.set_aside(condition, gateway)
            condition = None
        if condition is None:
            condition = etree.SubElement(gateway, bpmn("activationCondition"))
        condition.text = "=activationCount >= 1"
        copy.note("activation_chosen", gateway)


def drop_idle_marks(copy: WorkingCopy) -> None:
    """Numbers of tokens that are none, turns that throw no event, and starts that something leads to say nothing."""
    for node in copy.nodes():
        name = local_name(node)
        marks = [mark for mark in QUANTITIES if node.get(mark) is not None and not _counts(node.get(mark, ""))]
        if name in {"receiveTask", "eventBasedGateway"} and is_true(node.get("instantiate")) and incoming(node):
            marks += [mark for mark in ("instantiate", "eventGatewayType") if node.get(mark) is not None]
        for mark in marks:
            copy.set_attribute_aside(node, mark)
            copy.note("flag_left_out", node, flag=mark)
        turns = node.find(bpmn("multiInstanceLoopCharacteristics"))
        if turns is not None and _throws_nothing(turns):
            copy.set_attribute_aside(turns, "behavior")
            copy.note("flag_left_out", node, flag="behavior")


def _counts(text: str) -> bool:
    return text.strip().isdecimal() and 1 <= int(text[:9]) <= MOST_TOKENS


def _throws_nothing(turns: _Element) -> bool:
    behavior = turns.get("behavior", "All")
    named = (
        turns.get(f"{behavior.lower()}BehaviorEventRef") or turns.find(bpmn("complexBehaviorDefinition")) is not None
    )
    return behavior != "All" and not named
