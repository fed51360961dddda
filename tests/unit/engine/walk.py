"""Walk an instance through its waits; after every step the told waits and the stored ones are compared."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from app.engine import run
from app.engine.diagrams import CompiledProcess, compile_process, read_diagram
from app.engine.seam import (
    Binding,
    CallableVersion,
    Called,
    Cancelled,
    ElementEvent,
    IncidentOpened,
    IncidentRetried,
    InstanceStatus,
    JobCompleted,
    JobOpened,
    JobThrewError,
    ListenerEvent,
    MessageArrived,
    MessageAwaited,
    SignalArrived,
    SignalAwaited,
    Step,
    Surroundings,
    TimerFired,
    TimerOpened,
    Trigger,
    UserTaskCompleted,
    UserTaskOpened,
    VariablesSet,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ROOT = 1


def compiled(xml: bytes) -> CompiledProcess:
    """Read, check and compile the first process of a diagram."""
    read = read_diagram(xml)
    return compile_process(xml, read.processes[0].process_id, read.content_hash)


@dataclass
class Shelf:
    """Published versions in memory: the key of a version is its place, its tag is its place too."""

    versions: list[CallableVersion] = field(default_factory=list)

    def put(self, *diagrams: bytes, **outside: Any) -> Shelf:
        """Publish the first process of each diagram; `outside` are contexts and decisions of them all."""
        for xml in diagrams:
            self.add(compiled(xml), **outside)
        return self

    def add(self, process: CompiledProcess, **outside: Any) -> None:
        """Publish a compiled process."""
        earlier = [each for each in self.versions if each.process.process_id == process.process_id]
        self.versions.append(
            CallableVersion(definition_key=len(self.versions), version=len(earlier) + 1, process=process, **outside)
        )

    def choose(
        self, process_id: str, binding: Binding, *, version_tag: str, caller_definition_key: int | None
    ) -> CallableVersion | None:
        found = [each for each in self.versions if each.process.process_id == process_id]
        if binding is Binding.VERSION_TAG:
            found = [each for each in found if str(each.version) == version_tag]
        if binding is Binding.DEPLOYMENT:
            # what was there before the caller was published
            found = [each for each in found if each.definition_key <= (caller_definition_key or 0)]
        return found[-1] if found else None

    def version(self, definition_key: int) -> CallableVersion:
        return self.versions[definition_key]


class Walk:
    """One instance, the state kept as bytes between steps."""

    def __init__(
        self,
        xml: bytes | CompiledProcess,
        variables: Mapping[str, Any] | None = None,
        *,
        start: str | None = None,
        now: datetime = NOW,
        contexts: Mapping[str, Any] | None = None,
        decisions: Mapping[str, Any] | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        self.process = xml if isinstance(xml, CompiledProcess) else compiled(xml)
        counter = itertools.count(ROOT + 1)
        self.surroundings = Surroundings(
            now=now,
            new_key=lambda: next(counter),
            contexts=contexts or {},
            decisions=decisions or {},
            processes=shelf or Shelf(),
        )
        #: the live called processes by key
        self.called: dict[int, Called] = {}
        self.open: dict[int, Any] = {}
        #: the jobs of listeners that were told of a cancelled task
        self.told: dict[int, JobOpened] = {}
        self.history: list[Any] = []
        self.variables: dict[tuple[int, str], Any] = {}
        self.steps: list[Step] = []
        self.take(
            run.start(
                self.process,
                variables=variables or {},
                surroundings=self.surroundings,
                start_element_id=start,
                instance_key=ROOT,
            )
        )

    def take(self, step: Step) -> Step:
        self.step = step
        self.steps.append(step)
        for closed in step.closed:
            del self.open[closed.key]
        for opened in step.opened:
            # what nothing waits for goes its own way
            told = isinstance(opened, JobOpened) and opened.listener_event is ListenerEvent.CANCELING
            (self.told if told else self.open)[opened.key] = opened
        self.history.extend(step.history)
        self.called.update({each.called.key: each.called for each in step.calls})
        for ended in step.calls_ended:
            del self.called[ended.key]
        self.variables.update({(each.scope_key, each.name): each.value for each in step.variables})
        live = run.inspect_state(step.state)
        stored = {wait.key: element.process_key for element in live for wait in element.waits}
        told = {key: opened.called.key if opened.called else ROOT for key, opened in self.open.items()}
        assert stored == told, "the told waits and the stored ones differ"
        assert {element.process_key for element in live} - {ROOT} == set(self.called), "the called processes differ"
        if step.status is not InstanceStatus.ACTIVE:
            assert not run.read_variables(step.state), "an ended instance has scopes"
        if step.status is InstanceStatus.ACTIVE:
            assert self.open, "an active instance waits for something"
        return step

    def advance(self, trigger: Trigger) -> Step:
        return self.take(run.advance(self.process, self.step.state, trigger, surroundings=self.surroundings))

    def at(self, now: datetime) -> Walk:
        self.surroundings = replace(self.surroundings, now=now)
        return self

    # -- what waits --------------------------------------------------------------------------------

    def waits(self, kind: type, element_id: str | None = None) -> list[Any]:
        return [each for each in self.open.values() if isinstance(each, kind) and element_id in {None, each.element_id}]

    def one(self, kind: type, element_id: str | None = None) -> Any:
        found = self.waits(kind, element_id)
        assert len(found) == 1, f"{len(found)} {kind.__name__} at {element_id}: {list(self.open.values())}"
        return found[0]

    @property
    def tasks(self) -> list[str]:
        return sorted(each.element_id for each in self.waits(UserTaskOpened))

    @property
    def incidents(self) -> list[str]:
        return sorted(each.code for each in self.waits(IncidentOpened))

    # -- what happens ------------------------------------------------------------------------------

    def complete(self, element_id: str | None = None, /, **variables: Any) -> Step:
        first = self.waits(UserTaskOpened, element_id)[0]
        return self.advance(UserTaskCompleted(key=first.key, variables=variables))

    def job(self, element_id: str | None = None, /, **variables: Any) -> Step:
        return self.advance(JobCompleted(key=self.waits(JobOpened, element_id)[0].key, variables=variables))

    def job_error(self, code: str, element_id: str | None = None, /, **variables: Any) -> Step:
        key = self.waits(JobOpened, element_id)[0].key
        return self.advance(JobThrewError(key=key, error_code=code, variables=variables))

    def fire(self, element_id: str | None = None) -> Step:
        timer = self.one(TimerOpened, element_id)
        self.at(max(self.surroundings.now, timer.due_at))
        return self.advance(TimerFired(key=timer.key))

    def message(self, element_id: str | None = None, /, **variables: Any) -> Step:
        return self.advance(MessageArrived(key=self.one(MessageAwaited, element_id).key, variables=variables))

    def signal(self, element_id: str | None = None, /, **variables: Any) -> Step:
        return self.advance(SignalArrived(key=self.one(SignalAwaited, element_id).key, variables=variables))

    def retry(self, code: str | None = None) -> Step:
        found = [each for each in self.waits(IncidentOpened) if code in {None, each.code}]
        return self.advance(IncidentRetried(key=found[0].key))

    def set(self, scope_key: int = ROOT, *, local: bool = False, **variables: Any) -> Step:
        return self.advance(VariablesSet(scope_key=scope_key, variables=variables, local=local))

    def cancel(self) -> Step:
        return self.advance(Cancelled())

    # -- what was ----------------------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        return self.step.status is InstanceStatus.COMPLETED

    def root(self) -> dict[str, Any]:
        """Return the variables of the process, also after its end."""
        return {name: value for (scope, name), value in self.variables.items() if scope == ROOT}

    def happened(self, event: ElementEvent = ElementEvent.COMPLETED) -> list[str]:
        return [each.element_id for each in self.history if each.event is event]
