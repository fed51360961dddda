"""
The rules of BPMN 2.0.2 for a file as a whole, whether anything in it is executable or not.

What breaks one of them may still run; what cannot run is refused elsewhere (`app.engine.refusals`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.checks.standard.collaboration import check_collaboration
from app.engine.checks.standard.data import check_data
from app.engine.checks.standard.events import check_events
from app.engine.checks.standard.flows import check_flows
from app.engine.checks.standard.model import Model
from app.engine.checks.standard.references import check_references
from app.engine.checks.standard.schema import check_schema

if TYPE_CHECKING:
    from lxml.etree import _Element

    from app.domain.errors import Problem


def check_standard(root: _Element) -> tuple[Problem, ...]:
    """Return every rule that the file breaks, each once at its element."""
    model = Model(root)
    for check in (check_schema, check_references, check_flows, check_events, check_collaboration, check_data):
        check(model)
    seen: dict[str, Problem] = {}
    for problem in model.found:
        seen.setdefault(repr(problem), problem)
    return tuple(seen.values())
