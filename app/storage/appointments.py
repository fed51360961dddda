"""Times of the units and the appointments that take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from app.domain.appointments import AppointmentKind, AppointmentStatus, Slot, Window
from app.domain.errors import NotFound
from app.storage.statements import insert_many_new
from app.storage.tables.care import appointment, appointment_slot
from app.storage.tables.people import unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """A time that is taken for a case."""

    key: int
    case_key: int
    slot_key: int
    kind: str
    unit_id: str
    starts_at: datetime
    ends_at: datetime
    status: AppointmentStatus
    instance_key: int | None


class Appointments:
    """Slots and appointments."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock_first_free(
        self, *, kind: AppointmentKind, window: Window, area_id: str = "", unit_id: str = ""
    ) -> Slot | None:
        """
        Lock and return the earliest free time of the kind within the window, in the unit or area ("" = any).

        A time that another transaction is just taking is passed over, so two bookings never wait for each other.
        The rule is app.domain.appointments.first_free_slot.
        """
        query = (
            select(appointment_slot)
            .join(unit, unit.c.id == appointment_slot.c.unit_id)
            .where(
                appointment_slot.c.kind == kind,
                appointment_slot.c.appointment_key.is_(None),
                appointment_slot.c.starts_at >= window.earliest,
            )
            .order_by(appointment_slot.c.starts_at, appointment_slot.c.key)
            .limit(1)
            .with_for_update(of=appointment_slot, skip_locked=True)
        )
        if window.latest is not None:
            query = query.where(appointment_slot.c.starts_at <= window.latest)
        if unit_id:
            query = query.where(appointment_slot.c.unit_id == unit_id)
        if area_id:
            query = query.where(unit.c.area_id == area_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _to_slot(row)

    def book(
        self,
        slot: Slot,
        *,
        key: int,
        case_key: int,
        instance_key: int | None,
        job_key: int | None,
        booked_by: int | None,
        now: datetime,
    ) -> Appointment:
        """Take the locked slot for the case."""
        self._connection.execute(
            insert(appointment).values(
                key=key,
                case_key=case_key,
                slot_key=slot.key,
                kind=slot.kind,
                unit_id=slot.unit_id,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                status=AppointmentStatus.BOOKED,
                instance_key=instance_key,
                job_key=job_key,
                booked_at=now,
                booked_by=booked_by,
            )
        )
        self._connection.execute(
            update(appointment_slot).where(appointment_slot.c.key == slot.key).values(appointment_key=key)
        )
        return Appointment(
            key=key,
            case_key=case_key,
            slot_key=slot.key,
            kind=slot.kind,
            unit_id=slot.unit_id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            status=AppointmentStatus.BOOKED,
            instance_key=instance_key,
        )

    def get(self, key: int) -> Appointment:
        """Return the appointment. :raises NotFound: no such appointment"""
        row = self._connection.execute(select(appointment).where(appointment.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("appointment", key)
        return _to_appointment(row)

    def of_job(self, job_key: int) -> Appointment | None:
        """Return the appointment that the job has booked already, or None."""
        row = self._connection.execute(select(appointment).where(appointment.c.job_key == job_key)).one_or_none()
        return None if row is None else _to_appointment(row)

    def of_case(self, case_key: int) -> list[Appointment]:
        """Return the appointments of the case, the earliest first."""
        rows = self._connection.execute(
            select(appointment)
            .where(appointment.c.case_key == case_key)
            .order_by(appointment.c.starts_at, appointment.c.key)
        )
        return [_to_appointment(row) for row in rows]

    def end(self, key: int, *, status: AppointmentStatus) -> bool:
        """Cancel a booked appointment, or note that it was kept or missed; a cancelled time is free again."""
        result = self._connection.execute(
            update(appointment)
            .where(appointment.c.key == key, appointment.c.status == AppointmentStatus.BOOKED)
            .values(status=status)
        )
        if result.rowcount != 1:
            return False
        if status is AppointmentStatus.CANCELLED:
            self._connection.execute(
                update(appointment_slot).where(appointment_slot.c.appointment_key == key).values(appointment_key=None)
            )
        return True

    def offer(self, slots: Sequence[Slot]) -> None:
        """Insert times that units give; one that is there already stays as it is."""
        rows = [
            {
                "key": slot.key,
                "kind": slot.kind,
                "unit_id": slot.unit_id,
                "starts_at": slot.starts_at,
                "ends_at": slot.ends_at,
            }
            for slot in slots
        ]
        insert_many_new(self._connection, appointment_slot, rows, keys=("unit_id", "kind", "starts_at"))


def _to_slot(row: Row[Any]) -> Slot:
    return Slot(
        key=row.key,
        kind=AppointmentKind(row.kind),
        unit_id=row.unit_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        is_free=row.appointment_key is None,
    )


def _to_appointment(row: Row[Any]) -> Appointment:
    return Appointment(
        key=row.key,
        case_key=row.case_key,
        slot_key=row.slot_key,
        kind=row.kind,
        unit_id=row.unit_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        status=AppointmentStatus(row.status),
        instance_key=row.instance_key,
    )
