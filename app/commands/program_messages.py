"""Messages and signals of programs that call the API: only of the names that they are registered for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.commands.messages import Published, broadcast_signal, publish_message
from app.domain.api_client import Caller, Scope
from app.domain.errors import NotAllowed, NotFound
from app.domain.sent_variables import check_variables
from app.storage.unit_of_work import UnitOfWork

#: the sender of a message that nobody waits for yet cannot ask for more
LONGEST_TIME_TO_LIVE = timedelta(days=365)


def publish_program_message(
    uow: UnitOfWork,
    *,
    name: str,
    correlation_key: str,
    variables: Mapping[str, Any],
    time_to_live: timedelta,
    message_id: str,
    caller: Caller,
    now: datetime,
) -> Published:
    """
    Keep the message and make a delivery for everyone who waits for it.

    :raises NotAllowed: the program is not registered for the name
    :raises InvalidInput: a variable that may not be sent
    :raises Conflict: the same message id is still kept under this name
    """
    _ensure_may_send(caller, name, variables)
    return publish_message(
        uow,
        name=name,
        correlation_key=correlation_key,
        actor=caller.actor,
        variables=variables,
        time_to_live=min(time_to_live, LONGEST_TIME_TO_LIVE),
        message_id=message_id,
        now=now,
    )


def correlate_program_message(
    uow: UnitOfWork, *, name: str, correlation_key: str, variables: Mapping[str, Any], caller: Caller, now: datetime
) -> Published:
    """
    Make a delivery for everyone who waits for the message now; it is not kept for anybody else.

    :raises NotAllowed: the program is not registered for the name
    :raises InvalidInput: a variable that may not be sent
    :raises NotFound: nobody waits for it; nothing is kept
    """
    _ensure_may_send(caller, name, variables)
    published = publish_message(
        uow, name=name, correlation_key=correlation_key, actor=caller.actor, variables=variables, now=now
    )
    if not published.delivery_keys:
        raise NotFound("waiting message subscription", name)
    return published


def broadcast_program_signal(
    uow: UnitOfWork, *, name: str, variables: Mapping[str, Any], caller: Caller, now: datetime
) -> tuple[int, ...]:
    """
    Make a delivery for every instance that waits for the signal, and return the deliveries' keys.

    :raises NotAllowed: the program is not registered for the name
    :raises InvalidInput: a variable that may not be sent
    """
    _ensure_may_send(caller, name, variables)
    return broadcast_signal(uow, name=name, actor=caller.actor, variables=variables, now=now)


def _ensure_may_send(caller: Caller, name: str, variables: Mapping[str, Any]) -> None:
    if not caller.client.may_send(name):
        raise NotAllowed("api_message_name")
    check_variables(variables, may_name_case=Scope.CARE in caller.scopes)
