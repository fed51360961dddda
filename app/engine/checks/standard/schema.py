"""The form of the file: the schema of BPMN 2.0.2, as SpiffWorkflow brings it."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, cast

from lxml import etree

from app.engine.vocabulary import BPMN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.etree import _Element

    from app.engine.checks.standard.model import Model

#: violations of one file that are told
MOST_TOLD = 10
#: longer than any message that helps
LONGEST_MESSAGE = 300


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    with as_file(files("SpiffWorkflow.bpmn.parser") / "schema") as folder:
        return etree.XMLSchema(etree.parse(folder / "BPMN20.xsd"))


def _errors(schema: etree.XMLSchema) -> list[tuple[int, str]]:
    """Return line and message of each violation."""
    # lxml's stubs do not know that a log is a list
    return [(error.line, error.message) for error in cast("Iterable[Any]", schema.error_log)]


def check_schema(model: Model) -> None:
    """Warn of what the schema does not allow, each at the nearest element with an id."""
    schema = _schema()
    if schema.validate(model.root):
        return
    by_line: dict[int, _Element] = {}
    for element in model.root.iter("{*}*"):
        by_line.setdefault(cast("int", element.sourceline), element)
    seen: set[tuple[int, str]] = set()
    for line, text in _errors(schema):
        message = text.replace(f"{{{BPMN}}}", "")[:LONGEST_MESSAGE]
        if (line, message) not in seen and len(seen) < MOST_TOLD:
            seen.add((line, message))
            model.warn("schema_violation", by_line.get(line, model.root), line=line, message=message)
