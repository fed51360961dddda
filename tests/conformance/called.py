"""Stands for the pathways that a played scenario calls: each call ends at once with what the scenario says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from app.engine.diagrams import compile_process, read_diagram
from app.engine.seam import Binding, CallableVersion

#: instead of a result: the call does not end within the scenario
GOES_ON = "kesken"


class Called:
    """
    The calls of a scenario: `{process id: [what the first call returns, what the second returns, ...]}`.

    The last result counts for every further call. A process that the scenario does not name is not published.
    """

    def __init__(self, calls: Mapping[str, list[Any]]) -> None:
        self._calls = {process_id: list(results) for process_id, results in calls.items()}
        self._versions: list[CallableVersion] = []

    def choose(
        self,
        process_id: str,
        binding: Binding,
        *,
        version_tag: str,
        caller_definition_key: int | None,
    ) -> CallableVersion | None:
        """Return a process that ends with the next result."""
        results = self._calls.get(process_id)
        if not results:
            return None
        result = results.pop(0) if len(results) > 1 else results[0]
        read = read_diagram(_diagram(process_id, result).encode())
        number = len(self._versions)
        self._versions.append(
            CallableVersion(
                definition_key=number,
                version=number + 1,
                process=compile_process(read.runnable, process_id, f"{read.content_hash}{number}"),
            )
        )
        return self._versions[-1]

    def version(self, definition_key: int) -> CallableVersion:
        """Return the version that was chosen before."""
        return self._versions[definition_key]


def _diagram(process_id: str, result: Any) -> str:
    if result == GOES_ON:
        middle = '<bpmn:receiveTask id="kesken" name="Kesken" messageRef="ei_koskaan"/>'
    else:
        # JSON is FEEL
        outputs = "".join(
            f"<zeebe:output source={quoteattr('=' + json.dumps(value, ensure_ascii=False))} target={quoteattr(name)}/>"
            for name, value in result.items()
        )
        middle = (
            '<bpmn:scriptTask id="kesken" name="Valmis"><bpmn:extensionElements>'
            '<zeebe:script expression="=1" resultVariable="valmis"/>'
            f"<zeebe:ioMapping>{outputs}</zeebe:ioMapping></bpmn:extensionElements></bpmn:scriptTask>"
        )
    return (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="https://kykypolku.example/processes">'
        f'<bpmn:process id="{process_id}" isExecutable="true">'
        f'<bpmn:startEvent id="alku"/>{middle}<bpmn:endEvent id="loppu"/>'
        '<bpmn:sequenceFlow id="alku_kesken" sourceRef="alku" targetRef="kesken"/>'
        '<bpmn:sequenceFlow id="kesken_loppu" sourceRef="kesken" targetRef="loppu"/>'
        "</bpmn:process>"
        '<bpmn:message id="ei_koskaan" name="ei_koskaan"><bpmn:extensionElements>'
        '<zeebe:subscription correlationKey="=&quot;ei_koskaan&quot;"/></bpmn:extensionElements></bpmn:message>'
        "</bpmn:definitions>"
    )
