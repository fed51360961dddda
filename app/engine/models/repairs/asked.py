"""What only a person can say is asked by a form: at the start of the process, or by the task before a gateway."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lxml import etree

from app.engine.models.repairs.events import definitions_of
from app.engine.models.repairs.working_copy import WorkingCopy, label_of
from app.engine.readings import EMBEDDED_FORM
from app.engine.vocabulary import ZEEBE, bpmn, extension, zeebe

if TYPE_CHECKING:
    from lxml.etree import _Element

LONGEST_LABEL = 180


def ask_at_start(copy: WorkingCopy, element: _Element, key: str, label: str) -> None:
    """Let the process of the element ask for a value when it is started."""
    process = next(element.iterancestors(bpmn("process")), None)
    if process is not None:
        copy.asked_at_start.setdefault(process.get("id", ""), []).append((key, label))


def write_start_forms(copy: WorkingCopy) -> None:
    """Put what is asked at the start into the form of the plain start; without one it stays open (an incident)."""
    for process in copy.processes():
        asked = copy.asked_at_start.get(process.get("id", ""), [])
        start = next((each for each in process.findall(bpmn("startEvent")) if not definitions_of(each)), None)
        if not asked or start is None or extension(start, "formDefinition") is not None:
            continue
        fields = [{"type": "textfield", "key": key, "label": label[:LONGEST_LABEL]} for key, label in asked]
        give_form(copy, start, f"{label_of(process)}", fields)
        copy.note("start_form_added", start, count=len(fields))


def choice(key: str, label: str, options: list[tuple[str, str]], *, several: bool, required: bool) -> dict[str, Any]:
    """Return the question which of the options (value, label) is meant."""
    return {
        "type": "checklist" if several else "radio",
        "key": key,
        "label": label[:LONGEST_LABEL],
        "values": [{"value": value, "label": text[:LONGEST_LABEL]} for value, text in options],
        "validate": {"required": required},
    }


def give_form(copy: WorkingCopy, element: _Element, title: str, fields: list[dict[str, Any]]) -> None:
    """Put a form into the diagram and let the user task or start show it."""
    process = next(element.iterancestors(bpmn("process")), None)
    if process is None:
        return
    form_id = copy.fresh_id(f"lomake_{element.get('id', '')}")
    components = [{"type": "text", "text": f"# {title[:LONGEST_LABEL]}"}, *fields]
    content = {"id": form_id, "type": "default", "schemaVersion": 16, "components": components}
    form = etree.SubElement(copy.extensions(process), zeebe("userTaskForm"), {"id": form_id}, nsmap={"zeebe": ZEEBE})
    form.text = json.dumps(content, ensure_ascii=False)
    copy.extend(element, "formDefinition", formKey=f"{EMBEDDED_FORM}{form_id}")
