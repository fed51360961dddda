"""
What some readers see instead of the real value, although they may see the record itself.

Four rules: psychiatry and substance abuse services are "care or rehabilitation" to others than social and health care
(X12, R-18); that the client has to do with the Prison and Probation Service is known to it and to the county's social
and health care only (R-25); refusals and interruptions are "ended" to employment services (R-26); a protected address
is masked from everybody but the owner of the case (R-27).
"""

from __future__ import annotations

from typing import Any

from app.domain.outcomes import BROKEN_OFF

CARE_OR_REHABILITATION = "hoito_tai_kuntoutus"
#: what stands in the place of the Prison and Probation Service and of its workers
PARTNER = "yhteistyotaho"
ENDED = "PAATTYNYT"
#: state of a measure that ended, whatever the reason
MEASURE_ENDED = "paattynyt"

#: questions whose answers are masked by what they say
_OBSTACLE, _MEASURE_STATE = "este", "tila"
#: the Prison and Probation Service as organisation, role, source and client group, and its pathway
_RISE = frozenset({"o_rise", "r_rise_tyontekija"})
_RISE_SOURCE, _OTHER_SOURCE = "RISE", "VERKOSTO"
_RISE_GROUP = "g_rise"
_RISE_PROCESS = "tyky_rise"
#: questions whose being answered tells of it
_RISE_QUESTIONS = frozenset({"rise_asiakas", "vapautuminen_pvm", "laitos_tai_yksikko", "valvonta"})
_KNOW_OF_RISE = frozenset({"o_sote_keskus", "o_sosiaali", "o_erikoissairaanhoito", "o_rise"})
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
    Return an answer as the organisation may see it, whatever form asked it; None: nothing of it.

    Services as in `shown_service`, outcomes as in `shown_outcome`; that health is the obstacle is "something else" to
    others than social and health care (domain.md, data groups of f_seuranta).
    """
    if not knows_of_rise(organisation_type):
        if field in _RISE_QUESTIONS or value == _RISE_GROUP:
            return None
        if isinstance(value, str):
            value = shown_source(
                shown_party(value, organisation_type=organisation_type), organisation_type=organisation_type
            )
    if isinstance(value, list):
        shown = [shown_answer(field, each, organisation_type=organisation_type) for each in value]
        return [each for each in shown if each is not None]
    if isinstance(value, dict):
        row = {name: shown_answer(name, each, organisation_type=organisation_type) for name, each in value.items()}
        return {name: each for name, each in row.items() if each is not None}
    if not isinstance(value, str):
        return value
    if field == _OBSTACLE and value == "terveys" and organisation_type not in _SOCIAL_AND_HEALTH_CARE:
        return "muu"
    if field == _MEASURE_STATE:
        return shown_measure_state(value, organisation_type=organisation_type)
    return shown_service(shown_outcome(value, organisation_type=organisation_type), organisation_type=organisation_type)


def knows_of_rise(organisation_type: str) -> bool:
    """Tell whether the organisation may know that the client has to do with the Prison and Probation Service."""
    return organisation_type in _KNOW_OF_RISE


def shown_party(party_id: str, *, organisation_type: str) -> str:
    """Return the organisation or role as the organisation may know it; R-25 makes some a "partner"."""
    return PARTNER if party_id in _RISE and not knows_of_rise(organisation_type) else party_id


def shown_source(source: str, *, organisation_type: str) -> str:
    """Return where the client came from as the organisation may know it (R-25)."""
    return _OTHER_SOURCE if source == _RISE_SOURCE and not knows_of_rise(organisation_type) else source


def may_know_process(process_id: str, *, organisation_type: str) -> bool:
    """Tell whether the organisation may know that the client is on the pathway (R-25)."""
    return process_id != _RISE_PROCESS or knows_of_rise(organisation_type)


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
