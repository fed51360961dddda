"""Consents, plan and measures on the case page, as far as the viewer may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from app.domain.access import Grant, Record, decide
from app.domain.actor import Actor
from app.domain.calendar import local_date
from app.domain.consent import Consent
from app.domain.localized import LANGUAGES, LocalizedText
from app.domain.masking import PARTNER, is_masked_service, shown_measure_state, shown_party, shown_service
from app.domain.plan import Action, Plan
from app.domain.sharing import DataGroup
from app.locale import Texts
from app.queries.access import Sight
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentLine:
    """
    One decision of the client. `state`: in_force, ended, withdrawn, refused; `open_to` are those who may read now.

    `limits` are the client's words, for the owner of the case only.
    """

    state: str
    method: str
    given_on: date
    ends_on: date
    open_to: tuple[LocalizedText, ...]
    groups: tuple[DataGroup, ...]
    limits: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionLine:
    """An action of the plan; where its service is masked, nothing else of it says what it is."""

    name: str = field(repr=False)
    service_id: str
    service: LocalizedText
    organisation: LocalizedText
    person: str
    starts_on: date
    ends_on: date | None
    review_on: date | None
    state: str
    #: names of the action that has to be done first, "" where it runs beside the others
    after: str = field(default="", repr=False)
    #: when it began and ended indeed, where that is known and may be
    began_on: date | None = None
    ended_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """The plan in force; `own_part`: only the actions of the viewer's organisation are here."""

    version: int
    approved_on: date
    actions: tuple[ActionLine, ...]
    own_part: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureLine:
    """One measurement: its scores by name, only those that were measured."""

    occasion: str
    measured_on: date
    scores: Mapping[str, float] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecords:
    """What the records of the case show to this viewer; `groups` are the data groups of what is shown."""

    consents: tuple[ConsentLine, ...]
    plan: PlanLine | None
    measures: tuple[MeasureLine, ...]
    coordinator: str
    deputy: str
    groups: frozenset[DataGroup]


def case_records(uow: UnitOfWork, *, sight: Sight, actor: Actor, now: datetime) -> CaseRecords:
    """Return the records of the case that the viewer may see; to be called behind the wall, and logged by the page."""
    case = sight.case
    people = uow.accounts.names_of({key for key in (case.coordinator_key, case.deputy_key) if key})
    organisations = _organisations(uow, actor)
    consents = uow.care.consents.of_case(case.key) if DataGroup.BASIC in sight.groups else []
    decision = sight.groups.get(DataGroup.PLAN)
    masked = decision is not None and decision.masked
    plan = uow.care.plans.in_force(case.key) if decision else None
    measures = uow.care.measures.of_case(case.key) if DataGroup.MEASURE in sight.groups else []
    shown = {
        DataGroup.BASIC: bool(consents),
        DataGroup.PLAN: plan is not None,
        DataGroup.MEASURE: bool(measures),
    }
    return CaseRecords(
        consents=tuple(_consent(each, sight, actor, organisations, now) for each in consents),
        plan=None if plan is None else _plan(uow, plan, actor, organisations, masked=masked),
        measures=tuple(
            MeasureLine(
                occasion=each.occasion,
                measured_on=each.measured_on,
                scores={name: score for name, score in each.scores.items() if score is not None},
            )
            for each in reversed(measures)
        ),
        coordinator=people.get(case.coordinator_key or 0, ""),
        deputy=people.get(case.deputy_key or 0, ""),
        groups=frozenset(group for group, is_shown in shown.items() if is_shown),
    )


def _organisations(uow: UnitOfWork, actor: Actor) -> Mapping[str, LocalizedText]:
    """Return how the viewer may know the organisations, by id."""
    partner = {language: Texts.load(language)(f"access.masked.{PARTNER}") for language in LANGUAGES}
    return {
        organisation_id: name
        if shown_party(organisation_id, organisation_type=actor.organisation_type) == organisation_id
        else partner
        for organisation_id, name in uow.accounts.organisations()
    }


