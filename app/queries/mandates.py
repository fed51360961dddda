"""The mandates for a client, as those who serve them in their own register see and keep them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.domain.access import Ground
from app.domain.actor import Actor
from app.domain.client import Client
from app.domain.client_sessions import Mandate
from app.domain.errors import Concealed
from app.domain.sharing import DataGroup
from app.queries.access import log_reading, sight_of_case
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class MandatePage:
    """The mandates for the client of a case, the newest first."""

    case_number: str
    client: Client = field(repr=False)
    mandates: tuple[Mandate, ...] = field(repr=False)


def mandates_of_case(uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime) -> MandatePage:
    """
    Return the mandates for the client of the case, and log what is read.

    Only those see and keep them who serve the client in their own register; a consent lets nobody speak for the client.

    :raises NotFound: no such case
    :raises Concealed: the client is not served in the actor's own register
    """
    sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now)
    basic = sight.groups.get(DataGroup.BASIC)
    if basic is None or basic.ground is not Ground.OWN_REGISTER:
        raise Concealed("case", case_key, case_key=case_key)
    log_reading(uow, sight=sight, actor=actor, groups=[DataGroup.BASIC], purpose=f"case:{case_key}", now=now)
    return MandatePage(
        case_number=sight.case.number,
        client=uow.care.clients.get(sight.case.client_key),
        mandates=tuple(uow.mandates.of_client(sight.case.client_key)),
    )
