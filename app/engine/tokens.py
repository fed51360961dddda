"""A token: SpiffWorkflow's task, keyed by the element instance's key, with the waits that it holds open."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

if TYPE_CHECKING:
    from app.engine.dialect.element import ElementSpec
    from app.engine.instance import Instance

NO_ITEMS = msgspec.Raw(b"\xc0")


class Phase(enum.StrEnum):
    """Where in its life an element is; an incident is retried at the phase that failed."""

    ENTER = "e"
    BEHAVE = "b"
    LEAVE = "l"
    #: after the listeners at its start, and after those at its end
    BEGIN = "g"
    CONCLUDE = "c"
    #: while listeners look at a change of a user task
    TASK_CHANGE = "t"
    #: while the conditions of events at the element were looked at
    WATCH = "w"
    #: nothing failed, but nothing can move either
    STUCK = "s"


class Wait(msgspec.Struct, array_like=True, gc=False):
    """Something that a token waits for; `element` catches it (the token's own element, or an event on it)."""

    key: int
    #: first letter of the WaitKind: u, j, t, m, s, c, i
    kind: str
    element: str
    #: of a timer: ISO moment and turns left
    due: str = ""
    left: int | None = None
    #: of a message or signal its name, of an incident the phase to retry, of a timer the interval, of a listener's job
    #: its event, of a condition what is known of it
    note: str = ""
    #: of an event with several definitions: which of them
    part: int = 0


class Token(Task):  # type: ignore[misc]  # SpiffWorkflow ships no types
    """
    One element instance (or a token that waits at a join), a SpiffWorkflow task in the tree of live elements.

    The parent is the element that contains it: process, sub-process, or multi-instance body. Finished tokens leave the
    tree at once, so it holds live elements only, however long the instance lives. SpiffWorkflow's `data` stays empty.
    """

    id: int
    task_spec: ElementSpec
    workflow: Instance
    #: what SpiffWorkflow keeps of every task and we do not need
    triggered: ClassVar[bool] = False
    thread_id: ClassVar[int] = 0
    data: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    def __init__(self, instance: Instance, spec: ElementSpec, parent: Token | None, *, key: int) -> None:
        # as SpiffWorkflow does, without what costs most of it: a wide state has a thousand of them in each step
        self.id = key
        self.workflow = instance
        self.task_spec = spec
        self._parent = None if parent is None else parent.id
        self._children: list[int] = []
        self._state = TaskState.FUTURE
        instance.tasks[key] = self
        if parent is not None:
            parent._child_added_notify(self)  # noqa: SLF001  # SpiffWorkflow's own way
        #: the token of the process that the element is of: the instance's own, or a called one
        self.process: Token = self if parent is None or spec.is_process else parent.process
        self.waits: list[Wait] = []
        self.items = NO_ITEMS
        self.internal_data: dict[str, Any] = {}

    def _set_state(self, value: int) -> None:
        """Set the state without building log records for it, as SpiffWorkflow does even where nobody logs."""
        self._state = value

    @property
    def children(self) -> list[Token]:
        """The tokens inside; turns that are folded are unfolded."""
        return [self.workflow.live(key) for key in list(self._children)]

    @property
    def container(self) -> Token:
        """The token of the element around this one."""
        return self.workflow.tasks[self._parent or 0]

    @property
    def is_called(self) -> bool:
        """Whether this is a process that a call activity runs."""
        return self.process is self and self is not self.workflow.task_tree

    @property
    def is_active(self) -> bool:
        """Whether the element instance was entered (a token on its way, or waiting at a join, was not)."""
        return "a" in self.internal_data
