"""How a case ends (domain.md 3.0, `lopputulos`)."""

from __future__ import annotations

import enum


class Outcome(enum.StrEnum):
    """The end states of a case; what else a pathway returns (TARVITSEE_TUKEA ...) is for its caller."""

    PLAN_READY = "SUUNNITELMA_VALMIS"
    SELF_CARE = "OMAHOIDOSSA"
    EMPLOYED = "TYOLLISTYNYT"
    STUDYING = "KOULUTUKSESSA"
    REHABILITATION = "KUNTOUTUKSESSA"
    WORK_TRY_OUT = "TYOKOKEILUSSA"
    SOCIAL_SERVICE = "SOSIAALIHUOLLON_PALVELUSSA"
    ENTREPRENEUR = "YRITTAJANA"
    SICK_LEAVE = "SAIRAUSPOISSAOLOLLA"
    PENSION = "ELAKERATKAISU"
    JOINT_SUPPORT = "TYM_ASIAKAS"
    OCCUPATIONAL_HEALTH = "TYOTERVEYSHUOLLOSSA"
    NEED_ENDED = "TARVE_PAATTYNYT"
    NO_NEED = "EI_TARVETTA"
    DECLINED = "KIELTAYTYI"
    INTERRUPTED = "KESKEYTYNYT"
    NOT_REACHED = "EI_TAVOITETTU"
    CANCELLED = "PERUTTU"
    MOVED = "SIIRTYNYT"


#: the client said no or could not be reached; employment services see only that the case ended (R-26)
BROKEN_OFF = frozenset({Outcome.DECLINED, Outcome.NOT_REACHED, Outcome.CANCELLED, Outcome.INTERRUPTED})


def concluded(earlier: str, outcome: Outcome) -> Outcome:
    """
    Return what the case has come to when a pathway ends with the outcome.

    `earlier` is what another pathway of the case has concluded, or "". The last one says it; but one that found no
    need says nothing about what the others have achieved.
    """
    if outcome is Outcome.NO_NEED and earlier:
        return Outcome(earlier)
    return outcome


def waits_for_others(outcome: Outcome) -> bool:
    """
    Tell whether a message to the case that nobody has taken yet keeps the case open.

    It does: another pathway is about to go on. Not where the client has broken off, because there is nothing to go on
    with.
    """
    return outcome not in BROKEN_OFF
