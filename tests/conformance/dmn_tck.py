"""Reading the DMN TCK's cases and running them through our own doors: compile_decision and decide."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from lxml import etree

from app.domain.errors import EngineFault, InvalidDecision, KykypolkuError
from app.engine.decisions import compile_decision, decide
from app.engine.feel import from_state, to_state

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_TAGS = {"xsd:date": "date", "xsd:time": "time", "xsd:dateTime": "date and time"}


@dataclass(frozen=True)
class Case:
    level: int
    folder: str
    case_id: str
    node: str
    kind: str
    model: Path
    expected: Any
    is_error: bool
    inputs: Mapping[str, Any] = field(hash=False)

    @property
    def name(self) -> str:
        return f"{self.folder}/{self.model.stem}/{self.case_id}/{self.node}"

    @property
    def valued(self) -> bool:
        return self.expected is not None


class Unreadable:
    """A value of the case that Python cannot hold, such as the year 999999999; equal to its own text only."""

    def __init__(self, text: str) -> None:
        self.text = text


def cases(suite: Path) -> Iterator[Case]:
    """Go through the cases in the order of their folders; one for each result node."""
    for level in (2, 3):
        for file in sorted(suite.glob(f"compliance-level-{level}/*/*-test-*.xml")):
            root = etree.parse(file).getroot()
            model = file.parent / _text(root, "modelName")
            for case in _all(root, "testCase"):
                yield from _case(level, file.parent.name, model, case)


def _case(level: int, folder: str, model: Path, case: Any) -> Iterator[Case]:
    inputs: dict[str, Any] = {each.get("name"): _value(each) for each in _all(case, "inputNode")}
    for result in _all(case, "resultNode"):
        expected = next(iter(_all(result, "expected")), None)
        yield Case(
            level=level,
            folder=folder,
            case_id=case.get("id", ""),
            node=case.get("invocableName") or result.get("name", ""),
            kind=case.get("type", "decision"),
            model=model,
            expected=None if expected is None else _value(expected),
            is_error=result.get("errorResult") == "true",
            inputs=inputs,
        )


def _all(parent: Any, name: str) -> list[Any]:
    return [each for each in parent if isinstance(each.tag, str) and etree.QName(each).localname == name]


def _text(parent: Any, name: str) -> str:
    return "".join(_all(parent, name)[0].itertext()).strip()


def _value(node: Any) -> Any:
    """Read <value>, <list> or <component>s below a node."""
    if lists := _all(node, "list"):
        return None if lists[0].get(f"{XSI}nil") == "true" else [_value(item) for item in _all(lists[0], "item")]
    if components := _all(node, "component"):
        return {each.get("name"): _value(each) for each in components}
    values = _all(node, "value")
    return _scalar(values[0]) if values else None


def _scalar(value: Any) -> Any:
    text = value.text or ""
    kind = value.get(f"{XSI}type", "xsd:string")
    if value.get(f"{XSI}nil") == "true":
        return None
    if kind == "xsd:boolean":
        return text.strip() == "true"
    if kind in ("xsd:decimal", "xsd:double", "xsd:integer", "xsd:int"):
        return float(text)
    if kind in _TAGS or kind == "xsd:duration":
        return _temporal(kind, text.strip())
    return text


def _temporal(kind: str, text: str) -> Any:
    months = "Y" in text or "M" in text.split("T", maxsplit=1)[0]
    tag = _TAGS.get(kind) or ("years and months duration" if months else "days and time duration")
    try:
        return from_state({"$feel": tag, "value": text})
    except KykypolkuError:
        return Unreadable(text)


def models(case: Case) -> tuple[bytes, list[bytes]]:
    """Return the case's model and the other models of its folder, for imports."""
    others = [each for each in sorted(case.model.parent.glob("*.dmn")) if each != case.model]
    return case.model.read_bytes(), [each.read_bytes() for each in others]


def element_id(xml: bytes, name: str) -> str:
    """Return the id of the decision, service or function with this name."""
    root = etree.fromstring(xml)
    for each in root:
        wanted = ("decision", "decisionService", "businessKnowledgeModel")
        if isinstance(each.tag, str) and etree.QName(each).localname in wanted and each.get("name") == name:
            return str(each.get("id") or name)
    raise LookupError(name)


def run(case: Case) -> tuple[bool, Any]:
    """Tell whether the case passes, and what came out. A failing decision counts as null, as the TCK has it."""
    xml, others = models(case)
    try:
        compiled = compile_decision(xml, element_id(xml, case.node), imports=others)
        result = decide(compiled, case.inputs, now=NOW).output
    except (EngineFault, InvalidDecision) as error:
        return case.expected is None, error
    # one node of a service with several outputs
    if case.kind == "decisionService" and isinstance(result, dict) and not isinstance(case.expected, dict):
        result = next(iter(result.values()))
    return same(case.expected, result), result


def same(expected: Any, actual: Any) -> bool:
    """Compare as the TCK does: numbers with a little room, everything else exactly."""
    if isinstance(expected, Unreadable):
        return False
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, (int, float)) and isinstance(actual, (int, float)):
        return math.isclose(expected, actual, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(same(expected[key], actual[key]) for key in expected)
    if isinstance(expected, (date, datetime, time)) and type(expected) is type(actual):
        return bool(to_state(expected) == to_state(actual) or expected == actual)
    return type(expected) is type(actual) and bool(expected == actual)
