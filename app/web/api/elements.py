"""Element instances, variables, message subscriptions: what goes on inside of instances."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from flask import request
from msgspec import UNSET, UnsetType, field

from app.commands.program_variables import write_program_variables
from app.domain.searching import Condition, VariableCondition
from app.domain.variable_key import variable_key
from app.queries.api_reads import (
    find_element_instances,
    find_message_subscriptions,
    find_variables,
    get_element_instance,
    get_variable,
)
from app.storage.api_resources import ELEMENT_STATES, SUBSCRIPTION_STATES
from app.web.api import bodies, rules
from app.web.api.bodies import TENANT, Answer, Body, Results, SearchBody
from app.web.api.routing import Call, Route
from app.web.api.texts import said
from app.web.shell import now

_STATES = {stored: state for state, stored in ELEMENT_STATES.items()}
#: types of elements as the API writes them: AD_HOC_SUB_PROCESS for adHocSubProcess
KNOWN_TYPES = frozenset(
    """
    AD_HOC_SUB_PROCESS BOUNDARY_EVENT BUSINESS_RULE_TASK CALL_ACTIVITY END_EVENT EVENT_BASED_GATEWAY EVENT_SUB_PROCESS
    EXCLUSIVE_GATEWAY INCLUSIVE_GATEWAY INTERMEDIATE_CATCH_EVENT INTERMEDIATE_THROW_EVENT MANUAL_TASK
    MULTI_INSTANCE_BODY PARALLEL_GATEWAY PROCESS RECEIVE_TASK SCRIPT_TASK SEND_TASK SERVICE_TASK START_EVENT
    SUB_PROCESS TASK UNKNOWN USER_TASK
    """.split()  # noqa: SIM905 - a list of 24 literals reads worse
)
_CHOICES = {"state": frozenset(ELEMENT_STATES)}
#: longer values are cut in searches, as clients expect; the single variable has its whole value
LONGEST_VALUE = 8191


def written_type(element_type: str) -> str:
    """Return the type as the API writes it; what the API has no name for is UNKNOWN."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", element_type).upper()
    return name if name in KNOWN_TYPES else "UNKNOWN"


def stored_type(written: str) -> str:
    """Return the type as the history has it."""
    first, *rest = written.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


class ElementConditions(Body):
    """What element instances must fulfil, all of it."""

    element_instance_key: bodies.KeyText | UnsetType = UNSET
    process_instance_key: bodies.KeyText | UnsetType = UNSET
    process_definition_key: bodies.KeyText | UnsetType = UNSET
    process_definition_id: str | UnsetType = UNSET
    element_id: bodies.Text = UNSET
    type: str | UnsetType = UNSET
    state: bodies.Text = UNSET
    has_incident: bodies.Flag = UNSET
    incident_key: bodies.KeyText | UnsetType = UNSET
    start_date: bodies.When = UNSET
    end_date: bodies.When = UNSET
    element_instance_scope_key: bodies.KeyText | UnsetType = UNSET
    tenant_id: str | UnsetType = UNSET


class ElementFilter(ElementConditions):
    """Which element instances; of the groups in $or at least one must hold too."""

    alternatives: list[ElementConditions] | UnsetType = field(default=UNSET, name="$or")


class ElementSearch(SearchBody):
    """A search of element instances."""

    filter: ElementFilter = msgspec.field(default_factory=ElementFilter)


class ElementInstance(Answer):
    """One time that an instance was at an element."""

    element_instance_key: str
    element_id: str
    element_name: str
    type: str
    state: str
    start_date: bodies.Moment
    end_date: bodies.Moment | None
    has_incident: bool
    incident_key: str | None
    process_instance_key: str
    root_process_instance_key: str
    process_definition_key: str
    process_definition_id: str
    tenant_id: str = TENANT


def search_elements(call: Call) -> Results[ElementInstance]:
    """Search element instances."""
    body: ElementSearch = call.body
    groups = [] if body.filter.alternatives is UNSET else list(body.filter.alternatives)
    wanted = bodies.read_search(
        body,
        found=_element_conditions(body.filter, leave=frozenset({"$or"})),
        alternatives=tuple(_element_conditions(group) for group in groups),
    )
    found = call.read(lambda uow, caller: find_element_instances(uow, search=wanted, actor=caller.actor))
    return bodies.results(found, _element)


def _element_conditions(body: ElementConditions, *, leave: frozenset[str] = frozenset()) -> tuple[Condition, ...]:
    choices = {**_CHOICES, "type": KNOWN_TYPES}
    return tuple(
        Condition("type", item.operator, stored_type(item.value)) if item.attribute == "type" else item
        for item in bodies.conditions(body, choices=choices, leave=leave)
    )


