"""Incidents: what people have to put right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from app.commands.resolve_incident import resolve_incident
from app.locale import Texts
from app.queries.api_reads import find_incidents, get_incident
from app.storage.api_resources import INCIDENT_STATES
from app.web.api import bodies, rules
from app.web.api.bodies import TENANT, Answer, Body, Results, SearchBody
from app.web.api.routing import Call, Route
from app.web.shell import now

#: some of these never come about here
ERROR_TYPES = frozenset(
    """
    AD_HOC_SUB_PROCESS_NO_RETRIES CALLED_DECISION_ERROR CALLED_ELEMENT_ERROR CONDITION_ERROR DECISION_EVALUATION_ERROR
    EXECUTION_LISTENER_NO_RETRIES EXTRACT_VALUE_ERROR FORM_NOT_FOUND IO_MAPPING_ERROR JOB_NO_RETRIES
    MESSAGE_SIZE_EXCEEDED RESOURCE_NOT_FOUND SECRET_RESOLUTION_ERROR TASK_LISTENER_NO_RETRIES UNHANDLED_ERROR_EVENT
    UNKNOWN UNSPECIFIED
    """.split()  # noqa: SIM905 - a list of 17 literals reads worse
)
_CHOICES = {
    "state": frozenset({*INCIDENT_STATES, "MIGRATED", "PENDING", "UNKNOWN"}),
    "errorType": ERROR_TYPES,
}


class IncidentConditions(Body):
    """Which incidents."""

    incident_key: bodies.Key = UNSET
    process_instance_key: bodies.Key = UNSET
    process_definition_key: bodies.Key = UNSET
    process_definition_id: bodies.Text = UNSET
    element_instance_key: bodies.Key = UNSET
    element_id: bodies.Text = UNSET
    job_key: bodies.Key = UNSET
    state: bodies.Text = UNSET
    error_type: bodies.Text = UNSET
    error_message: bodies.Text = UNSET
    creation_time: bodies.When = UNSET
    tenant_id: bodies.Text = UNSET


class IncidentSearch(SearchBody):
    """A search of incidents."""

    filter: IncidentConditions = msgspec.field(default_factory=IncidentConditions)


class Incident(Answer):
    """Something that a person has to put right. The message holds no client data."""

    incident_key: str
    error_type: str
    error_message: str
    state: str
    creation_time: bodies.Moment
    element_id: str
    element_instance_key: str
    job_key: str | None
    process_instance_key: str
    root_process_instance_key: str
    process_definition_key: str
    process_definition_id: str
    tenant_id: str = TENANT


def search(call: Call) -> Results[Incident]:
    """Search incidents."""
    body: IncidentSearch = call.body
    wanted = bodies.read_search(body, found=bodies.conditions(body.filter, choices=_CHOICES))
    language = call.language
    return bodies.results(
        call.read(lambda uow, caller: find_incidents(uow, search=wanted, actor=caller.actor)),
        lambda row: _line(row, language),
    )


def show(call: Call) -> Incident:
    """Show an incident."""
    row = call.read(lambda uow, caller: get_incident(uow, key=call.key, actor=caller.actor))
    return _line(row, call.language)


def _line(row: Mapping[str, Any], language: str) -> Incident:
    states = {stored: state for state, stored in INCIDENT_STATES.items()}
    texts = Texts.load(language)
    cause = texts(f"incidents.{row['code']}") if f"incidents.{row['code']}" in texts else row["code"]
    return Incident(
        incident_key=str(row["key"]),
        error_type=row["error_type"],
        error_message=": ".join(part for part in (cause, row["message"]) if part),
        state=states.get(row["status"], "RESOLVED"),
        creation_time=row["opened_at"],
        element_id=row["element_id"],
        element_instance_key=str(row["element_instance_key"]),
        job_key=None if row["job_key"] is None else str(row["job_key"]),
        process_instance_key=str(row["process_key"]),
        root_process_instance_key=str(row["instance_key"]),
        process_definition_key=str(row["process_definition_key"]),
        process_definition_id=row["process_id"],
    )


class Resolution(Body):
    """A number by which the caller finds the operation again, kept with the incident."""

    operation_reference: int | UnsetType = UNSET


def resolve(call: Call) -> None:
    """Try the failed element again."""
    body: Resolution = call.body
    reference = "" if body.operation_reference is UNSET else f" ({body.operation_reference})"
    call.run(
        lambda uow, caller: resolve_incident(
            uow,
            incident_key=call.key,
            actor=caller.actor,
            note=f"/v2: {caller.client.client_id}{reference}",
            now=now(),
        )
    )


ROUTES = (
    Route(
        method="POST",
        path="/v2/incidents/search",
        operation="search_incidents",
        summary="Search incidents",
        rule=rules.INSTANCES,
        view=search,
        takes=IncidentSearch,
        body_optional=True,
        gives=Results[Incident],
    ),
    Route(
        method="GET",
        path="/v2/incidents/{incidentKey}",
        operation="get_incident",
        summary="An incident",
        rule=rules.INSTANCES,
        view=show,
        gives=Incident,
        errors=(404,),
    ),
    Route(
        method="POST",
        path="/v2/incidents/{incidentKey}/resolution",
        operation="resolve_incident",
        summary="Try the failed element again",
        rule=rules.REPAIR,
        view=resolve,
        takes=Resolution,
        body_optional=True,
        errors=(404, 409),
    ),
)
