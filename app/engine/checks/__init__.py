"""What may go wrong in a diagram that can be published, and what its readers will miss: each finding at its element."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from app.domain.errors import InvalidDecision, InvalidDiagram, Problem
from app.engine.checks.conventions import check_conventions
from app.engine.checks.soundness import check_soundness
from app.engine.checks.spelling import check_spelling
from app.engine.checks.standard import check_standard
from app.engine.checks.tables import check_table
from app.engine.models.table import decisions_in, read_table
from app.engine.normaliser import Document
from app.engine.reader import read_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """
    What may be better in a model that could be published.

    `standard`: the rules of BPMN that the file breaks, executable or not; `warnings`: what may not do what was meant;
    `notes`: what is missing for those who read or use it.
    """

    standard: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


def advise_diagram(xml: bytes, *, given: Collection[str] = ()) -> Advice:
    """
    Return the advice on a diagram as it is drawn, without the common rules it takes in.

    The standard's rules hold for the whole file; the rest is looked at in every executable process. `given` are names
    of variables that come from outside the diagram, as from forms. A diagram that cannot be read at all gets no
    advice: what refuses it says enough.
    """
    try:
        root = read_document(xml)
        standard = check_standard(root)
        document = Document(root)
    except InvalidDiagram:
        return Advice()
    findings = document.findings
    findings.repairs.clear()
    for process in document.processes:
        check_soundness(process, findings)
        check_spelling(process, findings, given=given)
        check_conventions(process, findings)
    return Advice(standard=standard, warnings=tuple(findings.warnings), notes=tuple(findings.repairs))


#: notes of publishing that say what a warning says with more weight
_SAID_BY = {"never_reached": "incoming_missing", "no_way_on": "outgoing_missing"}


def without_repetition(notes: Iterable[Problem], warnings: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the notes that no warning at the same element says already."""
    warned = {(warning.code, warning.place) for warning in warnings}
    return tuple(
        note
        for note in notes
        if (note.code, note.place) not in warned and (_SAID_BY.get(note.code), note.place) not in warned
    )


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
