"""What the API can search: each resource with its rows, its attributes and its order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, cast, func, literal, null, or_, select, true, union_all

from app.domain.errors import InvalidInput, Problem
from app.domain.searching import Operator, Order
from app.storage.searching import Attribute, Kind, Searchable, compare_value
from app.storage.tables.definitions import decision_definition, process_definition, process_form
from app.storage.tables.instances import (
    called_process,
    history,
    incident,
    job,
    message_subscription,
    process_instance,
    variable,
)
from app.storage.tables.people import user_account
from app.storage.tables.work import user_task
from app.storage.types import NEVER, Key

INSTANCE_STATES = {"ACTIVE": "active", "COMPLETED": "completed", "TERMINATED": "terminated"}
ELEMENT_STATES = {"ACTIVE": "activated", "COMPLETED": "completed", "TERMINATED": "terminated"}
TASK_STATES = {
    "CREATED": "open",
    "COMPLETED": "completed",
    "CANCELED": "cancelled",
    # open, and listeners look at what was asked for
    "ASSIGNING": "assigning",
    "UPDATING": "updating",
    "COMPLETING": "completing",
}
INCIDENT_STATES = {"ACTIVE": "open", "RESOLVED": "resolved"}
SUBSCRIPTION_STATES = {"CREATED": "open", "CORRELATED": "completed", "DELETED": "cancelled"}
_TEXT, _NUMBER, _FLAG, _MOMENT = Kind.TEXT, Kind.NUMBER, Kind.FLAG, Kind.MOMENT


def _text(column: Any, **more: Any) -> Attribute:
    return Attribute(column=column, kind=_TEXT, **more)


def _key(column: Any) -> Attribute:
    return Attribute(column=column, kind=_NUMBER)


def _moment(column: Any, *, optional: bool = False) -> Attribute:
    return Attribute(column=column, kind=_MOMENT, nothing=NEVER if optional else None)


def _finnish(column: Any) -> Any:
    """Return the Finnish text of a localised column, which is the element's own name in the diagram."""
    return column["fi"].as_string()


def _latest(table: Any, id_column: Any) -> ColumnElement[bool]:
    newer = table.alias("newer")
    versions = select(literal(1)).where(newer.c[id_column.name] == id_column, newer.c.version > table.c.version)
    found: ColumnElement[bool] = ~versions.exists()
    return found


def _has_element(operator: Operator, value: Any) -> ColumnElement[bool]:
    wanted = [value] if operator is Operator.EQUAL else value
    if operator not in (Operator.EQUAL, Operator.IN):
        raise InvalidInput([Problem("operator_not_offered", place="filter.elementId")])
    found: ColumnElement[bool] = processes.c.key.in_(
        select(process_key(history)).where(history.c.element_id.in_(wanted), history.c.event == "activated")
    )
    return found


def process_key(table: Any) -> Any:
    """Return the key of the process that a row is of: the called one, else the instance."""
    return func.coalesce(table.c.called_process_key, table.c.instance_key)


def _of_process(table: Any) -> Attribute:
    """Return the attribute by which rows of an instance or of a called process are found, each by an index."""
    called, owner = table.c.called_process_key, table.c.instance_key

    def condition(operator: Operator, value: Any) -> ColumnElement[bool]:
        if operator not in (Operator.EQUAL, Operator.IN):
            return compare_value(process_key(table), operator, value)
        keys = [value] if operator is Operator.EQUAL else list(value)
        return or_(called.in_(keys), and_(called.is_(None), owner.in_(keys)))

    return Attribute(column=process_key(table), kind=_NUMBER, condition=condition)


#: of the process that a row is of
_DEFINITION_KEY = func.coalesce(called_process.c.process_definition_key, process_instance.c.process_definition_key)
_PROCESS_ID = func.coalesce(called_process.c.process_id, process_instance.c.process_id)


def _failed_with_retries() -> ColumnElement[bool]:
    return and_(job.c.status == "ready", job.c.last_error != "")


