"""What leads back from the completion of a user task, encrypted: it holds what was typed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select, tuple_, update

from app.domain.errors import NotFound
from app.domain.steps import ElementEvent, HistoryEvent, WaitKind
from app.domain.way_back import Standing
from app.storage.encryption import Cipher
from app.storage.statements import upsert
from app.storage.tables.instances import (
    history,
    job,
    message_subscription,
    process_instance,
    signal_subscription,
    timer,
    variable,
)
from app.storage.tables.teamwork import notice, task_comment
from app.storage.tables.work import draft, pending_upload, user_task, way_back

_CHANGES = ("task_key", "revision", "at", "obstacle", "opened", "content")
#: the waits that are opened again, by the kind of the wait
_REVIVED = {WaitKind.TIMER: timer, WaitKind.MESSAGE: message_subscription, WaitKind.SIGNAL: signal_subscription}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCompletion:
    """What is kept of a completion: `content` is b"" where there is an obstacle, `revision` that of the instance."""

    task_key: int
    revision: int
    at: datetime
    obstacle: str
    #: keys of what it opened, by the kind of the wait
    opened: Mapping[str, Sequence[int]]
    content: bytes = field(repr=False)


class WayBack:
    """What leads back from completions, and the rows that go back with them."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def keep(self, instance_key: int, kept: KeptCompletion) -> None:
        """Keep the completion in the place of an earlier one in the instance."""
        sealed = None
        if kept.content:
            sealed = self._cipher.encrypt(kept.content, table="way_back", key=instance_key, field="content")
        row = {
            "instance_key": instance_key,
            "task_key": kept.task_key,
            "revision": kept.revision,
            "at": kept.at,
            "obstacle": kept.obstacle,
            "opened": {kind: list(keys) for kind, keys in kept.opened.items()},
            "content": sealed,
        }
        upsert(self._connection, way_back, [row], keys=("instance_key",), changes=_CHANGES)

    def standing(self, instance_key: int, *, lock: bool = False) -> Standing | None:
        """
        Return how the instance stands to the completion that was kept last in it.

        `lock`: on PostgreSQL no worker gets one of its jobs until the end of the transaction.
        """
        row = self._connection.execute(
            select(
                way_back.c.task_key,
                way_back.c.at,
                way_back.c.obstacle,
                way_back.c.opened,
                (way_back.c.revision == process_instance.c.revision).label("is_latest"),
            )
            .join(process_instance, process_instance.c.key == way_back.c.instance_key)
            .where(way_back.c.instance_key == instance_key)
        ).one_or_none()
        if row is None:
            return None
        tasks, jobs = row.opened.get("user_task", []), row.opened.get("job", [])
        return Standing(
            task_key=row.task_key,
            at=row.at,
            obstacle=row.obstacle,
            is_latest=row.is_latest,
            untouched=self._are_untouched(tasks),
            unbegun=self._are_unbegun(jobs, lock=lock),
            mailed=self._is_mailed(tasks),
        )

    def find(self, instance_key: int) -> KeptCompletion:
        """Return what is kept of the last completion in the instance. :raises NotFound: nothing is"""
        row = self._connection.execute(select(way_back).where(way_back.c.instance_key == instance_key)).one_or_none()
        if row is None:
            raise NotFound("way back", instance_key)
        content = b""
        if row.content is not None:
            content = self._cipher.decrypt(row.content, table="way_back", key=instance_key, field="content")
        return KeptCompletion(
            task_key=row.task_key,
            revision=row.revision,
            at=row.at,
            obstacle=row.obstacle,
            opened=row.opened,
            content=content,
        )

    def offered(self, task_keys: Collection[int], *, since: datetime) -> set[int]:
        """Return those of the tasks from which a way back may lead: kept since then, and the instance stands still."""
        query = (
            select(way_back.c.task_key)
            .join(process_instance, process_instance.c.key == way_back.c.instance_key)
            .where(
                way_back.c.task_key.in_(task_keys),
                way_back.c.at >= since,
                way_back.c.obstacle == "",
                way_back.c.revision == process_instance.c.revision,
                process_instance.c.paused_at.is_(None),
            )
        )
        return set(self._connection.scalars(query)) if task_keys else set()

    def forget(self, instance_key: int) -> None:
        """Forget what was kept: it has been gone."""
        self._connection.execute(delete(way_back).where(way_back.c.instance_key == instance_key))

    def prune(self, *, kept_before: datetime, limit: int) -> int:
        """Forget up to `limit` ways back that were kept before the moment; return how many."""
        old = select(way_back.c.instance_key).where(way_back.c.at < kept_before).order_by(way_back.c.at).limit(limit)
        keys = self._connection.scalars(old.with_for_update(skip_locked=True)).all()
        if keys:
            self._connection.execute(delete(way_back).where(way_back.c.instance_key.in_(keys)))
        return len(keys)

    def events_after(self, instance_key: int, count: int) -> list[HistoryEvent]:
        """Return what the history of the instance says after its first `count` lines, without flows."""
        query = select(history).where(
            history.c.instance_key == instance_key, history.c.sequence > count, history.c.event != "flow_taken"
        )
        return [
            HistoryEvent(
                element_instance_key=row.element_instance_key,
                scope_key=row.scope_key,
                element_id=row.element_id,
                element_type=row.element_type,
                event=ElementEvent(row.event),
                called_key=row.called_process_key,
            )
            for row in self._connection.execute(query.order_by(history.c.sequence))
        ]

    def _are_untouched(self, task_keys: Sequence[int]) -> bool:
        if not task_keys:
            return True
        touched: list[ColumnElement[bool]] = [
            (user_task.c.status != "open") | (user_task.c.revision != 1),
            *(
                user_task.c.key.in_(select(table.c.task_key).where(table.c.task_key.in_(task_keys)))
                for table in (draft, pending_upload, task_comment)
            ),
        ]
        return not any(
            self._connection.execute(select(user_task.c.key).where(user_task.c.key.in_(task_keys), each)).first()
            for each in touched
        )

    def _are_unbegun(self, job_keys: Sequence[int], *, lock: bool) -> bool:
        query = select(job.c.key).where(job.c.key.in_(job_keys), job.c.status == "ready", job.c.attempts == 0)
        found = self._connection.scalars(query.with_for_update() if lock else query).all() if job_keys else []
        return len(found) == len(job_keys)

    def _is_mailed(self, task_keys: Sequence[int]) -> bool:
        query = select(notice.c.key).where(notice.c.task_key.in_(task_keys), notice.c.mail_tries > 0)
        return bool(task_keys) and self._connection.execute(query.limit(1)).first() is not None

    # -- going back --------------------------------------------------------------------------------------------------

    def revive(self, kind: WaitKind, keys: Collection[int], *, element_instances: Mapping[int, int]) -> None:
        """Open the ended waits of the kind again; `element_instances` are the new keys of those that they belong to."""
        table = _REVIVED[kind]
        rows = self._connection.execute(
            select(table.c.key, table.c.element_instance_key).where(table.c.key.in_(keys))
        ).all()
        for row in rows:
            element_instance_key = element_instances.get(row.element_instance_key, row.element_instance_key)
            self._connection.execute(
                update(table)
                .where(table.c.key == row.key)
                .values(status="open", ended_at=None, element_instance_key=element_instance_key)
            )

    def forget_variables(self, written: Collection[tuple[int, str]]) -> None:
        """Delete variables (scope, name) that did not exist before."""
        if written:
            places = tuple_(variable.c.scope_key, variable.c.name)
            self._connection.execute(delete(variable).where(places.in_(list(written))))
