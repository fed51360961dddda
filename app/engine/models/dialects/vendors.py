"""What other engines would run and ours does not: taken out of what runs, kept as text, and listed by element."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from app.engine.models.repairs.working_copy import WorkingCopy, told_name
from app.engine.vocabulary import BPMN, CAMUNDA_7, FOREIGN_EXECUTION, SAYS_NOTHING, local_name, namespace

if TYPE_CHECKING:
    from lxml.etree import _Element


def set_rest_aside(copy: WorkingCopy) -> None:
    """Take out every instruction of another engine that no rule before gave a meaning."""
    told: dict[_Element, list[str]] = defaultdict(list)
    for process in copy.processes():
        for element in list(process.iter("{*}*")):
            if namespace(element) in FOREIGN_EXECUTION:
                if not _is_inside_foreign(element) and not _says_nothing(element):
                    owner = _owner(element, process)
                    told[owner].append(told_name(str(element.tag), element))
                    copy.set_aside(element, owner)
                continue
            for name in [str(each) for each in element.attrib if _is_instruction(str(each))]:
                owner = _owner(element, process)
                told[owner].append(told_name(name, element))
                if owner is element:
                    copy.set_attribute_aside(element, name)
                else:
                    del element.attrib[name]
    for owner, parts in told.items():
        copy.note("vendor_left_out", owner, parts=", ".join(dict.fromkeys(parts)))


def _is_inside_foreign(element: _Element) -> bool:
    parent = element.getparent()
    return parent is not None and namespace(parent) in FOREIGN_EXECUTION


def _says_nothing(element: _Element) -> bool:
    return namespace(element) in CAMUNDA_7 and local_name(element) in SAYS_NOTHING


def _is_instruction(name: str) -> bool:
    if not name.startswith("{"):
        return False
    space, _, local = name[1:].rpartition("}")
    return space in FOREIGN_EXECUTION and not (space in CAMUNDA_7 and local in SAYS_NOTHING)


def _owner(element: _Element, process: _Element) -> _Element:
    """Return the nearest element that may have extensions and a name."""
    for each in [element, *element.iterancestors()]:
        if namespace(each) == BPMN and each.get("id") and local_name(each) not in _WITHOUT_EXTENSIONS:
            return each
    return process


_WITHOUT_EXTENSIONS = frozenset(
    {"conditionExpression", "loopCondition", "completionCondition", "formalExpression", "script"}
)
