"""Compensation: the events that throw it, and the completed elements that are opened again to undo what is in them."""

from __future__ import annotations

from collections.abc import Sequence

from app.engine.compensation import PARTLY, compensate
from app.engine.dialect.element import ElementSpec
from app.engine.dialect.facts import Facts
from app.engine.seam import Value
from app.engine.specs import ProcessSpec
from app.engine.tokens import Token

#: the spec by which a completed container is undone is named after the container's
UNDOING = "#undo"


class CompensationThrowSpec(ElementSpec):
    """
    A throw or end event that compensates one activity, or everything that has completed in its scope.

    In an event sub-process that is also what has completed around it (clause 10.7.2). The event waits for all of it,
    unless the diagram says otherwise.
    """

    def __init__(self, process: ProcessSpec, facts: Facts, *, activity: str, waits: bool, spec_name: str = "") -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.activity = activity
        self.waits = waits

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:  # noqa: ARG002
        """Undo what has completed, the last first."""
        undoable = token.workflow.undoable
        place = token.container
        keys = list(undoable.newest_first(place.id, self.activity))
        while place.task_spec.is_event_sub_process:
            place = place.container
            keys += undoable.newest_first(place.id, self.activity)
        return None if compensate(token, keys, waits=self.waits) else True


class UndoingSpec(ElementSpec):
    """
    A completed sub-process or multi-instance that is opened again, as it was when it completed, to undo what is in it.

    It is no new element instance: it has the key of the completed one, and history tells only what happens inside.
    Events on the element and its event sub-processes hear nothing; an error inside goes on outwards.
    """

    is_container = True

    def __init__(self, process: ProcessSpec, facts: Facts, *, spec_name: str, undone_by: str) -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.is_process = facts.element_type == "process"
        self.undone_by = undone_by

    def enter(self, token: Token) -> bool | None:
        """Start the compensation event sub-process, else undo what has completed inside, the last first."""
        instance = token.workflow
        if self.undone_by and PARTLY not in token.internal_data:
            instance.spawn(self.process.element(self.undone_by), token)
            return None
        keys = list(instance.undoable.newest_first(token.id))
        compensate(token, keys, waits=False)
        return not token._children  # noqa: SLF001  # nothing was there to undo

    def _on_complete_hook(self, token: Token) -> None:
        """Say nothing: the element instance completed long ago."""

    def child_finished(self, token: Token, child: Token) -> None:  # noqa: ARG002
        """Be over when nothing inside is left."""
        if not token._children:  # noqa: SLF001
            token.complete()
