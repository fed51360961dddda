"""Read a diagram for publishing, and compile its processes for running."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from app.domain.errors import InvalidDiagram, NotFound, Problem
from app.engine.builder import Builder
from app.engine.feel.budget import fresh_budget
from app.engine.graph import Findings, Scope
from app.engine.normaliser import Document
from app.engine.outline import outline
from app.engine.reader import read_document
from app.engine.readings import Readings
from app.engine.refusals import check_process
from app.engine.rules import take_in
from app.engine.seam import ProcessOutline
from app.engine.specs import ProcessSpec

#: compiled processes, and checked diagrams, kept; a county has some tens of pathways and a few living versions of each
MOST_COMPILED = 128
#: V8 time for all expressions of a diagram that is to be published
MILLISECONDS_TO_PARSE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """A diagram that may be published."""

    processes: tuple[ProcessOutline, ...]
    #: what the normaliser rewrote, what only documents, which rules were taken in; informative
    repairs: tuple[Problem, ...]
    #: of the copy that runs
    content_hash: str
    #: the copy that runs: the file itself, or with the rules that it takes in
    runnable: bytes
    #: forms inside the diagram as definitions of ours, by form id
    forms: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledProcess:
    """A process ready to run; shared by all its instances, never changed."""

    process_id: str
    content_hash: str
    outline: ProcessOutline
    spec: ProcessSpec


def content_hash(xml: bytes) -> str:
    """Return the hash that names this very file."""
    return hashlib.sha256(xml).hexdigest()


def read_diagram(xml: bytes, rules: Mapping[str, bytes] | None = None) -> Diagram:
    """
    Read a BPMN file and check that every executable process in it can be run rightly.

    `rules` are the files of the common rules that it takes in, and of those that they take in, by id.

    :raises InvalidDiagram: every problem found, each with the element's id and name
    """
    root = read_document(xml)
    taken_in = take_in(root, rules or {})
    if taken_in.problems:
        # what lacks its content would be refused for much else
        raise InvalidDiagram(_unique(taken_in.problems))
    runnable = etree.tostring(root, encoding="UTF-8", xml_declaration=True) if taken_in.taken else xml
    digest = content_hash(runnable)
    checked = _checked(root, digest)
    return Diagram(
        processes=checked.processes,
        repairs=_unique([*taken_in.taken, *checked.repairs]),
        content_hash=digest,
        runnable=runnable,
        forms=checked.forms,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """What was found in a copy that can run, which depends on nothing but its bytes."""

    processes: tuple[ProcessOutline, ...]
    repairs: tuple[Problem, ...]
    forms: Mapping[str, bytes]


def _checked(root: etree._Element, digest: str) -> _Checked:
    """
    Check the document, or know that it was: who looks at a change, publishes it, and looks again pays once.

    :raises InvalidDiagram: it cannot be run rightly; that is found anew each time
    """
    with _lock:
        if digest in _known:
            _known.move_to_end(digest)
            return _known[digest]
    document = Document(root)
    findings = document.findings
    with fresh_budget(milliseconds=MILLISECONDS_TO_PARSE):
        built = [_build(process, findings, "", published=False) for process in document.processes]
    if findings.problems:
        raise InvalidDiagram(_unique(findings.problems))
    checked = _Checked(
        processes=tuple(described for _, described, _ in built),
        repairs=_unique(findings.repairs),
        forms={form_id: source for _, _, forms in built for form_id, source in forms.items()},
    )
    with _lock:
        _known[digest] = checked
        while len(_known) > MOST_COMPILED:
            _known.popitem(last=False)
    return checked


def _build(
    process: Scope, findings: Findings, digest: str, *, published: bool
) -> tuple[ProcessSpec | None, ProcessOutline, Mapping[str, bytes]]:
    if not published:
        check_process(process, findings)
    readings = Readings(findings, published=published)
    spec = None
    if not any(problem.code == "duplicate_id" for problem in findings.problems):
        spec = Builder(process, readings, digest).build()
    return spec, outline(process, readings), readings.embedded_forms


def _unique(problems: list[Problem]) -> tuple[Problem, ...]:
    seen: dict[str, Problem] = {}
    for problem in problems:
        seen.setdefault(repr(problem), problem)
    return tuple(seen.values())


_compiled: OrderedDict[tuple[str, str], CompiledProcess] = OrderedDict()
_known: OrderedDict[str, _Checked] = OrderedDict()
_lock = threading.Lock()


def compile_process(xml: bytes, process_id: str, content_hash: str) -> CompiledProcess:
    """
    Return the process of a published file's copy that runs, from the cache where it was compiled before.

    The file was checked by `read_diagram` when it was published; what ran then runs in later, stricter builds too.

    :raises InvalidDiagram: this build cannot run the file
    :raises NotFound: no executable process of this id in the file
    """
    place = (content_hash, process_id)
    with _lock:
        if place in _compiled:
            _compiled.move_to_end(place)
            return _compiled[place]
    document = Document(read_document(xml))
    process = next((each for each in document.processes if each.scope_id == process_id), None)
    if process is None:
        raise NotFound("process", process_id)
    spec, described, _ = _build(process, document.findings, content_hash, published=True)
    if spec is None or document.findings.problems:
        raise InvalidDiagram(_unique(document.findings.problems))
    compiled = CompiledProcess(process_id=process_id, content_hash=content_hash, outline=described, spec=spec)
    with _lock:
        # two threads may have compiled it at once: both use the one that came first
        kept = _compiled.setdefault(place, compiled)
        while len(_compiled) > MOST_COMPILED:
            _compiled.popitem(last=False)
    return kept
