"""What events wait for (message, timer, signal) or catch (error, escalation), and what happens to the element then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from app.domain.errors import EngineFault
from app.engine.dialect.multiples import gather
from app.engine.expressions import Template
from app.engine.scopes import storable
from app.engine.seam import MessageAwaited, SignalAwaited, TimerOpened, Trigger, Value, Variables
from app.engine.timers import Schedule, plan, with_rhythm
from app.engine.tokens import Token, Wait

if TYPE_CHECKING:
    from app.engine.instance import Instance


#: of a multi-instance: one of its turns throws something
THROWING = "throwing"


class Opening(Protocol):
    """A wait that is worked out and cannot fail any more."""

    def __call__(self, token: Token, element_id: str, *, interrupting: bool, part: int = 0) -> None:
        """Open the wait; `part` says which of several definitions of the event it is."""


class Catching(Protocol):
    """Something outside that an event waits for."""

    @property
    def asks(self) -> tuple[Template, ...]:
        """What has to be evaluated to know what to wait for."""

    def work_out(self, values: Sequence[Value], now: datetime) -> Opening:
        """
        Return the wait for these values.

        :raises EngineFault: the values make no sense
        """


@dataclass(frozen=True, slots=True)
class MessageCatching:
    """A message of this name for this correlation key."""

    name: Template
    correlation_key: Template

    @property
    def asks(self) -> tuple[Template, ...]:
        return (self.name, self.correlation_key)

    def work_out(self, values: Sequence[Value], now: datetime) -> Opening:  # noqa: ARG002
        name = text_value(values[0], "message_name")
        correlation_key = text_value(values[1], "correlation_key")

        def open_wait(token: Token, element_id: str, *, interrupting: bool, part: int = 0) -> None:
            instance = token.workflow
            wait = Wait(key=instance.surroundings.new_key(), kind="m", element=element_id, note=name, part=part)
            opened = MessageAwaited(
                key=wait.key,
                element_instance_key=token.id,
                element_id=element_id,
                message_name=name,
                correlation_key=correlation_key,
                interrupting=interrupting,
                depth=instance.depth(token),
            )
            instance.open_wait(token, wait, opened)

        return open_wait


@dataclass(frozen=True, slots=True)
class SignalCatching:
    """A signal of this name."""

    name: Template

    @property
    def asks(self) -> tuple[Template, ...]:
        return (self.name,)

    def work_out(self, values: Sequence[Value], now: datetime) -> Opening:  # noqa: ARG002
        name = text_value(values[0], "signal_name")

        def open_wait(token: Token, element_id: str, *, interrupting: bool, part: int = 0) -> None:
            instance = token.workflow
            wait = Wait(key=instance.surroundings.new_key(), kind="s", element=element_id, note=name, part=part)
            opened = SignalAwaited(
                key=wait.key,
                element_instance_key=token.id,
                element_id=element_id,
                signal_name=name,
                interrupting=interrupting,
                depth=instance.depth(token),
            )
            instance.open_wait(token, wait, opened)

        return open_wait


@dataclass(frozen=True, slots=True)
class TimerCatching:
    """A moment (`date`), a while (`duration`) or repeated moments (`cycle`)."""

    kind: str
    value: Template

    @property
    def asks(self) -> tuple[Template, ...]:
        return (self.value,)

    def work_out(self, values: Sequence[Value], now: datetime) -> Opening:
        schedule = plan(self.kind, values[0], now)

        def open_wait(token: Token, element_id: str, *, interrupting: bool, part: int = 0) -> None:  # noqa: ARG001
            open_timer(token, element_id, schedule, part)

        return open_wait


@dataclass(frozen=True, slots=True)
class Subscription:
    """An event on an element that waits for the outside: boundary, or start of an event sub-process inside."""

    element_id: str
    catching: Catching
    interrupting: bool
    #: id of the event sub-process that it starts; empty for a boundary event
    event_sub_process: str = ""


@dataclass(frozen=True, slots=True)
class Catcher:
    """An event on an element that catches an error or escalation; an empty code catches every one."""

    element_id: str
    kind: str
    code: str
    interrupting: bool
    event_sub_process: str = ""


def text_value(value: Value, what: str) -> str:
    """
    Return a name or key as text; whole numbers are allowed as keys.

    :raises EngineFault: empty, or of another type; the code is `<what>_value`
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.strip():
        return value
    raise EngineFault(f"{what}_value", f"the {what.replace('_', ' ')} is empty or no text")


def open_timer(token: Token, element_id: str, schedule: Schedule, part: int = 0) -> None:
    """Open the timer's wait."""
    instance = token.workflow
    wait = Wait(
        key=instance.surroundings.new_key(),
        kind="t",
        element=element_id,
        due=schedule.due.isoformat(),
        left=schedule.left,
        note=schedule.rhythm(),
        part=part,
    )
    opened = TimerOpened(
        key=wait.key,
        element_instance_key=token.id,
        element_id=element_id,
        due_at=schedule.due,
        repetitions_left=schedule.left,
    )
    instance.open_wait(token, wait, opened)


def subscribe(token: Token, subscriptions: tuple[Subscription, ...], values: Sequence[Value]) -> None:
    """
    Open the waits of all events on the element; nothing is opened where one makes no sense.

    :raises EngineFault: a timer or key that makes no sense
    """
    openings = []
    position = 0
    for subscription in subscriptions:
        count = len(subscription.catching.asks)
        own = values[position : position + count]
        openings.append(subscription.catching.work_out(own, token.workflow.surroundings.now))
        position += count
    for subscription, opening in zip(subscriptions, openings, strict=True):
        opening(token, subscription.element_id, interrupting=subscription.interrupting)


def happened(host: Token, wait: Wait, subscription: Subscription, trigger: Trigger) -> None:
    """Let an event on the element happen: an interrupting one ends what it interrupts; another leaves its wait open."""
    instance = host.workflow
    brought = gather(host, subscription.catching, wait, trigger)
    if wait.kind == "t" or subscription.interrupting:
        instance.close_wait(host, wait, completed=True)
    if wait.kind == "t" and not subscription.interrupting:
        _open_next_turn(host, wait)
    if brought is None:
        return
    start_event(
        host,
        subscription.element_id,
        event_sub_process=subscription.event_sub_process,
        interrupting=subscription.interrupting,
        variables=brought,
    )


def _open_next_turn(host: Token, wait: Wait) -> None:
    this_turn = with_rhythm(wait.note, due=datetime.fromisoformat(wait.due), left=wait.left)
    following = this_turn.next_after(host.workflow.surroundings.now)
    if following is not None:
        open_timer(host, wait.element, following, wait.part)


def start_event(
    host: Token, element_id: str, *, event_sub_process: str, interrupting: bool, variables: Variables
) -> None:
    """Put a token on the boundary event or event sub-process; an interrupting one first ends what it interrupts."""
    instance: Instance = host.workflow
    brought = storable(dict(variables))
    if not event_sub_process:
        container = host.container
        if interrupting and host.internal_data.pop(THROWING, None):
            # a turn of it has thrown that when it was done: the others end, the activity completes
            instance.terminate_children(host)
        elif interrupting:
            instance.terminate(host)
        instance.spawn(host.task_spec.process.element(element_id), container, event=brought)
        return
    if interrupting:
        inner = {each.element_id for each in host.task_spec.subscriptions if each.event_sub_process}
        for open_wait in [each for each in host.waits if each.element in inner]:
            instance.close_wait(host, open_wait, completed=False)
        instance.terminate_children(host)
        host.internal_data["x"] = 1
    instance.spawn(host.task_spec.process.element(event_sub_process), host, event=brought)
