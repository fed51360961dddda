"""What has happened, and how far a process has come, in words of the trade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.domain.course import STEPS, is_told, name_of
from app.domain.localized import LocalizedText, in_language
from app.domain.steps import ElementOutline
from app.web.language import current_language, texts

_KINDS = {"completed": "done", "activated": "current", "terminated": "system"}


def story(lines: Iterable[Mapping[str, Any]], elements: Mapping[str, ElementOutline]) -> list[dict[str, Any]]:
    """Return the history as a timeline shows it, newest first: what was done, what was withdrawn, what began."""
    told = []
    for line in lines:
        element = elements.get(line["element_id"])
        if is_told(line, element):
            name = in_language(name_of(element, elements), current_language()) or line["element_id"]
            told.append(
                told_line(
                    at=line["at"],
                    element_type=line["element_type"],
                    name=name,
                    event=line["event"],
                    who=line["actor"] or "",
                )
            )
    return told[::-1]


def told_line(*, at: datetime, element_type: str, name: str, event: str, who: str, note: str = "") -> dict[str, Any]:
    """Return one thing that happened."""
    say = texts()
    kind = "step" if element_type in STEPS else element_type
    key = f"story.{kind}.{event}"
    fallback = f"story.step.{event}"
    text = say(key if key in say else fallback, name=name)
    return {"kind": _KINDS.get(event, "system"), "text": text, "who": who, "at": at, "note": note}


def _name(element: ElementOutline | None) -> str:
    return "" if element is None else in_language(element.name, current_language()) or element.element_id


def steps(elements: Sequence[ElementOutline], *, been: Iterable[str], here: Iterable[str]) -> list[dict[str, Any]]:
    """Return the steps that were done and the steps where the process stands, in the diagram's order."""
    active, passed = set(here), set(been)
    return [
        {
            "text": _name(element),
            "kind": "current" if element.element_id in active else "done",
            "element_id": element.element_id,
        }
        for element in elements
        if element.element_type in STEPS and element.element_id in active | passed
    ]


def been_and_here(lines: Sequence[Mapping[str, Any]]) -> tuple[set[str], set[str]]:
    """Return the ids of the elements that are done, and of those that are active."""
    ended = {line["element_instance_key"] for line in lines if line["event"] in {"completed", "terminated"}}
    withdrawn = {line["element_instance_key"] for line in lines if line["event"] == "withdrawn"}
    been = {
        line["element_id"]
        for line in lines
        if line["event"] == "completed" and line["element_instance_key"] not in withdrawn
    }
    here = {
        line["element_id"]
        for line in lines
        if line["event"] == "activated"
        and line["element_type"] != "process"
        and line["element_instance_key"] not in ended
    }
    return been, here


def shown(text: LocalizedText) -> str:
    """Return the text of data in the language of the page."""
    return in_language(text, current_language())


def diagram_address(definition_key: int) -> str:
    """Return where the drawing of the version is, in the language of the page."""
    return f"/processes/{definition_key}/diagram.{current_language()}.bpmn"
