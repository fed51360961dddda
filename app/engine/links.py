"""How a process hangs together with others: whom it calls and starts, what it sends and what it hears."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.domain.chart import LinkKind, ProcessLink
from app.engine.vocabulary import extension, task_headers

if TYPE_CHECKING:
    from app.engine.graph import Node, Scope

#: header of a job that starts a process of its own: which one
_STARTED = "process"
_THROWING = frozenset({"intermediateThrowEvent", "endEvent", "sendTask"})
_NAMED = frozenset({"message", "signal"})
#: a text in FEEL; an expression that chooses a process writes the ids that it may choose
_TEXT = re.compile(r'"([^"\\]+)"')


def links_of(scope: Scope) -> Iterator[ProcessLink]:
    """
    Return the links of the process and of all that is inside of it.

    A process that an expression chooses is every text in the expression: whoever draws the whole keeps those that are
    processes. A message whose name is computed is none.
    """
    for node in scope.nodes.values():
        yield from _of_node(node)
        if node.inside is not None:
            yield from links_of(node.inside)


def _of_node(node: Node) -> Iterator[ProcessLink]:
    if node.tag == "callActivity":
        called = extension(node.element, "calledElement")
        process_id = "" if called is None else called.get("processId", "")
        process_id = process_id or node.element.get("calledElement", "").rpartition(":")[2]
        names = _TEXT.findall(process_id) if process_id.lstrip().startswith("=") else [process_id]
        yield from (ProcessLink(LinkKind.CALLS, name) for name in names if name)
    started = task_headers(node.element).get(_STARTED, "")
    if started and not started.startswith("="):
        yield ProcessLink(LinkKind.STARTS, started)
    for event in () if node.event is None else node.event.each:
        if event.kind in _NAMED and event.name and not event.name.startswith("="):
            yield ProcessLink(LinkKind.SENDS if node.tag in _THROWING else LinkKind.HEARS, event.name)
