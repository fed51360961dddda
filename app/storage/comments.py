"""Comments at user tasks; what was written is encrypted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select

from app.domain.comments import Comment
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.storage.encryption import Cipher
from app.storage.rows import Task
from app.storage.tables.people import user_account
from app.storage.tables.teamwork import task_comment
from app.storage.tables.work import user_task

_SELECT = (
    select(
        task_comment,
        user_account.c.name.label("author_name"),
        user_task.c.name.label("task_name"),
        user_task.c.process_id,
    )
    .join(user_account, user_account.c.key == task_comment.c.author)
    .join(user_task, user_task.c.key == task_comment.c.task_key)
)


class Comments:
    """What people wrote at tasks."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(
        self,
        task: Task,
        *,
        controller_organisation_id: str,
        data_group: DataGroup,
        text: str,
        mentioned: Collection[int],
        author: int,
        now: datetime,
    ) -> int:
        """Insert a comment and return its key."""
        key = new_key()
        self._connection.execute(
            insert(task_comment).values(
                key=key,
                task_key=task.key,
                case_key=task.case_key,
                controller_org_id=controller_organisation_id,
                data_group=data_group,
                content=self._cipher.encrypt(text.encode(), table="task_comment", key=key, field="content"),
                mentioned=sorted(mentioned),
                author=author,
                at=now,
            )
        )
        return key

    def pairs(self, *, task_key: int, case_key: int | None) -> list[tuple[DataGroup, str]]:
        """Return data group and register of each comment of the case, or of a task without one; decrypts nothing."""
        query = select(task_comment.c.data_group, task_comment.c.controller_org_id)
        rows = self._connection.execute(query.where(_of(task_key, case_key)))
        return [(DataGroup(row.data_group), row.controller_org_id) for row in rows]

    def of_task(
        self, *, task_key: int, case_key: int | None, visible: Collection[tuple[DataGroup, str]], limit: int
    ) -> list[Comment]:
        """Return the comments of the case, or of the task that has none, in these pairs; the newest first."""
        return self._listed(_SELECT.where(_of(task_key, case_key)), visible, limit)

    def of_case(
        self, case_key: int, *, visible: Collection[tuple[DataGroup, str]], limit: int | None = None
    ) -> list[Comment]:
        """Return the comments of the case in these (data group, controller) pairs, the newest first."""
        return self._listed(_SELECT.where(task_comment.c.case_key == case_key), visible, limit)

    def _listed(
        self, query: Select[Any], visible: Collection[tuple[DataGroup, str]], limit: int | None
    ) -> list[Comment]:
        ordered = query.order_by(task_comment.c.at.desc(), task_comment.c.key.desc())
        rows = [
            row
            for row in self._connection.execute(ordered)
            if (DataGroup(row.data_group), row.controller_org_id) in visible
        ]
        return [self._to_comment(row) for row in rows[:limit]]

    def _to_comment(self, row: Row[Any]) -> Comment:
        plain = self._cipher.decrypt(row.content, table="task_comment", key=row.key, field="content")
        return Comment(
            key=row.key,
            task_key=row.task_key,
            task_name=row.task_name,
            process_id=row.process_id,
            data_group=DataGroup(row.data_group),
            controller_organisation_id=row.controller_org_id,
            text=plain.decode(),
            author_name=row.author_name,
            at=row.at,
        )


def _of(task_key: int, case_key: int | None) -> ColumnElement[bool]:
    # before the case was known the task stood alone
    return task_comment.c.task_key == task_key if case_key is None else task_comment.c.case_key == case_key
