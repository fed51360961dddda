"""Names that nothing writes and that look like one that something does: `maara` beside `määrä`, `asiakkas_id`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from app.domain.errors import ExpressionError
from app.engine.expressions import CONTEXTS, read_expression
from app.engine.graph import Findings, Node, Scope
from app.engine.vocabulary import BPMN, FLOW_NODES, bpmn, local_name, namespace, text_of, zeebe

if TYPE_CHECKING:
    from lxml.etree import _Element

#: how alike two names are that may be one (0 to 1), and how short they may be for it
ALIKE, SHORTEST = 0.85, 5
_WRITTEN = {
    "input": ("target",),
    "output": ("target",),
    "loopCharacteristics": ("inputElement", "outputCollection"),
    "script": ("resultVariable",),
    "calledDecision": ("resultVariable",),
}


def check_spelling(process: Scope, findings: Findings, *, given: Collection[str] = ()) -> None:
    """Warn of names that may be misspelt; `given` are those that come from outside, as from forms."""
    written = set(given) | set(_written(process.element))
    if not written:
        return
    for node in process.all_nodes():
        for text in _expressions(node):
            try:
                roots = read_expression(text).roots - CONTEXTS - written
            except ExpressionError:
                # refused where it stands
                continue
            for name in sorted(roots):
                for meant in get_close_matches(name, written, n=1, cutoff=ALIKE):
                    # a list and one of its items are named alike on purpose
                    if len(name) >= SHORTEST and not (name.startswith(meant) or meant.startswith(name)):
                        findings.warn("name_misspelt", node, variable=name, meant=meant, expression=text[:200])


def _written(process: _Element) -> Iterator[str]:
    for tag, attributes in _WRITTEN.items():
        for element in process.iter(zeebe(tag)):
            for attribute in attributes:
                if name := element.get(attribute, "").partition(".")[0]:
                    yield name


def _expressions(node: Node) -> Iterator[str]:
    """Return every FEEL text of the element, and of the flows out of it."""
    for element in _parts(node.element):
        for value in element.attrib.values():
            if str(value).lstrip().startswith("="):
                yield str(value)
        text = text_of(element)
        if text.lstrip().startswith("="):
            yield text
    for edge in node.outgoing:
        if edge.condition:
            yield edge.condition


def _parts(element: _Element) -> Iterator[_Element]:
    """Return everything in the element but the elements inside a sub-process."""
    for part in element:
        inner = namespace(part) == BPMN and (local_name(part) in FLOW_NODES or part.tag == bpmn("sequenceFlow"))
        if not inner:
            yield part
            yield from _parts(part)
