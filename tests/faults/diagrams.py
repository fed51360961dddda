"""Processes that faults are let loose on."""

from __future__ import annotations

import re

from tests.factories import chain, diagram, job_step, user_step

STARTERS = (
    "<bpmn:extensionElements><zeebe:properties>"
    '<zeebe:property name="kyky.startRoles" value="r_palveluohjaaja"/>'
    "</zeebe:properties></bpmn:extensionElements>"
)


def http_step(element_id: str, url: str, *, method: str = "PUT", retries: int = 50) -> str:
    """Return a service task that calls the address."""
    return (
        f'<bpmn:serviceTask id="{element_id}" name="Kutsu {element_id}"><bpmn:extensionElements>'
        f'<zeebe:taskDefinition type="http_request" retries="{retries}"/><zeebe:taskHeaders>'
        f'<zeebe:header key="url" value="{url}"/><zeebe:header key="method" value="{method}"/>'
        "</zeebe:taskHeaders></bpmn:extensionElements></bpmn:serviceTask>"
    )


def load_process(url: str, *, method: str = "PUT") -> bytes:
    """Return: a person's task, a call outside, another person's task, the end."""
    xml = diagram(
        '<bpmn:startEvent id="begin"/>'
        + user_step("first")
        + http_step("call", url, method=method)
        + user_step("second")
        + '<bpmn:endEvent id="done"/>'
        + chain("begin", "first", "call", "second", "done"),
        process_id="load",
    )
    return re.sub(rb"(<bpmn:process [^>]*>)", rb"\1" + STARTERS.encode(), xml, count=1)


#: what the history of each instance of it says, each once
LOAD_STORY = [
    (element, event)
    for element in ("load", "begin", "first", "call", "second", "done")
    for event in ("activated", "completed")
]


def job_process(*jobs: tuple[str, int], process_id: str = "jobs") -> bytes:
    """Return: one job of each type (with its retries) after the other, then a person's task."""
    names = [f"work_{number}" for number in range(len(jobs))]
    steps = "".join(
        job_step(name, job_type=kind, retries=retries) for name, (kind, retries) in zip(names, jobs, strict=True)
    )
    return diagram(
        '<bpmn:startEvent id="begin"/>' + steps + user_step("after") + chain("begin", *names, "after"),
        process_id=process_id,
    )