PROCESS_DEFINITIONS = Searchable(
    query=select(
        process_definition.c.key,
        process_definition.c.process_id,
        process_definition.c.version,
        process_definition.c.version_tag,
        process_definition.c.name,
        process_definition.c.resource_name,
    ).select_from(process_definition),
    key=process_definition.c.key,
    attributes={
        "processDefinitionKey": _key(process_definition.c.key),
        "processDefinitionId": _text(process_definition.c.process_id),
        "version": Attribute(column=process_definition.c.version, kind=_NUMBER),
        "versionTag": _text(process_definition.c.version_tag),
        "name": _text(_finnish(process_definition.c.name), nothing=""),
        "resourceName": _text(process_definition.c.resource_name),
        "isLatestVersion": Attribute(
            column=None,
            condition=lambda _, wanted: (
                _latest(process_definition, process_definition.c.process_id)
                if wanted
                else ~_latest(process_definition, process_definition.c.process_id)
            ),
        ),
    },
    order=(Order("processDefinitionId"), Order("version", descending=True)),
)

_OPEN_IN_CALLED = select(literal(1)).where(
    incident.c.called_process_key == called_process.c.key, incident.c.status == "open"
)

#: instances and the processes that they have called, which the API shows as instances with a parent
processes = union_all(
    select(
        process_instance.c.key,
        process_instance.c.key.label("instance_key"),
        cast(null(), Key).label("parent_key"),
        cast(null(), Key).label("parent_element_instance_key"),
        process_instance.c.process_definition_key,
        process_instance.c.process_id,
        process_instance.c.version,
        process_instance.c.status,
        (process_instance.c.open_incidents > 0).label("has_incident"),
        process_instance.c.business_id,
        process_instance.c.started_at,
        process_instance.c.started_by,
        process_instance.c.ended_at,
    ),
    select(
        called_process.c.key,
        called_process.c.instance_key,
        called_process.c.parent_key,
        called_process.c.element_instance_key,
        called_process.c.process_definition_key,
        called_process.c.process_id,
        called_process.c.version,
        called_process.c.status,
        _OPEN_IN_CALLED.exists(),
        process_instance.c.business_id,
        called_process.c.started_at,
        process_instance.c.started_by,
        called_process.c.ended_at,
    )
    .select_from(called_process)
    .join(process_instance, process_instance.c.key == called_process.c.instance_key),
).subquery("processes")

PROCESS_INSTANCES = Searchable(
    query=select(processes, process_definition.c.name, process_definition.c.version_tag)
    .select_from(processes)
    .join(process_definition, process_definition.c.key == processes.c.process_definition_key),
    key=processes.c.key,
    attributes={
        "processInstanceKey": _key(processes.c.key),
        "parentProcessInstanceKey": Attribute(column=processes.c.parent_key, kind=Kind.NUMBER, nothing=0),
        "parentElementInstanceKey": Attribute(
            column=processes.c.parent_element_instance_key, kind=Kind.NUMBER, nothing=0
        ),
        "processDefinitionKey": _key(processes.c.process_definition_key),
        "processDefinitionId": _text(processes.c.process_id),
        "processDefinitionName": _text(_finnish(process_definition.c.name), nothing=""),
        "processDefinitionVersion": Attribute(column=processes.c.version, kind=_NUMBER),
        "processDefinitionVersionTag": _text(process_definition.c.version_tag),
        "businessId": _text(func.nullif(processes.c.business_id, ""), nothing=""),
        "startDate": _moment(processes.c.started_at),
        "endDate": _moment(processes.c.ended_at, optional=True),
        "state": _text(processes.c.status, stored=INSTANCE_STATES),
        "hasIncident": Attribute(
            column=case((processes.c.has_incident, true()), else_=literal(False)),
            kind=_FLAG,
            condition=lambda _, wanted: processes.c.has_incident if wanted else ~processes.c.has_incident,
        ),
        "elementId": Attribute(column=None, condition=_has_element),
    },
    order=(Order("startDate", descending=True),),
)

_ended = history.alias("ended")
_STATE = func.coalesce(_ended.c.event, literal("activated"))
_INCIDENT_KEY = (
    select(incident.c.key)
    .where(incident.c.element_instance_key == history.c.element_instance_key, incident.c.status == "open")
    .order_by(incident.c.opened_at, incident.c.key)
    .limit(1)
    .scalar_subquery()
)

