"""Requests of clients about their data: for the officer who answers, and the client's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.domain.access import Ground, Purpose
from app.domain.actor import Actor
from app.domain.client import Case
from app.domain.data_rights import DataRequest, may_handle_requests
from app.domain.errors import NotAllowed, NotFound
from app.domain.sharing import DataGroup
from app.storage.unit_of_work import UnitOfWork

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRequests:
    """The client's requests, the newest first, and what they may ask about."""

    requests: tuple[DataRequest, ...] = field(repr=False)
    cases: tuple[Case, ...]
    groups: tuple[DataGroup, ...]


def data_requests(uow: UnitOfWork, *, actor: Actor) -> list[DataRequest]:
    """
    Return the requests about the registers of the officer's organisation, open ones first.

    The list shows numbers of cases, kinds and days, and nothing that was written. :raises NotAllowed: no officer
    """
    if not may_handle_requests(actor):
        raise NotAllowed("data_requests")
    return uow.data_rights.of_organisation(actor.organisation_id, limit=MOST_SHOWN)


def data_request(uow: UnitOfWork, *, key: int, actor: Actor, now: datetime) -> DataRequest:
    """
    Return a request with what the client wrote, and log that it was read.

    :raises NotFound: no such request, or not of the officer's registers
    """
    request = uow.data_rights.get(key)
    if not may_handle_requests(actor) or request.controller_organisation_id != actor.organisation_id:
        raise NotFound("data_request", key)
    uow.access_log.add(
        actor=actor,
        action="read",
        client_key=request.client_key,
        case_key=request.case_key,
        data_groups=[request.data_group],
        purpose=f"data_request:{key}",
        ground=Ground.OWN_REGISTER,
        now=now,
    )
    return request


def own_requests(uow: UnitOfWork, *, actor: Actor, now: datetime) -> OwnRequests:
    """Return what the client has asked, and log that they looked; a representative sees the mandate's groups."""
    if actor.client_key is None:
        raise NotAllowed("data_requests")
    held = [
        request
        for request in uow.data_rights.of_client(actor.client_key)
        if actor.mandate is None or request.data_group in actor.mandate
    ]
    uow.access_log.add(
        actor=actor,
        action="read",
        client_key=actor.client_key,
        case_key=None,
        data_groups=sorted({str(request.data_group) for request in held}),
        purpose=Purpose.OWN_DATA,
        ground=Ground.OWN_DATA if actor.mandate is None else Ground.MANDATE,
        now=now,
    )
    cases = uow.care.cases.get_many(actor.case_keys)
    return OwnRequests(
        requests=tuple(held),
        cases=tuple(sorted(cases.values(), key=lambda case: case.opened_at, reverse=True)),
        groups=tuple(group for group in DataGroup if actor.mandate is None or group in actor.mandate),
    )
