"""What may go wrong in a diagram that can be published, and what its readers will miss: each finding at its element."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.domain.errors import InvalidDecision, InvalidDiagram, Problem
from app.engine.checks.conventions import check_conventions
from app.engine.checks.soundness import check_soundness
from app.engine.checks.spelling import check_spelling
from app.engine.checks.tables import check_table
from app.engine.models.table import decisions_in, read_table
from app.engine.normaliser import Document
from app.engine.reader import read_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """`warnings`: what may not do what was meant; `notes`: what is missing for those who read or use it."""

    warnings: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


def advise_diagram(xml: bytes, *, given: Collection[str] = ()) -> Advice:
    """
    Return the advice on every executable process of a diagram as it is drawn, without the common rules it takes in.

    `given` are names of variables that come from outside the diagram, as from forms.
    A diagram that cannot be read at all gets none: what refuses it says enough.
    """
    try:
        document = Document(read_document(xml))
    except InvalidDiagram:
        return Advice()
    findings = document.findings
    findings.repairs.clear()
    for process in document.processes:
        check_soundness(process, findings)
        check_spelling(process, findings, given=given)
        check_conventions(process, findings)
    return Advice(warnings=tuple(findings.warnings), notes=tuple(findings.repairs))


def advise_decisions(xml: bytes) -> Advice:
    """Return the advice on every table of a DMN file; a file that cannot be read gets none."""
    warnings: list[Problem] = []
    notes: list[Problem] = []
    try:
        tables = [table for each in decisions_in(xml) if (table := read_table(xml, each)) is not None]
    except InvalidDecision:
        return Advice()
    for table in tables:
        warned, noted = check_table(table)
        warnings += warned
        notes += noted
    return Advice(warnings=tuple(warnings), notes=tuple(notes))
