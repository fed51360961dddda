"""Who may act for a client: recorded by those who serve them, ended before its time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from app.domain.actor import Actor
from app.domain.calendar import local_date, local_midnight
from app.domain.client import Client
from app.domain.errors import Conflict, InvalidInput, Problem
from app.domain.identity_code import parse_identity_code
from app.domain.sharing import DataGroup
from app.storage.unit_of_work import UnitOfWork

#: a mandate is looked at anew after this time
LONGEST = timedelta(days=5 * 366)
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenMandate:
    """What was written down of a mandate; `until` is its last day."""

    name: str = field(repr=False)
    identity_code: str = field(repr=False)
    basis: str
    groups: Collection[DataGroup]
    until: date | None


def record_mandate(
    uow: UnitOfWork, *, client: Client, case_key: int, given: GivenMandate, actor: Actor, now: datetime
) -> int:
    """
    Let somebody act for the client from now until the end of the last day, and return the mandate's key.

    Whether the actor may speak for this client is decided by who calls (app.queries.mandates).

    :raises InvalidInput: something is missing, the code is none or the client's own, or the time is past or too long
    """
    problems = [
        Problem("required", place=name)
        for name in ("name", "basis")
        if not getattr(given, name).strip() or len(getattr(given, name)) > LONGEST_TEXT
    ]
    if not given.groups:
        problems.append(Problem("required", place="groups"))
    today = local_date(now)
    if given.until is None or not today <= given.until <= today + LONGEST:
        problems.append(Problem("mandate_until", place="until"))
    code = ""
    try:
        code = parse_identity_code(given.identity_code).text
    except InvalidInput:
        problems.append(Problem("mandate_code", place="identity_code"))
    if code and code == client.identity.identity_code:
        problems.append(Problem("mandate_own_code", place="identity_code"))
    if problems or given.until is None:
        raise InvalidInput(problems)
    key = uow.mandates.add(
        client_key=client.key,
        identity_code=code,
        name=given.name.strip(),
        basis=given.basis.strip(),
        groups=given.groups,
        valid_from=now,
        valid_until=local_midnight(given.until + timedelta(days=1)),
        recorded_by=actor.user_key,
        now=now,
    )
    _note(uow, "mandate_recorded", actor, key, case_key, now, groups=sorted(given.groups))
    return key


def end_mandate(
    uow: UnitOfWork, *, client: Client, case_key: int, mandate_key: int, actor: Actor, now: datetime
) -> None:
    """
    End the mandate; whoever acts by it is out at once.

    :raises Conflict: it is not the client's, or has ended already
    """
    own = {mandate.key for mandate in uow.mandates.of_client(client.key)}
    if mandate_key not in own or not uow.mandates.end(mandate_key, now=now):
        raise Conflict("no such mandate, or it has ended")
    _note(uow, "mandate_ended", actor, mandate_key, case_key, now, groups=[])


def _note(
    uow: UnitOfWork, action: str, actor: Actor, key: int, case_key: int, now: datetime, *, groups: list[DataGroup]
) -> None:
    uow.audit.add(
        actor=actor,
        action=action,
        subject="mandate",
        subject_key=key,
        case_key=case_key,
        details={"groups": [str(group) for group in groups]} if groups else {},
        now=now,
    )
