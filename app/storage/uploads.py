"""Files that wait for their form to be sent again: in encrypted pieces, one person's for one task."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select

from app.domain.answers import AcceptedFile, StoredFile
from app.storage.documents import pieces_of
from app.storage.encryption import Cipher
from app.storage.tables.care import client
from app.storage.tables.people import user_account
from app.storage.tables.work import pending_chunk, pending_upload, user_task


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingUpload:
    """A file that waits, without its content. `field` is the path of its field: ("toimet", "liite")."""

    field: tuple[str, ...]
    file: StoredFile


class Uploads:
    """Files that wait; whose they are and for which task is part of every question."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def lock_owner(self, user_key: int) -> None:
        """Let nobody else count the person's files until the end of the transaction; a client has no account."""
        for key in (user_account.c.key, client.c.key):
            self._connection.execute(select(key).where(key == user_key).with_for_update(key_share=True))

    def held_by(self, user_key: int) -> tuple[int, int]:
        """Return how many files of the person wait in all tasks, and their bytes."""
        row = self._connection.execute(
            select(func.count(), func.coalesce(func.sum(pending_upload.c.size), 0)).where(
                pending_upload.c.user_key == user_key
            )
        ).one()
        return int(row[0]), int(row[1])

    def add(
        self, file: AcceptedFile, *, key: int, task_key: int, user_key: int, field: tuple[str, ...], now: datetime
    ) -> PendingUpload:
        """Insert the file in the caller's transaction, and return it as it waits."""
        self._connection.execute(
            insert(pending_upload).values(
                key=key,
                task_key=task_key,
                user_key=user_key,
                field=".".join(field),
                name=self._cipher.encrypt(file.name.encode(), table="pending_upload", key=key, field="name"),
                media_type=file.media_type,
                size=len(file.content),
                sha256=file.sha256,
                kept_at=now,
            )
        )
        for number, piece in enumerate(pieces_of(file.content)):
            sealed = self._cipher.encrypt(piece, table="pending_chunk", key=key, field=str(number))
            self._connection.execute(insert(pending_chunk).values(upload_key=key, number=number, content=sealed))
        size, digest = len(file.content), file.sha256
        stored = StoredFile(key=str(key), name=file.name, media_type=file.media_type, size=size, sha256=digest)
        return PendingUpload(field=field, file=stored)

    def of_task(self, task_key: int, *, user_key: int) -> dict[str, PendingUpload]:
        """Return the person's files that wait for the task, by key as a text, in the order in which they came."""
        rows = self._connection.execute(
            select(pending_upload)
            .where(pending_upload.c.task_key == task_key, pending_upload.c.user_key == user_key)
            .order_by(pending_upload.c.kept_at, pending_upload.c.key)
        )
        found = {}
        for row in rows:
            name = self._cipher.decrypt(row.name, table="pending_upload", key=row.key, field="name").decode()
            file = StoredFile(key=str(row.key), name=name, media_type=row.media_type, size=row.size, sha256=row.sha256)
            found[file.key] = PendingUpload(field=tuple(row.field.split(".")), file=file)
        return found

    def content(self, key: int) -> bytes:
        """Return the content of a file that `of_task` has given, decrypted."""
        rows = self._connection.execute(
            select(pending_chunk.c.number, pending_chunk.c.content)
            .where(pending_chunk.c.upload_key == key)
            .order_by(pending_chunk.c.number)
        )
        return b"".join(
            self._cipher.decrypt(row.content, table="pending_chunk", key=key, field=str(row.number)) for row in rows
        )

    def drop(self, key: int, *, task_key: int, user_key: int) -> None:
        """Forget a file that the person has taken out; somebody else's stays where it is."""
        self._drop(
            and_(
                pending_upload.c.key == key,
                pending_upload.c.task_key == task_key,
                pending_upload.c.user_key == user_key,
            )
        )

    def drop_of_task(self, task_key: int, *, user_key: int) -> None:
        """Forget the person's files for the task: it is done."""
        self._drop(and_(pending_upload.c.task_key == task_key, pending_upload.c.user_key == user_key))

    def prune(self, *, kept_before: datetime, ended_before: datetime, limit: int) -> int:
        """Forget up to `limit` files that wait too long, or whose task has ended long enough; return how many."""
        keys = self._connection.scalars(
            select(pending_upload.c.key)
            .join(user_task, user_task.c.key == pending_upload.c.task_key)
            .where(
                or_(
                    pending_upload.c.kept_at < kept_before,
                    and_(user_task.c.status != "open", user_task.c.ended_at < ended_before),
                )
            )
            .order_by(pending_upload.c.kept_at)
            .limit(limit)
            .with_for_update(of=pending_upload, skip_locked=True)
        ).all()
        if keys:
            self._drop(pending_upload.c.key.in_(keys))
        return len(keys)

    def _drop(self, chosen: Any) -> None:
        keys = select(pending_upload.c.key).where(chosen)
        self._connection.execute(delete(pending_chunk).where(pending_chunk.c.upload_key.in_(keys)))
        self._connection.execute(delete(pending_upload).where(chosen))
