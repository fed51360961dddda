"""Names of organisations and units, and who works in a role in an area: what letters and mails are addressed with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection, or_, select, union

from app.domain.localized import LocalizedText
from app.domain.plan import ActionState
from app.storage.tables.care import plan_action
from app.storage.tables.people import organisation, position, unit, user_account
from app.storage.tables.work import user_task


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """A member of staff to whom a mail can be sent."""

    user_key: int
    email: str = field(repr=False)
    language: str


class Places:
    """Organisations and units, read only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def organisation_name(self, organisation_id: str) -> LocalizedText:
        """Return the name of the organisation, empty where there is no such."""
        found = self._connection.scalar(select(organisation.c.name).where(organisation.c.id == organisation_id))
        return found or {}

    def unit_name(self, unit_id: str) -> LocalizedText:
        """Return the name of the unit, empty where there is no such."""
        return self._connection.scalar(select(unit.c.name).where(unit.c.id == unit_id)) or {}

    def organisation_of(self, unit_id: str) -> str:
        """Return the organisation of the unit, "" where there is no such."""
        return self._connection.scalar(select(unit.c.organisation_id).where(unit.c.id == unit_id)) or ""

    def workers_in_role(self, role_id: str, *, area_id: str, unit_id: str = "") -> list[Addressee]:
        """
        Return who works in the role in a unit of the area, or in one without an area, and can get mail.

        With `unit_id` only those of this unit.
        """
        in_unit = [unit.c.id == unit_id] if unit_id else []
        rows = self._connection.execute(
            select(user_account.c.key, user_account.c.email, user_account.c.language)
            .join(position, position.c.user_key == user_account.c.key)
            .join(unit, unit.c.id == position.c.unit_id)
            .where(position.c.role_id == role_id, or_(unit.c.area_id == area_id, unit.c.area_id == ""), *in_unit)
            .where(user_account.c.disabled.is_(False), user_account.c.email != "")
            .distinct()
            .order_by(user_account.c.key)
        )
        return [Addressee(user_key=row.key, email=row.email, language=row.language) for row in rows]

    def workers_of(self, role_ids: Collection[str], *, organisation_ids: Collection[str]) -> list[Addressee]:
        """Return who works in one of the roles in one of the organisations and can get mail."""
        rows = self._connection.execute(
            select(user_account.c.key, user_account.c.email, user_account.c.language)
            .join(position, position.c.user_key == user_account.c.key)
            .join(unit, unit.c.id == position.c.unit_id)
            .where(position.c.role_id.in_(role_ids), unit.c.organisation_id.in_(organisation_ids))
            .where(user_account.c.disabled.is_(False), user_account.c.email != "")
            .distinct()
            .order_by(user_account.c.key)
        )
        return [Addressee(user_key=row.key, email=row.email, language=row.language) for row in rows]

    def serving(self, case_key: int, *, organisation_ids: Collection[str]) -> list[int]:
        """Return who of the organisations has or had a task of the case, or answers for an action of its plan."""
        people = union(
            select(user_task.c.assignee).where(user_task.c.case_key == case_key, user_task.c.status == "open"),
            select(user_task.c.completed_by).where(user_task.c.case_key == case_key),
            select(plan_action.c.person_key).where(plan_action.c.case_key == case_key),
        )
        query = (
            select(position.c.user_key)
            .join(unit, unit.c.id == position.c.unit_id)
            .where(unit.c.organisation_id.in_(organisation_ids), position.c.user_key.in_(people))
            .distinct()
            .order_by(position.c.user_key)
        )
        return list(self._connection.scalars(query))

    def of_organisations(self, user_keys: Collection[int], *, organisation_ids: Collection[str]) -> set[int]:
        """Return those of the users who work in one of the organisations and in no other."""
        here = (
            select(position.c.user_key, unit.c.organisation_id)
            .join(unit, unit.c.id == position.c.unit_id)
            .where(position.c.user_key.in_(user_keys))
        )
        works_in: dict[int, set[str]] = {}
        for row in self._connection.execute(here):
            works_in.setdefault(row.user_key, set()).add(row.organisation_id)
        return {key for key, organisations in works_in.items() if organisations <= set(organisation_ids)}

    def at_work_in(self, case_key: int) -> list[int]:
        """Return who holds an open task of the case, or answers for an action of its plan that is not over."""
        people = union(
            select(user_task.c.assignee).where(
                user_task.c.case_key == case_key, user_task.c.status == "open", user_task.c.assignee.is_not(None)
            ),
            select(plan_action.c.person_key).where(
                plan_action.c.case_key == case_key,
                plan_action.c.person_key.is_not(None),
                plan_action.c.organisation_id != "",
                plan_action.c.state.in_((ActionState.PLANNED, ActionState.RUNNING)),
            ),
        )
        return sorted(self._connection.scalars(people))

    def workers(self, user_keys: Collection[int]) -> list[Addressee]:
        """Return those of the users who work here still and can get mail."""
        rows = self._connection.execute(
            select(user_account.c.key, user_account.c.email, user_account.c.language)
            .where(user_account.c.key.in_(user_keys))
            .where(user_account.c.disabled.is_(False), user_account.c.email != "")
            .order_by(user_account.c.key)
        )
        return [Addressee(user_key=row.key, email=row.email, language=row.language) for row in rows]
