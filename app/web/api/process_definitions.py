"""Published versions of processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from app.queries.api_reads import (
    find_process_definitions,
    get_process_definition,
    get_process_xml,
    get_start_form,
)
from app.web.api import bodies, rules
from app.web.api.bodies import TENANT, Answer, Body, Results, SearchBody
from app.web.api.routing import Call, Route
from app.web.api.texts import said


class ProcessDefinitionFilter(Body):
    """Which published versions."""

    process_definition_key: bodies.KeyText | UnsetType = UNSET
    process_definition_id: bodies.Text = UNSET
    name: bodies.Text = UNSET
    version: int | UnsetType = UNSET
    version_tag: str | UnsetType = UNSET
    resource_name: str | UnsetType = UNSET
    is_latest_version: bodies.Flag = UNSET
    tenant_id: str | UnsetType = UNSET


class ProcessDefinitionSearch(SearchBody):
    """A search of published versions."""

    filter: ProcessDefinitionFilter = msgspec.field(default_factory=ProcessDefinitionFilter)


class ProcessDefinition(Answer):
    """A published version of a process."""

    process_definition_key: str
    process_definition_id: str
    name: str | None
    version: int
    version_tag: str | None
    resource_name: str
    has_start_form: bool
    state: str = "ACTIVE"
    tenant_id: str = TENANT


class Form(Answer):
    """A published version of a form; `schema` is its definition as JSON text."""

    form_id: str
    form_key: str
    version: int
    schema: str
    tenant_id: str = TENANT


def form(row: Mapping[str, Any]) -> Form:
    """Write a form."""
    return Form(form_id=row["form_id"], form_key=str(row["key"]), version=row["version"], schema=row["source"].decode())


def search_process_definitions(call: Call) -> Results[ProcessDefinition]:
    """Search published versions."""
    body: ProcessDefinitionSearch = call.body
    search = bodies.read_search(body, found=bodies.conditions(body.filter))
    return bodies.results(call.read(lambda uow, _: find_process_definitions(uow, search=search)), _process_definition)


def show_process_definition(call: Call) -> ProcessDefinition:
    """Show a published version."""
    return _process_definition(call.read(lambda uow, _: get_process_definition(uow, key=call.key)))


def show_process_xml(call: Call) -> bytes:
    """Show a diagram."""
    return call.read(lambda uow, _: get_process_xml(uow, key=call.key))


def show_start_form(call: Call) -> Form | None:
    """Show the form that a process begins with."""
    row = call.read(lambda uow, _: get_start_form(uow, key=call.key))
    return None if row is None else form(row)


def _process_definition(row: Mapping[str, Any]) -> ProcessDefinition:
    return ProcessDefinition(
        process_definition_key=str(row["key"]),
        process_definition_id=row["process_id"],
        name=said(row["name"]) or None,
        version=row["version"],
        version_tag=row["version_tag"] or None,
        resource_name=row["resource_name"],
        has_start_form=row["has_start_form"],
    )


_ONE = "/v2/process-definitions/{processDefinitionKey}"
ROUTES = (
    Route(
        method="POST",
        path="/v2/process-definitions/search",
        operation="search_process_definitions",
        summary="Search published versions of processes",
        rule=rules.DEFINITIONS,
        view=search_process_definitions,
        takes=ProcessDefinitionSearch,
        body_optional=True,
        gives=Results[ProcessDefinition],
    ),
    Route(
        method="GET",
        path=_ONE,
        operation="get_process_definition",
        summary="A published version of a process",
        rule=rules.DEFINITIONS,
        view=show_process_definition,
        gives=ProcessDefinition,
        errors=(404,),
    ),
    Route(
        method="GET",
        path=f"{_ONE}/xml",
        operation="get_process_definition_xml",
        summary="The diagram, byte for byte as it was published",
        rule=rules.DEFINITIONS,
        view=show_process_xml,
        gives=str,
        media="text/xml",
        errors=(404,),
    ),
    Route(
        method="GET",
        path=f"{_ONE}/form",
        operation="get_start_process_form",
        summary="The form that the process begins with; 204 where there is none",
        rule=rules.DEFINITIONS,
        view=show_start_form,
        gives=Form,
        errors=(404,),
    ),
)
