"""What stands in the way of publishing: the one set of rules that publishing and the studio's check both ask."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.domain.errors import InvalidDecision, InvalidDiagram, InvalidFormDefinition, Problem
from app.domain.forms import FormDefinition
from app.domain.models import ModelKind
from app.domain.steps import ProcessOutline
from app.engine.decisions import DecisionModel, read_decisions, read_head
from app.engine.diagrams import Diagram, read_diagram
from app.engine.forms import form_source, read_form
from app.engine.models import decisions_in
from app.engine.rules import SHARED, SharedRule, is_shared_rule, probe, read_rule, rules_taken_in
from app.published import rules_for
from app.storage.model_sources import ModelSource
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Files that were read, by their names, and everything that is wrong with the others."""

    rules: Mapping[str, SharedRule]
    diagrams: Mapping[str, Diagram]
    decisions: Mapping[str, DecisionModel]
    #: of each model of decisions those that it imports, by namespace in order
    imports: Mapping[str, Mapping[str, bytes]]
    #: forms by file, those inside a diagram by file and form id; their sources are of our making where form-js was read
    forms: Mapping[str, FormDefinition]
    form_sources: Mapping[str, bytes]
    #: what was left out of forms of form-js; informative
    notes: tuple[Problem, ...]
    problems: tuple[Problem, ...]

    @property
    def outlines(self) -> list[ProcessOutline]:
        """The processes of all diagrams."""
        return [outline for diagram in self.diagrams.values() for outline in diagram.processes]


def read_resources(uow: UnitOfWork, resources: Mapping[str, bytes]) -> Resources:
    """
    Read files by the ends of their names: *.bpmn, *.dmn, *.json or *.form; each problem says its file.

    A diagram takes in the common rules among the files, else those that are published.
    """
    uow.take_time()
    rules, files, problems = _read_rules(uow, resources)
    diagrams: dict[str, Diagram] = {}
    decisions: dict[str, DecisionModel] = {}
    imports: dict[str, Mapping[str, bytes]] = {}
    models = _models_of(resources)
    sources: dict[str, bytes] = {}
    notes: list[Problem] = []
    for name, content in resources.items():
        suffix = PurePosixPath(name).suffix.lower()
        try:
            if name in rules:
                read_diagram(probe(rules[name].rule_id, content), files)
            elif suffix == ".bpmn":
                diagrams[name] = read_diagram(content, files)
                sources |= {f"{name}#{form_id}": source for form_id, source in diagrams[name].forms.items()}
            elif suffix == ".dmn":
                imports[name] = imports_of(uow, content, given=models)
                decisions[name] = read_decisions(content, imports=tuple(imports[name].values()))
            elif suffix in {".json", ".form"}:
                source, converted = form_source(content)
                read_form(source)
                sources[name] = source
                notes += _in_file(name, converted)
            else:
                problems.append(Problem("unknown_resource", place=name))
        except (InvalidDiagram, InvalidDecision, InvalidFormDefinition) as error:
            problems += _in_file(name, error.problems)
    return Resources(
        rules=rules,
        diagrams=diagrams,
        decisions=decisions,
        imports=imports,
        forms={name: read_form(source) for name, source in sources.items()},
        form_sources=sources,
        notes=tuple(notes),
        problems=tuple(problems),
    )


