"""Drafts of diagrams, tables and forms: save, discard, import, publish."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.commands.publish import Deployment, publish
from app.domain.actor import Actor, may_edit_models
from app.domain.errors import BaseOutdated, DraftChanged, InvalidInput, NotAllowed, NotFound, Problem
from app.domain.models import SHARED, ModelKind
from app.engine.models import Imported, form_id_of, import_model, name_model
from app.publishing import touched_by
from app.storage.model_drafts import DraftLine, ModelDraft
from app.storage.model_sources import ModelSource
from app.storage.unit_of_work import UnitOfWork

LONGEST_ID = 200
#: an id of XML, and of a form
_MODEL_ID = re.compile(r"[^\W\d][\w.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The draft as it is now."""

    key: int
    revision: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDraft:
    """What was imported, and the draft that it became."""

    draft: Saved
    imported: Imported
    model_id: str


def ensure_may_edit(actor: Actor) -> None:
    """Check that the actor may draw in the studio. :raises NotAllowed: they may not"""
    if not may_edit_models(actor):
        raise NotAllowed("studio")


def hash_of(source: ModelSource | None) -> str:
    """Return the hash that a draft remembers of what it began from; "" where nothing was published."""
    return "" if source is None else hashlib.sha256(source.content).hexdigest()


def save_model_draft(
    uow: UnitOfWork,
    *,
    kind: ModelKind,
    model_id: str,
    content: bytes,
    revision: int,
    base_hash: str,
    actor: Actor,
    own_copy: bool = False,
    original: bytes | None = None,
    quietly: bool = False,
    now: datetime,
) -> Saved:
    """
    Keep what was drawn, unchecked: as a new draft (`revision` 0), else over the revision that it was read with.

    `own_copy`: beside the shared draft, for this person only. `quietly`: the editor saves by itself every few seconds,
    which is not told each time.

    :raises NotAllowed: the actor may not draw
    :raises InvalidInput: larger than any model, or XML that nothing could open again
    :raises DraftChanged: somebody else saved, published or removed it first
    """
    ensure_may_edit(actor)
    named = name_model(kind, content)
    if len(model_id) > LONGEST_ID or not _MODEL_ID.fullmatch(model_id):
        raise InvalidInput([Problem("model_without_id")])
    owner = (actor.user_key or SHARED) if own_copy else SHARED
    if not revision:
        source = uow.model_sources.find(kind, model_id)
        key = uow.model_drafts.add(
            kind=kind,
            model_id=model_id,
            owner_key=owner,
            name=named.name,
            resource_name=source.line.resource_name if source else f"{model_id}.{kind.value}",
            content=content,
            original=original,
            base_hash=base_hash,
            by=actor.user_key,
            now=now,
        )
        if key is None:
            raise _changed(uow.model_drafts.find(kind, model_id, owner_key=owner), 0)
        _log(uow, "model_draft_begun", key, kind, model_id, actor, now)
        return Saved(key=key, revision=1, at=now)
    draft = uow.model_drafts.find(kind, model_id, owner_key=owner)
    if draft is None:
        raise DraftChanged(0, revision=0)
    key = draft.line.key
    if not uow.model_drafts.change(key, revision, name=named.name, content=content, by=actor.user_key, now=now):
        raise _changed(uow.model_drafts.find(kind, model_id, owner_key=owner), key)
    if not quietly:
        _log(uow, "model_draft_saved", key, kind, model_id, actor, now)
    return Saved(key=key, revision=revision + 1, at=now)


def discard_model_draft(uow: UnitOfWork, *, draft_key: int, revision: int, actor: Actor, now: datetime) -> DraftLine:
    """
    Remove the draft as it was read; the published versions stay.

    :raises NotAllowed: the actor may not draw, or it is another's own copy
    :raises NotFound: it is gone already
    :raises DraftChanged: somebody else saved it meanwhile
    """
    line = _own(uow, draft_key, actor)
    if not uow.model_drafts.remove(draft_key, revision):
        raise DraftChanged(draft_key, revision=line.revision, by=line.updated_by, at=line.updated_at)
    _log(uow, "model_draft_discarded", draft_key, line.kind, line.model_id, actor, now)
    return line