#: a transaction is a sub-process to the API, which has no name for complex gateways
_ELEMENT_TYPE = case(
    (history.c.element_type == "transaction", literal("subProcess")),
    (history.c.element_type == "complexGateway", literal("unknown")),
    else_=history.c.element_type,
)

ELEMENT_INSTANCES = Searchable(
    query=select(
        history.c.element_instance_key,
        history.c.scope_key,
        history.c.element_id,
        _ELEMENT_TYPE.label("element_type"),
        history.c.instance_key,
        process_key(history).label("process_key"),
        history.c.at.label("started_at"),
        _ended.c.at.label("ended_at"),
        _STATE.label("state"),
        _INCIDENT_KEY.label("incident_key"),
        _PROCESS_ID.label("process_id"),
        _DEFINITION_KEY.label("process_definition_key"),
    )
    .select_from(history)
    .join(process_instance, process_instance.c.key == history.c.instance_key)
    .outerjoin(called_process, called_process.c.key == history.c.called_process_key)
    .outerjoin(
        _ended,
        and_(
            _ended.c.element_instance_key == history.c.element_instance_key,
            _ended.c.event.in_(("completed", "terminated")),
        ),
    )
    .where(history.c.event == "activated"),
    key=history.c.element_instance_key,
    attributes={
        "elementInstanceKey": _key(history.c.element_instance_key),
        "processInstanceKey": _of_process(history),
        "processDefinitionKey": _key(_DEFINITION_KEY),
        "processDefinitionId": _text(_PROCESS_ID),
        "elementId": _text(history.c.element_id),
        "type": _text(_ELEMENT_TYPE),
        "state": _text(_STATE, stored=ELEMENT_STATES),
        "startDate": _moment(history.c.at),
        "endDate": _moment(_ended.c.at, optional=True),
        "elementInstanceScopeKey": _key(history.c.scope_key),
        "incidentKey": Attribute(column=_INCIDENT_KEY, kind=Kind.NUMBER, nothing=0),
        "hasIncident": Attribute(
            column=None,
            condition=lambda _, wanted: _INCIDENT_KEY.is_not(None) if wanted else _INCIDENT_KEY.is_(None),
        ),
    },
    order=(Order("startDate"),),
)

VARIABLES = Searchable(
    query=select(
        variable.c.scope_key,
        variable.c.name,
        variable.c.instance_key,
        process_key(variable).label("process_key"),
        variable.c.value,
        variable.c.updated_at,
    ).select_from(variable),
    key=variable.c.scope_key,
    # a variable is known by scope and name together
    tie_breakers=((variable.c.name, Kind.TEXT),),
    attributes={
        "name": _text(variable.c.name),
        "scopeKey": _key(variable.c.scope_key),
        "processInstanceKey": _of_process(variable),
    },
    order=(Order("name"),),
)

_DUE = func.nullif(user_task.c.due_at, literal(NEVER, user_task.c.due_at.type), type_=user_task.c.due_at.type)

_TASK_STATE = func.coalesce(func.nullif(user_task.c.held_event, ""), user_task.c.status)

USER_TASKS = Searchable(
    query=select(
        user_task,
        _TASK_STATE.label("state"),
        process_key(user_task).label("process_key"),
        process_definition.c.name.label("process_name"),
        process_definition.c.version,
        process_instance.c.business_id,
        user_account.c.username.label("assignee_name"),
        process_form.c.form_definition_key,
    )
    .select_from(user_task)
    .join(process_definition, process_definition.c.key == user_task.c.process_definition_key)
    .join(process_instance, process_instance.c.key == user_task.c.instance_key)
    .outerjoin(user_account, user_account.c.key == user_task.c.assignee)
    .outerjoin(
        process_form,
        and_(
            process_form.c.process_definition_key == user_task.c.process_definition_key,
            process_form.c.form_id == user_task.c.form_id,
        ),
    ),
    key=user_task.c.key,
    attributes={
        "userTaskKey": _key(user_task.c.key),
        "processInstanceKey": _of_process(user_task),
        "processDefinitionKey": _key(user_task.c.process_definition_key),
        "processDefinitionId": _text(user_task.c.process_id),
        "elementInstanceKey": _key(user_task.c.element_instance_key),
        "elementId": _text(user_task.c.element_id),
        "name": _text(_finnish(user_task.c.name), nothing=""),
        "businessId": _text(func.nullif(process_instance.c.business_id, ""), nothing=""),
        "state": _text(_TASK_STATE, stored=TASK_STATES),
        "assignee": _text(user_account.c.username, nothing=""),
        "priority": Attribute(column=user_task.c.priority, kind=_NUMBER),
        "creationDate": _moment(user_task.c.created_at),
        "completionDate": _moment(case((user_task.c.status == "completed", user_task.c.ended_at)), optional=True),
        "dueDate": _moment(_DUE, optional=True),
        "followUpDate": _moment(user_task.c.follow_up_at, optional=True),
    },
    order=(Order("creationDate"),),
)

