"""User tasks: find, take, give, change, complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from app.commands.direct_task import TaskChange, assign_task, change_task, unassign_task
from app.commands.program_tasks import complete_program_task
from app.domain.searching import Operator, Search
from app.domain.steps import EXTERNAL_FORM
from app.queries.api_reads import find_task_variables, find_user_tasks, get_task_form, get_user_task
from app.storage.api_resources import TASK_STATES
from app.storage.types import NEVER
from app.web.api import bodies, rules
from app.web.api.bodies import TENANT, Answer, Body, Results, SearchBody
from app.web.api.elements import VariableLine, truncates, value_conditions, variable_line
from app.web.api.process_definitions import Form, form
from app.web.api.routing import Call, Route
from app.web.api.texts import said
from app.web.shell import now

_STATES = {stored: state for state, stored in TASK_STATES.items()}
_CHOICES = {"state": frozenset({*TASK_STATES, "CREATING", "CANCELING", "FAILED"})}
_LEFT = frozenset({"candidateGroup", "candidateUser", "processInstanceVariables", "localVariables", "$or"})


class TaskConditions(Body):
    """What user tasks must fulfil, all of it."""

    user_task_key: bodies.KeyText | UnsetType = UNSET
    process_instance_key: bodies.Key = UNSET
    process_definition_key: bodies.Key = UNSET
    process_definition_id: bodies.Text = UNSET
    element_instance_key: bodies.KeyText | UnsetType = UNSET
    element_id: str | UnsetType = UNSET
    name: bodies.Text = UNSET
    business_id: bodies.Text = UNSET
    state: bodies.Text = UNSET
    assignee: bodies.Text = UNSET
    priority: bodies.Number = UNSET
    creation_date: bodies.When = UNSET
    completion_date: bodies.When = UNSET
    due_date: bodies.When = UNSET
    follow_up_date: bodies.When = UNSET
    tenant_id: bodies.Text = UNSET


class TaskFilter(TaskConditions):
    """Which user tasks; of the groups in $or at least one must hold too."""

    candidate_group: bodies.Text = UNSET
    candidate_user: bodies.Text = UNSET
    process_instance_variables: list[bodies.VariableFilter] | UnsetType = UNSET
    local_variables: list[bodies.VariableFilter] | UnsetType = UNSET
    alternatives: list[TaskConditions] | UnsetType = field(default=UNSET, name="$or")


class TaskSearch(SearchBody):
    """A search of user tasks."""

    filter: TaskFilter = msgspec.field(default_factory=TaskFilter)


class UserTask(Answer):
    """A user task. It holds no client data; its form asks for some."""

    user_task_key: str
    name: str | None
    state: str
    assignee: str | None
    candidate_groups: list[str]
    candidate_users: list[str]
    priority: int
    creation_date: bodies.Moment
    completion_date: bodies.Moment | None
    due_date: bodies.Moment | None
    follow_up_date: bodies.Moment | None
    element_id: str
    element_instance_key: str
    process_instance_key: str
    root_process_instance_key: str
    process_definition_key: str
    process_definition_id: str
    process_definition_version: int
    process_name: str | None
    form_key: str | None
    business_id: str | None
    custom_headers: dict[str, str]
    external_form_reference: str | None = None
    tags: list[str] = []
    tenant_id: str = TENANT


def search(call: Call) -> Results[UserTask]:
    """Search user tasks."""
    body: TaskSearch = call.body
    wished = body.filter
    groups = [] if wished.alternatives is UNSET else list(wished.alternatives)
    wanted = bodies.read_search(
        body,
        found=bodies.conditions(wished, choices=_CHOICES, leave=_LEFT),
        alternatives=tuple(bodies.conditions(group, choices=_CHOICES) for group in groups),
        variables=(
            *bodies.variable_conditions(wished.process_instance_variables),
            *bodies.variable_conditions(wished.local_variables, local=True),
        ),
    )
    found = call.read(
        lambda uow, caller: find_user_tasks(
            uow,
            search=wanted,
            actor=caller.actor,
            candidate_group=_first(wished.candidate_group),
            candidate_user=_first(wished.candidate_user),
        )
    )
    return bodies.results(found, _line)


def _first(value: Any) -> tuple[Operator, Any] | None:
    found = [] if value is UNSET else bodies.comparisons(value)
    return found[0] if found else None


def show(call: Call) -> UserTask:
    """Show a user task."""
    return _line(call.read(lambda uow, caller: get_user_task(uow, key=call.key, actor=caller.actor)))


def _line(row: Mapping[str, Any]) -> UserTask:
    return UserTask(
        user_task_key=str(row["key"]),
        name=said(row["name"]) or None,
        state=_STATES[row["state"]],
        assignee=row["assignee_name"],
        candidate_groups=list(row["candidate_groups"]),
        candidate_users=list(row["candidate_users"]),
        priority=row["priority"],
        creation_date=row["created_at"],
        completion_date=row["ended_at"] if row["status"] == "completed" else None,
        due_date=None if row["due_at"] == NEVER else row["due_at"],
        follow_up_date=row["follow_up_at"],
        element_id=row["element_id"],
        element_instance_key=str(row["element_instance_key"]),
        process_instance_key=str(row["process_key"]),
        root_process_instance_key=str(row["instance_key"]),
        process_definition_key=str(row["process_definition_key"]),
        process_definition_id=row["process_id"],
        process_definition_version=row["version"],
        process_name=said(row["process_name"]) or None,
        form_key=None if row["form_definition_key"] is None else str(row["form_definition_key"]),
        business_id=row["business_id"] or None,
        custom_headers={name: str(value) for name, value in row["properties"].items() if name != EXTERNAL_FORM},
        external_form_reference=row["properties"].get(EXTERNAL_FORM),
    )


def show_form(call: Call) -> Form | None:
    """Show the form of a user task."""
    row = call.read(lambda uow, caller: get_task_form(uow, key=call.key, actor=caller.actor))
    return None if row is None else form(row)


class TaskVariableConditions(Body):
    """Which variables."""

    name: bodies.Text = UNSET
    value: bodies.Text = UNSET


class TaskVariableSearch(SearchBody):
    """A search of the variables that a user task sees."""

    filter: TaskVariableConditions = msgspec.field(default_factory=TaskVariableConditions)


def search_variables(call: Call) -> Results[VariableLine]:
    """Search the variables of all scopes that the task sees."""
    return _variables(call, effective=False)


def search_effective_variables(call: Call) -> Results[VariableLine]:
    """Search the variables that the task sees, of each name the innermost."""
    return _variables(call, effective=True)


def _variables(call: Call, *, effective: bool) -> Results[VariableLine]:
    body: TaskVariableSearch = call.body
    wanted: Search = bodies.read_search(
        body,
        found=bodies.conditions(body.filter, leave=frozenset({"value"})),
        variables=value_conditions(body.filter.value),
    )
    cut = truncates()
    found = call.read(
        lambda uow, caller: find_task_variables(
            uow, key=call.key, search=wanted, actor=caller.actor, effective=effective
        )
    )
    return bodies.results(found, lambda row: variable_line(row, cut=cut))


class Assignment(Body):
    """To whom (a user name), and whether somebody who has the task may lose it by that."""

    assignee: bodies.Name
    allow_override: bool | None = True
    action: str | None = None


def assign(call: Call) -> None:
    """Give a task to somebody: to oneself, or as a supervisor to another."""
    body: Assignment = call.body
    call.run(
        lambda uow, caller: assign_task(
            uow,
            task_key=call.key,
            username=body.assignee,
            may_replace=body.allow_override is not False,
            actor=caller.actor,
            now=now(),
        )
    )


def unassign(call: Call) -> None:
    """Give a task back to its group."""
    call.run(lambda uow, caller: unassign_task(uow, task_key=call.key, actor=caller.actor, now=now()))


class Changes(Body):
    """What to change; an empty date or list takes it away, null leaves it."""

    due_date: Annotated[str, Meta(max_length=40)] | None = None
    follow_up_date: Annotated[str, Meta(max_length=40)] | None = None
    candidate_groups: Annotated[list[bodies.Name], Meta(max_length=100)] | None = None
    candidate_users: Annotated[list[bodies.Name], Meta(max_length=100)] | None = None
    priority: Annotated[int, Meta(ge=0, le=100)] | None = None


class TaskUpdate(Body):
    """A change of a task."""

    changeset: Changes | None = None
    action: str | None = None


def update(call: Call) -> None:
    """Change dates, priority or candidates of a task."""
    body: TaskUpdate = call.body
    changes = body.changeset or Changes()
    dates = {"due_at": changes.due_date, "follow_up_at": changes.follow_up_date}
    moments = {name: bodies.moment(value, place="changeset") for name, value in dates.items()}
    change = TaskChange(
        due_at=moments["due_at"],
        follow_up_at=moments["follow_up_at"],
        priority=changes.priority,
        candidate_groups=changes.candidate_groups,
        candidate_users=changes.candidate_users,
        clear=frozenset(name for name, value in dates.items() if value == ""),
    )
    call.run(lambda uow, caller: change_task(uow, task_key=call.key, change=change, actor=caller.actor, now=now()))


class Completion(Body):
    """The answers: keys of the task's form, typed by it; where there is no form, variables of the process."""

    variables: bodies.Variables | None = None
    action: str | None = None


