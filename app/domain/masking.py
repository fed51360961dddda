"""
What some readers see instead of the real value, although they may see the record itself.

Three rules: psychiatry and substance abuse services are "care or rehabilitation" to others than social and health care
(X12, R-18); refusals and interruptions are "ended" to employment services (R-26); a protected address is masked from
everybody but the owner of the case (R-27).
"""

from __future__ import annotations

from typing import Any

from app.domain.outcomes import BROKEN_OFF

CARE_OR_REHABILITATION = "hoito_tai_kuntoutus"
ENDED = "PAATTYNYT"
#: state of a measure that ended, whatever the reason
MEASURE_ENDED = "paattynyt"

#: questions whose answers are masked by what they say
_OBSTACLE, _MEASURE_STATE = "este", "tila"
_SENSITIVE_SERVICES = frozenset({"sv_psykiatria", "sv_paihde_mt"})
_SOCIAL_AND_HEALTH_CARE = frozenset({"o_sote_keskus", "o_sosiaali", "o_erikoissairaanhoito", "o_tyoterveyshuolto"})


def shown_service(service_id: str, *, organisation_type: str) -> str:
    """Return the service id that the organisation may see, or the code of "care or rehabilitation"."""
    return CARE_OR_REHABILITATION if is_masked_service(service_id, organisation_type=organisation_type) else service_id


def is_masked_service(service_id: str, *, organisation_type: str) -> bool:
    """Tell whether the organisation sees "care or rehabilitation" instead of the service."""
    return service_id in _SENSITIVE_SERVICES and organisation_type not in _SOCIAL_AND_HEALTH_CARE


def shown_answer(field: str, value: Any, *, organisation_type: str) -> Any:
    """
    Return an answer as the organisation may see it, whatever form asked it.

    Services as in `shown_service`, outcomes as in `shown_outcome`; that health is the obstacle is "something else" to
    others than social and health care (domain.md, data groups of f_seuranta).
    """
    if isinstance(value, list):
        return [shown_answer(field, each, organisation_type=organisation_type) for each in value]
    if not isinstance(value, str):
        return value
    if field == _OBSTACLE and value == "terveys" and organisation_type not in _SOCIAL_AND_HEALTH_CARE:
        return "muu"
    if field == _MEASURE_STATE:
        return shown_measure_state(value, organisation_type=organisation_type)
    return shown_service(shown_outcome(value, organisation_type=organisation_type), organisation_type=organisation_type)


def shown_outcome(outcome: str, *, organisation_type: str) -> str:
    """Return the outcome of a case that the organisation may see; employment services see no refusal (R-26)."""
    return ENDED if organisation_type == "o_tyollisyys" and outcome in BROKEN_OFF else outcome


def shown_measure_state(state: str, *, organisation_type: str) -> str:
    """Return the state of a plan's measure that the organisation may see (R-26)."""
    return MEASURE_ENDED if organisation_type == "o_tyollisyys" and state in {"keskeytynyt", "valmis"} else state


def may_see_course(*, organisation_type: str, own: bool) -> bool:
    """
    Tell whether the steps and ends of a process may be shown to the organisation.

    They tell of refusals and of appointments that nobody came to, so employment services see the course of those
    processes only that run in the viewer's own unit (`own`; R-26).
    """
    return own or organisation_type != "o_tyollisyys"


def may_see_appointment(status: str, *, organisation_type: str) -> bool:
    """Tell whether the organisation may see the appointment; employment services only what is still to come (R-26)."""
    return organisation_type != "o_tyollisyys" or status == "booked"


def may_see_address(*, protected: bool, viewer_key: int, owner_key: int | None) -> bool:
    """Tell whether address and home municipality may be shown; protected ones only to the owner of the case (R-27)."""
    return not protected or viewer_key == owner_key


def may_send_letter(*, protected: bool) -> bool:
    """Tell whether a letter on paper may be sent to the client (R-27)."""
    return not protected