def _models_of(resources: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the models of decisions among the files by namespace."""
    models: dict[str, bytes] = {}
    for name, content in resources.items():
        if PurePosixPath(name).suffix.lower() == ".dmn":
            # what cannot be read is told when it is read as itself
            with suppress(InvalidDecision):
                models[read_head(content).namespace] = content
    return models


def imports_of(uow: UnitOfWork, content: bytes, *, given: Mapping[str, bytes]) -> dict[str, bytes]:
    """
    Return the models that a model imports, directly or not, by namespace in order: those given, else the published.

    One that is nowhere is left out. :raises InvalidDecision: the model, or one that it imports, is malformed or hostile
    """
    own = read_head(content)
    found: dict[str, bytes] = {}
    wanted = list(own.imports)
    while wanted:
        namespace = wanted.pop()
        if namespace in found or namespace == own.namespace:
            continue
        published = None if namespace in given else uow.decision_models.latest(namespace)
        model = given.get(namespace) if published is None else published[1]
        if model is not None:
            found[namespace] = model
            wanted += read_head(model).imports
    return dict(sorted(found.items()))


def _read_rules(
    uow: UnitOfWork, resources: Mapping[str, bytes]
) -> tuple[dict[str, SharedRule], dict[str, bytes], list[Problem]]:
    """Return the common rules among the files by file, and the files of all rules that any file takes in by rule."""
    rules: dict[str, SharedRule] = {}
    taken_in: set[str] = set()
    problems: list[Problem] = []
    for name, content in resources.items():
        if PurePosixPath(name).suffix.lower() == ".bpmn":
            try:
                if is_shared_rule(content):
                    rules[name] = read_rule(content)
                taken_in |= rules_taken_in(content)
            except InvalidDiagram as error:
                # what cannot be read at all is told when it is read as a pathway
                problems += _in_file(name, error.problems) if SHARED.encode() in content else []
    own = {rule.rule_id: resources[name] for name, rule in rules.items()}
    return rules, {**rules_for(uow, taken_in, given=own), **own}, problems


def is_drawn_as_rule(xml: bytes) -> bool:
    """Return whether the diagram is a common rule; one that cannot be read is none."""
    try:
        return is_shared_rule(xml)
    except InvalidDiagram:
        return False


def pathways_taking_in(uow: UnitOfWork, xml: bytes) -> list[str]:
    """
    Return the ids of the published processes that take in the common rule of this file, themselves or through another.

    A file that is no rule, or cannot be read, is taken in by none.
    """
    try:
        touched = {read_rule(xml).rule_id} if is_drawn_as_rule(xml) else set()
    except InvalidDiagram:
        touched = set()
    if not touched:
        return []
    processes, rules = uow.model_sources.diagrams()
    takes_in = {rule_id: rules_taken_in(content) for rule_id, content in rules.items()}
    while more := {rule_id for rule_id, taken in takes_in.items() if taken & touched} - touched:
        touched |= more
    return sorted(process_id for process_id, content in processes.items() if rules_taken_in(content) & touched)


def content_hashes(uow: UnitOfWork, read: Resources, resources: Mapping[str, bytes]) -> Mapping[str, str]:
    """
    Return the hash of each process of the files with its rules, forms, bound decisions and bound processes.

    It tells whether a process becomes a new version: what none of these changes keeps the version that it has. A caller
    that binds its calls to what was published with it is a new version when only the called process changed.
    """
    own: dict[str, str] = {}
    bound: dict[str, frozenset[str]] = {}
    for name, diagram in read.diagrams.items():
        for outline in diagram.processes:
            whole = hashlib.sha256(hashlib.sha256(resources[name]).hexdigest().encode())
            if diagram.runnable != resources[name]:
                whole.update(f"\0rules\0{diagram.content_hash}".encode())
            for part_id, part_hash in [*_forms_with(uow, read, outline), *_decisions_with(uow, read, outline)]:
                whole.update(f"\0{part_id}\0{part_hash}".encode())
            own[outline.process_id] = whole.hexdigest()
            bound[outline.process_id] = outline.bound_process_ids
    return {process_id: _with_bound(process_id, own, bound) for process_id in own}


def _forms_with(uow: UnitOfWork, read: Resources, outline: ProcessOutline) -> list[tuple[str, str]]:
    """Return id and hash of the forms that the process would be pinned to: among the files, else as published."""
    if not outline.form_ids:
        return []
    tags = outline.form_tags
    published = uow.definitions.latest_forms(outline.form_ids, tags=tags)
    found = {form_id: form_hash for form_id, (_, form_hash) in published.items()}
    given = {
        form.form_id: form.content_hash
        for form in read.forms.values()
        if form.form_id in outline.form_ids and tags.get(form.form_id, form.version_tag) == form.version_tag
    }
    return sorted({**found, **given}.items())


def _decisions_with(uow: UnitOfWork, read: Resources, outline: ProcessOutline) -> list[tuple[str, str]]:
    """Return id and hash of the decisions that the process would be pinned to."""
    pinned = outline.pinned_decision_ids
    if not pinned:
        return []
    found = {decision_id: each for decision_id, (each, _) in uow.definitions.latest_decisions(pinned).items()}
    given = {
        decision.decision_id: model.content_hash
        for model in read.decisions.values()
        for decision in model.decisions
        if decision.decision_id in pinned
    }
    return sorted({**found, **given}.items())


def _with_bound(process_id: str, own: Mapping[str, str], bound: Mapping[str, frozenset[str]]) -> str:
    reached: set[str] = set()
    open_ends = list(bound[process_id])
    while open_ends:
        called = open_ends.pop()
        if called in own and called != process_id and called not in reached:
            reached.add(called)
            open_ends.extend(bound[called])
    if not reached:
        return own[process_id]
    whole = hashlib.sha256(own[process_id].encode())
    for called in sorted(reached):
        whole.update(f"\0{called}\0{own[called]}".encode())
    return whole.hexdigest()


def touched_by(uow: UnitOfWork, kind: ModelKind, model_id: str, content: bytes) -> dict[str, ModelSource]:
    """
    Return the published diagrams that are published anew with the model, by process id.

    Those are the processes that are pinned to the form, bind one of the file's decisions, or take in the rule. Whether
    a process becomes a new version is another question (`become_new`).
    """
    ids = decisions_in(content) if kind is ModelKind.DECISION else [model_id]
    process_ids = uow.model_sources.processes_with(kind, ids)
    if kind is ModelKind.DIAGRAM:
        process_ids = pathways_taking_in(uow, content)
    sources = {process_id: uow.model_sources.find(ModelKind.DIAGRAM, process_id) for process_id in process_ids}
    return {process_id: source for process_id, source in sources.items() if source is not None}


def become_new(uow: UnitOfWork, resources: Mapping[str, bytes]) -> frozenset[str] | None:
    """
    Return the ids of the processes in the files that publishing them would give a new version.

    None where publishing would refuse them.
    """
    read = read_resources(uow, resources)
    if read.problems:
        return None
    return frozenset(
        process_id
        for process_id, content_hash in content_hashes(uow, read, resources).items()
        if uow.definitions.find_same(process_id, content_hash) is None
    )


def _in_file(name: str, problems: Iterable[Problem]) -> list[Problem]:
    return [
        Problem(item.code, place=item.place, name=item.name, values={**item.values, "resource": name})
        for item in problems
    ]


def missing_references(
    uow: UnitOfWork,
    outlines: Collection[ProcessOutline],
    *,
    forms: Collection[str] = (),
    decisions: Collection[str] = (),
) -> list[Problem]:
    """
    Return a problem for every form and decision that a process names and that is neither published nor given.

    `forms` and `decisions` are those that are given; one that is asked for by a version tag has to be published.
    """
    problems: list[Problem] = []
    for outline in outlines:
        form_ids = outline.form_ids - (set(forms) - outline.form_tags.keys())
        found = uow.definitions.latest_forms(form_ids, tags=outline.form_tags) if form_ids else {}
        missing = _missing("unknown_form", form_ids - found.keys(), outline.form_tags, outline)
        decision_ids = outline.decision_ids - (set(decisions) - outline.decision_tags.keys())
        known = uow.definitions.latest_decisions(decision_ids, tags=outline.decision_tags) if decision_ids else {}
        missing += _missing("unknown_decision", decision_ids - known.keys(), outline.decision_tags, outline)
        problems += [problem for problem in missing if problem not in problems]
    return problems


def _missing(code: str, names: Collection[str], tags: Mapping[str, str], outline: ProcessOutline) -> list[Problem]:
    problems = []
    for name in sorted(names):
        users = [element.element_id for element in outline.elements if element.form_id == name]
        place = users[0] if users else ""
        if name in tags:
            problems.append(Problem(f"{code}_tag", place=place, values={"id": name, "tag": tags[name]}))
        else:
            problems.append(Problem(code, place=place, values={"id": name}))
    return problems
