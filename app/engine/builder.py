"""Build the spec of a process from its graph; every expression is checked on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.dialect.ad_hoc import AdHocSpec
from app.engine.dialect.calls import CallSpec
from app.engine.dialect.cancelling import CancelEndSpec
from app.engine.dialect.catching import Catcher, Catching, Subscription, TimerCatching
from app.engine.dialect.compensation import UNDOING, CompensationThrowSpec, UndoingSpec
from app.engine.dialect.complex_gateway import ComplexGatewaySpec
from app.engine.dialect.conditions import ConditionCatching
from app.engine.dialect.containers import EVENT_SUB_PROCESS, ContainerSpec
from app.engine.dialect.element import ElementSpec
from app.engine.dialect.events import (
    CatchSpec,
    ErrorEndSpec,
    EscalationThrowSpec,
    MessageThrowSpec,
    MultipleThrowSpec,
    SignalThrowSpec,
    TerminateEndSpec,
)
from app.engine.dialect.facts import Facts, Flow
from app.engine.dialect.gateways import (
    EventGatewaySpec,
    ExclusiveGatewaySpec,
    InclusiveGatewaySpec,
    InstantiatingGatewaySpec,
    ParallelGatewaySpec,
)
from app.engine.dialect.scripts import RuleSpec, ScriptSpec
from app.engine.dialect.tasks import JobSpec, PassThroughSpec, UserTaskSpec
from app.engine.dialect.turns import BODY_TYPE, LoopSpec, MultiInstanceSpec
from app.engine.expressions import Constant
from app.engine.flexible import read_activation, read_ad_hoc
from app.engine.loops import read_loop, read_turns
from app.engine.mappings import read_mappings
from app.engine.normaliser import quantity
from app.engine.readings import Readings
from app.engine.specs import ProcessSpec
from app.engine.vocabulary import ACTIVITIES, TASKS, bpmn

if TYPE_CHECKING:
    from app.engine.graph import EventDefinition, Node, Scope

INNER = "#turn"
#: the definitions of an event that throws several
PART = "#throw"
_THROWN_LAST = {"terminate": 1, "error": 2}


class Builder:
    """Builds one process. What it cannot build is noted in the readings' findings; the spec is then not to be used."""

    def __init__(self, process: Scope, readings: Readings, content_hash: str) -> None:
        self.process = process
        self.readings = readings
        self.spec = ProcessSpec(process.scope_id, content_hash)
        #: whether anything in it compensates; elements that have completed are remembered only then
        self.compensates = any(
            node.event is not None and node.event.kind == "compensation" for node in process.all_nodes()
        )

    def build(self) -> ProcessSpec:
        """Return the spec of the process."""
        facts = Facts(
            element_id=self.process.scope_id,
            element_type="process",
            name=self.readings.label(self.process),
            properties=self.readings.properties(self.process),
            listeners=self.readings.listeners(self.process),
        )
        starts = tuple(node.node_id for node in self.process.none_starts())
        root = ContainerSpec(self.spec, facts, starts=starts)
        self._fill(root, self.process)
        self._make_undoable(root)
        self.spec.start = root
        return self.spec

    def _fill(self, container: ElementSpec, scope: Scope) -> None:
        """Build what is inside a container, and hang the starts of its event sub-processes on it."""
        for node in scope.nodes.values():
            self._build_node(node)
        for node in scope.nodes.values():
            for edge in node.outgoing:
                self.spec.task_specs[edge.source].connect(self.spec.task_specs[edge.target])
        for node in scope.event_sub_processes():
            if node.inside is not None:
                for start in node.inside.starts()[:1]:
                    self._hang(container, start, event_sub_process=node.node_id)

    def _build_node(self, node: Node) -> None:
        facts = self._facts(node)
        loop = node.element.find(bpmn("standardLoopCharacteristics"))
        multi = node.element.find(bpmn("multiInstanceLoopCharacteristics"))
        if (loop is None and multi is None) or node.tag not in ACTIVITIES or node.triggered_by_event:
            spec = self._build_element(node, facts, node.spec_name or node.node_id)
            self._count_tokens(spec, node)
            self._hang_boundaries(spec, node)
            return
        body: ElementSpec
        inner_facts = Facts(
            element_id=facts.element_id,
            element_type=facts.element_type,
            name=facts.name,
            properties=facts.properties,
            inputs=facts.inputs,
            outputs=facts.outputs,
            notes=facts.notes,
            listeners=facts.listeners,
        )
        inner = node.node_id + INNER
        body_facts = Facts(
            element_id=facts.element_id,
            element_type=BODY_TYPE,
            name=facts.name,
            properties=facts.properties,
            flows=facts.flows,
        )
        if multi is not None:
            body = MultiInstanceSpec(self.spec, body_facts, read_turns(self.readings, node, multi), inner=inner)
        elif loop is not None:
            read = read_loop(self.readings, node, loop)
            body = LoopSpec(
                self.spec,
                body_facts,
                inner=inner,
                condition=read.condition,
                test_before=read.test_before,
                maximum=read.maximum,
            )
        turn = self._build_element(node, inner_facts, inner)
        self._count_tokens(body, node)
        self._hang_boundaries(body, node)
        # each turn is compensated by itself (clause 10.7.1)
        turn.handler, body.handler = body.handler, ""
        self._make_undoable(body)

    def _count_tokens(self, spec: ElementSpec, node: Node) -> None:
        if node.tag in ACTIVITIES:
            spec.start_quantity = quantity(node, "startQuantity")
            spec.completion_quantity = quantity(node, "completionQuantity")

    def _facts(self, node: Node) -> Facts:
        return Facts(
            element_id=node.node_id,
            element_type=EVENT_SUB_PROCESS if node.triggered_by_event else node.tag,
            name=self.readings.label(node),
            properties=self.readings.properties(node),
            flows=tuple(
                Flow(
                    flow_id=edge.flow_id,
                    target=edge.target,
                    condition=self.readings.condition(edge, node),
                    is_default=edge.flow_id == node.default_flow,
                    reported=edge.reported,
                )
                for edge in node.outgoing
            ),
            inputs=read_mappings(self.readings, node, "input"),
            outputs=read_mappings(self.readings, node, "output"),
            notes=self.readings.notes(node),
            listeners=self.readings.listeners(node),
        )

    def _build_element(self, node: Node, facts: Facts, name: str) -> ElementSpec:
        if node.inside is not None:
            starts = tuple(start.spec_name or start.node_id for start in node.inside.starts())
            container: ElementSpec
            if node.tag == "adHocSubProcess":
                rules = read_ad_hoc(self.readings, node, node.inside)
                container = AdHocSpec(self.spec, facts, rules, starts=starts, spec_name=name)
            else:
                container = ContainerSpec(self.spec, facts, starts=starts, spec_name=name)
            self._fill(container, node.inside)
            self._make_undoable(container)
            return container
        if node.tag == "callActivity":
            call = CallSpec(self.spec, facts, self.readings.called_element(node), spec_name=name)
            self._make_undoable(call)
            return call
        if node.tag in TASKS:
            return self._build_task(node, facts, name)
        if node.tag.endswith("Gateway"):
            return self._build_gateway(node, facts)
        return self._build_event(node, facts)

    def _make_undoable(self, container: ElementSpec) -> None:
        """Add the spec that undoes what is inside the container after it has completed."""
        if self.compensates:
            facts = Facts(element_id=container.element_id, element_type=container.element_type, name=container.label)
            name = container.name + UNDOING
            UndoingSpec(self.spec, facts, spec_name=name, undone_by=container.undone_by)
            container.undoing = name

    # -- tasks -------------------------------------------------------------------------------------

    def _build_task(self, node: Node, facts: Facts, name: str) -> ElementSpec:
        job = self.readings.job(node)
        if node.tag == "userTask":
            return UserTaskSpec(self.spec, facts, self.readings.assignment(node), spec_name=name)
        if node.tag == "receiveTask":
            return CatchSpec(self.spec, facts, catching=self._catching(node), spec_name=name)
        if job is not None:
            return JobSpec(self.spec, facts, job, spec_name=name)
        if node.tag == "scriptTask":
            expression, result = self.readings.script(node)
            return ScriptSpec(self.spec, facts, expression=expression, result=result, spec_name=name)
        if node.tag == "businessRuleTask":
            decision, result = self.readings.called_decision(node)
            return RuleSpec(self.spec, facts, decision=decision, result=result, spec_name=name)
        if node.tag == "sendTask":
            return self._message_throw(node, node.event, facts, name)
        if node.tag == "serviceTask":
            self.readings.findings.refuse("job_type_missing", node)
        return PassThroughSpec(self.spec, facts, spec_name=name)

    def _message_throw(self, node: Node, event: EventDefinition | None, facts: Facts, name: str) -> ElementSpec:
        thrown = self.readings.thrown_message(node, event)
        return MessageThrowSpec(
            self.spec,
            facts,
            name=thrown["name"],
            correlation_key=thrown["correlation_key"],
            time_to_live=thrown["time_to_live"],
            message_id=thrown["message_id"],
            spec_name=name,
        )

    # -- gateways ----------------------------------------------------------------------------------

    def _build_gateway(self, node: Node, facts: Facts) -> ElementSpec:
        incoming = tuple(edge.flow_id for edge in node.incoming)
        if node.tag == "parallelGateway":
            return ParallelGatewaySpec(self.spec, facts, incoming=incoming)
        if node.tag == "inclusiveGateway":
            gateway = InclusiveGatewaySpec(self.spec, facts, incoming=incoming)
            gateway.reach = {edge.flow_id: _can_reach(edge.source, node) for edge in node.incoming}
            return gateway
        if node.tag == "complexGateway":
            activation = read_activation(self.readings, node)
            joining = ComplexGatewaySpec(self.spec, facts, incoming=incoming, activation=activation)
            joining.reach = {edge.flow_id: _can_reach(edge.source, node) for edge in node.incoming}
            return joining
        if node.tag == "eventBasedGateway" and node.instantiates:
            for edge in node.outgoing:
                self.spec.started_by[edge.target] = node.node_id
            return InstantiatingGatewaySpec(self.spec, facts, parallel=node.waits_for_all)
        if node.tag == "eventBasedGateway":
            events = []
            for edge in node.outgoing:
                catching = self._catching(node.scope.nodes[edge.target])
                if catching is not None:
                    events.append(Subscription(element_id=edge.target, catching=catching, interrupting=True))
            return EventGatewaySpec(self.spec, facts, events=tuple(events))
        return ExclusiveGatewaySpec(self.spec, facts)

    # -- events ------------------------------------------------------------------------------------

    def _build_event(self, node: Node, facts: Facts) -> ElementSpec:
        event = node.event
        kind = event.kind if event is not None else "none"
        if node.tag in {"startEvent", "boundaryEvent"}:
            spec = CatchSpec(self.spec, facts)
            if event is not None and node.tag == "startEvent" and node.scope is self.process:
                self._plan_starts(node, event)
            return spec
        if node.tag == "intermediateCatchEvent" and kind != "link":
            return CatchSpec(self.spec, facts, catching=self._catching(node))
        if event is None or kind in {"none", "link"}:
            return PassThroughSpec(self.spec, facts)
        if event.kind == "multiple":
            # what ends the scope comes last, or the others would never be thrown
            ordered = sorted(event.parts, key=lambda part: _THROWN_LAST.get(part.kind, 0))
            parts = tuple(
                self._build_throw(node, facts, part, f"{node.node_id}{PART}{number}")
                for number, part in enumerate(ordered)
            )
            return MultipleThrowSpec(self.spec, facts, parts=parts)
        return self._build_throw(node, facts, event, node.node_id)

    def _build_throw(self, node: Node, facts: Facts, event: EventDefinition, name: str) -> ElementSpec:
        if event.kind == "message":
            job = self.readings.job(node)
            if job is not None:
                return JobSpec(self.spec, facts, job, spec_name=name)
            return self._message_throw(node, event, facts, name)
        if event.kind == "signal":
            return SignalThrowSpec(self.spec, facts, name=self.readings.named(node, event), spec_name=name)
        if event.kind == "escalation":
            return EscalationThrowSpec(self.spec, facts, code=self.readings.named(node, event), spec_name=name)
        if event.kind == "error":
            return ErrorEndSpec(self.spec, facts, code=self.readings.named(node, event), spec_name=name)
        return self._build_unnamed_throw(facts, event, name)

    def _build_unnamed_throw(self, facts: Facts, event: EventDefinition, name: str) -> ElementSpec:
        if event.kind == "compensation":
            return CompensationThrowSpec(self.spec, facts, activity=event.activity, waits=event.waits, spec_name=name)
        if event.kind == "cancel":
            return CancelEndSpec(self.spec, facts, spec_name=name)
        return TerminateEndSpec(self.spec, facts, spec_name=name)

    def _plan_starts(self, node: Node, event: EventDefinition) -> None:
        """Keep timers and conditions of a start event, for those who start the process by them."""
        for part in event.each:
            waited = self.readings.awaited(node, part) if part.kind in {"timer", "conditional"} else None
            if isinstance(waited, TimerCatching):
                self.spec.start_timers[node.node_id] = waited
            elif isinstance(waited, ConditionCatching):
                self.spec.start_conditions.append((node.node_id, waited.condition))

    def _catching(self, node: Node) -> Catching | None:
        if node.has_happened:
            # it has happened when the process begins
            return None
        return self.readings.catching(node)

    def _hang_boundaries(self, spec: ElementSpec, node: Node) -> None:
        for boundary in node.boundaries:
            self._hang(spec, boundary, event_sub_process="")

    def _hang(self, host: ElementSpec, event_node: Node, *, event_sub_process: str) -> None:
        """Let the host listen for the boundary event or the start of the event sub-process."""
        event = event_node.event
        if event is None:
            return
        if event.kind == "compensation":
            if event_sub_process:
                host.undone_by = event_sub_process
            elif event_node.handlers:
                host.handler = event_node.handlers[0].node_id
            return
        if event.kind == "cancel":
            host.cancel_event = event_node.node_id
            return
        for part in event.each:
            if part.kind in {"error", "escalation"}:
                self._hang_catcher(host, event_node, part, event_sub_process)
        if event.kind in {"error", "escalation"}:
            return
        catching = self.readings.catching(event_node)
        if catching is not None:
            subscription = Subscription(event_node.node_id, catching, event_node.interrupting, event_sub_process)
            host.subscriptions += (subscription,)

    def _hang_catcher(
        self, host: ElementSpec, event_node: Node, event: EventDefinition, event_sub_process: str
    ) -> None:
        code = self.readings.named(event_node, event, empty_allowed=True)
        text = str(code.value or "") if isinstance(code, Constant) else ""
        catcher = Catcher(event_node.node_id, event.kind, text, event_node.interrupting, event_sub_process)
        if any(
            (each.kind, each.code, bool(each.event_sub_process)) == (event.kind, text, bool(event_sub_process))
            for each in host.catchers
        ):
            self.readings.findings.refuse("caught_twice", event_node)
        host.catchers += (catcher,)


def _can_reach(source: str, gateway: Node) -> frozenset[str]:
    """Return the elements from which the source can be reached without visiting the gateway, the source included."""
    nodes = gateway.scope.nodes
    found: set[str] = set()
    open_ends = [source]
    while open_ends:
        place = open_ends.pop()
        if place in found or place == gateway.node_id:
            continue
        found.add(place)
        node = nodes[place]
        open_ends.extend(edge.source for edge in node.incoming)
        if node.tag == "boundaryEvent":
            open_ends.extend(host.node_id for host in nodes.values() if node in host.boundaries)
    return frozenset(found)