def complete(call: Call) -> None:
    """Complete a task."""
    body: Completion = call.body
    call.run(
        lambda uow, caller: complete_program_task(
            uow,
            task_key=call.key,
            values=body.variables or {},
            language=call.language,
            caller=caller,
            now=now(),
        )
    )


_ONE = "/v2/user-tasks/{userTaskKey}"
_CHANGED = (404, 409)
ROUTES = (
    Route(
        method="POST",
        path="/v2/user-tasks/search",
        operation="search_user_tasks",
        summary="Search user tasks",
        rule=rules.TASKS,
        view=search,
        takes=TaskSearch,
        body_optional=True,
        gives=Results[UserTask],
    ),
    Route(
        method="GET",
        path=_ONE,
        operation="get_user_task",
        summary="A user task",
        rule=rules.TASKS,
        view=show,
        gives=UserTask,
        errors=(404,),
    ),
    Route(
        method="PATCH",
        path=_ONE,
        operation="update_user_task",
        summary="Change dates, priority or candidates (supervisors of the task's unit, repairing roles)",
        rule=rules.TASKS,
        view=update,
        takes=TaskUpdate,
        body_optional=True,
        errors=_CHANGED,
    ),
    Route(
        method="GET",
        path=f"{_ONE}/form",
        operation="get_user_task_form",
        summary="The form of a user task in the version of its process; 204 where it has none",
        rule=rules.TASKS,
        view=show_form,
        gives=Form,
        errors=(404,),
    ),
    Route(
        method="POST",
        path=f"{_ONE}/assignment",
        operation="assign_user_task",
        summary="Take a task, or give it to another of its candidates (supervisors, repairing roles)",
        rule=rules.TASKS,
        view=assign,
        takes=Assignment,
        errors=_CHANGED,
    ),
    Route(
        method="DELETE",
        path=f"{_ONE}/assignee",
        operation="unassign_user_task",
        summary="Give a task back to its group",
        rule=rules.TASKS,
        view=unassign,
        errors=_CHANGED,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/completion",
        operation="complete_user_task",
        summary="Complete a task; answers that go to the care core need the scope `care` and are logged",
        rule=rules.TASKS,
        view=complete,
        takes=Completion,
        body_optional=True,
        errors=_CHANGED,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/variables/search",
        operation="search_user_task_variables",
        summary="Search the variables of all scopes that an open task sees",
        rule=rules.TASKS,
        view=search_variables,
        takes=TaskVariableSearch,
        body_optional=True,
        gives=Results[VariableLine],
        query={"truncateValues": {"type": "boolean", "default": True}},
        errors=(404,),
    ),
    Route(
        method="POST",
        path=f"{_ONE}/effective-variables/search",
        operation="search_user_task_effective_variables",
        summary="Search the variables that an open task sees, of each name the innermost",
        rule=rules.TASKS,
        view=search_effective_variables,
        takes=TaskVariableSearch,
        body_optional=True,
        gives=Results[VariableLine],
        query={"truncateValues": {"type": "boolean", "default": True}},
        errors=(404,),
    ),
)
