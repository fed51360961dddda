"""
SpiffWorkflow as it is, on the same shapes: with its own specs and its own serializer, from stored text to stored text.

Run: `python -m tests.bench.engine.plain`. What our rows gain over it is what the dialect, the live state and the scopes
of our own are for (ADR 0001).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from tests.bench.engine.step import BARE
from tests.bench.engine.width import BRANCHES, ITEMS, branches
from tests.bench.measuring import median, milliseconds, peak_of
from tests.unit.engine.drawing import diagram, end, start, user, xor

ROUNDS = 7
#: its loops end at a tree a thousand tasks deep, three a turn
PLAIN_TURNS = (2, 50, 300)
LOOP = diagram(start(), user("u"), xor("g", default="g__u"), end(), flow="s u; u g; g e [=loppu == True]; g u").replace(
    b"=loppu", b"loppu"
)


def _items(number: int) -> bytes:
    """Return a task for each of so many items, all at once."""
    loop = f"<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>{number}</bpmn:loopCardinality>"
    loop += "</bpmn:multiInstanceLoopCharacteristics>"
    return diagram(start(), user("u", loop), end(), flow="s u; u e")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """Median milliseconds of a step and characters of the stored state."""

    milliseconds: float
    size: int


def _begun(xml: bytes) -> BpmnWorkflow:
    parser = BpmnParser()
    parser.add_bpmn_str(xml)
    workflow = BpmnWorkflow(parser.get_spec("p"))
    workflow.do_engine_steps()
    return workflow


def _complete(workflow: BpmnWorkflow) -> None:
    task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
    task.set_data(vastaus=7, tulos="tarjottu", loppu=False)
    task.run()
    workflow.do_engine_steps()


def _stored(workflow: BpmnWorkflow) -> tuple[Callable[[], None], int]:
    """Return a step from stored text to stored text, and how long the text is."""
    serializer = BpmnWorkflowSerializer()
    stored = serializer.serialize_json(workflow)

    def step() -> None:
        opened = serializer.deserialize_json(stored)
        _complete(opened)
        serializer.serialize_json(opened)

    return step, len(stored)


def plain_step(workflow: BpmnWorkflow) -> Plain:
    """Measure a step of the workflow as it stands now: read, complete the first open task, write."""
    step, size = _stored(workflow)
    step()
    return Plain(milliseconds=median([milliseconds(step) for _ in range(ROUNDS)]), size=size)


def plain_choice() -> Plain:
    """Measure the step of design.md 5: a task, a gateway, the next task."""
    return plain_step(_begun(BARE))


def plain_branches() -> Plain:
    """Measure a step with two hundred open branches."""
    return plain_step(_begun(branches(BRANCHES)))


def plain_items() -> Plain:
    """Measure a step with three hundred items of a parallel multi-instance."""
    return plain_step(_begun(_items(ITEMS)))


def plain_loop() -> list[Plain]:
    """Measure turns 2, 50 and 300 of a loop."""
    workflow, found = _begun(LOOP), []
    for turn in range(1, PLAIN_TURNS[-1] + 1):
        if turn in PLAIN_TURNS:
            found.append(plain_step(workflow))
        _complete(workflow)
    return found


def plain_peak() -> int:
    """Return the bytes of a step with two hundred open branches."""
    return peak_of(_stored(_begun(branches(BRANCHES)))[0])


def main() -> None:
    """Print the table."""
    print("step", plain_choice())
    print("branches", plain_branches())
    print("items", plain_items())
    for turn, each in zip(PLAIN_TURNS, plain_loop(), strict=True):
        print("loop, turn", turn, each)
    print("bytes at once for a step of 200 branches", plain_peak())


if __name__ == "__main__":
    main()
