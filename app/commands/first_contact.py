"""
The first contact over the network: sending it makes the client, the case and the task of calling back, all or nothing.

Who sends is the client themselves, strongly identified. One person has one open case: sending twice, or sending what
somebody else has just recorded on the telephone, leads to the case that is there.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from app.commands.complete_task import Submission, complete_task
from app.commands.start_instance import start_instance
from app.domain.actor import CLIENT_ROLE, Actor, may_take
from app.domain.client import Client, Identity, ServiceNeeds
from app.domain.errors import InvalidSubmission, NotFound, Problem
from app.domain.first_contact import CASES_WITHIN, MOST_CASES, OWN_SOURCE, FirstContact
from app.domain.identity_code import parse_identity_code
from app.domain.keys import new_key
from app.published import first_contact_of
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSent:
    """The client's case; `is_new` is False where one was open already and nothing was added to it."""

    client_key: int
    case_key: int
    is_new: bool


def send_first_contact(
    uow: UnitOfWork, *, identity_code: str, municipality: str, submission: Submission, now: datetime
) -> ContactSent:
    """
    Make the person a client where they are none, open a case in the unit of their area and start its pathway.

    The pathway's first step is the client's own form, which is done with what they have sent: so what they tell is kept
    by the same rules, and shown beside the task of calling back. What a known client is called stays as it was.

    :raises NotFound: the area takes no contacts over the network (any more)
    :raises InvalidSubmission: an answer does not fit the form, or too many cases of the person began lately
    :raises InvalidInput: the identity code is none
    """
    place = first_contact_of(uow, municipality)
    if place is None:
        raise NotFound("first_contact", municipality)
    code = parse_identity_code(identity_code)
    uow.care.clients.lock_identity_code(code.text)
    known_key = uow.care.clients.find_by_identity_code(code.text)
    if known_key is None:
        before = _add_client(uow, place, Identity(identity_code=code.text, birth_date=code.birth_date), now)
    else:
        uow.care.clients.lock(known_key)
        open_case = uow.care.cases.lock_open_case_of(known_key)
        if open_case is not None:
            return ContactSent(client_key=known_key, case_key=open_case.key, is_new=False)
        _ensure_not_too_many(uow, known_key, now)
        before = uow.care.clients.get(known_key)
    case = uow.care.cases.add(
        key=new_key(),
        client_key=before.key,
        area_id=place.municipality.area_id,
        controller_organisation_id=place.organisation_id,
        unit_id=place.unit_id,
        owner_key=None,
        now=now,
    )
    actor = Actor(
        user_key=before.key,
        name="asiakas",
        roles=frozenset({CLIENT_ROLE}),
        language=submission.language,
        client_key=before.key,
        case_keys=frozenset({case.key}),
    )
    _tell(uow, place, case.key, actor, submission, now)
    after = uow.care.clients.get(before.key)
    if before.identity.name:
        uow.care.clients.change(
            after, identity=dataclasses.replace(after.identity, name=before.identity.name), needs=after.needs
        )
    uow.care.cases.change(
        case.key,
        source=OWN_SOURCE,
        # whose address is protected is not counted by where they live
        municipality=None if after.needs.protected_address else place.municipality.id,
    )
    uow.audit.add(
        actor=actor,
        action="first_contact_sent",
        subject="case",
        subject_key=case.key,
        case_key=case.key,
        details={"known_client": known_key is not None},
        now=now,
    )
    return ContactSent(client_key=before.key, case_key=case.key, is_new=True)


def _add_client(uow: UnitOfWork, place: FirstContact, identity: Identity, now: datetime) -> Client:
    return uow.care.clients.add(
        key=new_key(),
        identity=identity,
        needs=ServiceNeeds(),
        area_id=place.municipality.area_id,
        controller_organisation_id=place.organisation_id,
        now=now,
    )


def _ensure_not_too_many(uow: UnitOfWork, client_key: int, now: datetime) -> None:
    lately = [case for case in uow.care.cases.of_client(client_key) if now - case.opened_at < CASES_WITHIN]
    if len(lately) >= MOST_CASES:
        raise InvalidSubmission([Problem("first_contact_too_many")])


def _tell(
    uow: UnitOfWork, place: FirstContact, case_key: int, actor: Actor, submission: Submission, now: datetime
) -> None:
    """Start the pathway and do its first step with what the client has sent."""
    started = start_instance(
        uow,
        actor=actor,
        definition_key=place.definition_key,
        start_element_id=place.start_element_id,
        case_key=case_key,
        area_id=place.municipality.area_id,
        now=now,
    )
    opened = [each for each in uow.tasks.open_of(started.instance_key) if may_take(actor, task=each.restriction)]
    if len(opened) != 1:
        # drawn so that the client could not answer: as good as none
        raise NotFound("first_contact", place.municipality.id)
    [task] = opened
    complete_task(uow, task_key=task.key, actor=actor, submission=submission, now=now)