def show_element(call: Call) -> ElementInstance:
    """Show an element instance."""
    return _element(call.read(lambda uow, caller: get_element_instance(uow, key=call.key, actor=caller.actor)))


def _element(row: Mapping[str, Any]) -> ElementInstance:
    return ElementInstance(
        element_instance_key=str(row["element_instance_key"]),
        element_id=row["element_id"],
        element_name=said(row["name"], row["element_id"]),
        type=written_type(row["element_type"]),
        state=_STATES[row["state"]],
        start_date=row["started_at"],
        end_date=row["ended_at"],
        has_incident=row["incident_key"] is not None,
        incident_key=None if row["incident_key"] is None else str(row["incident_key"]),
        process_instance_key=str(row["process_key"]),
        root_process_instance_key=str(row["instance_key"]),
        process_definition_key=str(row["process_definition_key"]),
        process_definition_id=row["process_id"],
    )


# -- variables ---------------------------------------------------------------------------------------------------


class VariableConditions(Body):
    """Which variables."""

    name: bodies.Text = UNSET
    value: bodies.Text = UNSET
    variable_key: bodies.KeyText | UnsetType = UNSET
    scope_key: bodies.Key = UNSET
    process_instance_key: bodies.Key = UNSET
    tenant_id: str | UnsetType = UNSET


class VariableSearch(SearchBody):
    """A search of variables."""

    filter: VariableConditions = msgspec.field(default_factory=VariableConditions)


class VariableLine(Answer):
    """A variable of a scope; `value` is JSON text, cut where `isTruncated` says so."""

    variable_key: str
    name: str
    value: str
    is_truncated: bool
    scope_key: str
    process_instance_key: str
    root_process_instance_key: str
    tenant_id: str = TENANT


class Variable(Answer):
    """A variable with its whole value as JSON text."""

    variable_key: str
    name: str
    value: str
    scope_key: str
    process_instance_key: str
    root_process_instance_key: str
    tenant_id: str = TENANT


def value_conditions(value: Any) -> tuple[VariableCondition, ...]:
    """Return the conditions on values of variables of any name."""
    return () if value is UNSET else tuple(VariableCondition("", *pair) for pair in bodies.comparisons(value))


def truncates() -> bool:
    """Tell whether the caller wants long values cut."""
    return request.args.get("truncateValues", "true").lower() != "false"


def search_variables(call: Call) -> Results[VariableLine]:
    """Search variables."""
    body: VariableSearch = call.body
    wanted = bodies.read_search(
        body,
        found=bodies.conditions(body.filter, leave=frozenset({"value", "variableKey"})),
        variables=value_conditions(body.filter.value),
    )
    cut = truncates()
    key = body.filter.variable_key
    if key is not UNSET:
        number = bodies.key_number(key)
        wanted = bodies.narrowed_to_scope(wanted, number)
        found = call.read(lambda uow, _: find_variables(uow, search=wanted))
        found = bodies.only_rows(found, lambda row: _key_of(row) == number)
    else:
        found = call.read(lambda uow, _: find_variables(uow, search=wanted))
    return bodies.results(found, lambda row: variable_line(row, cut=cut))


def show_variable(call: Call) -> Variable:
    """Show a variable."""
    row = call.read(lambda uow, _: get_variable(uow, key=call.key))
    return Variable(
        variable_key=str(call.key),
        name=row["name"],
        value=msgspec.json.encode(row["value"]).decode(),
        scope_key=str(row["scope_key"]),
        process_instance_key=str(row["process_key"]),
        root_process_instance_key=str(row["instance_key"]),
    )


def _key_of(row: Mapping[str, Any]) -> int:
    return variable_key(scope_key=row["scope_key"], name=row["name"])


def variable_line(row: Mapping[str, Any], *, cut: bool) -> VariableLine:
    """Write a variable of a search."""
    value = msgspec.json.encode(row["value"]).decode()
    long = cut and len(value) > LONGEST_VALUE
    return VariableLine(
        variable_key=str(_key_of(row)),
        name=row["name"],
        value=value[:LONGEST_VALUE] if long else value,
        is_truncated=long,
        scope_key=str(row["scope_key"]),
        process_instance_key=str(row["process_key"]),
        root_process_instance_key=str(row["instance_key"]),
    )


class VariablesToWrite(Body):
    """Variables for a scope: into it where `local`, else each to the nearest scope that has it, else to the process."""

    variables: bodies.Variables
    local: bool = False
    operation_reference: int | UnsetType = UNSET


def write_variables(call: Call) -> None:
    """Write variables."""
    body: VariablesToWrite = call.body
    call.run(
        lambda uow, caller: write_program_variables(
            uow, scope_key=call.key, variables=body.variables, local=body.local, caller=caller, now=now()
        )
    )


