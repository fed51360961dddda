"""Other open cases that may be of the same client: somebody without an identity code is easily taken in twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.actor import Actor
from app.domain.client import Client, may_be_same
from app.domain.sharing import DataGroup
from app.queries.access import log_reading, sight_of_case
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class SameClient:
    """An open case whose client has the same telephone number, or the same name and birth date."""

    case_key: int
    case_number: str


def same_clients(uow: UnitOfWork, client: Client, *, actor: Actor, now: datetime) -> tuple[SameClient, ...]:
    """
    Return the open cases of others who may be this client, of those that the viewer may know; each is logged.

    A person decides whether they are: two who share a telephone are two, and nothing is joined by itself.
    """
    found = []
    for other in uow.care.clients.get_many(uow.care.clients.keys_like(client)).values():
        if not may_be_same(client.identity, other.identity):
            continue
        for case in uow.care.cases.of_client(other.key):
            sight = sight_of_case(uow, case_key=case.key, actor=actor, now=now)
            if case.is_open and DataGroup.BASIC in sight.groups:
                basic = [DataGroup.BASIC]
                log_reading(uow, sight=sight, actor=actor, groups=basic, purpose="same_client", now=now)
                found.append(SameClient(case.key, case.number))
    return tuple(found)
