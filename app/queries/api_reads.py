"""
What the API reads, each with its rule: monitoring roles see every instance, others those that they started themselves.

None of these holds client data: answers of clients never are variables (design.md 4). What is not for the actor to know
does not exist for them; that they asked for it is logged as a refused attempt, as on the pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.domain.actor import Actor, may_monitor, may_take
from app.domain.errors import Concealed, NotAllowed, NotFound
from app.domain.localized import LocalizedText
from app.domain.searching import Condition, Found, Operator, Search
from app.published import process_of
from app.storage.rows import Task
from app.storage.unit_of_work import UnitOfWork

Row = Mapping[str, Any]


# -- published ---------------------------------------------------------------------------------------------------


def find_process_definitions(uow: UnitOfWork, *, search: Search) -> Found:
    """Return published versions of processes, each with whether it begins with a form."""
    found = uow.api_searches.process_definitions(search)
    rows = tuple({**row, "has_start_form": _has_start_form(uow, row["key"])} for row in found.rows)
    return replace(found, rows=rows)


def get_process_definition(uow: UnitOfWork, *, key: int) -> Row:
    """Return a published version. :raises NotFound: no such version"""
    return _one(find_process_definitions(uow, search=_by("processDefinitionKey", key)), "process definition", key)


def get_process_xml(uow: UnitOfWork, *, key: int) -> bytes:
    """Return the diagram as it was published. :raises NotFound: no such version"""
    return uow.definitions.xml(key)


def _has_start_form(uow: UnitOfWork, key: int) -> bool:
    return any(event.form_id for event in process_of(uow, key).outline.start_events)


def get_start_form(uow: UnitOfWork, *, key: int) -> Row | None:
    """Return the form that the process begins with, None where there is none. :raises NotFound: no such version"""
    events = process_of(uow, key).outline.start_events
    form_id = next((event.form_id for event in events if event.form_id), None)
    return _form(uow, key, form_id) if form_id else None


def find_decision_definitions(uow: UnitOfWork, *, search: Search) -> Found:
    """Return published versions of decisions."""
    return uow.api_searches.decision_definitions(search)


def get_decision_definition(uow: UnitOfWork, *, key: int) -> Row:
    """Return a published version. :raises NotFound: no such version"""
    found = uow.api_searches.decision_definitions(_by("decisionDefinitionKey", key))
    return _one(found, "decision definition", key)


def get_decision_xml(uow: UnitOfWork, *, key: int) -> bytes:
    """Return the DMN file as it was published. :raises NotFound: no such version"""
    return uow.definitions.decision_xml(key)


# -- instances ---------------------------------------------------------------------------------------------------


def _started_by(actor: Actor) -> int | None:
    """Return whose instances the actor sees: None stands for everybody's."""
    return None if may_monitor(actor) else actor.user_key


def find_process_instances(uow: UnitOfWork, *, search: Search, actor: Actor) -> Found:
    """
    Return the instances that the actor may see.

    :raises NotAllowed: asks by variables, which the actor may not see
    """
    if search.variables and not may_monitor(actor):
        raise NotAllowed("api_variables")
    return uow.api_searches.process_instances(search, started_by=_started_by(actor))


def get_process_instance(uow: UnitOfWork, *, key: int, actor: Actor) -> Row:
    """Return an instance. :raises NotFound: there is none :raises Concealed: not for the actor"""
    found = uow.api_searches.process_instances(_by("processInstanceKey", key), started_by=_started_by(actor))
    return _own(uow, found, "processInstanceKey", key)


def list_sequence_flows(uow: UnitOfWork, *, key: int, actor: Actor) -> tuple[Row, Sequence[str]]:
    """Return the instance and the sequence flows that it took; refuses as `get_process_instance`."""
    row = get_process_instance(uow, key=key, actor=actor)
    return row, uow.monitor.taken_flows(row["instance_key"], process_key=key)


def find_element_instances(uow: UnitOfWork, *, search: Search, actor: Actor) -> Found:
    """Return element instances of instances that the actor may see, each with its element's name."""
    return _named(uow, uow.api_searches.element_instances(search, started_by=_started_by(actor)))


def get_element_instance(uow: UnitOfWork, *, key: int, actor: Actor) -> Row:
    """Return an element instance. :raises NotFound: there is none :raises Concealed: not for the actor"""
    found = find_element_instances(uow, search=_by("elementInstanceKey", key), actor=actor)
    return _own(uow, found, "elementInstanceKey", key)


def _named(uow: UnitOfWork, found: Found) -> Found:
    names: dict[int, dict[str, LocalizedText]] = {}
    for row in found.rows:
        key = row["process_definition_key"]
        if key not in names:
            outline = process_of(uow, key).outline
            names[key] = {element.element_id: element.name for element in outline.elements}
            names[key][outline.process_id] = outline.name
    rows = tuple({**row, "name": names[row["process_definition_key"]].get(row["element_id"], {})} for row in found.rows)
    return replace(found, rows=rows)


def find_incidents(uow: UnitOfWork, *, search: Search, actor: Actor) -> Found:
    """Return incidents of instances that the actor may see."""
    return uow.api_searches.incidents(search, started_by=_started_by(actor))


def get_incident(uow: UnitOfWork, *, key: int, actor: Actor) -> Row:
    """Return an incident. :raises NotFound: there is none :raises Concealed: not for the actor"""
    return _own(uow, find_incidents(uow, search=_by("incidentKey", key), actor=actor), "incidentKey", key)


def find_variables(uow: UnitOfWork, *, search: Search) -> Found:
    """Return variables; the door lets in monitoring roles only."""
    return uow.api_searches.variables(search)


