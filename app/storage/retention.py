"""What is over its time, what was decided about it, and how far the logs have been cut (R-11, R-13, R-14)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from app.domain.calendar import local_date
from app.domain.data_rights import RESTRICTING, RequestKind, RequestStatus
from app.domain.errors import NotFound
from app.domain.keys import new_key
from app.domain.retention import CASE_CLASSES, ErasureStatus, KeepReason, RetentionClass
from app.storage.erasing import patient_comments, patient_documents
from app.storage.tables.care import care_case, case_answer, client, decision_record, document, plan_action
from app.storage.tables.instances import process_instance
from app.storage.tables.people import user_account
from app.storage.tables.rights import data_request, erasure


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A case, or for basic data a client, of which a class is over its time, and from which day that counts."""

    kind: RetentionClass
    subject_key: int
    controller_organisation_id: str
    counted_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """A proposal to erase, or what became of it; `case_number` is "" for basic data and for what is gone."""

    key: int
    kind: RetentionClass
    subject_key: int | None
    case_number: str
    controller_organisation_id: str
    counted_from: date
    due_on: date
    counts: Mapping[str, int]
    status: ErasureStatus
    reason: str
    decided_by: str
    erased_at: datetime | None


class Retention:
    """The proposals to erase."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- what is over its time ---------------------------------------------------------------------------------------

    def due_cases(
        self,
        kind: RetentionClass,
        *,
        area_id: str,
        closed_before: datetime,
        services: Mapping[RetentionClass, Collection[str]],
        now: datetime,
        limit: int,
    ) -> list[Due]:
        """
        Return up to `limit` closed cases of the area of which the class is over its time and nobody has been told.

        `services` says which services make a case one of a class. A case in which a pathway still runs, a document has
        a later day of its own, or the client has asked something that waits or is restricted (R-21), is not over its
        time. The longest closed come first.
        """
        query = (
            select(care_case.c.key, care_case.c.controller_org_id, care_case.c.closed_at)
            .where(
                care_case.c.area_id == area_id,
                *self._is_over(kind, closed_before=closed_before, services=services, now=now),
                ~_known(kind, care_case.c.key),
            )
            .order_by(care_case.c.closed_at, care_case.c.key)
            .limit(limit)
        )
        return [
            Due(
                kind=kind,
                subject_key=row.key,
                controller_organisation_id=row.controller_org_id,
                counted_from=local_date(self._counted_from(kind, row.key, row.closed_at)),
            )
            for row in self._connection.execute(query)
        ]

    def case_is_due(
        self,
        kind: RetentionClass,
        case_key: int,
        *,
        closed_before: datetime,
        services: Mapping[RetentionClass, Collection[str]],
        now: datetime,
    ) -> bool:
        """Tell whether the class of this case is over its time now."""
        query = select(care_case.c.key).where(
            care_case.c.key == case_key, *self._is_over(kind, closed_before=closed_before, services=services, now=now)
        )
        return self._connection.scalar(query) is not None

    def due_clients(self, *, died_before: date, limit: int) -> list[Due]:
        """Return up to `limit` clients who died on the day or before it, of whom nothing but basic data is kept."""
        query = (
            select(client.c.key, client.c.controller_org_id, client.c.died_on)
            .where(*_client_is_over(died_before), ~_known(RetentionClass.BASIC, client.c.key))
            .order_by(client.c.died_on, client.c.key)
            .limit(limit)
        )
        return [
            Due(
                kind=RetentionClass.BASIC,
                subject_key=row.key,
                controller_organisation_id=row.controller_org_id,
                counted_from=row.died_on,
            )
            for row in self._connection.execute(query)
        ]

    def client_is_due(self, client_key: int, *, died_before: date) -> bool:
        """Tell whether the basic data of this client are over their time now."""
        query = select(client.c.key).where(client.c.key == client_key, *_client_is_over(died_before))
        return self._connection.scalar(query) is not None

    def area_of(self, case_key: int) -> str | None:
        """Return the area of the case, None where it is gone."""
        return self._connection.scalar(select(care_case.c.area_id).where(care_case.c.key == case_key))

    def areas_with_closed_cases(self) -> list[str]:
        """Return the areas that have a closed case."""
        query = select(care_case.c.area_id).where(care_case.c.status == "closed").distinct()
        return sorted(self._connection.scalars(query))

    def _is_over(
        self,
        kind: RetentionClass,
        *,
        closed_before: datetime,
        services: Mapping[RetentionClass, Collection[str]],
        now: datetime,
    ) -> list[ColumnElement[bool]]:
        running = select(literal(1)).where(
            process_instance.c.case_key == care_case.c.key, process_instance.c.status == "active"
        )
        kept_longer = select(literal(1)).where(document.c.case_key == care_case.c.key, document.c.retain_until > now)
        restricted = select(literal(1)).where(
            data_request.c.case_key == care_case.c.key,
            or_(
                data_request.c.status == RequestStatus.OPEN,
                (data_request.c.kind == RequestKind.RESTRICTION) & data_request.c.status.in_(RESTRICTING),
            ),
        )
        over = [
            care_case.c.status == "closed",
            care_case.c.closed_at < closed_before,
            ~running.correlate(care_case).exists(),
            ~restricted.correlate(care_case).exists(),
            ~kept_longer.correlate(care_case).exists(),
        ]
        if kind is RetentionClass.PATIENT:
            return [*over, _has_patient_copies()]
        stronger = CASE_CLASSES[: CASE_CLASSES.index(kind)]
        over += [~_has_service(services.get(each, ())) for each in stronger]
        if kind is not RetentionClass.SOCIAL:
            over.append(_has_service(services.get(kind, ())))
        if kind is RetentionClass.DISABILITY:
            other = care_case.alias("other")
            later = select(literal(1)).where(
                other.c.client_key == care_case.c.client_key,
                or_(other.c.status == "open", other.c.closed_at >= closed_before),
            )
            over.append(~later.correlate(care_case).exists())
        return over

    def _counted_from(self, kind: RetentionClass, case_key: int, closed_at: datetime) -> datetime:
        if kind is not RetentionClass.DISABILITY:
            return closed_at
        same = select(care_case.c.client_key).where(care_case.c.key == case_key).scalar_subquery()
        last = self._connection.scalar(
            select(care_case.c.closed_at)
            .where(care_case.c.client_key == same, care_case.c.closed_at.is_not(None))
            .order_by(care_case.c.closed_at.desc())
            .limit(1)
        )
        return last or closed_at

    # -- proposals ---------------------------------------------------------------------------------------------------

    def propose(self, due: Due, *, due_on: date, counts: Mapping[str, int], now: datetime) -> None:
        """Note that the class of the case or client is over its time."""
        self._connection.execute(
            insert(erasure).values(
                key=new_key(),
                retention_class=due.kind,
                subject_key=due.subject_key,
                controller_org_id=due.controller_organisation_id,
                counted_from=due.counted_from,
                due_on=due_on,
                counts=dict(counts),
                status=ErasureStatus.PROPOSED,
                found_at=now,
            )
        )

    def take_confirmed(self) -> Erasure | None:
        """Lock and return the proposal that was confirmed first and is at no other's, None where there is none."""
        key = self._connection.scalar(
            select(erasure.c.key)
            .where(erasure.c.status == ErasureStatus.CONFIRMED)
            .order_by(erasure.c.due_on, erasure.c.key)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        return None if key is None else self.get(key)

    def get(self, key: int) -> Erasure:
        """Return the proposal. :raises NotFound: no such proposal"""
        row = self._connection.execute(_SELECT.where(erasure.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("erasure", key)
        return _to_erasure(row)

    def withdraw(self, key: int) -> None:
        """Forget the proposal: its time is not over any more."""
        self._connection.execute(delete(erasure).where(erasure.c.key == key))

    def finish(self, key: int, *, counts: Mapping[str, int], now: datetime) -> None:
        """Note that it is erased; from now on the row points to nobody."""
        self._connection.execute(
            update(erasure)
            .where(erasure.c.key == key)
            .values(status=ErasureStatus.ERASED, subject_key=None, counts=dict(counts), erased_at=now)
        )

    def forget_others(self, case_key: int, *, besides: int) -> None:
        """Forget the other proposals for a case that goes."""
        self._connection.execute(delete(erasure).where(erasure.c.subject_key == case_key, erasure.c.key != besides))

    def decide(
        self,
        keys: Collection[int],
        *,
        controller_organisation_id: str,
        before: Collection[ErasureStatus],
        status: ErasureStatus,
        reason: KeepReason | None,
        by: int | None,
        now: datetime,
    ) -> list[int]:
        """Change those of the proposals that are in the organisation's registers and stand so; return their keys."""
        chosen = (
            erasure.c.key.in_(keys),
            erasure.c.controller_org_id == controller_organisation_id,
            erasure.c.status.in_(before),
        )
        found = list(self._connection.scalars(select(erasure.c.key).where(*chosen).with_for_update()))
        if found:
            self._connection.execute(
                update(erasure)
                .where(erasure.c.key.in_(found))
                .values(status=status, reason=reason or "", decided_by=by, decided_at=now)
            )
        return found

    # -- for the page ------------------------------------------------------------------------------------------------

    def counted(self, *, controller_organisation_id: str | None) -> dict[tuple[RetentionClass, ErasureStatus], int]:
        """Return how many proposals there are by class and status, in one organisation's registers or in all."""
        query = select(erasure.c.retention_class, erasure.c.status, func.count().label("number")).group_by(
            erasure.c.retention_class, erasure.c.status
        )
        if controller_organisation_id is not None:
            query = query.where(erasure.c.controller_org_id == controller_organisation_id)
        return {
            (RetentionClass(row.retention_class), ErasureStatus(row.status)): row.number
            for row in self._connection.execute(query)
        }

    def list_of(self, status: ErasureStatus, *, controller_organisation_id: str, limit: int) -> list[Erasure]:
        """Return the proposals of the organisation's registers that stand so, the longest over their time first."""
        query = _SELECT.where(erasure.c.status == status, erasure.c.controller_org_id == controller_organisation_id)
        rows = self._connection.execute(query.order_by(erasure.c.due_on, erasure.c.key).limit(limit))
        return [_to_erasure(row) for row in rows]

    def erased(self, *, controller_organisation_id: str | None, limit: int) -> list[Erasure]:
        """Return what was erased, the latest first; lines of logs belong to nobody's register."""
        query = _SELECT.where(erasure.c.status == ErasureStatus.ERASED)
        if controller_organisation_id is not None:
            query = query.where(erasure.c.controller_org_id.in_((controller_organisation_id, "")))
        rows = self._connection.execute(query.order_by(erasure.c.erased_at.desc(), erasure.c.key).limit(limit))
        return [_to_erasure(row) for row in rows]

    def note_cut(self, *, written_before: date, counts: Mapping[str, int], now: datetime) -> None:
        """Note that lines of the logs were cut off, because they were written before the day."""
        self._connection.execute(
            insert(erasure).values(
                key=new_key(),
                retention_class=RetentionClass.LOG,
                controller_org_id="",
                counted_from=written_before,
                due_on=local_date(now),
                counts=dict(counts),
                status=ErasureStatus.ERASED,
                found_at=now,
                erased_at=now,
            )
        )


_SELECT = (
    select(erasure, care_case.c.number.label("case_number"), user_account.c.name.label("decided_by_name"))
    .outerjoin(care_case, care_case.c.key == erasure.c.subject_key)
    .outerjoin(user_account, user_account.c.key == erasure.c.decided_by)
)


def _known(kind: RetentionClass, subject: Column[int]) -> ColumnElement[bool]:
    found = select(literal(1)).where(erasure.c.subject_key == subject, erasure.c.retention_class == kind)
    return found.correlate(subject.table).exists()


def _has_service(ids: Collection[str]) -> ColumnElement[bool]:
    found = select(literal(1)).where(plan_action.c.case_key == care_case.c.key, plan_action.c.service_id.in_(list(ids)))
    return found.correlate(care_case).exists()


def _has_patient_copies() -> ColumnElement[bool]:
    return or_(
        select(literal(1))
        .where(case_answer.c.case_key == care_case.c.key, case_answer.c.data_group == "terveys")
        .correlate(care_case)
        .exists(),
        select(literal(1)).where(*patient_comments(care_case.c.key)).correlate(care_case).exists(),
        select(literal(1)).where(decision_record.c.case_key == care_case.c.key).correlate(care_case).exists(),
        select(literal(1)).where(*patient_documents(care_case.c.key)).correlate(care_case).exists(),
    )


def _client_is_over(died_before: date) -> list[ColumnElement[bool]]:
    cases = select(literal(1)).where(care_case.c.client_key == client.c.key).correlate(client).exists()
    return [client.c.died_on <= died_before, ~cases]


def _to_erasure(row: Row[Any]) -> Erasure:
    return Erasure(
        key=row.key,
        kind=RetentionClass(row.retention_class),
        subject_key=row.subject_key,
        case_number=row.case_number or "",
        controller_organisation_id=row.controller_org_id,
        counted_from=row.counted_from,
        due_on=row.due_on,
        counts=row.counts,
        status=ErasureStatus(row.status),
        reason=row.reason,
        decided_by=row.decided_by_name or "",
        erased_at=row.erased_at,
    )
