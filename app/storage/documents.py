"""Documents and files: rows of the database, in encrypted pieces, so that back-up and erasure follow the row."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from app.domain.errors import InvalidInput, NotFound, Problem
from app.domain.sharing import DataGroup
from app.storage.encryption import Cipher
from app.storage.tables.care import document, document_chunk

LARGEST_BYTES = 20 * 1024 * 1024
CHUNK_BYTES = 256 * 1024


def pieces_of(content: bytes) -> list[bytes]:
    """Return the content in the pieces in which files are stored; an empty file is one empty piece."""
    return [content[start : start + CHUNK_BYTES] for start in range(0, len(content), CHUNK_BYTES)] or [b""]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A document without its content; the title is decrypted."""

    key: int
    case_key: int
    controller_organisation_id: str
    document_class: str
    data_groups: frozenset[DataGroup]
    title: str = field(repr=False)
    media_type: str
    size: int
    sha256: str
    language: str
    created_at: datetime
    created_by: int | None


class Documents:
    """Documents of cases."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(
        self,
        *,
        key: int,
        case_key: int,
        controller_organisation_id: str,
        document_class: str,
        data_groups: Collection[DataGroup],
        title: str,
        media_type: str,
        content: bytes,
        language: str,
        job_key: int | None = None,
        created_by: int | None,
        now: datetime,
        retain_until: datetime | None = None,
    ) -> None:
        """
        Insert the document in the caller's transaction.

        :raises InvalidInput: `file_too_large`, above 20 MB
        """
        if len(content) > LARGEST_BYTES:
            raise InvalidInput([Problem("file_too_large", values={"megabytes": LARGEST_BYTES // 1024**2})])
        self._connection.execute(
            insert(document).values(
                key=key,
                case_key=case_key,
                controller_org_id=controller_organisation_id,
                document_class=document_class,
                data_groups=sorted(data_groups),
                title=self._cipher.encrypt(title.encode(), table="document", key=key, field="title"),
                media_type=media_type,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                language=language,
                retain_until=retain_until,
                job_key=job_key,
                created_at=now,
                created_by=created_by,
            )
        )
        for number, piece in enumerate(pieces_of(content)):
            sealed = self._cipher.encrypt(piece, table="document_chunk", key=key, field=str(number))
            self._connection.execute(insert(document_chunk).values(document_key=key, number=number, content=sealed))

    def get(self, key: int) -> StoredDocument:
        """Return the document without its content. :raises NotFound: no such document"""
        row = self._connection.execute(select(document).where(document.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("document", key)
        return self._to_document(row)

    def of_job(self, job_key: int) -> int | None:
        """Return the key of the document that the job has written already, or None."""
        return self._connection.scalar(select(document.c.key).where(document.c.job_key == job_key))

    def of_case(self, case_key: int) -> list[StoredDocument]:
        """Return the documents of the case, the newest first."""
        rows = self._connection.execute(
            select(document)
            .where(document.c.case_key == case_key)
            .order_by(document.c.created_at.desc(), document.c.key)
        )
        return [self._to_document(row) for row in rows]

    def set_aside(self, case_key: int, *, sha256: str, document_class: str, instead: str) -> None:
        """Give the newest document of the case with this content and class the other class."""
        newest = (
            select(document.c.key)
            .where(
                document.c.case_key == case_key,
                document.c.sha256 == sha256,
                document.c.document_class == document_class,
            )
            .order_by(document.c.created_at.desc(), document.c.key)
            .limit(1)
            .scalar_subquery()
        )
        self._connection.execute(update(document).where(document.c.key == newest).values(document_class=instead))

    def content(self, key: int) -> bytes:
        """Return the content of the document, decrypted. :raises NotFound: no such document"""
        rows = self._connection.execute(
            select(document_chunk.c.number, document_chunk.c.content)
            .where(document_chunk.c.document_key == key)
            .order_by(document_chunk.c.number)
        ).all()
        if not rows:
            raise NotFound("document", key)
        return b"".join(
            self._cipher.decrypt(row.content, table="document_chunk", key=key, field=str(row.number)) for row in rows
        )

    def _to_document(self, row: Row[Any]) -> StoredDocument:
        title = self._cipher.decrypt(row.title, table="document", key=row.key, field="title")
        return StoredDocument(
            key=row.key,
            case_key=row.case_key,
            controller_organisation_id=row.controller_org_id,
            document_class=row.document_class,
            data_groups=frozenset(DataGroup(group) for group in row.data_groups),
            title=title.decode(),
            media_type=row.media_type,
            size=row.size,
            sha256=row.sha256,
            language=row.language,
            created_at=row.created_at,
            created_by=row.created_by,
        )
