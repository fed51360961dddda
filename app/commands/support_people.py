"""A client's support person: written down with the client's consent, ended by the client or by those who serve them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from app.domain.access import Ground, Purpose
from app.domain.actor import Actor
from app.domain.calendar import local_date
from app.domain.client import Client
from app.domain.errors import Conflict, InvalidInput, NotAllowed, Problem
from app.domain.sharing import DataGroup
from app.domain.support_people import LONGEST_TEXT, Told
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSupport:
    """What was written down; `consented_on` is the day on which the client allowed it."""

    name: str = field(repr=False)
    relation: str = field(repr=False)
    phone: str = field(repr=False)
    email: str = field(repr=False)
    told: Collection[Told]
    consented_on: date | None


def record_support(
    uow: UnitOfWork, *, client: Client, case_key: int, named: NamedSupport, actor: Actor, now: datetime
) -> int:
    """
    Write down who supports the client, and return the key.

    Whether the actor serves this client is decided by who calls (app.queries.support_people).

    :raises InvalidInput: name, relation or day of the consent is missing or wrong, or there is no way to reach them
        although they may be told something
    """
    texts = {name: getattr(named, name).strip() for name in ("name", "relation", "phone", "email")}
    problems = [
        Problem("required", place=name)
        for name, text in texts.items()
        if len(text) > LONGEST_TEXT or (name in ("name", "relation") and not text)
    ]
    if named.told and not (texts["phone"] or texts["email"]):
        problems.append(Problem("required", place="phone"))
    if named.consented_on is None or named.consented_on > local_date(now):
        problems.append(Problem("support_consented_on", place="consented_on"))
    if problems or named.consented_on is None:
        raise InvalidInput(problems)
    key = uow.support_people.add(
        client_key=client.key,
        controller_organisation_id=actor.organisation_id,
        **texts,
        told=named.told,
        consented_on=named.consented_on,
        recorded_by=actor.user_key,
        now=now,
    )
    _note(uow, "support_recorded", actor, key, client.key, case_key, now, told=sorted(named.told))
    return key


def end_support(
    uow: UnitOfWork, *, client: Client, case_key: int, support_key: int, actor: Actor, now: datetime
) -> None:
    """
    End the consent on the client's word: from now on the person is told nothing.

    :raises Conflict: it is not in the actor's register, or has ended already
    """
    own = {each.key for each in uow.support_people.of_client(client.key, controllers={actor.organisation_id})}
    if support_key not in own or not uow.support_people.end(support_key, now=now):
        raise Conflict("no such support person, or it has ended")
    _note(uow, "support_ended", actor, support_key, client.key, case_key, now, told=[])


def withdraw_support(uow: UnitOfWork, *, support_key: int, actor: Actor, now: datetime) -> None:
    """
    End the consent by the client, at their own door.

    :raises NotAllowed: not a client in person, or a representative whose mandate does not cover basic data
    :raises Conflict: it is not the client's, or has ended already
    """
    if actor.client_key is None or (actor.mandate is not None and DataGroup.BASIC not in actor.mandate):
        raise NotAllowed("mandate")
    own = {each.key for each in uow.support_people.of_client(actor.client_key)}
    if support_key not in own or not uow.support_people.end(support_key, now=now):
        raise Conflict("no such support person, or it has ended")
    _note(uow, "support_ended", actor, support_key, actor.client_key, None, now, told=[])


def _note(
    uow: UnitOfWork,
    action: str,
    actor: Actor,
    key: int,
    client_key: int,
    case_key: int | None,
    now: datetime,
    *,
    told: list[Told],
) -> None:
    """Write both logs: that the client's data changed, and what was done."""
    is_client = actor.client_key is not None
    ground = (Ground.OWN_DATA if actor.mandate is None else Ground.MANDATE) if is_client else Ground.OWN_REGISTER
    uow.access_log.add(
        actor=actor,
        action="change",
        client_key=client_key,
        case_key=case_key,
        data_groups=[DataGroup.BASIC],
        purpose=Purpose.OWN_DATA if is_client else Purpose.CARE,
        ground=ground,
        now=now,
    )
    uow.audit.add(
        actor=actor,
        action=action,
        subject="support_person",
        subject_key=key,
        case_key=case_key,
        details={"told": [str(each) for each in told]} if told else {},
        now=now,
    )
