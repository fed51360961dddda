"""
May this person see this record of this client now? The one decision that every page, query, print and command asks.

Denied unless something opens it. What can open a record: it is the client's own; it is in the reader's own register
and the role has the letter O; a consent names the reader's organisation and the data group and the role has the letter
S (or P for the plan); a statute that the reader names and the table admits. The table `dmn_tietojen_jako`
(app.domain.sharing) cuts all of it, and health details never open to employment services, NGOs, Rise or employers.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.permissions import ROLE_PERMISSIONS, Permissions
from app.domain.sharing import NEVER_HEALTH, Cell, DataGroup, Limit, Opening, cell
from app.domain.statutes import NamedStatute, number_of


class Purpose(enum.StrEnum):
    """Why client data is asked for; only the first three can open any."""

    #: serving the client: a task, the case, a search for it
    CARE = "care"
    #: an outgoing document or message composed for a recipient
    DISCLOSURE = "disclosure"
    #: the client's own view
    OWN_DATA = "own_data"
    #: keeping processes running: monitor, repair, jobs; never needs to know whom a process concerns
    OPERATION = "operation"
    #: numbers only
    STATISTICS = "statistics"


class Ground(enum.StrEnum):
    """What opened a record; written to the access log."""

    NONE = ""
    OWN_DATA = "own_data"
    MANDATE = "mandate"
    OWN_REGISTER = "own_register"
    #: the organisation keeps no register in this group, but filled in this form itself
    OWN_FORM = "own_form"
    CONSENT = "consent"
    STATUTE = "statute"
    #: somebody has opened the case in an emergency, outside what they may see otherwise (app.domain.emergency)
    EMERGENCY = "emergency"


class RecordKind(enum.StrEnum):
    """What a record is; some organisations may read only summaries or statements of a group."""

    ANSWER = "answer"
    SUMMARY = "summary"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who asks: a person at work in one organisation, or a client (`client_key`) or a representative (`mandate`)."""

    user_key: int
    organisation_id: str
    organisation_type: str
    roles: frozenset[str]
    unit_id: str = ""
    #: areas of the units that the person works in; None = the organisation works in every area (Kela, pensions)
    areas: frozenset[str] | None = frozenset()
    client_key: int | None = None
    #: data groups of a legal representative's mandate for `client_key`; None = the client in person
    mandate: frozenset[DataGroup] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRelation:
    """What the decision needs to know of the case: whose it is, and who serves the client in it."""

    case_key: int
    client_key: int
    area_id: str
    controller_organisation_id: str
    owner_key: int | None = None
    #: organisations that have had a task or booking in the case, beside the controller: it is their client too
    serving_organisation_ids: frozenset[str] = frozenset()

    def is_client_of(self, organisation_id: str) -> bool:
        """Tell whether the client is the organisation's own client in this case."""
        return organisation_id == self.controller_organisation_id or organisation_id in self.serving_organisation_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is asked for: a record or field of a case, in whose register it is, in which data group."""

    data_group: DataGroup
    controller_organisation_id: str
    kind: RecordKind = RecordKind.ANSWER
    #: who sent the referral that the record belongs to
    referred_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """
    The client lets one organisation read one data group of the case, for one purpose, for a time.

    A grant for care covers an outgoing document too; a grant for anything else opens nothing here.
    """

    key: int
    case_key: int
    organisation_id: str
    data_group: DataGroup
    valid_from: datetime
    valid_until: datetime
    purpose: Purpose = Purpose.CARE
    withdrawn_at: datetime | None = None
    #: the consent that it is of; 0 where nobody asked
    consent_key: int = 0

    def is_live(self, *, at: datetime) -> bool:
        """Tell whether the grant holds at that moment; a withdrawal ends it at once (R-03)."""
        return self.valid_from <= at < self.valid_until and (self.withdrawn_at is None or at < self.withdrawn_at)

    def covers(self, *, viewer: Viewer, case: CaseRelation, record: Record, at: datetime) -> bool:
        """Tell whether the grant names this reader's organisation, this case and this data group, and is live."""
        return (
            self.case_key == case.case_key
            and self.organisation_id == viewer.organisation_id
            and self.data_group == record.data_group
            and self.is_live(at=at)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """
    The answer. `reason` is a key of the locale area `access`; it is filled for refusals only.

    `masked`: only the reader's own part or masked form of the record may be shown (app.domain.masking).
    `grant_key` names the consent, `statute` the law on which an allowed reading stands.
    """

    allowed: bool
    ground: Ground = Ground.NONE
    reason: str = ""
    masked: bool = False
    grant_key: int | None = None
    statute: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    viewer: Viewer
    case: CaseRelation
    record: Record
    grants: tuple[Grant, ...]
    at: datetime
    purpose: Purpose
    statutes: tuple[NamedStatute, ...]
    emergency: bool
    restricted: bool
    permissions: tuple[Permissions, ...]


def decide(
    *,
    viewer: Viewer,
    case: CaseRelation,
    record: Record,
    grants: Iterable[Grant],
    at: datetime,
    restricted: bool,
    purpose: Purpose = Purpose.CARE,
    statutes: Collection[NamedStatute] = (),
    emergency: bool = False,
) -> Decision:
    """
    Decide whether the viewer may see the record (domain.md 2.2, 6: R-01..R-04, R-18, R-19).

    `grants` are the grants of the case, live or not; `at` is the moment of reading (aware); `statutes` are the laws
    that the reader has named for the case: each opens its own data groups, in cells of the table that say "laki".
    `emergency` says that the viewer has opened this case in an emergency that still lasts (R-20); it is asked last.
    `restricted` says that the client has had the use of the data group restricted (R-21): it opens in the own register,
    to the client and in an emergency only.
    """
    question = _Question(
        viewer=viewer,
        case=case,
        record=record,
        grants=tuple(grants),
        at=at,
        purpose=purpose,
        statutes=tuple(statutes),
        emergency=emergency and purpose is Purpose.CARE,
        restricted=restricted,
        permissions=tuple(ROLE_PERMISSIONS[role] for role in sorted(viewer.roles) if role in ROLE_PERMISSIONS),
    )
    if purpose not in (Purpose.CARE, Purpose.DISCLOSURE, Purpose.OWN_DATA):
        return _refused("purpose")
    if viewer.client_key is not None:
        return _as_client(question)
    if purpose is Purpose.OWN_DATA:
        return _refused("purpose")
    return _as_professional(question)


def visible_groups(
    *,
    viewer: Viewer,
    case: CaseRelation,
    grants: Iterable[Grant],
    at: datetime,
    restricted: Collection[DataGroup],
    controller_organisation_id: str | None = None,
    purpose: Purpose = Purpose.CARE,
    statutes: Collection[NamedStatute] = (),
    emergency: bool = False,
) -> Mapping[DataGroup, Decision]:
    """
    Return the data groups of the case that the viewer may see now, each with the decision that opened it.

    The records meant are plain answers in the register of `controller_organisation_id` (default: the case's
    controller). Used for decisions field by field: a field whose group is not among the keys is never loaded.
    """
    all_grants = tuple(grants)
    controller = case.controller_organisation_id if controller_organisation_id is None else controller_organisation_id
    decisions = {
        group: decide(
            viewer=viewer,
            case=case,
            record=Record(data_group=group, controller_organisation_id=controller),
            grants=all_grants,
            at=at,
            restricted=group in restricted,
            purpose=purpose,
            statutes=statutes,
            emergency=emergency,
        )
        for group in DataGroup
    }
    return {group: decision for group, decision in decisions.items() if decision.allowed}


def _refused(reason: str) -> Decision:
    return Decision(allowed=False, reason=f"access.refused.{reason}")


def _as_client(question: _Question) -> Decision:
    viewer = question.viewer
    if viewer.client_key != question.case.client_key:
        return _refused("not_own_data")
    if viewer.mandate is None:
        return Decision(allowed=True, ground=Ground.OWN_DATA)
    if question.record.data_group in viewer.mandate:
        return Decision(allowed=True, ground=Ground.MANDATE)
    return _refused("mandate")


def _as_professional(question: _Question) -> Decision:
    viewer, record = question.viewer, question.record
    if record.data_group is DataGroup.HEALTH and viewer.organisation_type in NEVER_HEALTH:
        return _refused("never_shared")
    column = cell(organisation_type=viewer.organisation_type, data_group=record.data_group)
    decision = _by_right(question, column)
    return decision if decision.allowed else _in_emergency(question, column) or decision


def _by_right(question: _Question, column: Cell) -> Decision:
    viewer, case = question.viewer, question.case
    if viewer.areas is not None and case.area_id not in viewer.areas:
        return _refused("area")
    if not question.permissions:
        return _refused("role")
    own = _from_own_register(question, column)
    if own is not None:
        return own
    if question.restricted:
        return _refused("restricted")
    return _by_statute(question, column) or _by_consent(question, column)


def _in_emergency(question: _Question, column: Cell) -> Decision | None:
    """Open what neither right nor consent opens; what the table closes to the organisation stays closed."""
    if not question.emergency or column.opening is Opening.NOTHING:
        return None
    return Decision(allowed=True, ground=Ground.EMERGENCY)


def _from_own_register(question: _Question, column: Cell) -> Decision | None:
    viewer, case, record = question.viewer, question.case, question.record
    if record.controller_organisation_id != viewer.organisation_id or not case.is_client_of(viewer.organisation_id):
        return None
    ground = Ground.OWN_REGISTER if Opening.OWN in column.opening else Ground.OWN_FORM
    if any(record.data_group in role.own for role in question.permissions):
        return Decision(allowed=True, ground=ground)
    if record.data_group is DataGroup.PLAN:
        if any(role.plan for role in question.permissions):
            return Decision(allowed=True, ground=ground)
        if any(role.plan_own_part for role in question.permissions):
            return Decision(allowed=True, ground=ground, masked=True)
    return None


def _by_statute(question: _Question, column: Cell) -> Decision | None:
    number = number_of(question.statutes, question.record.data_group)
    if not number or Opening.STATUTE not in column.opening or not _fits(column.limit, question.record.kind):
        return None
    if not _letter_opens(question):
        return None
    return Decision(allowed=True, ground=Ground.STATUTE, statute=number, masked=_is_masked(question, column.limit))


def _by_consent(question: _Question, column: Cell) -> Decision:
    if not _consent_may_open(question, column):
        return _refused("never_shared" if column.opening is Opening.NOTHING else "not_own_register")
    if not _fits(column.limit, question.record.kind):
        return _refused("only_summaries" if column.limit is Limit.SUMMARIES else "only_statements")
    if not _letter_opens(question):
        return _refused("role")
    for grant in question.grants:
        if grant.purpose is Purpose.CARE and grant.covers(
            viewer=question.viewer, case=question.case, record=question.record, at=question.at
        ):
            return Decision(
                allowed=True,
                ground=Ground.CONSENT,
                grant_key=grant.key,
                masked=_is_masked(question, column.limit),
            )
    return _refused("no_consent")


def _consent_may_open(question: _Question, column: Cell) -> bool:
    # "oma" alone keeps the group of other registers closed; in the own one, S with a consent is enough instead of O
    is_own = question.record.controller_organisation_id == question.viewer.organisation_id
    return Opening.CONSENT in column.opening or (is_own and Opening.OWN in column.opening)


def _fits(limit: Limit, kind: RecordKind) -> bool:
    if limit is Limit.SUMMARIES:
        return kind is RecordKind.SUMMARY
    return limit is not Limit.STATEMENTS or kind is RecordKind.STATEMENT


def _letter_opens(question: _Question) -> bool:
    record = question.record
    for role in question.permissions:
        if record.data_group is DataGroup.PLAN and (role.plan or role.plan_own_part):
            return True
        if role.own_referral and record.referred_by != question.viewer.user_key:
            continue
        if record.data_group in role.shared:
            return True
    return False


def _is_masked(question: _Question, limit: Limit) -> bool:
    if question.record.data_group is not DataGroup.PLAN:
        return False
    return limit is Limit.OWN_PART or not any(role.plan for role in question.permissions)