_RETRIES_LEFT = case(
    (job.c.status == "ready", job.c.retries - job.c.attempts),
    (job.c.status == "leased", job.c.retries - job.c.attempts + 1),
    else_=0,
)
_JOB_STATE = case(
    (job.c.status.in_(("dead", "unknown")), literal("FAILED")),
    (and_(job.c.status == "ready", job.c.last_error != ""), literal("FAILED")),
    (job.c.status.in_(("ready", "leased")), literal("CREATED")),
    (job.c.status == "done", literal("COMPLETED")),
    else_=literal("CANCELED"),
)

_OF_EXECUTION = ("start", "end")
_JOB_KIND = case(
    (job.c.listener_event == "", literal("BPMN_ELEMENT")),
    (job.c.listener_event.in_(_OF_EXECUTION), literal("EXECUTION_LISTENER")),
    else_=literal("TASK_LISTENER"),
)
_LISTENER_EVENT = func.upper(func.coalesce(func.nullif(job.c.listener_event, ""), "unspecified"))

JOBS = Searchable(
    query=select(
        job,
        _RETRIES_LEFT.label("retries_left"),
        _JOB_STATE.label("state"),
        _JOB_KIND.label("kind"),
        _LISTENER_EVENT.label("listener_event_type"),
        process_key(job).label("process_key"),
        _PROCESS_ID.label("process_id"),
        _DEFINITION_KEY.label("process_definition_key"),
        func.coalesce(called_process.c.version, process_instance.c.version).label("version"),
        process_instance.c.business_id,
    )
    .select_from(job)
    .join(process_instance, process_instance.c.key == job.c.instance_key)
    .outerjoin(called_process, called_process.c.key == job.c.called_process_key),
    key=job.c.key,
    attributes={
        "jobKey": _key(job.c.key),
        "processInstanceKey": _of_process(job),
        "processDefinitionKey": _key(_DEFINITION_KEY),
        "processDefinitionId": _text(_PROCESS_ID),
        "elementInstanceKey": _key(job.c.element_instance_key),
        "elementId": _text(job.c.element_id),
        "type": _text(job.c.type),
        "worker": _text(job.c.owner),
        "errorMessage": _text(job.c.last_error),
        "state": _text(_JOB_STATE),
        "kind": _text(_JOB_KIND),
        "listenerEventType": _text(_LISTENER_EVENT),
        "retries": Attribute(column=_RETRIES_LEFT, kind=_NUMBER),
        "deadline": _moment(job.c.lease_until, optional=True),
        "creationTime": _moment(job.c.created_at),
        "endTime": _moment(job.c.ended_at, optional=True),
        "hasFailedWithRetriesLeft": Attribute(
            column=None,
            condition=lambda _, wanted: _failed_with_retries() if wanted else ~_failed_with_retries(),
        ),
    },
    order=(Order("creationTime"),),
)

