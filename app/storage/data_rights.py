"""Requests of clients about their data, restrictions that come of them, and what was put right."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, insert, select, update

from app.domain.data_rights import RESTRICTING, Correction, DataRequest, RequestKind, RequestStatus
from app.domain.errors import NotFound
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.storage.encryption import Cipher
from app.storage.tables.care import care_case
from app.storage.tables.people import user_account
from app.storage.tables.rights import correction, data_request

_SELECT = (
    select(data_request, care_case.c.number, user_account.c.name.label("decided_by_name"))
    .join(care_case, care_case.c.key == data_request.c.case_key)
    .outerjoin(user_account, user_account.c.key == data_request.c.decided_by)
)


class DataRights:
    """What was asked, answered and corrected."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(
        self,
        *,
        key: int,
        client_key: int,
        case_key: int,
        controller_organisation_id: str,
        kind: RequestKind,
        data_group: DataGroup,
        text: str,
        asked_by: int | None,
        by_worker: bool,
        due_on: date,
        now: datetime,
    ) -> None:
        """Insert a request, open."""
        self._connection.execute(
            insert(data_request).values(
                key=key,
                client_key=client_key,
                case_key=case_key,
                controller_org_id=controller_organisation_id,
                kind=kind,
                data_group=data_group,
                content=self._cipher.encrypt(text.encode(), table="data_request", key=key, field="content"),
                asked_at=now,
                asked_by=asked_by,
                by_worker=by_worker,
                due_on=due_on,
                status=RequestStatus.OPEN,
            )
        )

    def get(self, key: int) -> DataRequest:
        """Return the request. :raises NotFound: no such request"""
        row = self._connection.execute(_SELECT.where(data_request.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("data_request", key)
        return self._to_request(row)

    def of_client(self, client_key: int) -> list[DataRequest]:
        """Return the client's requests, the newest first."""
        return self._list(_SELECT.where(data_request.c.client_key == client_key))

    def of_organisation(self, organisation_id: str, *, limit: int) -> list[DataRequest]:
        """Return the requests about the organisation's registers: open ones by their day, then the newest."""
        table = data_request.c
        query = _SELECT.where(table.controller_org_id == organisation_id)
        rows = self._connection.execute(
            query.order_by(table.status != RequestStatus.OPEN, table.due_on, table.key).limit(limit)
        )
        return [self._to_request(row) for row in rows]

    def decide(self, key: int, *, status: RequestStatus, answer: str, by: int | None, now: datetime) -> bool:
        """Write the answer; return False where somebody has answered already."""
        result = self._connection.execute(
            update(data_request)
            .where(data_request.c.key == key, data_request.c.status == RequestStatus.OPEN)
            .values(
                status=status,
                answer=self._cipher.encrypt(answer.encode(), table="data_request", key=key, field="answer"),
                decided_at=now,
                decided_by=by,
            )
        )
        return result.rowcount == 1

    def lift(self, key: int) -> bool:
        """End a restriction; return False where it is not in force."""
        result = self._connection.execute(
            update(data_request)
            .where(
                data_request.c.key == key,
                data_request.c.kind == RequestKind.RESTRICTION,
                data_request.c.status.in_(RESTRICTING),
            )
            .values(status=RequestStatus.LIFTED)
        )
        return result.rowcount == 1

    def restricted(self, case_key: int) -> frozenset[DataGroup]:
        """Return the data groups of the case whose use is restricted now."""
        rows = self._connection.scalars(
            select(data_request.c.data_group).where(
                data_request.c.case_key == case_key,
                data_request.c.kind == RequestKind.RESTRICTION,
                data_request.c.status.in_(RESTRICTING),
            )
        )
        return frozenset(DataGroup(group) for group in rows)

    def add_correction(
        self,
        *,
        client_key: int,
        case_key: int,
        request_key: int | None,
        subject: str,
        answer_key: int | None,
        data_group: DataGroup,
        before: str,
        after: str,
        by: int | None,
        now: datetime,
    ) -> None:
        """Keep what stood before, and what stands now."""
        key = new_key()
        content = msgspec.json.encode({"before": before, "after": after})
        self._connection.execute(
            insert(correction).values(
                key=key,
                client_key=client_key,
                case_key=case_key,
                request_key=request_key,
                subject=subject,
                answer_key=answer_key,
                data_group=data_group,
                content=self._cipher.encrypt(content, table="correction", key=key, field="content"),
                at=now,
                by=by,
            )
        )

    def corrections(self, case_key: int, *, groups: frozenset[DataGroup]) -> list[Correction]:
        """Return what was put right in the case, of these data groups, the newest first."""
        rows = self._connection.execute(
            select(correction, user_account.c.name)
            .outerjoin(user_account, user_account.c.key == correction.c.by)
            .where(correction.c.case_key == case_key, correction.c.data_group.in_([str(group) for group in groups]))
            .order_by(correction.c.at.desc(), correction.c.key)
        )
        return [self._to_correction(row) for row in rows]

    def _to_correction(self, row: Row[Any]) -> Correction:
        plain = self._cipher.decrypt(row.content, table="correction", key=row.key, field="content")
        content = msgspec.json.decode(plain)
        return Correction(
            key=row.key,
            subject=row.subject,
            before=content["before"],
            after=content["after"],
            at=row.at,
            by=row.name or "",
            request_key=row.request_key,
        )

    def _list(self, query: Select[Any]) -> list[DataRequest]:
        rows = self._connection.execute(query.order_by(data_request.c.asked_at.desc(), data_request.c.key))
        return [self._to_request(row) for row in rows]

    def _to_request(self, row: Row[Any]) -> DataRequest:
        return DataRequest(
            key=row.key,
            client_key=row.client_key,
            case_key=row.case_key,
            case_number=row.number,
            controller_organisation_id=row.controller_org_id,
            kind=RequestKind(row.kind),
            data_group=DataGroup(row.data_group),
            text=self._cipher.decrypt(row.content, table="data_request", key=row.key, field="content").decode(),
            asked_at=row.asked_at,
            asked_by=row.asked_by,
            by_worker=row.by_worker,
            due_on=row.due_on,
            status=RequestStatus(row.status),
            answer=self._text(row) if row.answer is not None else "",
            decided_at=row.decided_at,
            decided_by=row.decided_by_name or "",
        )

    def _text(self, row: Row[Any]) -> str:
        return self._cipher.decrypt(row.answer, table="data_request", key=row.key, field="answer").decode()
