"""Jobs that an element opens: the work itself, and the listeners that hold it at a moment of its life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.errors import EngineFault
from app.engine.dialect.catching import text_value
from app.engine.expressions import Template
from app.engine.seam import JobOpened, ListenerEvent, Value, Variables
from app.engine.tokens import Wait

if TYPE_CHECKING:
    from app.engine.tokens import Token

MOST_RETRIES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDefinition:
    """The work that a connector, a local command or a program does for the element."""

    type: Template
    retries: Template
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def asks(self) -> tuple[Template, Template]:
        """What has to be evaluated to open the job."""
        return (self.type, self.retries)


def open_job(
    token: Token,
    job: JobDefinition,
    values: Sequence[Value],
    *,
    event: ListenerEvent | None = None,
    more: Variables | None = None,
) -> None:
    """
    Open the job with what the input mappings name, else with every variable that the element sees; `more` goes along.

    :raises EngineFault: type or retries make no sense
    """
    opened = _opened(token, job, values, event=event, more=more)
    wait = Wait(key=opened.key, kind="j", element=opened.element_id, note=event or "")
    token.workflow.open_wait(token, wait, opened)


def tell(token: Token, event: ListenerEvent) -> None:
    """
    Open the jobs of all listeners for the event; nothing waits for them, and they outlive the element.

    :raises EngineFault: a type or number of retries makes no sense, which publishing refuses
    """
    instance = token.workflow
    for listener in token.task_spec.listeners.get(event, ()):
        values = instance.evaluate(token, listener.asks)
        instance.tell(token, _opened(token, listener, values, event=event))


def _opened(
    token: Token,
    job: JobDefinition,
    values: Sequence[Value],
    *,
    event: ListenerEvent | None,
    more: Variables | None = None,
) -> JobOpened:
    instance = token.workflow
    job_type, retries = text_value(values[0], "job_type"), _retries(values[1])
    scopes = instance.scopes
    visible = scopes.here(token.id) if token.task_spec.input_mappings else scopes.visible(instance.scope_of(token))
    return JobOpened(
        key=instance.surroundings.new_key(),
        element_instance_key=token.id,
        element_id=token.task_spec.element_id,
        type=job_type,
        retries=retries,
        headers=job.headers,
        variables={**visible, **(more or {})},
        listener_event=event,
    )


def hold(token: Token, event: ListenerEvent, more: Variables | None = None) -> bool:
    """
    Open the job of the next listener for the event; return False where every one has been heard.

    The event and how many have been heard stay with the token ("k"), so that a retry goes on where it stopped.

    :raises EngineFault: its type or retries make no sense
    """
    listeners = token.task_spec.listeners.get(event, ())
    heard = _heard(token, event)
    if heard >= len(listeners):
        return False
    listener = listeners[heard]
    open_job(token, listener, token.workflow.evaluate(token, listener.asks), event=event, more=more)
    return True


def count_heard(token: Token, event: ListenerEvent) -> None:
    """Count a listener for the event that has done its work."""
    token.internal_data["k"] = [event, _heard(token, event) + 1]


def _heard(token: Token, event: ListenerEvent) -> int:
    of_event, count = token.internal_data.get("k", ("", 0))
    return int(count) if of_event == event else 0


def is_retries_text(text: str) -> bool:
    """Return whether a plain text of a diagram is a number of retries."""
    return text.strip().isdecimal() and int(text) <= MOST_RETRIES


def _retries(value: Value) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_RETRIES:
        return value
    raise EngineFault("retries_value", "the number of retries is no whole number")
