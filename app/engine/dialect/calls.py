"""Call activities: another process runs inside the instance, with a version, a key and variables of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.errors import EngineFault
from app.engine.dialect.catching import text_value
from app.engine.dialect.element import ElementSpec
from app.engine.dialect.facts import Facts
from app.engine.expressions import Template
from app.engine.seam import Binding, CallableVersion, Value
from app.engine.specs import ProcessSpec
from app.engine.tokens import Token

#: containers around a call activity (processes, calls, sub-processes, bodies of turns) beyond which it calls no more:
#: a process that calls itself without end has to stop somewhere
DEEPEST_CALL = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledElement:
    """Which process is called and how variables go in and out, as the diagram says (zeebe:calledElement)."""

    process_id: Template
    binding: Binding
    version_tag: Template
    #: propagateAllParentVariables: the process gets all that the call activity sees, else only what its inputs made
    gives_all: bool
    #: propagateAllChildVariables: without output mappings, all that the process wrote comes back
    takes_all: bool


class CallSpec(ElementSpec):
    """
    A call activity. The version is chosen when the call begins, and stays whatever is published later.

    The called process is a token inside it, with the key of the called process; it sees its own variables only. What
    it wrote is the call activity's result; what it got and never wrote does not come back, so that a parallel branch of
    the caller that changed it meanwhile is not overwritten.
    """

    def __init__(self, process: ProcessSpec, facts: Facts, called: CalledElement, *, spec_name: str = "") -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.called = called
        self.asks = (called.process_id, called.version_tag)

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """
        Begin the process.

        :raises EngineFault: no such process or version, it cannot be called, or the calls are too deep
        """
        instance = token.workflow
        version = self._version(token, text_value(values[0], "called_process"), values[1])
        if not version.process.spec.start.starts:
            raise EngineFault("called_process_start", f"the process {version.process.process_id} has no none start")
        if instance.depth(token) > DEEPEST_CALL:
            raise EngineFault("call_depth", f"more than {DEEPEST_CALL} levels of calls and sub-processes")
        instance.call(token, version, only_own=not self.called.gives_all)
        return None

    def _version(self, token: Token, process_id: str, tag: Value) -> CallableVersion:
        instance = token.workflow
        binding = self.called.binding
        caller = instance.called.get(token.process.id)
        version = instance.surroundings.processes.choose(
            process_id,
            binding,
            version_tag=text_value(tag, "version_tag") if binding is Binding.VERSION_TAG else "",
            caller_definition_key=None if caller is None else caller.definition_key,
        )
        if version is None:
            raise EngineFault("called_process_missing", f"no version of the process {process_id} can be called")
        return version

    def child_leaves(self, token: Token, child: Token) -> None:
        """Take what the called process wrote."""
        if self.called.takes_all or self.output_mappings:
            instance = token.workflow
            instance.take_result(token, instance.scopes.own(child.id))

    def child_finished(self, token: Token, child: Token) -> None:  # noqa: ARG002
        """Come to the end with the called process."""
        token.workflow.finish(token)
