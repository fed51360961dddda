"""Publish processes, decisions and forms: all of them, or none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.commands.start_by_timer import plan_starts
from app.domain.actor import Actor, may_publish
from app.domain.errors import InvalidInput, NotAllowed, NotFound, Problem
from app.domain.steps import ProcessOutline
from app.engine.diagrams import Diagram
from app.publishing import Resources, content_hashes, missing_references, read_resources
from app.storage.rows import Definition
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedDecision:
    """A decision version of a deployment."""

    key: int
    decision_id: str
    version: int
    resource_name: str
    name: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What was published together; unchanged resources keep their version."""

    key: int
    processes: tuple[tuple[Definition, str], ...]
    #: keys of those among the processes that are a new version; the others had nothing that changed
    new: frozenset[int]
    decisions: tuple[PublishedDecision, ...]
    forms: Mapping[str, int]
    #: versions of the common rules by id; pathways that took one in before keep what they took
    rules: Mapping[str, int]
    #: what the normaliser changed in the running copy; the original is kept as it is
    repairs: tuple[Problem, ...]


def publish(uow: UnitOfWork, *, resources: Mapping[str, bytes], actor: Actor, now: datetime) -> Deployment:
    """
    Check the files and publish each as a new version where it changed.

    `resources` are contents by file name: *.bpmn (pathways and common rules), *.dmn, *.json (forms). A process version
    keeps the forms, rules and bound decisions it was published with; a process of which none changed keeps its version.

    :raises NotAllowed: the actor may not publish
    :raises InvalidInput: a file is malformed, hostile or asks for what we do not run; nothing is published
    """
    if not may_publish(actor):
        raise NotAllowed("publish")
    if not resources:
        raise InvalidInput([Problem("nothing_to_publish")])
    read = read_resources(uow, resources)
    if read.problems:
        raise InvalidInput(read.problems)
    deployment_key = uow.definitions.add_deployment(by=actor.user_key, now=now)
    forms = {
        form.form_id: uow.definitions.add_form(
            deployment_key=deployment_key,
            form_id=form.form_id,
            version_tag=form.version_tag,
            content_hash=form.content_hash,
            source=read.form_sources[name],
            title=form.title,
            now=now,
        )
        for name, form in read.forms.items()
    }
    rules = {
        rule.rule_id: uow.shared_rules.add(
            deployment_key=deployment_key,
            rule_id=rule.rule_id,
            content_hash=rule.content_hash,
            resource_name=name,
            xml=resources[name],
            name=rule.name,
            now=now,
        )
        for name, rule in read.rules.items()
    }
    decisions = _add_decisions(uow, deployment_key, resources, read, now)
    if missing := missing_references(uow, read.outlines):
        raise InvalidInput(missing)
    contents = content_hashes(uow, read, resources)
    processes: list[tuple[Definition, str]] = []
    new: set[int] = set()
    for name, diagram in read.diagrams.items():
        for outline in diagram.processes:
            same = uow.definitions.find_same(outline.process_id, contents[outline.process_id])
            if same is None:
                same = _add_process(uow, deployment_key, name, resources[name], diagram, outline, contents, actor, now)
                new.add(same.key)
            processes.append((same, name))
    uow.audit.add(
        actor=actor,
        action="published",
        subject="deployment",
        subject_key=deployment_key,
        details={"resources": sorted(resources)},
        now=now,
    )
    return Deployment(
        key=deployment_key,
        processes=tuple(processes),
        new=frozenset(new),
        decisions=decisions,
        forms=forms,
        rules=rules,
        repairs=(*read.notes, *(problem for diagram in read.diagrams.values() for problem in diagram.repairs)),
    )


def _add_decisions(
    uow: UnitOfWork, deployment_key: int, resources: Mapping[str, bytes], read: Resources, now: datetime
) -> tuple[PublishedDecision, ...]:
    published = []
    models = {
        model.namespace: uow.decision_models.add(
            deployment_key=deployment_key,
            namespace=model.namespace,
            content_hash=hashlib.sha256(resources[name]).hexdigest(),
            resource_name=name,
            xml=resources[name],
            now=now,
        )
        for name, model in read.decisions.items()
        if model.namespace
    }
    for name, model in read.decisions.items():
        imports = {namespace: models.get(namespace) or _published(uow, namespace) for namespace in read.imports[name]}
        for decision in (*model.decisions, *model.services):
            key, version = uow.definitions.add_decision(
                deployment_key=deployment_key,
                decision_id=decision.decision_id,
                version_tag=decision.version_tag,
                content_hash=model.content_hash,
                resource_name=name,
                xml=resources[name],
                name=decision.name,
                now=now,
            )
            uow.decision_models.keep_imports(key, imports)
            published.append(
                PublishedDecision(
                    key=key,
                    decision_id=decision.decision_id,
                    version=version,
                    resource_name=name,
                    name=decision.name,
                )
            )
    return tuple(published)


def _published(uow: UnitOfWork, namespace: str) -> int:
    found = uow.decision_models.latest(namespace)
    if found is None:
        raise NotFound("decision model", namespace)
    return found[0]


def _forms_of(uow: UnitOfWork, outline: ProcessOutline) -> Mapping[str, tuple[int, str]]:
    return uow.definitions.latest_forms(outline.form_ids, tags=outline.form_tags) if outline.form_ids else {}


def _add_process(
    uow: UnitOfWork,
    deployment_key: int,
    resource_name: str,
    xml: bytes,
    diagram: Diagram,
    outline: ProcessOutline,
    contents: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> Definition:
    forms = _forms_of(uow, outline)
    content_hash = contents[outline.process_id]
    runs_itself = diagram.runnable == xml
    pinned = outline.pinned_decision_ids
    decisions = uow.definitions.latest_decisions(pinned) if pinned else {}
    definition = uow.definitions.add_process(
        deployment_key=deployment_key,
        process_id=outline.process_id,
        version_tag=outline.version_tag,
        content_hash=content_hash,
        diagram_hash=diagram.content_hash,
        resource_name=resource_name,
        xml=xml,
        runnable=None if runs_itself else diagram.runnable,
        name=outline.name,
        documentation=outline.documentation,
        forms={form_id: key for form_id, (key, _) in forms.items()},
        decisions={decision_id: key for decision_id, (_, key) in decisions.items()},
        by=actor.user_key,
        now=now,
    )
    starts = [event for event in outline.start_events if event.kind in {"message", "signal", "conditional"}]
    uow.messages.replace_starts(outline.process_id, starts, definition_key=definition.key)
    plan_starts(uow, definition=definition, outline=outline, now=now)
    return definition
