"""Process instances: start, watch, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from app.commands.cancel_instance import cancel_instance
from app.commands.start_as_program import start_as_program
from app.commands.start_instance import Started
from app.domain.errors import InvalidInput, Problem
from app.queries.api_reads import find_process_instances, get_process_instance, list_sequence_flows, result_of
from app.storage.api_resources import INSTANCE_STATES
from app.web.api import bodies, rules
from app.web.api.bodies import TENANT, Answer, Body, Results, SearchBody
from app.web.api.problems import TimedOut
from app.web.api.routing import DEFAULT_WAIT, Call, Route, wait_for
from app.web.api.texts import said
from app.web.shell import now

_STATES = {stored: state for state, stored in INSTANCE_STATES.items()}
_CHOICES = {"state": frozenset({*INSTANCE_STATES, "SUSPENDED"})}


class StartAt(Body):
    """A start event to begin at."""

    element_id: bodies.Name


class Creation(Body):
    """Which process (by key, or by id and version or version tag; the newest where neither is given), with what."""

    process_definition_id: str = ""
    process_definition_key: bodies.KeyText | UnsetType = UNSET
    process_definition_version: int = -1
    process_definition_version_tag: str = ""
    variables: bodies.Variables = {}
    business_id: Annotated[str, Meta(max_length=256)] = ""
    start_instructions: list[StartAt] = []
    await_completion: bool = False
    fetch_variables: list[str] = []
    request_timeout: int = 0
    tenant_id: bodies.Tenant = TENANT
    #: accepted and written to the audit, as clients send it
    operation_reference: int | UnsetType = UNSET


class Created(Answer):
    """The new instance; `variables` are those at its end, where that was waited for."""

    process_instance_key: str
    process_definition_key: str
    process_definition_id: str
    process_definition_version: int
    variables: bodies.Variables
    business_id: str | None
    tags: list[str] = []
    tenant_id: str = TENANT


def create(call: Call) -> Created:
    """Start an instance, and wait for its end where that is asked for."""
    body: Creation = call.body
    key = None if body.process_definition_key is UNSET else bodies.key_number(body.process_definition_key)
    if (key is None) == (not body.process_definition_id):
        raise InvalidInput([Problem("id_or_key", place="processDefinitionId")])
    if len(body.start_instructions) > 1:
        raise InvalidInput([Problem("more_than_taken", place="startInstructions", values={"most": 1})])
    started = call.run(
        lambda uow, caller: start_as_program(
            uow,
            caller=caller,
            definition_key=key,
            process_id=body.process_definition_id,
            version=body.process_definition_version if body.process_definition_version > 0 else None,
            version_tag=body.process_definition_version_tag,
            start_element_id=body.start_instructions[0].element_id if body.start_instructions else None,
            variables=body.variables,
            business_id=body.business_id,
            now=now(),
        )
    )
    variables = _at_the_end(call, started, body) if body.await_completion else {}
    definition = started.definition
    return Created(
        process_instance_key=str(started.instance_key),
        process_definition_key=str(definition.key),
        process_definition_id=definition.process_id,
        process_definition_version=definition.version,
        variables=variables,
        business_id=body.business_id or None,
    )


def _at_the_end(call: Call, started: Started, body: Creation) -> dict[str, Any]:
    wait = timedelta(milliseconds=body.request_timeout) if body.request_timeout > 0 else DEFAULT_WAIT
    found = wait_for(
        lambda: call.read(lambda uow, caller: result_of(uow, key=started.instance_key, actor=caller.actor)),
        at_most=wait,
        pause=0.1,
    )
    if found is None:
        raise TimedOut
    wanted = set(body.fetch_variables)
    return {name: value for name, value in found.items() if not wanted or name in wanted}


class ProcessInstanceConditions(Body):
    """What instances must fulfil, all of it."""

    process_instance_key: bodies.Key = UNSET
    parent_process_instance_key: bodies.Key = UNSET
    parent_element_instance_key: bodies.Key = UNSET
    process_definition_key: bodies.Key = UNSET
    process_definition_id: bodies.Text = UNSET
    process_definition_name: bodies.Text = UNSET
    process_definition_version: bodies.Number = UNSET
    process_definition_version_tag: bodies.Text = UNSET
    business_id: bodies.Text = UNSET
    start_date: bodies.When = UNSET
    end_date: bodies.When = UNSET
    state: bodies.Text = UNSET
    has_incident: bodies.Flag = UNSET
    element_id: bodies.Text = UNSET
    tenant_id: bodies.Text = UNSET


class ProcessInstanceFilter(ProcessInstanceConditions):
    """Which instances; of the groups in $or at least one must hold too."""

    variables: list[bodies.VariableFilter] | UnsetType = UNSET
    alternatives: list[ProcessInstanceConditions] | UnsetType = field(default=UNSET, name="$or")


class ProcessInstanceSearch(SearchBody):
    """A search of instances."""

    filter: ProcessInstanceFilter = msgspec.field(default_factory=ProcessInstanceFilter)


class ProcessInstance(Answer):
    """An instance."""

    process_instance_key: str
    process_definition_key: str
    process_definition_id: str
    process_definition_name: str | None
    process_definition_version: int
    process_definition_version_tag: str | None
    start_date: bodies.Moment
    end_date: bodies.Moment | None
    state: str
    has_incident: bool
    business_id: str | None
    root_process_instance_key: str
    parent_process_instance_key: str | None = None
    parent_element_instance_key: str | None = None
    suspended_date: bodies.Moment | None = None
    tags: list[str] = []
    tenant_id: str = TENANT


def search(call: Call) -> Results[ProcessInstance]:
    """Search instances."""
    body: ProcessInstanceSearch = call.body
    groups = [] if body.filter.alternatives is UNSET else list(body.filter.alternatives)
    wanted = bodies.read_search(
        body,
        found=bodies.conditions(body.filter, choices=_CHOICES, leave=frozenset({"variables", "$or"})),
        alternatives=tuple(bodies.conditions(group, choices=_CHOICES) for group in groups),
        variables=bodies.variable_conditions(body.filter.variables),
    )
    found = call.read(lambda uow, caller: find_process_instances(uow, search=wanted, actor=caller.actor))
    return bodies.results(found, _line)


def show(call: Call) -> ProcessInstance:
    """Show an instance."""
    return _line(call.read(lambda uow, caller: get_process_instance(uow, key=call.key, actor=caller.actor)))


def _line(row: Mapping[str, Any]) -> ProcessInstance:
    return ProcessInstance(
        process_instance_key=str(row["key"]),
        process_definition_key=str(row["process_definition_key"]),
        process_definition_id=row["process_id"],
        process_definition_name=said(row["name"]) or None,
        process_definition_version=row["version"],
        process_definition_version_tag=row["version_tag"] or None,
        start_date=row["started_at"],
        end_date=row["ended_at"],
        state=_STATES[row["status"]],
        has_incident=bool(row["has_incident"]),
        business_id=row["business_id"] or None,
        root_process_instance_key=str(row["instance_key"]),
        parent_process_instance_key=None if row["parent_key"] is None else str(row["parent_key"]),
        parent_element_instance_key=(
            None if row["parent_element_instance_key"] is None else str(row["parent_element_instance_key"])
        ),
    )


class Cancellation(Body):
    """Why; a number by which the caller finds the operation again, kept in the audit with the reason."""

    operation_reference: int | UnsetType = UNSET
    #: our own: what the history says
    reason: Annotated[str, Meta(max_length=1000)] = ""


def cancel(call: Call) -> None:
    """Cancel an instance."""
    body: Cancellation = call.body
    reference = "" if body.operation_reference is UNSET else f" ({body.operation_reference})"
    call.run(
        lambda uow, caller: cancel_instance(
            uow,
            instance_key=call.key,
            actor=caller.actor,
            reason=body.reason.strip() or f"/v2: {caller.client.client_id}{reference}",
            now=now(),
        )
    )


class SequenceFlow(Answer):
    """A sequence flow that the instance took."""

    sequence_flow_id: str
    element_id: str
    process_instance_key: str
    root_process_instance_key: str
    process_definition_key: str
    process_definition_id: str
    tenant_id: str = TENANT


class SequenceFlows(Answer):
    """The sequence flows that the instance took, each once."""

    items: list[SequenceFlow]


def show_sequence_flows(call: Call) -> SequenceFlows:
    """Show where an instance went."""
    row, flows = call.read(lambda uow, caller: list_sequence_flows(uow, key=call.key, actor=caller.actor))
    key = str(row["key"])
    return SequenceFlows(
        items=[
            SequenceFlow(
                sequence_flow_id=f"{key}_{flow}",
                element_id=flow,
                process_instance_key=key,
                root_process_instance_key=str(row["instance_key"]),
                process_definition_key=str(row["process_definition_key"]),
                process_definition_id=row["process_id"],
            )
            for flow in flows
        ]
    )


_ONE = "/v2/process-instances/{processInstanceKey}"
ROUTES = (
    Route(
        method="POST",
        path="/v2/process-instances",
        operation="create_process_instance",
        summary="Start an instance; with awaitCompletion the answer waits for its end, at most 30 seconds",
        rule=rules.START,
        view=create,
        takes=Creation,
        gives=Created,
        errors=(404, 409, 504),
    ),
    Route(
        method="POST",
        path="/v2/process-instances/search",
        operation="search_process_instances",
        summary="Search instances",
        rule=rules.INSTANCES,
        view=search,
        takes=ProcessInstanceSearch,
        body_optional=True,
        gives=Results[ProcessInstance],
    ),
    Route(
        method="GET",
        path=_ONE,
        operation="get_process_instance",
        summary="An instance",
        rule=rules.INSTANCES,
        view=show,
        gives=ProcessInstance,
        errors=(404,),
    ),
    Route(
        method="GET",
        path=f"{_ONE}/sequence-flows",
        operation="get_process_instance_sequence_flows",
        summary="The sequence flows that an instance took",
        rule=rules.INSTANCES,
        view=show_sequence_flows,
        gives=SequenceFlows,
        errors=(404,),
    ),
    Route(
        method="POST",
        path=f"{_ONE}/cancellation",
        operation="cancel_process_instance",
        summary="End an instance from outside",
        rule=rules.REPAIR,
        view=cancel,
        takes=Cancellation,
        body_optional=True,
        errors=(404, 409),
    ),
)