def get_variable(uow: UnitOfWork, *, key: int) -> Row:
    """Return a variable. :raises NotFound: no such variable"""
    found = uow.api_searches.find_variable(key)
    if found is None:
        raise NotFound("variable", key)
    return found


def result_of(uow: UnitOfWork, *, key: int, actor: Actor) -> dict[str, Any] | None:
    """
    Return the variables with which an instance of the actor has ended, None while it runs.

    :raises NotFound: none that the actor may see
    """
    row = get_process_instance(uow, key=key, actor=actor)
    if row["status"] == "active":
        return None
    found = uow.api_searches.variables(Search(limit=1000), scope_keys=[key])
    return {item["name"]: item["value"] for item in found.rows}


def find_jobs(uow: UnitOfWork, *, search: Search) -> Found:
    """Return jobs; the door lets in monitoring roles only."""
    return uow.api_searches.jobs(search)


def find_message_subscriptions(uow: UnitOfWork, *, search: Search) -> Found:
    """Return what instances wait for; the door lets in monitoring roles only."""
    return uow.api_searches.message_subscriptions(search)


# -- user tasks --------------------------------------------------------------------------------------------------


def find_user_tasks(
    uow: UnitOfWork,
    *,
    search: Search,
    actor: Actor,
    candidate_group: tuple[Operator, Any] | None = None,
    candidate_user: tuple[Operator, Any] | None = None,
) -> Found:
    """
    Return the user tasks that the actor may see.

    :raises NotAllowed: asks by variables, which the actor may not see
    """
    if search.variables and not may_monitor(actor):
        raise NotAllowed("api_variables")
    return uow.api_searches.user_tasks(
        search,
        viewer=None if may_monitor(actor) else actor,
        candidate_group=candidate_group,
        candidate_user=candidate_user,
    )


def get_user_task(uow: UnitOfWork, *, key: int, actor: Actor) -> Row:
    """Return a user task. :raises NotFound: there is none :raises Concealed: not for the actor"""
    return _own(uow, find_user_tasks(uow, search=_by("userTaskKey", key), actor=actor), "userTaskKey", key)


def ensure_visible(task: Task, actor: Actor) -> None:
    """
    Check that the actor may know of the task.

    :raises Concealed: it is not for them
    """
    own = actor.user_key is not None and actor.user_key in (task.assignee, task.completed_by)
    if not (own or may_monitor(actor) or may_take(actor, task=task.restriction)):
        raise Concealed("user task", task.key, case_key=task.case_key)


def get_task_form(uow: UnitOfWork, *, key: int, actor: Actor) -> Row | None:
    """Return the form of a user task, None where it has none. :raises NotFound, Concealed: none for the actor"""
    task = uow.tasks.get(key)
    ensure_visible(task, actor)
    return _form(uow, task.definition_key, task.form_id) if task.form_id else None


def find_task_variables(uow: UnitOfWork, *, key: int, search: Search, actor: Actor, effective: bool = False) -> Found:
    """
    Return the variables that the task sees in its scopes; with `effective` only the innermost of each name.

    For those who work on it now, or monitor: whoever had the task before has no more business with what came after.

    :raises NotFound: no task that the actor may see
    """
    task = uow.tasks.get(key)
    ensure_visible(task, actor)
    works_on_it = task.status == "open" and (task.assignee == actor.user_key or may_take(actor, task=task.restriction))
    if not (works_on_it or may_monitor(actor)):
        raise NotAllowed("api_variables")
    scopes = uow.api_searches.enclosing_scopes(task.element_instance_key)
    found = uow.api_searches.variables(search, scope_keys=scopes)
    if not effective:
        return found
    distance = {scope: number for number, scope in enumerate(scopes)}
    nearest: dict[str, Row] = {}
    for row in found.rows:
        known = nearest.get(row["name"])
        if known is None or distance[row["scope_key"]] < distance[known["scope_key"]]:
            nearest[row["name"]] = row
    rows = tuple(row for row in found.rows if nearest[row["name"]] is row)
    return replace(found, rows=rows, total=len(rows))


def _form(uow: UnitOfWork, definition_key: int, form_id: str) -> Row:
    source = uow.definitions.form_source(definition_key, form_id)
    key = uow.api_searches.form_of(definition_key, form_id)
    _, version = uow.api_searches.form_versions([key])[key]
    return {"form_id": form_id, "key": key, "version": version, "source": source}


def deployed_forms(uow: UnitOfWork, *, keys: Sequence[int]) -> Mapping[int, tuple[str, int]]:
    """Return form id and version of the forms by their keys."""
    return uow.api_searches.form_versions(keys)


def _by(attribute: str, key: int) -> Search:
    return Search(conditions=(Condition(attribute, Operator.EQUAL, key),), limit=1)


def _one(found: Found, kind: str, key: int) -> Row:
    if not found.rows:
        raise NotFound(kind, key)
    return found.rows[0]


def _own(uow: UnitOfWork, found: Found, name: str, key: int) -> Row:
    """Return what was found; what is there and was not for the actor is concealed, `name` being that of its key."""
    if found.rows:
        return found.rows[0]
    behind = uow.api_searches.behind(name, key)
    if behind is None:
        raise NotFound(_KINDS[name], key)
    raise Concealed(_KINDS[name], key, case_key=behind.case_key)


#: what the log calls the things of an instance, by the name of their key
_KINDS = {
    "processInstanceKey": "process instance",
    "elementInstanceKey": "element instance",
    "incidentKey": "incident",
    "userTaskKey": "user task",
}


def answers_reads(uow: UnitOfWork) -> None:
    """Read something small. :raises Unavailable: the database is away"""
    uow.api_clients.unit_exists("")
