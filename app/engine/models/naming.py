"""What a model is called, whether it can be published or not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.errors import InvalidDecision, InvalidDiagram, InvalidInput, Problem
from app.domain.localized import LANGUAGES, LocalizedText
from app.domain.models import LARGEST_MODEL, ModelKind
from app.engine.decisions.document import children, parse, zeebe_properties
from app.engine.normaliser import is_true
from app.engine.reader import read_drawing
from app.engine.vocabulary import bpmn, properties

if TYPE_CHECKING:
    from lxml.etree import _Element

LONGEST_ID = 200
LONGEST_NAME = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """`model_id` is the id of the first process or decision, or of the form; "" where it has none."""

    model_id: str
    name: LocalizedText


def name_model(kind: ModelKind, content: bytes) -> Named:
    """
    Return id and name of a model.

    A form that is being written need not be JSON yet; XML must be, because nothing could open it again.

    :raises InvalidDiagram, InvalidDecision: malformed, hostile or no BPMN or DMN
    :raises InvalidInput: larger than any model may be
    """
    if len(content) > LARGEST_MODEL:
        raise InvalidInput([Problem("model_too_large", values={"limit": LARGEST_MODEL // 1024})])
    if kind is ModelKind.DIAGRAM:
        return name_document(read_drawing(content))
    if kind is ModelKind.DECISION:
        return _decision(parse(content))
    return _form(content)


def kind_of(content: bytes) -> ModelKind:
    """
    Return what the content is, by its beginning and not by its file's name.

    :raises InvalidInput: neither BPMN nor DMN nor a form
    """
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return ModelKind.FORM
    try:
        name_model(ModelKind.DIAGRAM, content)
    except InvalidDiagram as error:
        if error.problems[0].code != "diagram_not_bpmn":
            raise
    else:
        return ModelKind.DIAGRAM
    try:
        name_model(ModelKind.DECISION, content)
    except InvalidDecision:
        raise InvalidInput([Problem("model_unknown")]) from None
    return ModelKind.DECISION


def name_document(root: _Element) -> Named:
    """Return id and name of the first process of a diagram that is run, else of its first."""
    processes = root.findall(bpmn("process"))
    if not processes:
        return Named(model_id="", name={"fi": ""})
    process = next((each for each in processes if is_true(each.get("isExecutable"))), processes[0])
    said = properties(process)
    return _named(process.get("id", ""), {"fi": process.get("name", "")} | _translated(said))


def _decision(root: _Element) -> Named:
    decision = next(children(root, "decision"), None)
    if decision is None:
        return Named(model_id="", name={"fi": root.get("name", "")})
    said = zeebe_properties(decision)
    return _named(decision.get("id", ""), {"fi": decision.get("name", "")} | _translated(said))


def _translated(said: dict[str, str]) -> dict[str, str]:
    return {language: said.get(f"kyky.name.{language}", "") for language in LANGUAGES if language != "fi"}


def _form(content: bytes) -> Named:
    try:
        read: Any = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        return Named(model_id="", name={"fi": ""})
    title = read.get("title")
    texts = title if isinstance(title, dict) else {}
    name = {language: str(texts[language]) for language in LANGUAGES if isinstance(texts.get(language), str)}
    form_id = read.get("id")
    return _named(form_id if isinstance(form_id, str) else "", name)


def _named(model_id: str, name: dict[str, str]) -> Named:
    texts = {language: " ".join(text.split())[:LONGEST_NAME] for language, text in name.items() if text}
    return Named(model_id=model_id[:LONGEST_ID], name={"fi": model_id[:LONGEST_ID], **texts})