def kept_groups(uow: UnitOfWork, case_key: int) -> frozenset[DataGroup]:
    """Return the data groups of which the case has a plan or a measure, whoever may see them."""
    kept = {DataGroup.PLAN} if uow.care.plans.exists(case_key) else set()
    return frozenset(kept | ({DataGroup.MEASURE} if uow.care.measures.exists(case_key) else set()))


def why_hidden(sight: Sight, group: DataGroup, *, actor: Actor, now: datetime) -> str:
    """Return the reason (a key of the texts) for which the viewer sees nothing of the data group."""
    return decide(
        viewer=actor.viewer,
        case=sight.relation,
        record=Record(data_group=group, controller_organisation_id=sight.case.controller_organisation_id),
        grants=sight.grants,
        at=now,
        restricted=group in sight.restricted,
    ).reason


def _consent(
    consent: Consent, sight: Sight, actor: Actor, organisations: Mapping[str, LocalizedText], now: datetime
) -> ConsentLine:
    live: list[Grant] = [grant for grant in sight.grants if grant.consent_key == consent.key and grant.is_live(at=now)]
    if not consent.decision.opens:
        state = "refused"
    elif live:
        state = "in_force"
    else:
        state = "withdrawn" if consent.withdrawn_at is not None or _was_cut(consent, sight) else "ended"
    parties = dict.fromkeys(grant.organisation_id for grant in live)
    opened = {grant.data_group for grant in live}
    return ConsentLine(
        state=state,
        method=str(consent.method),
        given_on=local_date(consent.given_at),
        ends_on=consent.ends_on,
        open_to=tuple(organisations.get(party, {"fi": party}) for party in parties),
        groups=tuple(group for group in DataGroup if group in opened),
        limits=consent.limits if actor.user_key == sight.case.owner_key else "",
    )


def _was_cut(consent: Consent, sight: Sight) -> bool:
    return any(grant.withdrawn_at is not None for grant in sight.grants if grant.consent_key == consent.key)


def _plan(
    uow: UnitOfWork, plan: Plan, actor: Actor, organisations: Mapping[str, LocalizedText], *, masked: bool
) -> PlanLine:
    actions = [action for action in plan.actions if not masked or action.organisation_id == actor.organisation_id]
    people = uow.accounts.names_of({action.person_key for action in actions if action.person_key})
    services = uow.reference.values("service", ids=[action.service_id for action in actions])
    names = {action.key: _name(action, actor) for action in actions}
    lines = tuple(
        ActionLine(
            name=names[action.key],
            service_id=shown_service(action.service_id, organisation_type=actor.organisation_type),
            service=services.get(action.service_id, {}).get("name", {"fi": action.service_id}),
            organisation=organisations.get(action.organisation_id, {"fi": action.organisation_id}),
            person="" if action.is_clients_own else people.get(action.person_key or 0, ""),
            starts_on=action.starts_on,
            ends_on=action.ends_on,
            review_on=action.review_on,
            state=shown_measure_state(str(action.state), organisation_type=actor.organisation_type),
            after=names.get(action.predecessor_key or 0, ""),
            began_on=local_date(action.began_at) if action.began_at else None,
            ended_on=_ended_on(action, actor),
        )
        for action in actions
    )
    return PlanLine(version=plan.version, approved_on=local_date(plan.approved_at), actions=lines, own_part=masked)


def _ended_on(action: Action, actor: Actor) -> date | None:
    """Return when the action ended; an end before its time tells of an interruption, which some may not know (R-26)."""
    masked = shown_measure_state(str(action.state), organisation_type=actor.organisation_type) != action.state
    return None if masked or action.ended_at is None else local_date(action.ended_at)


def _name(action: Action, actor: Actor) -> str:
    if is_masked_service(action.service_id, organisation_type=actor.organisation_type):
        return ""
    return action.texts.get("toimenpide", "")