def import_model_draft(
    uow: UnitOfWork, *, content: bytes, file_name: str = "", actor: Actor, own_copy: bool = False, now: datetime
) -> ImportedDraft:
    """
    Make a draft of a file that was drawn elsewhere; the original is kept with it byte for byte.

    A model that is published already is the base of the draft. What has no id of its own is called as its file.

    :raises NotAllowed: the actor may not draw
    :raises InvalidInput: malformed, hostile, too large, no model, or one without an id
    :raises DraftChanged: there is a draft of this model already
    """
    ensure_may_edit(actor)
    imported = import_model(content, form_id=form_id_of(file_name))
    model_id = imported.named.model_id
    base = uow.model_sources.find(imported.kind, model_id) if model_id else None
    draft = save_model_draft(
        uow,
        kind=imported.kind,
        model_id=model_id,
        content=imported.content,
        original=imported.original,
        revision=0,
        base_hash=hash_of(base),
        actor=actor,
        own_copy=own_copy,
        now=now,
    )
    return ImportedDraft(draft=draft, imported=imported, model_id=model_id)


def publish_drafts(
    uow: UnitOfWork, *, drafts: Mapping[int, int], actor: Actor, outdated: bool = False, now: datetime
) -> Deployment:
    """
    Publish drafts (revision by key) together, with the processes that are pinned to them, and remove them.

    Forms, and decisions that a diagram binds, belong to the version of their process: it gets a new version, too. So do
    the pathways that take in a common rule.
    `outdated`: publish although a newer version was published since a draft was begun.

    :raises NotAllowed: the actor may not publish, or a draft is another's own copy
    :raises NotFound: a draft is gone
    :raises DraftChanged: somebody saved one of them since it was looked at
    :raises BaseOutdated: a newer version was published since
    :raises InvalidInput: the same refusals as of publishing anything; nothing is published
    """
    ensure_may_edit(actor)
    resources: dict[str, bytes] = {}
    lines: list[DraftLine] = []
    # first of all, so that what was looked at is still the newest version when the drafts become the next
    uow.definitions.lock()
    # always in the same order, so that two who publish the same drafts wait and do not block each other
    for key in sorted(drafts):
        if not uow.model_drafts.lock(key):
            raise NotFound("model draft", key)
        line = _own(uow, key, actor)
        if line.revision != drafts[key]:
            raise DraftChanged(key, revision=line.revision, by=line.updated_by, at=line.updated_at)
        if not outdated:
            _ensure_base(uow, line)
        lines.append(line)
        resources[line.resource_name] = uow.model_drafts.get(key).content
    drawn = {(line.kind, line.model_id) for line in lines}
    resources |= _pinned_to(uow, lines, drawn)
    deployment = publish(uow, resources=resources, actor=actor, now=now)
    for line in lines:
        uow.model_drafts.remove(line.key, line.revision)
        _log(uow, "model_draft_published", line.key, line.kind, line.model_id, actor, now)
    return deployment


def _pinned_to(
    uow: UnitOfWork, lines: Collection[DraftLine], drawn: Collection[tuple[ModelKind, str]]
) -> dict[str, bytes]:
    return {
        source.line.resource_name: source.content
        for line in lines
        for process_id, source in touched_by(
            uow, line.kind, line.model_id, uow.model_drafts.get(line.key).content
        ).items()
        if (ModelKind.DIAGRAM, process_id) not in drawn
    }


def _ensure_base(uow: UnitOfWork, line: DraftLine) -> None:
    source = uow.model_sources.find(line.kind, line.model_id)
    if source is not None and hash_of(source) != line.base_hash:
        newest = source.line
        raise BaseOutdated(line.model_id, version=newest.version, by=newest.published_by, at=newest.published_at)


def _own(uow: UnitOfWork, key: int, actor: Actor) -> DraftLine:
    ensure_may_edit(actor)
    line = uow.model_drafts.get(key).line
    if line.owner_key not in (SHARED, actor.user_key):
        raise NotFound("model draft", key)
    return line


def _changed(draft: ModelDraft | None, key: int) -> DraftChanged:
    if draft is None:
        return DraftChanged(key, revision=0)
    line = draft.line
    return DraftChanged(line.key, revision=line.revision, by=line.updated_by, at=line.updated_at)


def _log(uow: UnitOfWork, action: str, key: int, kind: ModelKind, model_id: str, actor: Actor, now: datetime) -> None:
    uow.audit.add(
        actor=actor,
        action=action,
        subject="model_draft",
        subject_key=key,
        details={"kind": kind.value, "model": model_id},
        now=now,
    )