# -- message subscriptions ---------------------------------------------------------------------------------------


class SubscriptionConditions(Body):
    """Which subscriptions."""

    message_subscription_key: bodies.Key = UNSET
    process_instance_key: bodies.Key = UNSET
    process_definition_key: bodies.Key = UNSET
    process_definition_id: bodies.Text = UNSET
    element_instance_key: bodies.Key = UNSET
    element_id: bodies.Text = UNSET
    message_name: bodies.Text = UNSET
    correlation_key: bodies.Text = UNSET
    message_subscription_state: bodies.Text = UNSET
    last_updated_date: bodies.When = UNSET
    tenant_id: bodies.Text = UNSET


class SubscriptionSearch(SearchBody):
    """A search of message subscriptions."""

    filter: SubscriptionConditions = msgspec.field(default_factory=SubscriptionConditions)


class Subscription(Answer):
    """A message that an instance waits for, or waited for."""

    message_subscription_key: str
    message_subscription_state: str
    message_subscription_type: str
    message_name: str
    correlation_key: str
    element_id: str
    element_instance_key: str
    process_instance_key: str
    root_process_instance_key: str
    process_definition_key: str
    process_definition_id: str
    last_updated_date: bodies.Moment
    process_definition_name: str | None = None
    process_definition_version: int | None = None
    tool_name: str | None = None
    tool_properties: dict[str, str] = {}
    inbound_connector_type: str | None = None
    business_id: str | None = None
    tenant_id: str = TENANT


def search_subscriptions(call: Call) -> Results[Subscription]:
    """Search message subscriptions."""
    body: SubscriptionSearch = call.body
    choices = {"messageSubscriptionState": frozenset({*SUBSCRIPTION_STATES, "MIGRATED"})}
    wanted = bodies.read_search(body, found=bodies.conditions(body.filter, choices=choices))
    return bodies.results(call.read(lambda uow, _: find_message_subscriptions(uow, search=wanted)), _subscription)


def _subscription(row: Mapping[str, Any]) -> Subscription:
    states = {stored: state for state, stored in SUBSCRIPTION_STATES.items()}
    return Subscription(
        message_subscription_key=str(row["key"]),
        message_subscription_state=states[row["status"]],
        message_subscription_type="PROCESS_EVENT",
        message_name=row["message_name"],
        correlation_key=row["correlation_key"],
        element_id=row["element_id"],
        element_instance_key=str(row["element_instance_key"]),
        process_instance_key=str(row["process_key"]),
        root_process_instance_key=str(row["instance_key"]),
        process_definition_key=str(row["process_definition_key"]),
        process_definition_id=row["process_id"],
        last_updated_date=row["ended_at"] or row["opened_at"],
    )


_ONE = "/v2/element-instances/{elementInstanceKey}"
ROUTES = (
    Route(
        method="POST",
        path="/v2/element-instances/search",
        operation="search_element_instances",
        summary="Search where instances are and were",
        rule=rules.INSTANCES,
        view=search_elements,
        takes=ElementSearch,
        body_optional=True,
        gives=Results[ElementInstance],
    ),
    Route(
        method="GET",
        path=_ONE,
        operation="get_element_instance",
        summary="One time that an instance was at an element",
        rule=rules.INSTANCES,
        view=show_element,
        gives=ElementInstance,
        errors=(404,),
    ),
    Route(
        method="PUT",
        path=f"{_ONE}/variables",
        operation="create_element_instance_variables",
        summary="Write variables of a running instance, from the scope of an element (or the instance itself)",
        rule=rules.REPAIR,
        view=write_variables,
        takes=VariablesToWrite,
        errors=(404, 409),
    ),
    Route(
        method="POST",
        path="/v2/variables/search",
        operation="search_variables",
        summary="Search variables; long values are cut unless truncateValues=false",
        rule=rules.MONITOR,
        view=search_variables,
        takes=VariableSearch,
        body_optional=True,
        gives=Results[VariableLine],
        query={"truncateValues": {"type": "boolean", "default": True}},
    ),
    Route(
        method="GET",
        path="/v2/variables/{variableKey}",
        operation="get_variable",
        summary="A variable with its whole value",
        rule=rules.MONITOR,
        view=show_variable,
        gives=Variable,
        errors=(404,),
    ),
    Route(
        method="POST",
        path="/v2/message-subscriptions/search",
        operation="search_message_subscriptions",
        summary="Search the messages that instances wait for",
        rule=rules.MONITOR,
        view=search_subscriptions,
        takes=SubscriptionSearch,
        body_optional=True,
        gives=Results[Subscription],
    ),
)
