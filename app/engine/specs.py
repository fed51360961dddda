"""The spec of a process: SpiffWorkflow's graph of task specs, built once per published version, then never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec

if TYPE_CHECKING:
    from app.engine.dialect.catching import TimerCatching
    from app.engine.dialect.element import ElementSpec
    from app.engine.expressions import Expression


class ProcessSpec(WorkflowSpec):  # type: ignore[misc]  # SpiffWorkflow ships no types
    """The specs of all elements of one process, nested ones too, by name (the element's id)."""

    task_specs: dict[str, ElementSpec]
    start: ElementSpec

    def __init__(self, process_id: str, content_hash: str) -> None:
        # several versions of a process live side by side in one state
        super().__init__(name=f"{process_id}@{content_hash}")
        self.process_id = process_id
        self.content_hash = content_hash
        #: what starts the process by itself, by start event
        self.start_timers: dict[str, TimerCatching] = {}
        #: conditional start events of the process, each with a condition
        self.start_conditions: list[tuple[str, Expression]] = []
        #: by event that starts the process: the gateway before it
        self.started_by: dict[str, str] = {}

    def element(self, name: str) -> ElementSpec:
        """Return the spec of this name."""
        return self.task_specs[name]
