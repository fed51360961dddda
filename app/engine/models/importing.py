"""
Import a model that was drawn elsewhere: the original stays byte for byte, beside it stands a copy put right by name.

Each repair has a name and is told. What a name stands for is what the normaliser does in memory with every diagram;
here it is written into the copy, so that an editor can open it, and a process owner sees and owns it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from app.domain.errors import InvalidInput, Problem
from app.domain.models import LARGEST_MODEL, LARGEST_ORIGINAL, FindingKind, ModelKind
from app.engine.models.dialects.schemas import form_of_schema
from app.engine.models.layout import complete, lay_out
from app.engine.models.naming import Named, kind_of, name_document, name_model
from app.engine.models.repairs.document import choose_what_runs
from app.engine.models.repairs.ladder import KINDS, RULES
from app.engine.models.repairs.reading import read_foreign
from app.engine.models.repairs.working_copy import KEPT, WorkingCopy
from app.engine.reader import read_drawing
from app.engine.rules import is_rule_document
from app.engine.vocabulary import ZEEBE, bpmn, namespace

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """`content` is the copy that can be opened and, where nothing else is wrong, run; `original` what was given."""

    kind: ModelKind
    named: Named
    original: bytes
    content: bytes
    repairs: tuple[Problem, ...]

    def of_kind(self, kind: FindingKind) -> list[Problem]:
        """Return the findings of a kind, in the order in which they were made."""
        return [problem for problem in self.repairs if KINDS[problem.code] is kind]


def import_model(original: bytes, *, form_id: str = "") -> Imported:
    """
    Read what was drawn elsewhere. What still cannot be published is no obstacle here: the check of the draft says it.

    A JSON Schema becomes a form of this id, as it has none itself.

    :raises InvalidInput: malformed, hostile, too large, without a process, or no model at all
    """
    _ensure_size(original, LARGEST_ORIGINAL)
    root, found = _read(original)
    if root is None:
        _ensure_size(original, LARGEST_MODEL)
        kind = kind_of(original)
        content, repairs = (kind is ModelKind.FORM and form_of_schema(original, form_id)) or (original, ())
        return Imported(kind=kind, named=name_model(kind, content), original=original, content=content, repairs=repairs)
    content, repairs = _repaired(root, original)
    return Imported(
        kind=ModelKind.DIAGRAM,
        named=name_document(root),
        original=original,
        content=content,
        repairs=(*found, *repairs),
    )


def _read(original: bytes) -> tuple[_Element | None, tuple[Problem, ...]]:
    """Return the tree of a diagram with what had to be understood otherwise; None for a table or form."""
    try:
        return read_drawing(original, largest=LARGEST_ORIGINAL), ()
    except InvalidInput as error:
        if error.problems[0].code not in _READ_OTHERWISE:
            raise
    _ensure_size(original, LARGEST_MODEL)
    try:
        kind_of(original)
    except InvalidInput as error:
        try:
            return read_foreign(original)
        except InvalidInput:
            raise error from None
    return None, ()


#: refusals of files that may be diagrams all the same
_READ_OTHERWISE = frozenset({"diagram_malformed", "diagram_not_bpmn"})


def _repaired(root: _Element, original: bytes) -> tuple[bytes, tuple[Problem, ...]]:
    if root.find(bpmn("process")) is None:
        # a choreography, a conversation, or pools without content: nothing in it could ever run
        raise InvalidInput([Problem("diagram_without_process")])
    before = etree.tostring(root)
    copy = WorkingCopy(root)
    # a common rule is content of other processes and runs nowhere by itself
    is_rule = is_rule_document(root)
    for rule in RULES:
        if not (is_rule and rule is choose_what_runs):
            rule(copy)
    if lay_out(root):
        copy.note("layout_drawn")
    elif missing := complete(root):
        copy.note("layout_completed", None, count=missing)
    if not copy.findings and etree.tostring(root) == before and len(original) <= LARGEST_MODEL:
        return original, ()
    content = bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    if len(content) > LARGEST_MODEL:
        _leave_out_notes(copy)
        content = bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
        _ensure_size(content, LARGEST_MODEL)
    return content, tuple(copy.findings)


def _leave_out_notes(copy: WorkingCopy) -> None:
    """Make a copy that is too large smaller by what other tools noted for themselves; the original keeps it."""
    left_out = 0
    for holder in copy.root.iter(bpmn("extensionElements")):
        for part in list(holder):
            if namespace(part) not in {ZEEBE, KEPT}:
                holder.remove(part)
                left_out += 1
    for element in copy.root.iter():
        if len(element) and not (element.text or "").strip():
            element.text = None
        if not (element.tail or "").strip():
            element.tail = None
    copy.note("notes_left_out", None, count=left_out)


def _ensure_size(content: bytes, limit: int) -> None:
    if len(content) > limit:
        raise InvalidInput([Problem("model_too_large", values={"limit": limit // 1024})])
