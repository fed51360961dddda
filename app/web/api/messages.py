"""Messages and signals. Deliveries are carried out at once, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import structlog
from msgspec import Meta

from app.commands.messages import deliver
from app.commands.program_messages import (
    broadcast_program_signal,
    correlate_program_message,
    publish_program_message,
)
from app.domain.errors import KykypolkuError, NotFound
from app.domain.keys import new_key
from app.web.api import bodies, rules
from app.web.api.bodies import TENANT, Answer, Body
from app.web.api.routing import Call, Route
from app.web.shell import executor, now

#: further ones are left to the scheduler, so that one call does not hold a thread for minutes
MOST_AT_ONCE = 50

log = structlog.get_logger()

CorrelationKey = Annotated[str, Meta(max_length=256)]


class Publication(Body):
    """
    A message: its name, for whom, how long it is kept for those who do not wait yet (milliseconds).

    The same `messageId` under the same name is refused as long as the first is kept.
    """

    name: bodies.Name
    correlation_key: CorrelationKey = ""
    time_to_live: Annotated[int, Meta(ge=0, le=2**53)] = 0
    message_id: Annotated[str, Meta(max_length=256)] = ""
    variables: bodies.Variables = {}
    tenant_id: bodies.Tenant = TENANT


class Published(Answer):
    """The message that is kept."""

    message_key: str
    tenant_id: str = TENANT


def publish(call: Call) -> Published:
    """Publish a message."""
    body: Publication = call.body
    published = call.run(
        lambda uow, caller: publish_program_message(
            uow,
            name=body.name,
            correlation_key=body.correlation_key,
            variables=body.variables,
            time_to_live=timedelta(milliseconds=body.time_to_live),
            message_id=body.message_id,
            caller=caller,
            now=now(),
        )
    )
    deliver_now(published.delivery_keys)
    return Published(message_key=str(published.message_key))


def deliver_now(delivery_keys: Sequence[int]) -> list[int]:
    """
    Carry out the first of the deliveries and return the instances that they reached.

    One that fails stays for the scheduler: the message is kept, so the call has done what it promised.
    """
    reached = []
    for key in delivery_keys[:MOST_AT_ONCE]:
        try:
            instance_key = executor().run(deliver, delivery_key=key, now=now())
        except KykypolkuError as error:
            log.warning("delivery_left_to_scheduler", delivery=str(key), error=type(error).__name__)
            continue
        if instance_key is not None:
            reached.append(instance_key)
    return reached


class Correlation(Body):
    """A message for somebody who waits for it now."""

    name: bodies.Name
    correlation_key: CorrelationKey = ""
    variables: bodies.Variables = {}
    tenant_id: bodies.Tenant = TENANT


class Correlated(Answer):
    """The first instance that the message reached."""

    message_key: str
    process_instance_key: str
    tenant_id: str = TENANT


def correlate(call: Call) -> Correlated:
    """Correlate a message, and answer when it has arrived."""
    body: Correlation = call.body
    published = call.run(
        lambda uow, caller: correlate_program_message(
            uow,
            name=body.name,
            correlation_key=body.correlation_key,
            variables=body.variables,
            caller=caller,
            now=now(),
        )
    )
    reached = deliver_now(published.delivery_keys)
    if not reached:
        raise NotFound("waiting message subscription", body.name)
    return Correlated(message_key=str(published.message_key), process_instance_key=str(reached[0]))


class Broadcast(Body):
    """A signal to everybody who waits for it now."""

    signal_name: bodies.Name
    variables: bodies.Variables = {}
    tenant_id: bodies.Tenant = TENANT


class Broadcasted(Answer):
    """The signal; it is not kept, so its key leads nowhere."""

    signal_key: str
    tenant_id: str = TENANT


def broadcast(call: Call) -> Broadcasted:
    """Broadcast a signal."""
    body: Broadcast = call.body
    keys = call.run(
        lambda uow, caller: broadcast_program_signal(
            uow, name=body.signal_name, variables=body.variables, caller=caller, now=now()
        )
    )
    deliver_now(keys)
    return Broadcasted(signal_key=str(new_key()))


ROUTES = (
    Route(
        method="POST",
        path="/v2/messages/publication",
        operation="publish_message",
        summary="Publish a message; it is kept for its time to live",
        rule=rules.MESSAGES,
        view=publish,
        takes=Publication,
        gives=Published,
        errors=(409,),
    ),
    Route(
        method="POST",
        path="/v2/messages/correlation",
        operation="correlate_message",
        summary="Send a message to an instance that waits for it; 404 where none does",
        rule=rules.MESSAGES,
        view=correlate,
        takes=Correlation,
        gives=Correlated,
        errors=(404,),
    ),
    Route(
        method="POST",
        path="/v2/signals/broadcast",
        operation="broadcast_signal",
        summary="Send a signal to every instance that waits for it",
        rule=rules.MESSAGES,
        view=broadcast,
        takes=Broadcast,
        gives=Broadcasted,
    ),
)
