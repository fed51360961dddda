"""The consultation hour of the areas: who belongs to it, its sessions with their secrets, and who was there."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from app.domain.calendar import local_date
from app.domain.consultation import (
    BREAK,
    CHECK,
    PER_ITEM,
    SETTINGS,
    WEEKLY,
    Attendance,
    Hour,
    Member,
    Part,
    Schedule,
    Session,
    SessionStatus,
    read_schedule,
)
from app.domain.durations import parse_duration
from app.domain.errors import NotFound
from app.storage.encryption import Cipher
from app.storage.reference import LIMITS, Reference
from app.storage.statements import insert_new, upsert
from app.storage.tables.consultation import (
    consultation_attendance,
    consultation_hour,
    consultation_member,
    consultation_secret,
    consultation_session,
)
from app.storage.tables.people import organisation, position, unit, user_account

_SECRET_BYTES = 32


class Consultation:
    """Hours, groups, sessions and attendance."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    # -- hours and their groups ----------------------------------------------------------------------------------

    def hours(self) -> list[Hour]:
        """Return the hours of all areas that hold one."""
        rows = self._connection.execute(select(consultation_hour).order_by(consultation_hour.c.area_id))
        return [Hour(area_id=row.area_id, remote_link=row.remote_link) for row in rows]

    def lock_hour(self, area_id: str) -> Hour:
        """
        Lock the hour of the area: nobody else changes its sessions, queues or group until the commit.

        :raises NotFound: the area holds no hour
        """
        row = self._connection.execute(
            select(consultation_hour).where(consultation_hour.c.area_id == area_id).with_for_update()
        ).one_or_none()
        if row is None:
            raise NotFound("consultation hour", area_id)
        return Hour(area_id=row.area_id, remote_link=row.remote_link)

    def add_hour(self, area_id: str) -> bool:
        """Let the area hold the hour; return whether it is new."""
        return insert_new(self._connection, consultation_hour, {"area_id": area_id}, keys=("area_id",))

    def change_link(self, area_id: str, remote_link: str) -> None:
        """Write the link to the remote meeting of the area."""
        self._connection.execute(
            update(consultation_hour).where(consultation_hour.c.area_id == area_id).values(remote_link=remote_link)
        )

    def schedule(self, area_id: str) -> Schedule:
        """Return when the hour of the area is held. :raises KeyError: the county has no such limits"""
        limits = Reference(self._connection).values(LIMITS, area_id=area_id, ids=[WEEKLY, BREAK, CHECK, PER_ITEM])
        return read_schedule(limits, per_item=parse_duration(limits.get(PER_ITEM, "PT15M")))

    def physicians_may_bring(self, area_id: str) -> bool:
        """Tell whether the county lets physicians bring items."""
        values = Reference(self._connection).values(LIMITS, area_id=area_id, ids=[SETTINGS])
        return bool((values.get(SETTINGS) or {}).get("laakarit_mukana"))

    def facilitators(self, session: Session) -> set[int]:
        """Return who may lead the session: whose turn it is, who stands in, the other facilitators of the area."""
        own = {key for key in (session.facilitator_key, session.deputy_key) if key is not None}
        return own | {member.user_key for member in self.members(session.area_id, Part.FACILITATOR)}

    def coming(self, area_id: str, *, after: datetime) -> Session | None:
        """Return the first session of the area after the moment whose queue can be joined, None where none is."""
        planned = self.sessions([area_id], statuses=[SessionStatus.PLANNED], since=after)
        return next((session for session in planned if session.starts_at > after), None)

    def next_arrival(self, area_id: str) -> int:
        """Return the next number in the order of arrival; the hour is locked."""
        statement = (
            update(consultation_hour)
            .where(consultation_hour.c.area_id == area_id)
            .values(last_arrival=consultation_hour.c.last_arrival + 1)
            .returning(consultation_hour.c.last_arrival)
        )
        return int(self._connection.execute(statement).scalar_one())

    def members(self, area_id: str, part: Part | None = None) -> list[Member]:
        """Return the group of the area's hour, or one part of it, in the order of turns and names; who left is not."""
        query = (
            select(consultation_member, user_account.c.name, func.min(unit.c.organisation_id).label("organisation_id"))
            .join(user_account, user_account.c.key == consultation_member.c.user_key)
            .outerjoin(position, position.c.user_key == user_account.c.key)
            .outerjoin(unit, unit.c.id == position.c.unit_id)
            .where(consultation_member.c.area_id == area_id, user_account.c.disabled.is_(False))
            .group_by(
                consultation_member.c.area_id,
                consultation_member.c.user_key,
                consultation_member.c.part,
                consultation_member.c.turn,
                user_account.c.name,
                user_account.c.sort_key,
            )
            .order_by(consultation_member.c.turn, user_account.c.sort_key, user_account.c.name)
        )
        if part is not None:
            query = query.where(consultation_member.c.part == part)
        return [
            Member(
                user_key=row.user_key,
                part=Part(row.part),
                turn=row.turn,
                name=row.name,
                organisation_id=row.organisation_id or "",
            )
            for row in self._connection.execute(query)
        ]

    def areas_of_member(self, user_key: int) -> set[str]:
        """Return the areas in whose group the person is."""
        query = select(consultation_member.c.area_id).where(consultation_member.c.user_key == user_key)
        return set(self._connection.scalars(query))

    def put_members(self, area_id: str, part: Part, user_keys: Sequence[int]) -> None:
        """Let these people, in this order, be that part of the group, and nobody else."""
        table = consultation_member
        self._connection.execute(delete(table).where(table.c.area_id == area_id, table.c.part == part))
        rows = [
            {"area_id": area_id, "user_key": key, "part": part, "turn": number}
            for number, key in enumerate(dict.fromkeys(user_keys), start=1)
        ]
        if rows:
            self._connection.execute(insert(table), rows)

    def organisation_types(self) -> dict[str, str]:
        """Return the type of every organisation by its id."""
        return {row.id: row.type for row in self._connection.execute(select(organisation.c.id, organisation.c.type))}

    # -- sessions ------------------------------------------------------------------------------------------------

    def add_session(self, session: Session) -> bool:
        """Add the session with a secret of its own, unless the area has one then; return whether it is new."""
        row = {
            "key": session.key,
            "area_id": session.area_id,
            "starts_at": session.starts_at,
            "ends_at": session.ends_at,
            "status": session.status,
            "facilitator_key": session.facilitator_key,
            "deputy_key": session.deputy_key,
            "organisations": [],
        }
        if not insert_new(self._connection, consultation_session, row, keys=("area_id", "starts_at")):
            return False
        sealed = self._cipher.encrypt(
            secrets.token_bytes(_SECRET_BYTES), table="consultation_secret", key=session.key, field="secret"
        )
        self._connection.execute(insert(consultation_secret).values(session_key=session.key, secret=sealed))
        return True

    def session(self, key: int) -> Session:
        """Return the session. :raises NotFound: no such session"""
        row = self._connection.execute(_sessions().where(consultation_session.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("consultation session", key)
        return self._to_session(row)

    def lock_session(self, key: int) -> Session:
        """Lock the hour of the session's area and return the session as it is now. :raises NotFound: no such session"""
        area_id = self._connection.scalar(
            select(consultation_session.c.area_id).where(consultation_session.c.key == key)
        )
        if area_id is None:
            raise NotFound("consultation session", key)
        self.lock_hour(area_id)
        return self.session(key)

    def sessions(
        self, area_ids: Collection[str], *, statuses: Collection[SessionStatus], since: datetime | None = None
    ) -> list[Session]:
        """Return the sessions of the areas in one of the states, the earliest first."""
        query = _sessions().where(
            consultation_session.c.area_id.in_(area_ids), consultation_session.c.status.in_(statuses)
        )
        if since is not None:
            query = query.where(consultation_session.c.starts_at >= since)
        rows = self._connection.execute(query.order_by(consultation_session.c.starts_at, consultation_session.c.key))
        return [self._to_session(row) for row in rows]

    def change_session(self, key: int, **values: Any) -> None:
        """Write the named columns of the session."""
        self._connection.execute(update(consultation_session).where(consultation_session.c.key == key).values(**values))

    def close_session(
        self, session: Session, *, handled: int, carried: int, walk_ins: int, organisations: Sequence[str], learnt: str
    ) -> None:
        """Write that the session was held, with its counts and what was learnt."""
        sealed = (
            self._cipher.encrypt(learnt.encode(), table="consultation_session", key=session.key, field="learnt")
            if learnt
            else None
        )
        self.change_session(
            session.key,
            status=SessionStatus.HELD,
            handled=handled,
            carried=carried,
            walk_ins=walk_ins,
            organisations=list(organisations),
            learnt=sealed,
        )

    def count_refusal(self, key: int) -> None:
        """Count a text that the anonymity check has stopped; which and whose is written nowhere."""
        self._connection.execute(
            update(consultation_session)
            .where(consultation_session.c.key == key)
            .values(refused=consultation_session.c.refused + 1)
        )

    def last_led(self, area_id: str) -> dict[int, date]:
        """Return by facilitator the day of the last session that is theirs, held or to come; cancelled ones are not."""
        rows = self._connection.execute(
            select(consultation_session.c.facilitator_key, func.max(consultation_session.c.starts_at).label("last"))
            .where(
                consultation_session.c.area_id == area_id,
                consultation_session.c.facilitator_key.is_not(None),
                consultation_session.c.status.not_in((SessionStatus.CANCELLED, SessionStatus.MOVED)),
            )
            .group_by(consultation_session.c.facilitator_key)
        )
        return {row.facilitator_key: local_date(row.last) for row in rows}

    # -- attendance ----------------------------------------------------------------------------------------------

    def attendance(self, session_key: int) -> dict[int, tuple[Attendance | None, bool]]:
        """Return by person what they said beforehand and whether they are there."""
        rows = self._connection.execute(
            select(consultation_attendance).where(consultation_attendance.c.session_key == session_key)
        )
        return {row.user_key: (Attendance(row.answer) if row.answer else None, row.present) for row in rows}

    def put_answer(self, session_key: int, user_key: int, answer: Attendance) -> None:
        """Write what the person said beforehand."""
        row = {"session_key": session_key, "user_key": user_key, "answer": answer, "present": False}
        upsert(self._connection, consultation_attendance, [row], keys=("session_key", "user_key"), changes=("answer",))

    def put_present(self, session_key: int, present: Mapping[int, bool]) -> None:
        """Write who is there."""
        rows = [
            {"session_key": session_key, "user_key": key, "answer": "", "present": there}
            for key, there in present.items()
        ]
        upsert(self._connection, consultation_attendance, rows, keys=("session_key", "user_key"), changes=("present",))

    # -- secrets -------------------------------------------------------------------------------------------------

    def secrets_of(self, session_keys: Collection[int]) -> dict[int, bytes]:
        """Return the secrets that are still there, by session."""
        rows = self._connection.execute(
            select(consultation_secret).where(consultation_secret.c.session_key.in_(session_keys))
        )
        return {
            row.session_key: self._cipher.decrypt(
                row.secret, table="consultation_secret", key=row.session_key, field="secret"
            )
            for row in rows
        }

    def living_secrets(self) -> dict[int, bytes]:
        """Return every secret that is still there, by session: those of the coming and of the last 30 days."""
        keys = list(self._connection.scalars(select(consultation_secret.c.session_key)))
        return self.secrets_of(keys)

    # -- forgetting ----------------------------------------------------------------------------------------------

    def forget_secrets(self, *, held_before: datetime, limit: int) -> list[int]:
        """Destroy the secrets of sessions that began before the moment; return whose."""
        query = (
            select(consultation_secret.c.session_key)
            .join(consultation_session, consultation_session.c.key == consultation_secret.c.session_key)
            .where(
                consultation_session.c.starts_at < held_before,
                consultation_session.c.status.not_in((SessionStatus.PLANNED, SessionStatus.OPEN)),
            )
            .order_by(consultation_session.c.starts_at)
            .limit(limit)
            .with_for_update(of=consultation_secret, skip_locked=True)
        )
        keys = list(self._connection.scalars(query))
        if keys:
            self._connection.execute(delete(consultation_secret).where(consultation_secret.c.session_key.in_(keys)))
        return keys

    def forget_minutes(self, *, held_before: datetime, limit: int) -> list[int]:
        """Forget what was learnt in sessions that began before the moment, and who was there; return whose."""
        there = select(consultation_attendance.c.session_key).distinct()
        query = (
            select(consultation_session.c.key)
            .where(
                consultation_session.c.starts_at < held_before,
                consultation_session.c.status.not_in((SessionStatus.PLANNED, SessionStatus.OPEN)),
                consultation_session.c.learnt.is_not(None) | consultation_session.c.key.in_(there),
            )
            .order_by(consultation_session.c.starts_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        keys = list(self._connection.scalars(query))
        if keys:
            table = consultation_attendance
            self._connection.execute(delete(table).where(table.c.session_key.in_(keys)))
            self._connection.execute(
                update(consultation_session).where(consultation_session.c.key.in_(keys)).values(learnt=None)
            )
        return keys

    def _to_session(self, row: Row[Any]) -> Session:
        learnt = (
            self._cipher.decrypt(row.learnt, table="consultation_session", key=row.key, field="learnt").decode()
            if row.learnt is not None
            else ""
        )
        return Session(
            key=row.key,
            area_id=row.area_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            status=SessionStatus(row.status),
            facilitator_key=row.facilitator_key,
            deputy_key=row.deputy_key,
            remote_link=row.remote_link,
            handled=row.handled,
            carried=row.carried,
            walk_ins=row.walk_ins,
            organisations=tuple(row.organisations),
            learnt=learnt,
        )


def _sessions() -> Any:
    return select(consultation_session, consultation_hour.c.remote_link).join(
        consultation_hour, consultation_hour.c.area_id == consultation_session.c.area_id
    )
