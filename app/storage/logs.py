"""The two logs that nobody edits: what was changed (audit) and whose data was looked at (access log)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select

from app.domain.actor import Actor
from app.storage.tables.people import access_log, audit, user_account
from app.storage.writes import write

#: made once: the values go apart from the statement, which is then only looked up
_ADD_AUDIT = insert(audit).inline()
_ADD_ACCESS = insert(access_log).inline()


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitChange:
    """A change of a limit in an area ("" for everywhere), as people write its values; `by` is "" for the system."""

    at: datetime
    by: str
    area_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLine:
    """Somebody looked at a client's data."""

    key: int
    at: datetime
    user_key: int | None
    roles: tuple[str, ...]
    organisation_id: str
    action: str
    groups: tuple[str, ...]
    purpose: str
    ground: str


class Audit:
    """Who changed what, why; written in the transaction of the change, sealed into a chain afterwards."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        *,
        actor: Actor,
        action: str,
        subject: str,
        subject_key: int,
        now: datetime,
        instance_key: int | None = None,
        case_key: int | None = None,
        reason: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one line; `details` hold ids and codes, never contents."""
        write(
            self._connection,
            _ADD_AUDIT,
            [
                {
                    "at": now,
                    "actor_key": actor.user_key,
                    "unit_id": actor.unit_id,
                    "action": action,
                    "subject": subject,
                    "subject_key": subject_key,
                    "instance_key": instance_key,
                    "case_key": case_key,
                    "reason": reason,
                    "details": dict(details or {}),
                }
            ],
        )

    def changes_of_limit(self, limit_id: str, *, limit: int) -> list[LimitChange]:
        """Return the last changes of a time limit, threshold or setting of an area, newest first."""
        query = (
            select(audit.c.at, audit.c.details, user_account.c.name)
            .outerjoin(user_account, user_account.c.key == audit.c.actor_key)
            .where(audit.c.subject == "limit", audit.c.details["limit"].as_string() == limit_id)
            .order_by(audit.c.at.desc(), audit.c.key.desc())
            .limit(limit)
        )
        return [
            LimitChange(
                at=row.at,
                by=row.name or "",
                area_id=row.details["area"],
                before=row.details["from"],
                after=row.details["to"],
            )
            for row in self._connection.execute(query)
        ]


class AccessLog:
    """Whose data was looked at, by whom and on what ground (R-09); a page that cannot log shows nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        *,
        actor: Actor,
        action: str,
        client_key: int | None,
        case_key: int | None,
        data_groups: Iterable[str],
        purpose: str,
        ground: str,
        now: datetime,
    ) -> None:
        """Write one line: one per person, client and purpose of a page."""
        write(
            self._connection,
            _ADD_ACCESS,
            [
                {
                    "at": now,
                    "user_key": actor.user_key,
                    "user_name": actor.name,
                    "roles": sorted(actor.roles),
                    "organisation_id": actor.organisation_id,
                    "unit_id": actor.unit_id,
                    "client_key": client_key,
                    "case_key": case_key,
                    "action": action,
                    "data_groups": sorted(data_groups),
                    "purpose": purpose,
                    "ground": ground,
                }
            ],
        )

    def of_person_in_case(
        self, *, user_key: int, case_key: int, since: datetime, until: datetime, limit: int = 200
    ) -> list[AccessLine]:
        """Return what the person has looked at in the case between the moments, in order."""
        query = select(access_log).where(
            access_log.c.user_key == user_key,
            access_log.c.case_key == case_key,
            access_log.c.at >= since,
            access_log.c.at <= until,
        )
        rows = self._connection.execute(query.order_by(access_log.c.at, access_log.c.key).limit(limit))
        return [_to_line(row) for row in rows]

    def of_client(
        self, client_key: int, *, since: datetime, after: tuple[datetime, int] | None, limit: int
    ) -> list[AccessLine]:
        """Return who has looked at the client's data since then, the newest first; without the client's own looking."""
        query = select(access_log).where(
            access_log.c.client_key == client_key,
            access_log.c.at >= since,
            access_log.c.action != "refused",
            or_(access_log.c.user_key.is_(None), access_log.c.user_key != client_key),
        )
        if after is not None:
            # compared in the types of the columns: SQLite keeps moments as texts of one form
            at, key = after
            query = query.where(or_(access_log.c.at < at, (access_log.c.at == at) & (access_log.c.key < key)))
        rows = self._connection.execute(query.order_by(access_log.c.at.desc(), access_log.c.key.desc()).limit(limit))
        return [_to_line(row) for row in rows]


def _to_line(row: Row[Any]) -> AccessLine:
    return AccessLine(
        key=row.key,
        at=row.at,
        user_key=row.user_key,
        roles=tuple(row.roles),
        organisation_id=row.organisation_id,
        action=row.action,
        groups=tuple(row.data_groups),
        purpose=row.purpose,
        ground=row.ground,
    )
