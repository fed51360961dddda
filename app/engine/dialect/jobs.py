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
    instance = token.workflow
    element_id = token.task_spec.element_id
    job_type, retries = text_value(values[0], "job_type"), _retries(values[1])
    scopes = instance.scopes
    visible = scopes.here(token.id) if token.task_spec.input_mappings else scopes.visible(instance.scope_of(token))
    wait = Wait(key=instance.surroundings.new_key(), kind="j", element=element_id, note=event or "")
    opened = JobOpened(
        key=wait.key,
        element_instance_key=token.id,
        element_id=element_id,
        type=job_type,
        retries=retries,
        headers=job.headers,
        variables={**visible, **(more or {})},
        listener_event=event,
    )
    instance.open_wait(token, wait, opened)


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


def _retries(value: Value) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_RETRIES:
        return value
    raise EngineFault("retries_value", "the number of retries is no whole number")
