"""User tasks, the offers of them to groups, drafts and submissions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, or_, select, update

from app.domain.errors import NotFound
from app.domain.steps import UserTaskOpened
from app.storage.encryption import Cipher
from app.storage.reads import find_row
from app.storage.rows import Instance, Task
from app.storage.statements import insert_many_new, insert_new, upsert
from app.storage.tables.care import care_case
from app.storage.tables.teamwork import task_comment
from app.storage.tables.work import draft, submission, task_offer, user_task
from app.storage.types import NEVER, AnyRow, Key
from app.storage.writes import write

# Statements of every step are made once: building one costs more than carrying it out.
_LOCK_DRAFT = (
    select(draft.c.page_id, draft.c.saved_at)
    .where(draft.c.task_key == bindparam("task"), draft.c.user_key == bindparam("person"))
    .with_for_update()
)
_GET = select(user_task).where(user_task.c.key == bindparam("sought"))
_ADD = insert(user_task).inline()
_OFFER = insert(task_offer).inline()
_ENDS = update(user_task).where(user_task.c.key == bindparam("closed"), user_task.c.status == "open")
#: the columns that are not named here get the values of the parameters of their names; what listeners let happen was
#: done by whoever asked for it
_CLOSE = _ENDS.values(
    revision=user_task.c.revision + 1,
    completed_by=func.coalesce(user_task.c.held_by, bindparam("by", type_=Key)),
    held_event="",
    held_by=None,
)
_WITHDRAW = _ENDS.values(revision=user_task.c.revision + 1, held_event="", held_by=None)
_TAKE_BACK = delete(task_offer).where(task_offer.c.task_key == bindparam("closed"))
_DROP_DRAFTS = delete(draft).where(draft.c.task_key == bindparam("task"), draft.c.user_key == bindparam("person"))


class Tasks:
    """User tasks and what people typed into them."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def get(self, key: int) -> Task:
        """Return the user task. :raises NotFound: no such task"""
        row = find_row(self._connection, _GET, sought=key)
        if row is None:
            raise NotFound("user task", key)
        return self._to_task(row)

    def get_many(self, keys: Collection[int]) -> dict[int, Task]:
        """Return the user tasks by key; what is not there is left out."""
        query = select(user_task).where(user_task.c.key.in_(keys))
        return {row.key: self._to_task(row) for row in self._connection.execute(query)} if keys else {}

    def open_of(self, instance_key: int) -> list[Task]:
        """Return the open tasks of the instance."""
        query = select(user_task).where(user_task.c.instance_key == instance_key, user_task.c.status == "open")
        return [self._to_task(row) for row in self._connection.execute(query)]

    def last_completed(self, instance_key: int, element_id: str) -> int | None:
        """Return the key of the task of this element that was completed last in the instance."""
        return self._connection.scalar(
            select(user_task.c.key)
            .where(
                user_task.c.instance_key == instance_key,
                user_task.c.element_id == element_id,
                user_task.c.status == "completed",
            )
            .order_by(user_task.c.ended_at.desc(), user_task.c.created_at.desc())
            .limit(1)
        )

    @staticmethod
    def _to_task(row: AnyRow) -> Task:
        return Task(
            key=row.key,
            instance_key=row.instance_key,
            definition_key=row.process_definition_key,
            called_process_key=row.called_process_key,
            process_id=row.process_id,
            element_id=row.element_id,
            element_instance_key=row.element_instance_key,
            name=row.name,
            form_id=row.form_id,
            status=row.status,
            revision=row.revision,
            assignee=row.assignee,
            candidate_groups=tuple(row.candidate_groups),
            candidate_users=tuple(row.candidate_users),
            case_key=row.case_key,
            area_id=row.area_id,
            organisation_id=row.organisation_id,
            unit_id=row.unit_id,
            priority=row.priority,
            due_at=row.due_at,
            follow_up_at=row.follow_up_at,
            properties=row.properties,
            created_at=row.created_at,
            ended_at=row.ended_at,
            completed_by=row.completed_by,
            escalated_at=row.escalated_at,
            escalated_from=row.escalated_from,
            assigned_by=row.assigned_by,
            delegated_by=row.delegated_by,
            held_event=row.held_event,
            held_by=row.held_by,
            denial=row.denial,
        )

    def add(
        self,
        instance: Instance,
        opened: Sequence[UserTaskOpened],
        *,
        assignees: Mapping[str, int],
        now: datetime,
    ) -> None:
        """Insert the tasks and offer each to its candidate groups; `assignees` are user keys by user name."""
        if not opened:
            return
        write(self._connection, _ADD, [self._row(instance, item, assignees, now) for item in opened])
        offers = [
            {
                "group_id": group,
                "area_id": instance.area_id,
                "due_at": item.due_at or NEVER,
                "task_key": item.key,
                "assignee": assignees.get(item.assignee or ""),
            }
            for item in opened
            for group in dict.fromkeys(item.candidate_groups)
        ]
        if offers:
            write(self._connection, _OFFER, offers)

    @staticmethod
    def _row(instance: Instance, item: UserTaskOpened, assignees: Mapping[str, int], now: datetime) -> dict[str, Any]:
        assignee = assignees.get(item.assignee or "")
        return {
            "key": item.key,
            "instance_key": instance.key,
            "process_definition_key": item.called.definition_key if item.called else instance.definition_key,
            "process_id": item.called.process_id if item.called else instance.process_id,
            "called_process_key": item.called_key,
            "element_instance_key": item.element_instance_key,
            "element_id": item.element_id,
            "name": dict(item.name),
            "form_id": item.form_id,
            "status": "open",
            "assignee": assignee,
            "candidate_groups": list(item.candidate_groups),
            "candidate_users": list(item.candidate_users),
            "case_key": instance.case_key,
            "area_id": instance.area_id,
            "organisation_id": instance.organisation_id,
            "unit_id": instance.unit_id,
            "priority": item.priority,
            "due_at": item.due_at or NEVER,
            "follow_up_at": item.follow_up_at,
            "properties": dict(item.properties),
            "created_at": now,
            "claimed_at": now if assignee else None,
        }

    def assign(
        self,
        key: int,
        assignee: int | None,
        *,
        expected: int | None,
        by: int | None = None,
        delegated_by: int | None = None,
        now: datetime,
    ) -> bool:
        """
        Give the open task to the person (or back) if `expected` still holds it; return whether it did.

        `by` is who gives it; `delegated_by` to whom it returns when the person has done their part.
        """
        changed = self._connection.execute(
            update(user_task)
            .where(
                user_task.c.key == key,
                user_task.c.status == "open",
                user_task.c.assignee.is_not_distinct_from(expected),
            )
            .values(
                assignee=assignee,
                assigned_by=by if by != assignee else None,
                delegated_by=delegated_by,
                claimed_at=now if assignee is not None else None,
                revision=user_task.c.revision + 1,
            )
        )
        if changed.rowcount != 1:
            return False
        self._connection.execute(update(task_offer).where(task_offer.c.task_key == key).values(assignee=assignee))
        return True

    def assigned_in_case(self, case_key: int, user_key: int) -> list[tuple[int, bool]]:
        """Return the open tasks of the case that the person has: the key, and whether it is for a group too."""
        rows = self._connection.execute(
            select(user_task.c.key, user_task.c.candidate_groups)
            .where(user_task.c.case_key == case_key, user_task.c.status == "open", user_task.c.assignee == user_key)
            .order_by(user_task.c.key)
        )
        return [(row.key, bool(row.candidate_groups)) for row in rows]

    def held_outside_own_cases(self, user_key: int) -> list[int]:
        """Return the open tasks that the person holds and others could take, but for those of cases that are theirs."""
        own = select(care_case.c.key).where(care_case.c.owner_key == user_key)
        offered = select(literal(1)).where(task_offer.c.task_key == user_task.c.key).exists()
        query = select(user_task.c.key).where(
            user_task.c.assignee == user_key,
            user_task.c.status == "open",
            or_(user_task.c.case_key.is_(None), user_task.c.case_key.not_in(own)),
            offered,
        )
        # in one order, so that two who lock them do not wait for each other
        return list(self._connection.scalars(query.order_by(user_task.c.instance_key, user_task.c.key)))

    def open_in_case(self, case_key: int) -> list[Task]:
        """Return the open tasks of the case."""
        query = select(user_task).where(user_task.c.case_key == case_key, user_task.c.status == "open")
        return [self._to_task(row) for row in self._connection.execute(query)]

    def name_candidates(self, key: int, candidate_users: Collection[str]) -> None:
        """Let these people, and no others by name, be candidates of the open task."""
        self._connection.execute(
            update(user_task)
            .where(user_task.c.key == key, user_task.c.status == "open")
            .values(candidate_users=list(candidate_users), revision=user_task.c.revision + 1)
        )

    def note_delay(self, key: int, *, held_by: int | None, now: datetime) -> None:
        """Mark the open task as delayed; who held it is kept with it."""
        self._connection.execute(
            update(user_task)
            .where(user_task.c.key == key, user_task.c.status == "open")
            .values(escalated_at=now, escalated_from=held_by)
        )

    def change(
        self,
        task: Task,
        *,
        due_at: datetime | None,
        follow_up_at: datetime | None,
        priority: int,
        candidate_groups: Collection[str],
        candidate_users: Collection[str],
    ) -> None:
        """Write dates, priority and candidates of the open task, and offer it anew."""
        self._connection.execute(
            update(user_task)
            .where(user_task.c.key == task.key)
            .values(
                due_at=due_at or NEVER,
                follow_up_at=follow_up_at,
                priority=priority,
                candidate_groups=list(candidate_groups),
                candidate_users=list(candidate_users),
                revision=user_task.c.revision + 1,
            )
        )
        self._offer_anew(task, due_at=due_at, groups=candidate_groups, assignee=task.assignee)

    def _offer_anew(
        self, task: Task, *, due_at: datetime | None, groups: Collection[str], assignee: int | None
    ) -> None:
        self._connection.execute(delete(task_offer).where(task_offer.c.task_key == task.key))
        offers = [
            {
                "group_id": group,
                "area_id": task.area_id,
                "due_at": due_at or NEVER,
                "task_key": task.key,
                "assignee": assignee,
            }
            for group in dict.fromkeys(groups)
        ]
        if offers:
            self._connection.execute(insert(task_offer), offers)

    def close(self, keys: Sequence[int], *, completed: bool, by: int | None, now: datetime) -> None:
        """End the tasks and take back the offers."""
        if not keys:
            return
        if completed:
            ended = {"status": "completed", "ended_at": now, "by": by}
        else:
            ended = {"status": "cancelled", "ended_at": now}
        write(self._connection, _CLOSE if completed else _WITHDRAW, [{"closed": key, **ended} for key in keys])
        write(self._connection, _TAKE_BACK, [{"closed": key} for key in keys])

    def reopen(self, task: Task, *, assignee: int | None, element_instance_key: int) -> None:
        """Open the completed task again, of another element instance, and offer it anew."""
        self._connection.execute(
            update(user_task)
            .where(user_task.c.key == task.key, user_task.c.status == "completed")
            .values(
                status="open",
                assignee=assignee,
                element_instance_key=element_instance_key,
                ended_at=None,
                completed_by=None,
                revision=user_task.c.revision + 1,
            )
        )
        self._offer_anew(task, due_at=task.due_at, groups=task.candidate_groups, assignee=assignee)

    def hold(self, key: int, event: str, *, by: int | None) -> None:
        """Note that listeners look at what somebody asked for, and forget why they denied anything before."""
        self._connection.execute(
            update(user_task)
            .where(user_task.c.key == key)
            .values(held_event=event, held_by=by, denial="", revision=user_task.c.revision + 1)
        )

    def let_go(self, key: int, *, denial: str = "") -> None:
        """Note that listeners have allowed or denied what was asked for."""
        self._connection.execute(
            update(user_task)
            .where(user_task.c.key == key)
            .values(held_event="", held_by=None, denial=denial, revision=user_task.c.revision + 1)
        )

    def move(self, instance_key: int, *, by: timedelta) -> None:
        """Move due and follow-up dates of the open tasks of the instance, which the caller has locked."""
        rows = self._connection.execute(
            select(user_task.c.key, user_task.c.due_at, user_task.c.follow_up_at).where(
                user_task.c.instance_key == instance_key, user_task.c.status == "open"
            )
        ).all()
        for row in rows:
            due_at = row.due_at if row.due_at == NEVER else row.due_at + by
            follow_up_at = row.follow_up_at and row.follow_up_at + by
            moved = update(user_task).where(user_task.c.key == row.key)
            self._connection.execute(moved.values(due_at=due_at, follow_up_at=follow_up_at))
            # the lists are read in the order of the offers
            self._connection.execute(update(task_offer).where(task_offer.c.task_key == row.key).values(due_at=due_at))

    def set_case(self, instance: Instance) -> None:
        """Tie the tasks of the instance and their comments to its case, which was not known when they were opened."""
        self._connection.execute(
            update(user_task).where(user_task.c.instance_key == instance.key).values(case_key=instance.case_key)
        )
        of_instance = select(user_task.c.key).where(user_task.c.instance_key == instance.key)
        self._connection.execute(
            update(task_comment)
            .where(task_comment.c.task_key.in_(of_instance), task_comment.c.case_key.is_(None))
            .values(case_key=instance.case_key)
        )

    def save_draft(self, key: int, user_key: int, content: bytes, *, now: datetime, page_id: str = "") -> None:
        """Keep what the person typed, encrypted: it may hold anything."""
        sealed = self._cipher.encrypt(content, table="draft", key=key, field=str(user_key))
        upsert(
            self._connection,
            draft,
            [{"task_key": key, "user_key": user_key, "content": sealed, "saved_at": now, "page_id": page_id}],
            keys=("task_key", "user_key"),
            changes=("content", "saved_at", "page_id"),
        )

    def add_draft(self, key: int, user_key: int, content: bytes, *, now: datetime, page_id: str) -> bool:
        """Keep what the person typed, encrypted; False where there is a draft of theirs already."""
        sealed = self._cipher.encrypt(content, table="draft", key=key, field=str(user_key))
        row = {"task_key": key, "user_key": user_key, "content": sealed, "saved_at": now, "page_id": page_id}
        return insert_new(self._connection, draft, row, keys=["task_key", "user_key"])

    def lock_draft(self, key: int, user_key: int) -> tuple[str, datetime] | None:
        """Return the page that the person's draft was typed into and when it was saved; nobody changes it meanwhile."""
        row = find_row(self._connection, _LOCK_DRAFT, task=key, person=user_key)
        return None if row is None else (row.page_id, row.saved_at)

    def find_draft(self, key: int, user_key: int) -> tuple[bytes, datetime] | None:
        """Return the person's draft of the task and when it was saved."""
        row = self._connection.execute(
            select(draft.c.content, draft.c.saved_at).where(draft.c.task_key == key, draft.c.user_key == user_key)
        ).one_or_none()
        if row is None:
            return None
        return self._cipher.decrypt(row.content, table="draft", key=key, field=str(user_key)), row.saved_at

    def drop_drafts(self, key: int, *, user_key: int) -> None:
        """Forget the person's draft of the task; others keep what they typed."""
        write(self._connection, _DROP_DRAFTS, [{"task": key, "person": user_key}])

    def drop_all_drafts(self, key: int) -> None:
        """Forget what anybody typed into the task."""
        self._connection.execute(delete(draft).where(draft.c.task_key == key))

    def remember_submission(
        self,
        submission_id: str,
        *,
        user_key: int,
        action: str,
        result: Mapping[str, Any],
        now: datetime,
        otherwise: Exception,
    ) -> None:
        """Note the result of a form sent. :raises otherwise: this very form was sent before; at the commit at last"""
        row = {
            "submission_id": submission_id,
            "user_key": user_key,
            "action": action,
            "result": dict(result),
            "at": now,
        }
        insert_many_new(self._connection, submission, [row], keys=("submission_id",), otherwise=otherwise)

    def find_submission(self, submission_id: str, *, user_key: int) -> Mapping[str, Any] | None:
        """Return the first result of the form sent under this id by this person."""
        return self._connection.execute(
            select(submission.c.result).where(
                submission.c.submission_id == submission_id, submission.c.user_key == user_key
            )
        ).scalar_one_or_none()
