"""The studio: what is published and drafted, what a draft changes, and what stands in the way of publishing it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.domain.actor import Actor, may_edit_models
from app.domain.errors import InvalidInput, NotAllowed, NotFound, Problem
from app.domain.localized import LocalizedText
from app.domain.models import SHARED, Difference, FindingKind, ModelKind
from app.domain.steps import ProcessOutline
from app.engine.checks import Advice, advise_decisions, advise_diagram, without_repetition
from app.engine.models import compare, import_model, name_model
from app.published import newest_forms, process_of
from app.publishing import (
    Resources,
    become_new,
    is_drawn_as_rule,
    missing_references,
    read_resources,
    touched_by,
)
from app.storage.model_drafts import DraftLine, ModelDraft
from app.storage.model_sources import ModelSource, SourceLine
from app.storage.monitor import DefinitionLine
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The first page: processes with their versions and drafts, and what is drafted and not published at all."""

    processes: tuple[SourceLine, ...]
    #: common rules that processes take in
    rules: tuple[SourceLine, ...]
    #: running instances of all versions, by process id
    running: Mapping[str, int]
    drafts: tuple[DraftLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLine:
    """A form or table of a process: its newest version, if it is published, and its draft, if there is one."""

    kind: ModelKind
    model_id: str
    name: LocalizedText
    source: SourceLine | None
    draft: DraftLine | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessModels:
    """One process: its versions newest first, its draft, and the forms and tables that it uses."""

    process: ModelLine
    versions: tuple[DefinitionLine, ...]
    publishers: Mapping[int, str]
    forms: tuple[ModelLine, ...]
    decisions: tuple[ModelLine, ...]
    own_copies: tuple[DraftLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A model as it is opened for editing: the draft where there is one, else the newest version."""

    kind: ModelKind
    model_id: str
    source: ModelSource | None
    draft: ModelDraft | None

    @property
    def content(self) -> bytes:
        """What the editor begins with."""
        if self.draft is not None:
            return self.draft.content
        return b"" if self.source is None else self.source.content


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What publishing would say: `problems` refuse, `warnings` and `repairs` do not; the latter only inform."""

    problems: tuple[Problem, ...]
    repairs: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Republished:
    """A process that gets a new version with something else, with the number of its running instances."""

    process_id: str
    name: LocalizedText
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a draft changes against the newest version; `running` instances go on with the versions they have."""

    draft: ModelDraft
    source: ModelSource | None
    differences: tuple[Difference, ...]
    running: int
    #: processes that get a new version because a form, bound decision or rule of theirs changes
    republished: tuple[Republished, ...]
    #: processes that take it in, too, and keep their version because nothing that they run changes
    unchanged: tuple[Republished, ...]
    #: whether it is a common rule, which is no process itself
    is_rule: bool


def ensure_may_look(actor: Actor) -> None:
    """Check that the actor may see the studio. :raises NotAllowed: they may not"""
    if not may_edit_models(actor):
        raise NotAllowed("studio")


def overview(uow: UnitOfWork, *, actor: Actor) -> Overview:
    """Return the published processes and the drafts. :raises NotAllowed: not a process owner"""
    ensure_may_look(actor)
    running: dict[str, int] = {}
    for line in uow.monitor.definitions():
        running[line.process_id] = running.get(line.process_id, 0) + line.active
    return Overview(
        processes=tuple(uow.model_sources.lines(ModelKind.DIAGRAM)),
        rules=tuple(uow.model_sources.rules()),
        running=running,
        drafts=tuple(uow.model_drafts.lines(seen_by=actor.user_key)),
    )


def process_models(uow: UnitOfWork, *, process_id: str, actor: Actor) -> ProcessModels:
    """
    Return one process with what belongs to it, published or only drafted.

    :raises NotAllowed: not a process owner
    :raises NotFound: neither published nor drafted
    """
    opened = open_model(uow, kind=ModelKind.DIAGRAM, model_id=process_id, actor=actor)
    drafts = uow.model_drafts.lines(seen_by=actor.user_key)
    versions = tuple(uow.monitor.definitions(process_id=process_id))
    form_ids, decision_ids = _used(uow, opened, versions)
    return ProcessModels(
        process=_line(ModelKind.DIAGRAM, process_id, {process_id: opened.source.line} if opened.source else {}, drafts),
        versions=versions,
        publishers=uow.model_sources.publishers(process_id),
        forms=_lines(uow, ModelKind.FORM, form_ids, drafts),
        decisions=_lines(uow, ModelKind.DECISION, decision_ids, drafts),
        own_copies=tuple(
            line
            for line in drafts
            if line.owner_key != SHARED and (line.kind, line.model_id) == (ModelKind.DIAGRAM, process_id)
        ),
    )


def _used(uow: UnitOfWork, opened: Opened, versions: Collection[DefinitionLine]) -> tuple[set[str], set[str]]:
    """Return the forms and decisions of the newest version, and of the draft where it can be read."""
    outlines: list[ProcessOutline] = [process_of(uow, line.key).outline for line in list(versions)[:1]]
    if opened.draft is not None:
        outlines += read_resources(uow, {"draft.bpmn": opened.draft.content}).outlines
    form_ids = {form_id for outline in outlines for form_id in outline.form_ids}
    decision_ids = {decision_id for outline in outlines for decision_id in outline.decision_ids}
    return form_ids, decision_ids


def _lines(
    uow: UnitOfWork, kind: ModelKind, model_ids: Collection[str], drafts: Collection[DraftLine]
) -> tuple[ModelLine, ...]:
    sources = {line.model_id: line for line in uow.model_sources.lines(kind)}
    return tuple(_line(kind, model_id, sources, drafts) for model_id in sorted(model_ids))


def _line(
    kind: ModelKind, model_id: str, sources: Mapping[str, SourceLine], drafts: Collection[DraftLine]
) -> ModelLine:
    shared = (line for line in drafts if (line.kind, line.model_id, line.owner_key) == (kind, model_id, SHARED))
    draft, source = next(shared, None), sources.get(model_id)
    name = draft.name if draft else source.name if source else {"fi": model_id}
    return ModelLine(kind=kind, model_id=model_id, name=name, source=source, draft=draft)


def open_model(
    uow: UnitOfWork, *, kind: ModelKind, model_id: str, actor: Actor, own_copy: bool = False, published: bool = False
) -> Opened:
    """
    Return the model for editing; `own_copy` asks for the person's own draft, `published` for no draft at all.

    :raises NotAllowed: not a process owner
    :raises NotFound: neither published nor drafted
    """
    ensure_may_look(actor)
    source = uow.model_sources.find(kind, model_id)
    owner = (actor.user_key or SHARED) if own_copy else SHARED
    draft = None if published else uow.model_drafts.find(kind, model_id, owner_key=owner)
    if (source is None and draft is None) or (own_copy and draft is None):
        raise NotFound(f"{kind.value} model", model_id)
    return Opened(kind=kind, model_id=model_id, source=source, draft=draft)


def drafts_by_key(uow: UnitOfWork, *, keys: Collection[int], actor: Actor) -> list[ModelDraft]:
    """Return drafts that are shared or the person's own. :raises NotFound: one is gone or another's"""
    ensure_may_look(actor)
    found = [uow.model_drafts.get(key) for key in keys]
    for draft in found:
        if draft.line.owner_key not in (SHARED, actor.user_key):
            raise NotFound("model draft", draft.line.key)
    return found


def check_model(
    uow: UnitOfWork, *, kind: ModelKind, content: bytes, actor: Actor, refused: InvalidInput | None = None
) -> Checked:
    """
    Return what publishing would say to the content, by the same rules.

    A form or table that a diagram names may be drafted only: it is published together with it. `refused` is what
    publishing said already, of other files as well.

    :raises NotAllowed: not a process owner
    """
    ensure_may_look(actor)
    if refused is not None:
        return Checked(problems=refused.problems, repairs=())
    read = read_resources(uow, {f"model.{kind.value}": content})
    drafts = uow.model_drafts.lines(seen_by=actor.user_key)
    missing = missing_references(
        uow,
        read.outlines,
        forms=[
            *(line.model_id for line in drafts if line.kind is ModelKind.FORM),
            *(form.form_id for form in read.forms.values()),
        ],
        decisions=[line.model_id for line in drafts if line.kind is ModelKind.DECISION],
    )
    repairs = (*read.notes, *(problem for diagram in read.diagrams.values() for problem in diagram.repairs))
    problems = (*read.problems, *missing)
    advice = _advice(uow, kind, content, read)
    refused_at = {problem.place for problem in problems}
    warnings = [warning for warning in (*advice.standard, *advice.warnings) if warning.place not in refused_at]
    notes = without_repetition((*repairs, *advice.notes), warnings)
    return Checked(problems=problems, repairs=notes, warnings=tuple(warnings))


def _advice(uow: UnitOfWork, kind: ModelKind, content: bytes, read: Resources) -> Advice:
    if kind is ModelKind.DECISION:
        return advise_decisions(content)
    if kind is not ModelKind.DIAGRAM:
        return Advice()
    named = {form_id for outline in read.outlines for form_id in outline.form_ids}
    forms = [*read.forms.values(), *newest_forms(uow, named)]
    answered = {path[0] for form in forms for field in form.fields if (path := field.variable_path)}
    return advise_diagram(content, given=answered)


def findings_of(uow: UnitOfWork, *, draft_key: int, actor: Actor) -> list[tuple[FindingKind, list[Problem]]]:
    """
    Return what the import of the draft's original found, what is to be decided first; the rules say the same each time.

    :raises NotAllowed: not a process owner
    :raises NotFound: the draft is gone or another's own copy
    """
    draft = drafts_by_key(uow, keys=[draft_key], actor=actor)[0]
    if draft.original is None:
        return []
    imported = import_model(draft.original, form_id=draft.line.model_id)
    kinds = (FindingKind.QUESTION, FindingKind.LOSS, FindingKind.REPAIR)
    return [(kind, found) for kind in kinds if (found := imported.of_kind(kind))]


def changes_of(uow: UnitOfWork, *, draft_key: int, actor: Actor) -> Changes:
    """
    Return what publishing the draft would change.

    :raises NotAllowed: not a process owner
    :raises NotFound: the draft is gone or another's own copy
    """
    draft = drafts_by_key(uow, keys=[draft_key], actor=actor)[0]
    line = draft.line
    source = uow.model_sources.find(line.kind, line.model_id)
    is_rule = line.kind is ModelKind.DIAGRAM and is_drawn_as_rule(draft.content)
    touched = touched_by(uow, line.kind, line.model_id, draft.content)
    files = {each.line.resource_name: each.content for each in touched.values()}
    # what publishing would refuse tells nothing about versions: then all that the model touches are named
    new = become_new(uow, {**files, line.resource_name: draft.content}) if touched else None
    republished = [_republished(uow, process_id) for process_id in touched if new is None or process_id in new]
    unchanged = [_republished(uow, process_id) for process_id in touched if new is not None and process_id not in new]
    running = sum(each.running for each in republished)
    if line.kind is ModelKind.DIAGRAM and not is_rule:
        running = sum(each.active for each in uow.monitor.definitions(process_id=line.model_id))
    return Changes(
        draft=draft,
        source=source,
        differences=compare(line.kind, source.content, draft.content) if source else (),
        running=running,
        republished=tuple(republished),
        unchanged=tuple(unchanged),
        is_rule=is_rule,
    )


def _republished(uow: UnitOfWork, process_id: str) -> Republished:
    versions = uow.monitor.definitions(process_id=process_id)
    return Republished(process_id=process_id, name=versions[0].name, running=sum(each.active for each in versions))


def related_drafts(uow: UnitOfWork, *, draft_key: int, actor: Actor) -> list[Changes]:
    """
    Return the drafts that belong to a diagram's draft: of forms and tables that it names. Other drafts have none.

    :raises NotAllowed: not a process owner
    :raises NotFound: the draft is gone or another's own copy
    """
    draft = drafts_by_key(uow, keys=[draft_key], actor=actor)[0]
    if draft.line.kind is not ModelKind.DIAGRAM:
        return []
    models = process_models(uow, process_id=draft.line.model_id, actor=actor)
    lines = [line.draft for line in (*models.forms, *models.decisions) if line.draft is not None]
    return [changes_of(uow, draft_key=line.key, actor=actor) for line in lines]


def open_decision(uow: UnitOfWork, *, decision_id: str, actor: Actor) -> Opened:
    """
    Return the file of the decision for editing: it has one draft, by the id of its first decision.

    :raises NotAllowed: not a process owner
    :raises NotFound: neither published nor drafted
    """
    opened = open_model(uow, kind=ModelKind.DECISION, model_id=decision_id, actor=actor)
    first = name_model(ModelKind.DECISION, opened.content).model_id
    if first in ("", decision_id):
        return opened
    return open_model(uow, kind=ModelKind.DECISION, model_id=first, actor=actor)


def compare_with_draft(
    uow: UnitOfWork, *, kind: ModelKind, model_id: str, content: bytes, actor: Actor
) -> tuple[Difference, ...]:
    """
    Return what the content changes against the shared draft, else against the newest version.

    :raises NotAllowed: not a process owner
    :raises NotFound: neither published nor drafted
    :raises InvalidInput: the content is malformed
    """
    opened = open_model(uow, kind=kind, model_id=model_id, actor=actor)
    return compare(kind, opened.content, content)


def choices_of(uow: UnitOfWork, *, actor: Actor) -> Mapping[str, list[tuple[str, LocalizedText]]]:
    """
    Return what the fields of a diagram choose from: forms, decisions, roles, processes, and job types in use.

    :raises NotAllowed: not a process owner
    """
    ensure_may_look(actor)
    drafts = uow.model_drafts.lines(seen_by=actor.user_key)

    def models(kind: ModelKind) -> list[tuple[str, LocalizedText]]:
        named = {line.model_id: line.name for line in uow.model_sources.lines(kind)}
        named |= {line.model_id: line.name for line in drafts if line.kind is kind}
        return sorted(named.items())

    outlines = [process_of(uow, line.key).outline for line in uow.monitor.definitions(latest_only=True)]
    job_types = sorted({job_type for outline in outlines for job_type in outline.job_types})
    return {
        "forms": models(ModelKind.FORM),
        "decisions": models(ModelKind.DECISION),
        "processes": models(ModelKind.DIAGRAM),
        "roles": uow.accounts.roles(),
        "job_types": [(job_type, {"fi": job_type}) for job_type in job_types],
    }
