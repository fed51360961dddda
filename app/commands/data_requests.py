"""Ask that data be put right or their use restricted, answer that, lift a restriction (R-21)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.domain.actor import Actor
from app.domain.calendar import local_date
from app.domain.data_rights import (
    ANSWERED_WITHIN,
    LONGEST_TEXT,
    DataRequest,
    RequestKind,
    RequestStatus,
    may_handle_requests,
)
from app.domain.errors import Conflict, InvalidInput, NotFound, Problem
from app.domain.keys import new_key
from app.domain.retention import kept_until
from app.domain.sharing import DataGroup
from app.storage.unit_of_work import UnitOfWork

#: requests of one client that may wait at once
MOST_OPEN = 20
#: what an answer may be
_ANSWERS = (RequestStatus.GRANTED, RequestStatus.PARTLY, RequestStatus.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody sent: codes as they stand in the form, and the client's words."""

    kind: str
    data_group: str
    text: str = field(repr=False)


def ask_about_data(uow: UnitOfWork, *, asked: Asked, case_key: int, actor: Actor, now: datetime) -> int:
    """
    Keep the request about a data group of the case, and return its key; the same one sent twice is kept once.

    It goes to whoever keeps the register of the case and is due within a month. A representative asks within the
    mandate. Whether a worker may speak for the client is decided by who calls (app.queries.case_rights).

    :raises NotFound: the case is not the client's
    :raises InvalidInput: something is missing or too long, not of the mandate, or too many requests wait
    """
    if actor.client_key is not None and case_key not in actor.case_keys:
        raise NotFound("case", case_key)
    problems = []
    if asked.kind not in set(RequestKind):
        problems.append(Problem("required", place="kind"))
    if asked.data_group not in set(DataGroup) or (
        actor.mandate is not None and asked.data_group not in {str(group) for group in actor.mandate}
    ):
        problems.append(Problem("required", place="data_group"))
    text = asked.text.strip()
    if not text:
        problems.append(Problem("required", place="text"))
    elif len(text) > LONGEST_TEXT:
        problems.append(Problem("data_request_long", place="text", values={"longest": LONGEST_TEXT}))
    if problems:
        raise InvalidInput(problems)
    # of two presses at once the second finds the first
    case = uow.care.cases.lock(case_key)
    waiting = [request for request in uow.data_rights.of_client(case.client_key) if request.is_open]
    kind, group = RequestKind(asked.kind), DataGroup(asked.data_group)
    for request in waiting:
        if (request.case_key, request.kind, request.data_group, request.text) == (case_key, kind, group, text):
            return request.key
    if len(waiting) >= MOST_OPEN:
        raise InvalidInput([Problem("data_request_many", place="text")])
    key = new_key()
    uow.data_rights.add(
        key=key,
        client_key=case.client_key,
        case_key=case_key,
        controller_organisation_id=case.controller_organisation_id,
        kind=kind,
        data_group=group,
        text=text,
        asked_by=actor.user_key,
        by_worker=actor.client_key is None,
        due_on=kept_until(ANSWERED_WITHIN, since=local_date(now)),
        now=now,
    )
    _note(uow, "data_request_made", key, case_key, actor, now, kind=kind, group=group)
    return key


def answer_data_request(uow: UnitOfWork, *, key: int, status: str, answer: str, actor: Actor, now: datetime) -> None:
    """
    Answer the request in words that the client reads; a restriction that is granted is in force from now on.

    :raises NotFound: no such request, or not of the officer's registers
    :raises InvalidInput: no decision, or nothing is said to the client
    :raises Conflict: somebody has answered already
    """
    request = _of_officer(uow, key, actor)
    problems = [] if status in {str(each) for each in _ANSWERS} else [Problem("required", place="status")]
    if not answer.strip():
        problems.append(Problem("required", place="answer"))
    elif len(answer.strip()) > LONGEST_TEXT:
        problems.append(Problem("data_request_long", place="answer", values={"longest": LONGEST_TEXT}))
    if problems:
        raise InvalidInput(problems)
    decided = RequestStatus(status)
    if not uow.data_rights.decide(key, status=decided, answer=answer.strip(), by=actor.user_key, now=now):
        raise Conflict("it has been answered")
    _note(
        uow, f"data_request_{decided}", key, request.case_key, actor, now, kind=request.kind, group=request.data_group
    )


def lift_restriction(uow: UnitOfWork, *, key: int, actor: Actor, now: datetime) -> None:
    """
    End a restriction; the client has been told before (GDPR art. 18(3)).

    :raises NotFound: no such request, or not of the officer's registers
    :raises Conflict: it restricts nothing any more
    """
    request = _of_officer(uow, key, actor)
    if not uow.data_rights.lift(key):
        raise Conflict("no restriction is in force")
    _note(uow, "restriction_lifted", key, request.case_key, actor, now, kind=request.kind, group=request.data_group)


def _of_officer(uow: UnitOfWork, key: int, actor: Actor) -> DataRequest:
    request = uow.data_rights.get(key)
    if not may_handle_requests(actor) or request.controller_organisation_id != actor.organisation_id:
        raise NotFound("data_request", key)
    return request


def _note(
    uow: UnitOfWork,
    action: str,
    key: int,
    case_key: int,
    actor: Actor,
    now: datetime,
    *,
    kind: RequestKind,
    group: DataGroup,
) -> None:
    uow.audit.add(
        actor=actor,
        action=action,
        subject="data_request",
        subject_key=key,
        case_key=case_key,
        details={"kind": str(kind), "group": str(group)},
        now=now,
    )
