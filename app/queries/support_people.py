"""Who supports a client, for those who serve them, beside their letters and appointments, and for the client."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.domain.access import Ground
from app.domain.actor import Actor
from app.domain.client import Client
from app.domain.errors import Concealed
from app.domain.sharing import DataGroup
from app.domain.support_people import SupportPerson
from app.queries.access import Sight, log_reading, sight_of_case
from app.storage.unit_of_work import UnitOfWork

#: grounds on which somebody near to the client is shown: the own register, and an emergency
_OWN = frozenset({Ground.OWN_REGISTER, Ground.OWN_FORM, Ground.EMERGENCY})


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPage:
    """The support people of the client of a case in the viewer's own register, the newest first."""

    case_number: str
    client: Client = field(repr=False)
    people: tuple[SupportPerson, ...] = field(repr=False)


def support_of_case(uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime) -> SupportPage:
    """
    Return who supports the client of the case, and log what is read.

    :raises NotFound: no such case
    :raises Concealed: the client is not served in the actor's own register
    """
    sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now)
    basic = sight.groups.get(DataGroup.BASIC)
    if basic is None or basic.ground is not Ground.OWN_REGISTER:
        raise Concealed("case", case_key, case_key=case_key)
    log_reading(uow, sight=sight, actor=actor, groups=[DataGroup.BASIC], purpose=f"case:{case_key}", now=now)
    own = {actor.organisation_id}
    return SupportPage(
        case_number=sight.case.number,
        client=uow.care.clients.get(sight.case.client_key),
        people=tuple(uow.support_people.of_client(sight.case.client_key, controllers=own)),
    )


def live_support(uow: UnitOfWork, sight: Sight) -> tuple[SupportPerson, ...]:
    """
    Return who supports the client now, in the viewer's own register: a consent to share basic data is the client's own.

    The page logs it with the basic data that it shows.
    """
    registers = {
        controller
        for (group, controller), decision in sight.decisions.items()
        if group is DataGroup.BASIC and decision.ground in _OWN
    }
    if not registers:
        return ()
    found = uow.support_people.of_client(sight.case.client_key, controllers=registers)
    return tuple(each for each in found if each.is_live)


def own_support(uow: UnitOfWork, *, actor: Actor, now: datetime) -> tuple[SupportPerson, ...]:
    """Return who supports the client, for themselves; to a representative where the mandate covers basic data."""
    if actor.client_key is None or (actor.mandate is not None and DataGroup.BASIC not in actor.mandate):
        return ()
    found = tuple(uow.support_people.of_client(actor.client_key))
    for case_key in sorted(actor.case_keys)[:1] if found else ():
        sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now)
        log_reading(uow, sight=sight, actor=actor, groups=[DataGroup.BASIC], purpose="", now=now)
    return found
