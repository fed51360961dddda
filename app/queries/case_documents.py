"""The documents of a case: which of them somebody may open, and one of them to read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.domain.actor import Actor
from app.domain.disclosure import may_open_document
from app.domain.errors import Concealed
from app.queries.access import Sight, log_reading, sight_of_case
from app.storage.documents import StoredDocument
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentContent:
    """A document for somebody who may read it."""

    key: int
    media_type: str
    content: bytes = field(repr=False)

    @property
    def suffix(self) -> str:
        """The ending of the file's name."""
        return _SUFFIXES.get(self.media_type, "bin")


_SUFFIXES = {
    "application/pdf": "pdf",
    "application/zip": "zip",
    "image/png": "png",
    "image/jpeg": "jpg",
    "text/plain": "txt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.oasis.opendocument.text": "odt",
}


def may_open(document: StoredDocument, sight: Sight, actor: Actor) -> bool:
    """Tell whether the actor may see the document: all of its data groups, and whom it was composed for."""
    records = {(group, document.controller_organisation_id) for group in document.data_groups}
    return records <= sight.visible and may_open_document(
        document.document_class,
        controller_organisation_id=document.controller_organisation_id,
        organisation_id=actor.organisation_id,
        masked=any(sight.decisions[record].masked for record in records),
    )


def document_content(uow: UnitOfWork, *, document_key: int, actor: Actor, now: datetime) -> DocumentContent:
    """
    Return the document and log that it was read.

    :raises NotFound: no such document
    :raises Concealed: one of its data groups is not for this person
    """
    document = uow.care.documents.get(document_key)
    sight = sight_of_case(
        uow, case_key=document.case_key, actor=actor, now=now, with_emergency=True, with_statutes=True
    )
    if not may_open(document, sight, actor):
        raise Concealed("document", document_key, case_key=document.case_key)
    log_reading(uow, sight=sight, actor=actor, groups=document.data_groups, purpose=f"document:{document_key}", now=now)
    with uow.care.seen_by(actor, now=now):
        content = uow.care.documents.content(document_key)
    return DocumentContent(key=document_key, media_type=document.media_type, content=content)