#: the API's names of causes; what it has no name for is UNKNOWN, and the message says more
_LISTENER = select(job.c.listener_event).where(job.c.key == incident.c.job_key).scalar_subquery()
_ERROR_TYPE = case(
    (_LISTENER.in_(_OF_EXECUTION), literal("EXECUTION_LISTENER_NO_RETRIES")),
    (_LISTENER != "", literal("TASK_LISTENER_NO_RETRIES")),
    (incident.c.job_key.is_not(None), literal("JOB_NO_RETRIES")),
    (incident.c.code == "uncaught_error", literal("UNHANDLED_ERROR_EVENT")),
    (incident.c.code.in_(("no_flow", "condition_not_boolean")), literal("CONDITION_ERROR")),
    (incident.c.code == "decision_missing", literal("CALLED_DECISION_ERROR")),
    (incident.c.code.startswith("call", autoescape=True), literal("CALLED_ELEMENT_ERROR")),
    (incident.c.code.startswith("decision_", autoescape=True), literal("DECISION_EVALUATION_ERROR")),
    (incident.c.code.startswith("feel_", autoescape=True), literal("EXTRACT_VALUE_ERROR")),
    (incident.c.code.endswith("_value", autoescape=True), literal("EXTRACT_VALUE_ERROR")),
    else_=literal("UNKNOWN"),
)

INCIDENTS = Searchable(
    query=select(
        incident,
        process_key(incident).label("process_key"),
        _DEFINITION_KEY.label("process_definition_key"),
        _ERROR_TYPE.label("error_type"),
    )
    .select_from(incident)
    .join(process_instance, process_instance.c.key == incident.c.instance_key)
    .outerjoin(called_process, called_process.c.key == incident.c.called_process_key),
    key=incident.c.key,
    attributes={
        "incidentKey": _key(incident.c.key),
        "processInstanceKey": _of_process(incident),
        "processDefinitionKey": _key(_DEFINITION_KEY),
        "processDefinitionId": _text(incident.c.process_id),
        "elementInstanceKey": _key(incident.c.element_instance_key),
        "elementId": _text(incident.c.element_id),
        "jobKey": Attribute(column=incident.c.job_key, kind=_NUMBER, nothing=0),
        "errorMessage": _text(incident.c.message),
        "errorType": _text(_ERROR_TYPE),
        "state": _text(
            case((incident.c.status == "open", literal("open")), else_=literal("resolved")), stored=INCIDENT_STATES
        ),
        "creationTime": _moment(incident.c.opened_at),
    },
    order=(Order("creationTime", descending=True),),
)

DECISION_DEFINITIONS = Searchable(
    query=select(
        decision_definition.c.key,
        decision_definition.c.decision_id,
        decision_definition.c.version,
        decision_definition.c.content_hash,
        decision_definition.c.name,
        decision_definition.c.resource_name,
    ).select_from(decision_definition),
    key=decision_definition.c.key,
    attributes={
        "decisionDefinitionKey": _key(decision_definition.c.key),
        "decisionDefinitionId": _text(decision_definition.c.decision_id),
        "version": Attribute(column=decision_definition.c.version, kind=_NUMBER),
        "name": _text(_finnish(decision_definition.c.name), nothing=""),
        "isLatestVersion": Attribute(
            column=None,
            condition=lambda _, wanted: (
                _latest(decision_definition, decision_definition.c.decision_id)
                if wanted
                else ~_latest(decision_definition, decision_definition.c.decision_id)
            ),
        ),
    },
    order=(Order("decisionDefinitionId"), Order("version", descending=True)),
)

MESSAGE_SUBSCRIPTIONS = Searchable(
    query=select(
        message_subscription,
        process_key(message_subscription).label("process_key"),
        _DEFINITION_KEY.label("process_definition_key"),
    )
    .select_from(message_subscription)
    .join(process_instance, process_instance.c.key == message_subscription.c.instance_key)
    .outerjoin(called_process, called_process.c.key == message_subscription.c.called_process_key),
    key=message_subscription.c.key,
    attributes={
        "messageSubscriptionKey": _key(message_subscription.c.key),
        "processInstanceKey": _of_process(message_subscription),
        "processDefinitionKey": _key(_DEFINITION_KEY),
        "processDefinitionId": _text(message_subscription.c.process_id),
        "elementInstanceKey": _key(message_subscription.c.element_instance_key),
        "elementId": _text(message_subscription.c.element_id),
        "messageName": _text(message_subscription.c.message_name),
        "correlationKey": _text(message_subscription.c.correlation_key),
        "messageSubscriptionState": _text(message_subscription.c.status, stored=SUBSCRIPTION_STATES),
        "lastUpdatedDate": _moment(func.coalesce(message_subscription.c.ended_at, message_subscription.c.opened_at)),
    },
    order=(Order("lastUpdatedDate"),),
)
