"""
Writes docs/reference/pathways.md from the diagrams: `python -m tests.conformance.pathways_page`.

What a pathway says of itself in English, how it begins and ends, whom it calls and what it sends. A test keeps the page
in step.
"""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree

from app.domain.steps import start_roles
from app.engine.diagrams import read_diagram
from tests.conformance.story import PROCESSES, pathway

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "pathways.md"
HEAD = """# Pathways

Written from the diagrams of `processes/` by `python -m tests.conformance.pathways_page`; a test keeps it in step. How
they are drawn and what was read into the requirement stands in `processes/README.md`.
"""


def page() -> str:
    """Return the page as it should be."""
    folders = sorted(path.parent.name for path in PROCESSES.glob("tyky_*/*.bpmn"))
    sections = sorted(_section(process_id) for process_id in folders)
    return "\n".join([HEAD, *(text for _, text in sections)])


def _section(process_id: str) -> tuple[tuple[int, str], str]:
    rules = {path.stem: path.read_bytes() for path in (PROCESSES / "shared" / "rules").glob("*.bpmn")}
    diagram = read_diagram((PROCESSES / process_id / f"{process_id}.bpmn").read_bytes(), rules)
    outline = pathway(process_id).outline
    documentation = outline.documentation["en"]
    numbered = re.match(r"([A-Z][\w() ]{1,15}): ", documentation)
    number = numbered[1] if numbered else ""
    said = documentation[numbered.end() :] if numbered else documentation
    roles = sorted(set().union(*(start_roles(outline, event) for event in outline.start_events)))
    lines = [f"## {number} {outline.name['en']}".replace("  ", " "), "", f"`{process_id}`: {said.strip()}", ""]
    for title, names in (
        ("Started by hand by", roles),
        ("Started by message", sorted(_messages(process_id, "startEvent"))),
        ("Sends", sorted(_messages(process_id, "Throw", "endEvent"))),
        ("Calls", sorted(outline.called_process_ids)),
        ("Decides with", sorted(outline.decision_ids)),
        ("Forms", sorted(outline.form_ids)),
        ("Common rules", sorted({repair.values["rule"] for repair in diagram.repairs if "rule" in repair.values})),
    ):
        if names:
            lines.append(f"- {title}: {', '.join(f'`{name}`' for name in names)}")
    digits = "".join(each for each in number if each.isdigit())
    return (int(digits or 99), number), "\n".join([*lines, ""])


def _messages(process_id: str, *kinds: str) -> set[str]:
    """Return the names of the messages that elements of these kinds have, at the top of the process."""
    bpmn = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
    root = etree.parse(PROCESSES / process_id / f"{process_id}.bpmn").getroot()
    names = {each.get("id"): each.get("name") or "" for each in root.iter(f"{bpmn}message")}
    process = root.find(f"{bpmn}process")
    nodes = process if kinds == ("startEvent",) else process.iter()
    return {
        names[event.get("messageRef")]
        for node in nodes
        if isinstance(node.tag, str) and any(kind in etree.QName(node).localname for kind in kinds)
        for event in node.iterfind(f"{bpmn}messageEventDefinition")
        if event.get("messageRef")
    }


if __name__ == "__main__":
    PAGE.write_text(page())
