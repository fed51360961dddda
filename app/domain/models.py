"""What process owners draw: diagrams, decision tables and forms, and drafts of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ModelKind(StrEnum):
    """What a model is; the value is how its file ends."""

    DIAGRAM = "bpmn"
    DECISION = "dmn"
    FORM = "json"


#: bytes of one model; the same as the readers of each kind take at most
LARGEST_MODEL = 2 * 1024 * 1024
#: bytes of a diagram as another tool wrote it, with its pictures and notes; the copy is no larger than any model
LARGEST_ORIGINAL = 8 * 1024 * 1024
#: the owner of a draft that all process owners share; an own copy has the key of its person
SHARED = 0


class FindingKind(StrEnum):
    """What an import tells of an element."""

    #: put right; nothing is missing
    REPAIR = "repair"
    #: a person has to decide or name something; until then a mark stands there
    QUESTION = "question"
    #: taken out of what runs
    LOSS = "loss"


class Change(StrEnum):
    """What happened to a part of a model from one version to the next."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """
    One part of a model that is not as it was.

    `element_id` is an element's id or a form field's path, `element_type` the XML name or the field's type, `name` what
    the drawer calls it. `values` may say the number of a table's row ("row") and, of what changed, what stood there and
    stands there now ("details": tuples of what, before and after; short texts, "" = nothing).
    """

    change: Change
    element_id: str
    element_type: str
    name: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
