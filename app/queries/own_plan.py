"""The plan that the client has approved, shown to themselves: what is done, by whom, when, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from app.domain.actor import Actor
from app.domain.localized import LocalizedText
from app.domain.plan import Action, ActionState
from app.domain.sharing import DataGroup
from app.queries.access import log_reading, sight_of_case
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAction:
    """One thing that was agreed; `text` is what the plan says of it, `ends_on` None where it goes on for now."""

    service_name: LocalizedText
    text: str = field(repr=False)
    organisation_name: LocalizedText
    person_name: str
    starts_on: date
    ends_on: date | None
    review_on: date | None
    state: ActionState


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPlan:
    """The plan in force in one of the client's cases."""

    case_number: str
    version: int
    approved_at: datetime
    actions: tuple[OwnAction, ...]


def own_plans(uow: UnitOfWork, *, actor: Actor, now: datetime) -> list[OwnPlan]:
    """Return the plans in force, of the newest case first, and log what is read."""
    found = []
    for case_key in sorted(actor.case_keys):
        sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now)
        if DataGroup.PLAN not in sight.groups:
            continue
        with uow.care.seen_by(actor, now=now):
            plan = uow.care.plans.in_force(case_key)
        if plan is None:
            continue
        log_reading(uow, sight=sight, actor=actor, groups=[DataGroup.PLAN], purpose="", now=now)
        names = uow.accounts.names_of({action.person_key for action in plan.actions if action.person_key is not None})
        services = uow.reference.values("service", area_id=sight.case.area_id)
        actions = tuple(
            OwnAction(
                service_name=services.get(action.service_id, {}).get("name", {}),
                text=action.texts.get("toimenpide", ""),
                organisation_name=uow.care.places.organisation_name(action.organisation_id),
                person_name="" if action.is_clients_own else names.get(action.person_key or 0, ""),
                starts_on=action.starts_on,
                ends_on=_end(action),
                review_on=action.review_on,
                state=action.state,
            )
            for action in plan.actions
        )
        found.append(
            OwnPlan(case_number=sight.case.number, version=plan.version, approved_at=plan.approved_at, actions=actions)
        )
    return sorted(found, key=lambda plan: plan.approved_at, reverse=True)


def _end(action: Action) -> date | None:
    return None if action.until_further_notice else action.ends_on
