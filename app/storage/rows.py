"""Frozen values that repositories give instead of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.actor import TaskRestriction
from app.domain.localized import LocalizedText
from app.domain.steps import ListenerEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A published process version; its XML is read only when the engine does not have it parsed."""

    key: int
    process_id: str
    version: int
    version_tag: str
    diagram_hash: str
    name: LocalizedText
    documentation: LocalizedText


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A process instance that this transaction has locked."""

    key: int
    definition_key: int
    process_id: str
    version: int
    case_key: int | None
    area_id: str
    organisation_id: str
    unit_id: str
    status: str
    state: bytes
    revision: int
    history_count: int
    open_incidents: int
    #: since when nothing of it goes on by itself, and no task of it can be completed
    paused_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A user task; `called_process_key` is that of the called process that it is of, None: the instance's own."""

    key: int
    instance_key: int
    called_process_key: int | None
    definition_key: int
    process_id: str
    element_id: str
    element_instance_key: int
    name: LocalizedText
    form_id: str | None
    status: str
    revision: int
    assignee: int | None
    candidate_groups: tuple[str, ...]
    candidate_users: tuple[str, ...]
    case_key: int | None
    area_id: str
    organisation_id: str
    unit_id: str
    priority: int
    due_at: datetime
    follow_up_at: datetime | None
    properties: Mapping[str, str]
    created_at: datetime
    ended_at: datetime | None
    completed_by: int | None
    #: when it was offered to its group again because nobody had done it, and who held it then (rule X2)
    escalated_at: datetime | None = None
    escalated_from: int | None = None
    #: who gave it to its holder (None: the pathway, or they took it themself), and to whom it returns
    assigned_by: int | None = None
    delegated_by: int | None = None
    #: what listeners look at now, "" nothing, and who asked for it; why it was last denied
    held_event: str = ""
    held_by: int | None = None
    denial: str = ""

    @property
    def restriction(self) -> TaskRestriction:
        """Whom the task is for: its roles and persons, in its area; in its unit where the diagram says so."""
        return TaskRestriction(
            candidate_roles=frozenset(self.candidate_groups),
            candidate_users=frozenset(self.candidate_users),
            assignee=self.assignee,
            area_id=self.area_id,
            unit_id=self.unit_id if self.properties.get("kyky.sameUnit") == "true" else "",
            case_key=self.case_key,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A piece of work that was promised; `called_process_key` as of a user task."""

    key: int
    instance_key: int
    called_process_key: int | None = None
    element_instance_key: int
    element_id: str
    type: str
    status: str
    retries: int
    attempts: int
    fence: int
    owner: str
    available_at: datetime
    created_at: datetime
    lease_until: datetime | None
    headers: Mapping[str, str]
    variables: Mapping[str, Any]
    #: a worker had it before and was not heard of any more: it may have begun the call, or made it
    interrupted: bool = False
    #: the moment at which a listener's job holds the element, "" the element's own work
    listener_event: str = ""

    @property
    def is_awaited(self) -> bool:
        """Whether the process waits for the job; listeners that are told of a cancelled task go their own way."""
        return self.listener_event != ListenerEvent.CANCELING


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A moment that an instance waits for."""

    key: int
    instance_key: int
    element_id: str
    due_at: datetime
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message or signal on its way to one instance, or a message that starts one."""

    key: int
    kind: str
    name: str
    message_key: int | None
    subscription_key: int | None
    instance_key: int | None
    definition_key: int | None
    element_id: str
    variables: Mapping[str, Any]
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A message that a running instance waits for."""

    key: int
    message_name: str
    element_id: str
    instance_key: int
    definition_key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that a person has to put right; `called_process_key` as of a user task."""

    key: int
    instance_key: int
    called_process_key: int | None
    process_id: str
    element_id: str
    element_instance_key: int
    job_key: int | None
    code: str
    message: str
    status: str
    opened_at: datetime
