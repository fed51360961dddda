"""An instance that is never saved nor loaded, to compare those with that are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from app.engine import run
from app.engine.diagrams import CompiledProcess
from app.engine.recorder import Recorder
from app.engine.seam import Cancelled, Step, Surroundings
from tests.unit.engine.walk import ROOT


class Kept:
    """Advances an instance that is never saved nor loaded; `first` is the step that started it."""

    def __init__(
        self,
        process: CompiledProcess,
        surroundings: Surroundings,
        variables: Mapping[str, Any],
        *,
        start: str | None = None,
        key: int = ROOT,
    ) -> None:
        self.process = process
        self.key = key
        self.instance: Any = None
        with patch.object(run, "_rest", self._caught(run._rest)):
            self.first = run.start(
                process, variables=variables, surroundings=surroundings, start_element_id=start, instance_key=key
            )

    def _caught(self, rest: Any) -> Any:
        def catch(process: CompiledProcess, instance: Any) -> Step:
            self.instance = instance
            step: Step = rest(process, instance)
            return step

        return catch

    def advance(self, trigger: Any, surroundings: Surroundings | None = None) -> Step:
        """Let the trigger happen, as a stored instance would."""
        instance = self.instance
        instance.surroundings = surroundings or instance.surroundings
        instance.recorder = Recorder()
        instance.scopes.written, instance.scopes.closed = {}, []
        instance.entered = 0
        for scope in instance.scopes._scopes.values():
            scope.is_new = False
        if isinstance(trigger, Cancelled):
            run._cancel(instance, self.key)
        else:
            run._wake(instance, trigger)
        return run._rest(self.process, instance)


def ensure_same_but_for_bytes(step: Step, kept: Step) -> None:
    """What was folded for a while may lie elsewhere in the bytes; what they say is the same."""
    assert replace(step, state=b"") == replace(kept, state=b"")
    assert set(run.inspect_state(step.state)) == set(run.inspect_state(kept.state))
    assert run.read_variables(step.state) == run.read_variables(kept.state)
