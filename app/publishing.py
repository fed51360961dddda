"""What stands in the way of publishing: the one set of rules that publishing and the studio's check both ask."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.domain.errors import InvalidDecision, InvalidDiagram, InvalidFormDefinition, Problem
from app.domain.forms import FormDefinition
from app.domain.steps import ProcessOutline
from app.engine.decisions import DecisionModel, read_decisions
from app.engine.diagrams import Diagram, read_diagram
from app.engine.forms import read_form
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Files that were read, by their names, and everything that is wrong with the others."""

    diagrams: Mapping[str, Diagram]
    decisions: Mapping[str, DecisionModel]
    forms: Mapping[str, FormDefinition]
    problems: tuple[Problem, ...]

    @property
    def outlines(self) -> list[ProcessOutline]:
        """The processes of all diagrams."""
        return [outline for diagram in self.diagrams.values() for outline in diagram.processes]


def read_resources(resources: Mapping[str, bytes]) -> Resources:
    """Read files by the ends of their names: *.bpmn, *.dmn, *.json or *.form; each problem says its file."""
    diagrams: dict[str, Diagram] = {}
    decisions: dict[str, DecisionModel] = {}
    forms: dict[str, FormDefinition] = {}
    problems: list[Problem] = []
    for name, content in resources.items():
        suffix = PurePosixPath(name).suffix.lower()
        try:
            if suffix == ".bpmn":
                diagrams[name] = read_diagram(content)
            elif suffix == ".dmn":
                decisions[name] = read_decisions(content)
            elif suffix in {".json", ".form"}:
                forms[name] = read_form(content)
            else:
                problems.append(Problem("unknown_resource", place=name))
        except (InvalidDiagram, InvalidDecision, InvalidFormDefinition) as error:
            problems += [
                Problem(item.code, place=item.place, name=item.name, values={**item.values, "resource": name})
                for item in error.problems
            ]
    return Resources(diagrams=diagrams, decisions=decisions, forms=forms, problems=tuple(problems))


def missing_references(
    uow: UnitOfWork,
    outlines: Collection[ProcessOutline],
    *,
    forms: Collection[str] = (),
    decisions: Collection[str] = (),
) -> list[Problem]:
    """Return a problem for every form and decision that a process names and that is neither published nor given."""
    form_ids = {form_id for outline in outlines for form_id in outline.form_ids} - set(forms)
    decision_ids = {decision_id for outline in outlines for decision_id in outline.decision_ids} - set(decisions)
    return [
        *_missing("unknown_form", form_ids, uow.definitions.latest_forms(form_ids) if form_ids else {}, outlines),
        *_missing(
            "unknown_decision",
            decision_ids,
            uow.definitions.latest_decisions(decision_ids) if decision_ids else {},
            outlines,
        ),
    ]


def _missing(
    code: str, wanted: Collection[str], found: Collection[str], outlines: Collection[ProcessOutline]
) -> list[Problem]:
    problems = []
    for name in sorted(set(wanted) - set(found)):
        users = [element.element_id for outline in outlines for element in outline.elements if element.form_id == name]
        problems.append(Problem(code, place=users[0] if users else "", values={"id": name}))
    return problems
