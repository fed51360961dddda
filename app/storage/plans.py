"""Plans of cases: versions that the client has approved, and how far their actions are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, update

from app.domain.keys import new_key
from app.domain.plan import Action, ActionState, Plan
from app.storage.encryption import Cipher
from app.storage.tables.care import plan, plan_action


def _moments(state: ActionState, now: datetime) -> dict[str, Any]:
    """Return the moments that a change to the state writes; it begins only once and may end anew."""
    match state:
        case ActionState.RUNNING:
            return {"started_at": func.coalesce(plan_action.c.started_at, now), "ended_at": None}
        case ActionState.PLANNED:
            return {}
        case _:
            return {"ended_at": now}


class Plans:
    """What was agreed with the client, version by version."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, approved: Plan, *, controller_organisation_id: str) -> None:
        """Insert the version with its actions, and note the state of those that it does not keep."""
        self._connection.execute(
            insert(plan).values(
                key=approved.key,
                case_key=approved.case_key,
                controller_org_id=controller_organisation_id,
                version=approved.version,
                approved_at=approved.approved_at,
            )
        )
        rows = [self._row(approved, action, controller_organisation_id) for action in approved.actions]
        if rows:
            self._connection.execute(insert(plan_action), rows)
        for action in approved.dropped:
            self.set_state(approved.case_key, action.key, state=action.state, now=approved.approved_at)

    def in_force(self, case_key: int) -> Plan | None:
        """Return the newest version with its actions and those that were dropped on the way, None without a plan."""
        newest = self._connection.execute(
            select(plan).where(plan.c.case_key == case_key).order_by(plan.c.version.desc()).limit(1)
        ).one_or_none()
        if newest is None:
            return None
        rows = self._connection.execute(
            select(plan_action, plan.c.version)
            .join(plan, plan.c.key == plan_action.c.plan_key)
            .where(plan_action.c.case_key == case_key)
            .order_by(plan.c.version, plan_action.c.position)
        )
        # of each action the row of the newest version that has it
        latest = {row.action_key: row for row in rows}
        return Plan(
            key=newest.key,
            case_key=case_key,
            version=newest.version,
            approved_at=newest.approved_at,
            actions=tuple(self._to_action(row) for row in latest.values() if row.plan_key == newest.key),
            dropped=tuple(self._to_action(row) for row in latest.values() if row.plan_key != newest.key),
        )

    def exists(self, case_key: int) -> bool:
        """Tell whether the case has a plan; decrypts nothing."""
        return self._connection.scalar(select(plan.c.key).where(plan.c.case_key == case_key).limit(1)) is not None

    def set_state(self, case_key: int, action_key: int, *, state: ActionState, now: datetime) -> bool:
        """Write how far the action is, in every version that has it; return whether the case has the action."""
        result = self._connection.execute(
            update(plan_action)
            .where(plan_action.c.case_key == case_key, plan_action.c.action_key == action_key)
            .values(state=state, changed_at=now, **_moments(state, now))
        )
        return result.rowcount > 0

    def give_to_client(self, case_key: int, organisation_ids: Collection[str], *, now: datetime) -> int:
        """Let the client have in their own hands what is not over of the organisations' actions; return how many."""
        result = self._connection.execute(
            update(plan_action)
            .where(
                plan_action.c.case_key == case_key,
                plan_action.c.organisation_id.in_(organisation_ids),
                plan_action.c.state.in_((ActionState.PLANNED, ActionState.RUNNING)),
            )
            .values(organisation_id="", changed_at=now)
        )
        return result.rowcount

    def _row(self, approved: Plan, action: Action, controller: str) -> dict[str, Any]:
        key = new_key()
        return {
            "key": key,
            "plan_key": approved.key,
            "action_key": action.key,
            "case_key": approved.case_key,
            "controller_org_id": controller,
            "position": action.position,
            "service_id": action.service_id,
            "organisation_id": action.organisation_id,
            "person_key": action.person_key,
            "starts_on": action.starts_on,
            "ends_on": action.ends_on,
            "review_on": action.review_on,
            "until_further_notice": action.until_further_notice,
            "parallel": action.parallel,
            "predecessor_key": action.predecessor_key,
            "state": action.state,
            "texts": self._cipher.encrypt(
                msgspec.json.encode(dict(action.texts)), table="plan_action", key=key, field="texts"
            ),
            "changed_at": approved.approved_at,
        }

    def _to_action(self, row: Row[Any]) -> Action:
        texts = self._cipher.decrypt(row.texts, table="plan_action", key=row.key, field="texts")
        return Action(
            key=row.action_key,
            position=row.position,
            service_id=row.service_id,
            organisation_id=row.organisation_id,
            person_key=row.person_key,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            review_on=row.review_on,
            until_further_notice=row.until_further_notice,
            parallel=row.parallel,
            predecessor_key=row.predecessor_key,
            state=ActionState(row.state),
            texts=msgspec.json.decode(texts),
            began_at=row.started_at,
            ended_at=row.ended_at,
        )
