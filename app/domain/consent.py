"""A client's consent: what was decided, whom it names, and which grants come of it (domain.md 3.0 X13, P19)."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from app.domain.access import Grant, Purpose
from app.domain.calendar import local_date, local_midnight
from app.domain.sharing import DataGroup, Opening, cell

#: the forms that say it, where a diagram names no other
CONSENT_FORM, WITHDRAWAL_FORM = "f_suostumus", "f_suostumus_peruutus"


class ConsentDecision(enum.StrEnum):
    """What the client answered."""

    GIVEN = "annettu"
    LIMITED = "annettu_rajattuna"
    NOT_GIVEN = "ei_annettu"

    @property
    def opens(self) -> bool:
        """Whether anything may be shared on it."""
        return self is not ConsentDecision.NOT_GIVEN


class ConsentMethod(enum.StrEnum):
    """How it was given; an oral one holds for one occasion only."""

    ELECTRONIC = "sahkoinen_tunnistautuminen"
    WRITTEN = "kirjallinen"
    ORAL = "suullinen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """
    One decision of the client. `parties` are ids of organisations; `valid_until` is a moment (aware), exclusive.

    `giver` and `limits` are in the client's words and open to the client and the owner of the case only.
    """

    key: int
    case_key: int
    decision: ConsentDecision
    method: ConsentMethod
    purpose: str = field(repr=False)
    giver: str = field(repr=False)
    limits: str = field(default="", repr=False)
    parties: tuple[str, ...] = ()
    groups: tuple[DataGroup, ...] = ()
    given_at: datetime
    valid_until: datetime
    withdrawn_at: datetime | None = None

    @property
    def ends_on(self) -> date:
        """The last day in Finland on which it holds."""
        return local_date(self.valid_until - timedelta(microseconds=1))


class UnreadableConsent(ValueError):
    """The answers are no consent; the text names the question, never an answer."""


def read_consent(answers: Mapping[str, Any], *, key: int, case_key: int, now: datetime) -> Consent:
    """
    Return the consent that the answers of the form say.

    It holds to the end of its last day in Finland; an oral one to the end of the day on which it was given.

    :raises UnreadableConsent: a question that makes a consent has no usable answer
    """
    decision = _one_of(ConsentDecision, answers, "paatos")
    # a refusal needs no form
    method = _one_of(ConsentMethod, answers if decision.opens else {"tapa": ConsentMethod.ORAL, **answers}, "tapa")
    last_day = answers.get("voimassa_asti")
    if isinstance(last_day, str):
        last_day = date.fromisoformat(last_day)
    if not isinstance(last_day, date):
        if decision.opens:
            raise UnreadableConsent("voimassa_asti")
        last_day = local_date(now)
    if method is ConsentMethod.ORAL:
        last_day = min(last_day, local_date(now))
    known = set(DataGroup)
    return Consent(
        key=key,
        case_key=case_key,
        decision=decision,
        method=method,
        purpose=str(answers.get("tarkoitus") or ""),
        giver=str(answers.get("antaja") or ""),
        limits=str(answers.get("rajaukset") or ""),
        parties=tuple(dict.fromkeys(answers.get("osapuolet") or ())),
        groups=tuple(DataGroup(group) for group in dict.fromkeys(answers.get("tietoryhmat") or ()) if group in known),
        given_at=now,
        valid_until=local_midnight(last_day + timedelta(days=1)),
    )


def _one_of(kind: Any, answers: Mapping[str, Any], question: str) -> Any:
    try:
        return kind(answers.get(question))
    except ValueError:
        raise UnreadableConsent(question) from None


def grants_of(consent: Consent, *, organisation_types: Mapping[str, str]) -> Iterator[tuple[str, DataGroup]]:
    """
    Yield the (organisation, data group) pairs that the consent opens.

    `organisation_types` are the kinds of its parties by id; a party that is not there gets nothing. What the table
    `dmn_tietojen_jako` never opens to such an organisation by consent is no grant at all, whatever the client allowed:
    nobody may believe that it is open.
    """
    if not consent.decision.opens:
        return
    for party in consent.parties:
        for group in consent.groups:
            opening = cell(organisation_type=organisation_types.get(party, ""), data_group=group).opening
            if opening & (Opening.CONSENT | Opening.OWN):
                yield party, group


class WithdrawalScope(enum.StrEnum):
    """How much a withdrawal takes back."""

    ALL = "kaikki"
    PARTIES = "tahot"
    GROUPS = "tietoryhmat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What the client takes back."""

    scope: WithdrawalScope
    parties: frozenset[str] = frozenset()
    groups: frozenset[DataGroup] = frozenset()

    def concerns(self, grant: Grant) -> bool:
        """Tell whether the grant is taken back."""
        match self.scope:
            case WithdrawalScope.ALL:
                return True
            case WithdrawalScope.PARTIES:
                return grant.organisation_id in self.parties
            case WithdrawalScope.GROUPS:
                return grant.data_group in self.groups


def read_withdrawal(answers: Mapping[str, Any]) -> Withdrawal:
    """
    Return what the answers of the form take back.

    :raises UnreadableConsent: they do not say how much
    """
    known = set(DataGroup)
    return Withdrawal(
        scope=_one_of(WithdrawalScope, answers, "laajuus"),
        parties=frozenset(answers.get("tahot") or ()),
        groups=frozenset(DataGroup(group) for group in answers.get("tietoryhmat") or () if group in known),
    )


def is_in_force(consent: Consent | None, grants: Iterable[Grant], *, at: datetime) -> bool:
    """Tell whether there is a consent to share on (X13): the latest decision was a yes, and some grant is live."""
    return consent is not None and consent.decision.opens and any(opens_now(grants, at=at))


def opens_now(grants: Iterable[Grant], *, at: datetime) -> Collection[Grant]:
    """Return the grants for care that are live at the moment."""
    return [grant for grant in grants if grant.purpose is Purpose.CARE and grant.is_live(at=at)]
