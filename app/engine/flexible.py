"""Read the parts of a diagram that leave the order open: ad-hoc sub-processes and complex gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.dialect.ad_hoc import AdHoc
from app.engine.expressions import Expression
from app.engine.normaliser import is_false
from app.engine.vocabulary import ACTIVITIES, bpmn, extension, text_of

if TYPE_CHECKING:
    from app.engine.graph import Node, Scope
    from app.engine.readings import Readings


def read_ad_hoc(readings: Readings, node: Node, inside: Scope) -> AdHoc:
    """Return how an ad-hoc sub-process begins, goes on and ends."""
    element = node.element
    given = extension(element, "adHoc")
    attributes: dict[str, str] = {} if given is None else {str(name): str(text) for name, text in given.items()}
    collection = attributes.get("outputCollection", "")
    output = attributes.get("outputElement", "")
    if bool(collection) != bool(output):
        readings.findings.refuse("output_collection_incomplete", node)
    condition = text_of(element.find(bpmn("completionCondition")))
    active = attributes.get("activeElementsCollection", "")
    return AdHoc(
        sequential=element.get("ordering", "Parallel") == "Sequential",
        active=readings.expression(active, node) if active else None,
        completion=readings.expression(condition, node) if condition else None,
        cancels_remaining=not is_false(element.get("cancelRemainingInstances")),
        output_collection=readings.variable_name(collection, node) if collection else "",
        output_element=readings.expression(output, node) if output else None,
        activities=frozenset(
            each.node_id
            for each in inside.nodes.values()
            if each.tag in ACTIVITIES and not (each.triggered_by_event or each.for_compensation)
        ),
    )


def read_activation(readings: Readings, node: Node) -> Expression | None:
    """Return the activation condition of a complex gateway; one that several flows lead to needs it."""
    condition = text_of(node.element.find(bpmn("activationCondition")))
    if condition:
        return readings.expression(condition, node)
    if len(node.incoming) > 1:
        readings.findings.refuse("activation_condition_missing", node)
    return None
