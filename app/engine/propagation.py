"""
How errors, escalations and signals travel inside an instance.

Errors and escalations go outwards until an event catches them (BPMN 2.0.2 clauses 10.5.6 and 13.5.3); a signal reaches
everything that waits for it at that moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.dialect.catching import Catcher, start_event
from app.engine.seam import SignalArrived

if TYPE_CHECKING:
    from app.engine.seam import Variables
    from app.engine.tokens import Token


def throw(origin: Token, *, kind: str, code: str, variables: Variables) -> bool:
    """
    Let the nearest event catch the error or escalation; return False where none does.

    An event on the throwing activity comes first, then event sub-processes of its scope, then events on the scope, and
    so on outwards. An exact code wins over a catch-all of the same place. What catches may end the throwing element.
    """
    inside: Token | None = None
    host = origin
    while True:
        catcher = _catcher(host, inside, kind, code)
        if catcher is not None:
            start_event(
                host,
                catcher.element_id,
                event_sub_process=catcher.event_sub_process,
                interrupting=catcher.interrupting,
                variables=variables,
            )
            return True
        if host is host.workflow.task_tree:
            return False
        inside, host = host, host.container


def broadcast(origin: Token, name: str, variables: Variables) -> None:
    """Let everything in the instance that waits for the signal now hear it, outermost first."""
    instance = origin.workflow
    instance.unfold_hearing(name)
    waiting = [
        (token, wait)
        for token in instance.tasks.values()
        for wait in token.waits
        if wait.kind == "s" and wait.note == name
    ]
    for token, wait in sorted(waiting, key=lambda each: instance.place(each[0])):
        if token.id in instance.tasks and wait in token.waits:
            token.task_spec.triggered(token, wait, SignalArrived(key=wait.key, variables=variables))


def _catcher(host: Token, inside: Token | None, kind: str, code: str) -> Catcher | None:
    fitting = [each for each in host.task_spec.catchers if each.kind == kind and each.code in {"", code}]
    within = [each for each in fitting if each.event_sub_process]
    if inside is not None and within and "x" not in host.internal_data:
        # an event sub-process does not catch what it throws itself
        others = [each for each in within if each.event_sub_process != inside.task_spec.element_id]
        if others:
            return max(others, key=lambda each: each.code != "")
    around = [each for each in fitting if not each.event_sub_process]
    return max(around, key=lambda each: each.code != "", default=None)
