"""What a person may see of a case now; the one question that every page with client data asks, and its log line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.access import CaseRelation, Decision, Grant, Ground, Purpose, visible_groups
from app.domain.actor import Actor, may_name_statute
from app.domain.client import Case
from app.domain.emergency import may_break_glass
from app.domain.sharing import DataGroup
from app.domain.statutes import Naming
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the viewer may see of the case, register by register."""

    case: Case
    relation: CaseRelation
    grants: tuple[Grant, ...]
    #: what may be seen, by data group and controller: the same group may be open in one register and closed in another
    decisions: Mapping[tuple[DataGroup, str], Decision]
    #: until when the viewer sees more than they may otherwise, because they have opened the case in an emergency
    emergency_until: datetime | None = None
    #: the grounds in law that the viewer has named for the case and that still last
    namings: tuple[Naming, ...] = ()
    #: data groups whose use the client has had restricted
    restricted: frozenset[DataGroup] = frozenset()

    @property
    def visible(self) -> frozenset[tuple[DataGroup, str]]:
        """The (data group, controller) pairs whose records may be shown."""
        return frozenset(self.decisions)

    @property
    def groups(self) -> Mapping[DataGroup, Decision]:
        """The data groups in the register of the case's controller, who the client is among them."""
        controller = self.case.controller_organisation_id
        return {group: decision for (group, owner), decision in self.decisions.items() if owner == controller}

    @property
    def by_right(self) -> Mapping[DataGroup, Decision]:
        """Of `groups` those that are open without a statute that the viewer names: that one opens its own data only."""
        return {group: decision for group, decision in self.groups.items() if decision.ground is not Ground.STATUTE}

    @property
    def hidden(self) -> tuple[DataGroup, ...]:
        """The data groups of which nothing is shown in any register, which the page says."""
        shown = {group for group, _ in self.decisions}
        return tuple(group for group in DataGroup if group not in shown)


def sight_of_case(
    uow: UnitOfWork,
    *,
    case_key: int,
    actor: Actor,
    now: datetime,
    with_emergency: bool = False,
    with_statutes: bool = False,
) -> Sight:
    """
    Return what the actor may see of the case; writes nothing yet. :raises NotFound: no such case

    `with_emergency` also asks whether they have opened it in an emergency, `with_statutes` whether they have named a
    law on which they read it: for pages that only show, and for nothing by which somebody acts. An actor without any
    visible group gets an empty sight: that they may know the case number is decided elsewhere.
    """
    case = uow.care.get_case(case_key)
    relation = uow.care.cases.relation(case_key)
    grants = uow.care.cases.grants(case_key)
    opening = None
    namings: tuple[Naming, ...] = ()
    if with_emergency and actor.user_key is not None and may_break_glass(actor):
        opening = uow.emergencies.live(case_key, user_key=actor.user_key, now=now)
    if with_statutes and actor.user_key is not None and may_name_statute(actor):
        named = uow.statutes.live(case_key, user_key=actor.user_key, organisation_id=actor.organisation_id, now=now)
        namings = tuple(named)
    restricted = uow.data_rights.restricted(case_key)
    registers = {case.controller_organisation_id, *relation.serving_organisation_ids}
    decisions = {
        (group, controller): decision
        for controller in sorted(registers)
        for group, decision in visible_groups(
            viewer=actor.viewer,
            case=relation,
            grants=grants,
            at=now,
            controller_organisation_id=controller,
            emergency=opening is not None,
            statutes=tuple(naming.statute for naming in namings),
            restricted=restricted,
        ).items()
    }
    return Sight(
        case=case,
        relation=relation,
        grants=grants,
        decisions=decisions,
        restricted=restricted,
        emergency_until=None if opening is None else opening.ends_at,
        namings=namings,
    )


def log_reading(
    uow: UnitOfWork,
    *,
    sight: Sight,
    actor: Actor,
    groups: Collection[DataGroup],
    purpose: str,
    now: datetime,
    action: str = "read",
) -> None:
    """
    Write the access log's line for what the page is about to show; in the same transaction, or nothing is shown.

    `groups` are those of which something is shown or looked for. `purpose` names the task or the case; what clients
    look at in their own door they look at for themselves.
    """
    opened = sorted({group for group, _ in sight.decisions if group in groups})
    if not opened:
        return
    grounds = sorted({_said(decision) for (group, _), decision in sight.decisions.items() if group in groups})
    uow.access_log.add(
        actor=actor,
        action=action,
        client_key=sight.case.client_key,
        case_key=sight.case.key,
        data_groups=[str(group) for group in opened],
        purpose=purpose if actor.client_key is None else Purpose.OWN_DATA,
        ground=",".join(grounds),
        now=now,
    )


def _said(decision: Decision) -> str:
    """Return the ground as the log keeps it: of a statute its number too."""
    return f"{decision.ground}:{decision.statute}" if decision.statute else str(decision.ground)


def log_refusal(
    uow: UnitOfWork, *, actor: Actor, purpose: str, reason: str, now: datetime, case_key: int | None = None
) -> None:
    """Write that somebody asked for client data and did not get it; a transaction of its own, after the refusal."""
    client_key = None
    if case_key is not None and uow.care.case_exists(case_key):
        client_key = uow.care.get_case(case_key).client_key
    uow.access_log.add(
        actor=actor,
        action="refused",
        client_key=client_key,
        case_key=case_key,
        data_groups=[],
        purpose=purpose,
        ground=reason,
        now=now,
    )
