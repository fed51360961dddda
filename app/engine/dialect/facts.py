"""What a diagram says of every element: flows, mappings, notes, listeners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.engine.expressions import Expression, Template
from app.engine.seam import ListenerEvent, Value

if TYPE_CHECKING:
    from app.domain.localized import LocalizedText
    from app.domain.sharing import DataGroup
    from app.engine.dialect.jobs import JobDefinition


@dataclass(frozen=True, slots=True)
class Flow:
    """A way out of an element. `reported` is false for what the normaliser added."""

    flow_id: str
    target: str
    condition: Expression | None = None
    is_default: bool = False
    reported: bool = True


@dataclass(frozen=True, slots=True)
class Mapping:
    """One line of an ioMapping: the value of `source` becomes the variable `target` (a path of names)."""

    source: Template
    target: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A result that becomes a fact of the case and no variable (`kyky.note.<fact>`), in its data group."""

    fact: str
    value: Expression
    data_group: DataGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the diagram says of an element, whatever its kind."""

    element_id: str
    element_type: str
    name: LocalizedText
    properties: dict[str, str] = field(default_factory=dict)
    flows: tuple[Flow, ...] = ()
    #: input mappings in groups; a group may use what the groups before it wrote
    inputs: tuple[tuple[Mapping, ...], ...] = ()
    outputs: tuple[tuple[Mapping, ...], ...] = ()
    notes: tuple[Note, ...] = ()
    #: the jobs of the listeners for a moment of the element's life, in order
    listeners: dict[ListenerEvent, tuple[JobDefinition, ...]] = field(default_factory=dict)


def assemble(group: tuple[Mapping, ...], values: Sequence[Value], present: dict[str, Value]) -> dict[str, Value]:
    """Return the variables that the mappings write; a path of names changes one entry inside a context."""
    written: dict[str, Value] = {}
    for mapping, value in zip(group, values, strict=True):
        head, *rest = mapping.target
        if not rest:
            written[head] = value
            continue
        outer = written.get(head, present.get(head))
        written[head] = _with_entry(outer, rest, value)
    return written


def _with_entry(outer: Value, path: Sequence[str], value: Value) -> Value:
    entries = dict(outer) if isinstance(outer, dict) else {}
    head, *rest = path
    entries[head] = _with_entry(entries.get(head), rest, value) if rest else value
    return entries
