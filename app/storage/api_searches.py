"""The searches of the API over one connection."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, literal, or_, select, true

from app.domain.actor import Actor
from app.domain.errors import InvalidInput, Problem
from app.domain.searching import Found, Operator, Search, VariableCondition
from app.domain.variable_key import scope_range, variable_key
from app.storage.api_resources import (
    DECISION_DEFINITIONS,
    ELEMENT_INSTANCES,
    INCIDENTS,
    JOBS,
    MESSAGE_SUBSCRIPTIONS,
    PROCESS_DEFINITIONS,
    PROCESS_INSTANCES,
    USER_TASKS,
    VARIABLES,
    process_key,
    processes,
)
from app.storage.searching import compare, find
from app.storage.tables.definitions import form_definition, process_form
from app.storage.tables.instances import history, incident, job, process_instance, variable
from app.storage.tables.work import task_offer, user_task

#: tables whose rows belong to an instance, by the name that the API gives to their keys
_OF_INSTANCE = {"userTaskKey": user_task, "jobKey": job, "incidentKey": incident}


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The instance behind something that the API names by key, and the case behind the instance, where there is one."""

    instance_key: int
    case_key: int | None


class ApiSearches:
    """The searches of the API over one connection; who may see which rows comes as arguments."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def process_definitions(self, search: Search) -> Found:
        """Find published versions of processes."""
        return find(self._connection, PROCESS_DEFINITIONS, search)

    def decision_definitions(self, search: Search) -> Found:
        """Find published versions of decisions."""
        return find(self._connection, DECISION_DEFINITIONS, search)

    def process_instances(self, search: Search, *, started_by: int | None) -> Found:
        """Find instances; only those that one person started, unless None."""
        return find(
            self._connection,
            PROCESS_INSTANCES,
            search,
            *([] if started_by is None else [processes.c.started_by == started_by]),
            *(self._has_variable(item, processes.c.key) for item in search.variables),
        )

    def element_instances(self, search: Search, *, started_by: int | None) -> Found:
        """Find element instances; only of instances that one person started, unless None."""
        return find(self._connection, ELEMENT_INSTANCES, search, *_own(started_by))

    def incidents(self, search: Search, *, started_by: int | None) -> Found:
        """Find incidents; only of instances that one person started, unless None."""
        return find(self._connection, INCIDENTS, search, *_own(started_by))

    def jobs(self, search: Search) -> Found:
        """Find jobs."""
        return find(self._connection, JOBS, search)

    def job_rows(self, keys: Collection[int]) -> dict[int, dict[str, Any]]:
        """Return the jobs' rows by their keys; that of a task listener has the row of its task as `user_task`."""
        found = self._connection.execute(JOBS.query.where(JOBS.key.in_(keys)))
        rows = {row.key: dict(row._mapping) for row in found}  # noqa: SLF001 - SQLAlchemy's public name for it
        listening = [row["element_instance_key"] for row in rows.values() if row["kind"] == "TASK_LISTENER"]
        if listening:
            query = USER_TASKS.query.where(user_task.c.element_instance_key.in_(listening))
            tasks = {task.element_instance_key: task._mapping for task in self._connection.execute(query)}  # noqa: SLF001
            for row in rows.values():
                row["user_task"] = tasks.get(row["element_instance_key"])
        return rows

    def message_subscriptions(self, search: Search) -> Found:
        """Find what instances wait for."""
        return find(self._connection, MESSAGE_SUBSCRIPTIONS, search)

    def variables_in(self, scope_key: int, names: Collection[str]) -> dict[str, Any]:
        """Return the values of those of the variables that the scope declares."""
        query = select(variable.c.name, variable.c.value).where(
            variable.c.scope_key == scope_key, variable.c.name.in_(names)
        )
        return {row.name: row.value for row in self._connection.execute(query)}

    def variables(self, search: Search, *, instance_key: int | None = None, scope_keys: Collection[int] = ()) -> Found:
        """Find variables; only of one instance or of some scopes, where given."""
        narrowed = [variable.c.instance_key == instance_key] if instance_key is not None else []
        if scope_keys:
            narrowed.append(variable.c.scope_key.in_(scope_keys))
        named = [
            and_(variable.c.name == item.name, self._value(item)) if item.name else self._value(item)
            for item in search.variables
        ]
        return find(self._connection, VARIABLES, search, *narrowed, *named)

    def find_variable(self, key: int) -> dict[str, Any] | None:
        """Return the variable of the key of the API."""
        lowest, highest = scope_range(key)
        query = select(variable, process_key(variable).label("process_key"))
        rows = self._connection.execute(query.where(variable.c.scope_key.between(lowest, highest)))
        for row in rows:
            if variable_key(scope_key=row.scope_key, name=row.name) == key:
                return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
        return None

    def user_tasks(
        self,
        search: Search,
        *,
        viewer: Actor | None,
        candidate_group: tuple[Operator, Any] | None = None,
        candidate_user: tuple[Operator, Any] | None = None,
    ) -> Found:
        """Find user tasks; only those that the viewer holds, has completed or may take, unless None."""
        conditions = [] if viewer is None else [self._for_viewer(viewer)]
        for column, wanted in (
            (user_task.c.candidate_groups, candidate_group),
            (user_task.c.candidate_users, candidate_user),
        ):
            if wanted is not None:
                conditions.append(self._contains_one(column, *wanted))
        for item in search.variables:
            owner = user_task.c.element_instance_key if item.local else process_key(user_task)
            conditions.append(self._has_variable(item, owner))
        return find(self._connection, USER_TASKS, search, *conditions)

    def form_versions(self, keys: Collection[int]) -> dict[int, tuple[str, int]]:
        """Return form id and version of the forms by their keys."""
        rows = self._connection.execute(
            select(form_definition.c.key, form_definition.c.form_id, form_definition.c.version).where(
                form_definition.c.key.in_(keys)
            )
        )
        return {row.key: (row.form_id, row.version) for row in rows}

    def form_of(self, definition_key: int, form_id: str) -> int:
        """Return the key of the form version that the process version was published with."""
        key: int = self._connection.execute(
            select(process_form.c.form_definition_key).where(
                process_form.c.process_definition_key == definition_key, process_form.c.form_id == form_id
            )
        ).scalar_one()
        return key

    def instance_of_scope(self, key: int) -> tuple[int, int] | None:
        """Return the instance of an element instance (or of itself), and the scope where its variables begin."""
        if self._connection.execute(select(process_instance.c.key).where(process_instance.c.key == key)).first():
            return key, key
        row = self._connection.execute(
            select(history.c.instance_key).where(history.c.element_instance_key == key, history.c.event == "activated")
        ).first()
        return (row.instance_key, key) if row is not None else None

    def behind(self, name: str, key: int) -> Behind | None:
        """
        Return the instance that a key of the API belongs to, None where there is no such thing.

        `name` is what the API calls the key: processInstanceKey, elementInstanceKey, userTaskKey, jobKey, incidentKey
        or variableKey; keys of published things have no instance behind them.
        """
        instance_key: int | None = None
        if name == "variableKey":
            found = self.find_variable(key)
            instance_key = found["instance_key"] if found is not None else None
        elif name in ("elementInstanceKey", "processInstanceKey"):
            scope = self.instance_of_scope(key)
            instance_key = scope[0] if scope is not None else None
        elif name in _OF_INSTANCE:
            table = _OF_INSTANCE[name]
            instance_key = self._connection.scalar(select(table.c.instance_key).where(table.c.key == key))
        if instance_key is None:
            return None
        case_key = select(process_instance.c.case_key).where(process_instance.c.key == instance_key)
        return Behind(instance_key=instance_key, case_key=self._connection.scalar(case_key))

    def enclosing_scopes(self, element_instance_key: int) -> list[int]:
        """Return the scopes of an element from itself outwards to its process; a called one sees nothing outside."""
        scopes = [element_instance_key]
        while len(scopes) < 100:
            found = self._connection.execute(
                select(history.c.scope_key, history.c.called_process_key).where(
                    history.c.element_instance_key == scopes[-1], history.c.event == "activated"
                )
            ).one_or_none()
            if found is None or found.scope_key in scopes or found.called_process_key == scopes[-1]:
                break
            scopes.append(found.scope_key)
        return scopes

    # -- conditions that need more than a column -----------------------------------------------------------------

    def _has_variable(self, item: VariableCondition, scope_key: Any) -> ColumnElement[bool]:
        found: ColumnElement[bool] = (
            select(literal(1))
            .where(variable.c.scope_key == scope_key, variable.c.name == item.name, self._value(item))
            .exists()
        )
        return found

    def _value(self, item: VariableCondition) -> ColumnElement[bool]:
        """Return the condition on the value; values are compared as JSON, so the text "1" is not the number 1."""
        if item.operator is Operator.EXISTS:
            return true() if item.value else ~true()
        if item.operator not in (Operator.EQUAL, Operator.DIFFERENT, Operator.IN, Operator.NOT_IN):
            raise InvalidInput([Problem("operator_not_offered", place=f"filter.variables.{item.name}")])
        many = item.operator in (Operator.IN, Operator.NOT_IN)
        values = [_as_json(each) for each in (item.value if many else [item.value])]
        column = variable.c.value
        same = or_(~true(), *(column == literal(value, column.type) for value in values))
        return ~same if item.operator in (Operator.DIFFERENT, Operator.NOT_IN) else same

    def _contains_one(self, column: Any, operator: Operator, value: Any) -> ColumnElement[bool]:
        """Return whether the JSON list has an item that fulfils the comparison."""
        if operator not in (Operator.EQUAL, Operator.IN, Operator.LIKE):
            raise InvalidInput([Problem("operator_not_offered", place=f"filter.{column.name}")])
        if self._connection.dialect.name == "sqlite":
            items = func.json_each(column).table_valued("value")
        else:
            items = func.jsonb_array_elements_text(column).table_valued("value")
        condition = compare(self._connection, items.c.value, operator, value)
        found: ColumnElement[bool] = select(literal(1)).select_from(items).where(condition).exists()
        return found

    def _for_viewer(self, viewer: Actor) -> ColumnElement[bool]:
        """Return the condition of tasks that the viewer holds, has completed, or may take (domain.actor.may_take)."""
        named = self._contains_one(user_task.c.candidate_users, Operator.IN, [viewer.name, str(viewer.user_key)])
        offers = select(task_offer.c.task_key).where(task_offer.c.group_id.in_(viewer.roles))
        if viewer.areas is not None:
            offers = offers.where(task_offer.c.area_id.in_({*viewer.areas, ""}))
        same_unit = user_task.c.properties["kyky.sameUnit"].as_string()
        in_unit = or_(same_unit.is_(None), same_unit != "true", user_task.c.unit_id.in_(("", viewer.unit_id)))
        return or_(
            user_task.c.assignee == viewer.user_key,
            user_task.c.completed_by == viewer.user_key,
            and_(user_task.c.status == "open", named),
            and_(user_task.c.key.in_(offers), in_unit),
        )


def _own(started_by: int | None) -> list[ColumnElement[bool]]:
    return [] if started_by is None else [process_instance.c.started_by == started_by]


def _as_json(text: Any) -> Any:
    """Read a value as the API writes values of variables: JSON; what is no JSON is taken as the text itself."""
    try:
        return msgspec.json.decode(str(text))
    except (msgspec.DecodeError, RecursionError):
        return str(text)
