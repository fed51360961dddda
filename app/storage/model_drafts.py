"""Drafts of diagrams, tables and forms; a revision counts their savings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from app.domain.errors import NotFound
from app.domain.keys import new_key
from app.domain.localized import LocalizedText
from app.domain.models import SHARED, ModelKind
from app.storage.statements import insert_new
from app.storage.tables.models import model_draft
from app.storage.tables.people import user_account
from app.storage.types import AnyRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A draft without its content; `updated_by` is a name, `owner_key` 0 where all process owners share it."""

    key: int
    kind: ModelKind
    model_id: str
    owner_key: int
    name: LocalizedText
    resource_name: str
    base_hash: str
    revision: int
    updated_at: datetime
    updated_by: str
    imported: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDraft:
    """A draft whole; `original` is the imported file byte for byte, None where nothing was imported."""

    line: DraftLine
    content: bytes
    original: bytes | None


_LINE = (
    model_draft.c.key,
    model_draft.c.kind,
    model_draft.c.model_id,
    model_draft.c.owner_key,
    model_draft.c.name,
    model_draft.c.resource_name,
    model_draft.c.base_hash,
    model_draft.c.revision,
    model_draft.c.updated_at,
    user_account.c.name.label("updated_by"),
    model_draft.c.original.is_not(None).label("imported"),
)
_FROM = model_draft.outerjoin(user_account, user_account.c.key == model_draft.c.updated_by)


class ModelDrafts:
    """What process owners are drawing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lines(self, *, seen_by: int | None) -> list[DraftLine]:
        """Return the shared drafts and the person's own copies, newest first."""
        query = (
            select(*_LINE)
            .select_from(_FROM)
            .where(model_draft.c.owner_key.in_([SHARED, seen_by or SHARED]))
            .order_by(model_draft.c.updated_at.desc(), model_draft.c.key)
        )
        return [_to_line(row) for row in self._connection.execute(query)]

    def get(self, key: int) -> ModelDraft:
        """Return the draft. :raises NotFound: it was published, removed or never was"""
        query = select(*_LINE, model_draft.c.content, model_draft.c.original).select_from(_FROM)
        row = self._connection.execute(query.where(model_draft.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("model draft", key)
        return _to_draft(row)

    def find(self, kind: ModelKind, model_id: str, *, owner_key: int = SHARED) -> ModelDraft | None:
        """Return the shared draft of the model, or the person's own copy."""
        query = select(*_LINE, model_draft.c.content, model_draft.c.original).select_from(_FROM)
        row = self._connection.execute(
            query.where(
                model_draft.c.kind == kind.value,
                model_draft.c.model_id == model_id,
                model_draft.c.owner_key == owner_key,
            )
        ).one_or_none()
        return None if row is None else _to_draft(row)

    def lock(self, key: int) -> bool:
        """Keep others from changing the draft until this transaction ends; return whether it is there."""
        query = select(model_draft.c.key).where(model_draft.c.key == key).with_for_update()
        return self._connection.execute(query).first() is not None

    def add(
        self,
        *,
        kind: ModelKind,
        model_id: str,
        owner_key: int,
        name: LocalizedText,
        resource_name: str,
        content: bytes,
        original: bytes | None,
        base_hash: str,
        by: int | None,
        now: datetime,
    ) -> int | None:
        """Begin a draft and return its key; None where there is one of this model and owner already."""
        key = new_key()
        row = {
            "key": key,
            "kind": kind.value,
            "model_id": model_id,
            "owner_key": owner_key,
            "name": dict(name),
            "resource_name": resource_name,
            "content": content,
            "original": original,
            "base_hash": base_hash,
            "revision": 1,
            "created_at": now,
            "created_by": by,
            "updated_at": now,
            "updated_by": by,
        }
        added = insert_new(self._connection, model_draft, row, keys=["kind", "model_id", "owner_key"])
        return key if added else None

    def change(
        self, key: int, revision: int, *, name: LocalizedText, content: bytes, by: int | None, now: datetime
    ) -> bool:
        """Write the content over that of the revision; False where the draft has another by now, or is gone."""
        statement = (
            update(model_draft)
            .where(model_draft.c.key == key, model_draft.c.revision == revision)
            .values(name=dict(name), content=content, revision=revision + 1, updated_at=now, updated_by=by)
            .returning(model_draft.c.key)
        )
        return self._connection.execute(statement).first() is not None

    def remove(self, key: int, revision: int) -> bool:
        """Remove the draft of the revision; False where it has another by now, or is gone."""
        statement = (
            delete(model_draft)
            .where(model_draft.c.key == key, model_draft.c.revision == revision)
            .returning(model_draft.c.key)
        )
        return self._connection.execute(statement).first() is not None


def _to_line(row: AnyRow) -> DraftLine:
    return DraftLine(
        key=row.key,
        kind=ModelKind(row.kind),
        model_id=row.model_id,
        owner_key=row.owner_key,
        name=row.name,
        resource_name=row.resource_name,
        base_hash=row.base_hash,
        revision=row.revision,
        updated_at=row.updated_at,
        updated_by=row.updated_by or "",
        imported=bool(row.imported),
    )


def _to_draft(row: AnyRow) -> ModelDraft:
    original = None if row.original is None else bytes(row.original)
    return ModelDraft(line=_to_line(row), content=bytes(row.content), original=original)
