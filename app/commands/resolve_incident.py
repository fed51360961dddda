"""Put an incident right: with changed data or as it is, the failed element is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands._record import record_step
from app.commands.unreadable_state import ensure_sound_state
from app.domain.actor import Actor, may_repair
from app.domain.errors import UNREADABLE_STATE, Conflict, InvalidInput, NotAllowed, Problem
from app.domain.steps import IncidentRetried, JobCompleted, Trigger, VariablesSet
from app.engine.run import advance
from app.published import locked_surroundings, process_of
from app.storage.rows import Incident, Instance
from app.storage.unit_of_work import UnitOfWork

#: what a person can decide about an outside call that may have had its effect
DECISIONS = ("retry", "done")


def resolve_incident(
    uow: UnitOfWork,
    *,
    incident_key: int,
    actor: Actor,
    now: datetime,
    note: str = "",
    decision: str = "retry",
    variables: Mapping[str, Any] | None = None,
) -> None:
    """
    Try the failed element again, after writing the variables given to the scope of its process.

    For a job that "may be done", `decision` done takes it as done, with the variables as its result.
    Two admins at once: one resolves it, the other is told so.

    :raises NotFound: no such incident
    :raises Conflict: it is resolved already
    :raises InstanceEnded: its instance has ended
    :raises NotAllowed: the actor may not repair instances
    :raises StateUnreadable: the instance's state cannot be read (still)
    """
    if not may_repair(actor):
        raise NotAllowed("resolve_incident")
    if decision not in DECISIONS:
        raise InvalidInput([Problem("unknown_decision", place="decision")])
    instance = uow.instances.lock_for_incident(incident_key)
    incident = uow.incidents.get(incident_key)
    if incident.status != "open":
        raise Conflict("the incident is resolved already")
    if incident.job_key is None or uow.jobs.get(incident.job_key).is_awaited:
        instance = uow.instances.lock_active(instance.key)
    if incident.job_key is None and incident.code in UNREADABLE_STATE:
        _resolve_state(uow, instance, incident, actor, variables or {}, note, now)
    elif incident.job_key is None:
        if variables:
            instance = _step(
                uow, instance, VariablesSet(scope_key=_process_key(incident), variables=variables), actor, now
            )
        _step(uow, instance, IncidentRetried(key=incident_key), actor, now)
        uow.incidents.resolve(incident_key, by=actor.user_key, note=note, now=now)
    else:
        _resolve_job(uow, instance, incident, actor, decision, variables or {}, note, now)
    uow.audit.add(
        actor=actor,
        action="incident_resolved",
        subject="incident",
        subject_key=incident_key,
        instance_key=instance.key,
        case_key=instance.case_key,
        reason=note,
        details={"code": incident.code, "decision": decision, "variables": sorted(variables or {})},
        now=now,
    )


def _resolve_state(
    uow: UnitOfWork,
    instance: Instance,
    incident: Incident,
    actor: Actor,
    variables: Mapping[str, Any],
    note: str,
    now: datetime,
) -> None:
    """Take the instance as put right if its state can be read by now; jobs that ran into it are tried again."""
    ensure_sound_state(uow, instance, now=now)
    uow.incidents.resolve(incident.key, by=actor.user_key, note=note, now=now)
    uow.instances.count_incidents(instance.key, change=-1)
    uow.jobs.revive_those_of(instance.key, errors=UNREADABLE_STATE, now=now)
    if variables:
        instance = uow.instances.lock_active(instance.key)
        _step(uow, instance, VariablesSet(scope_key=instance.key, variables=variables), actor, now)


def _resolve_job(
    uow: UnitOfWork,
    instance: Instance,
    incident: Incident,
    actor: Actor,
    decision: str,
    variables: Mapping[str, Any],
    note: str,
    now: datetime,
) -> None:
    if incident.job_key is None:
        return
    uow.incidents.resolve(incident.key, by=actor.user_key, note=note, now=now)
    uow.instances.count_incidents(instance.key, change=-1)
    if not uow.jobs.get(incident.job_key).is_awaited:
        _resolve_told(uow, incident.job_key, decision, variables, now)
        return
    instance = uow.instances.lock_active(instance.key)
    if decision == "done":
        uow.jobs.close([incident.job_key], completed=True, now=now)
        _step(uow, instance, JobCompleted(key=incident.job_key, variables=variables), actor, now)
        return
    if variables:
        _step(uow, instance, VariablesSet(scope_key=_process_key(incident), variables=variables), actor, now)
    if not uow.jobs.revive(incident.job_key, now=now):
        raise Conflict("the job is worked on already")


def _resolve_told(uow: UnitOfWork, job_key: int, decision: str, variables: Mapping[str, Any], now: datetime) -> None:
    """Try a job again that nothing waits for, or take it as done; its instance may have ended."""
    if variables:
        raise InvalidInput([Problem("job_result_of_cancelling", place="variables")])
    if decision == "done":
        uow.jobs.close([job_key], completed=True, now=now)
    elif not uow.jobs.revive(job_key, now=now):
        raise Conflict("the job is worked on already")


def _process_key(incident: Incident) -> int:
    """Return the scope of the process that has the incident: the instance's own or a called one."""
    return incident.called_process_key or incident.instance_key


def _step(uow: UnitOfWork, instance: Instance, trigger: Trigger, actor: Actor, now: datetime) -> Instance:
    process = process_of(uow, instance.definition_key)
    around = locked_surroundings(uow, process, instance, now=now)
    step = advance(process, instance.state, trigger, surroundings=around)
    record_step(uow, instance=instance, step=step, actor=actor, now=now)
    return uow.instances.lock(instance.key)


def set_variables(
    uow: UnitOfWork,
    *,
    instance_key: int,
    scope_key: int,
    variables: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    local: bool = False,
    reason: str = "",
) -> None:
    """
    Write variables of a running instance: local to the scope, or to where each name is declared.

    :raises NotFound: no such instance or scope
    :raises InstanceEnded: it has ended
    :raises NotAllowed: the actor may not repair instances
    """
    if not may_repair(actor):
        raise NotAllowed("set_variables")
    instance = uow.instances.lock_active(instance_key)
    _step(uow, instance, VariablesSet(scope_key=scope_key, variables=variables, local=local), actor, now)
    uow.audit.add(
        actor=actor,
        action="variables_set",
        subject="process_instance",
        subject_key=instance_key,
        instance_key=instance_key,
        case_key=instance.case_key,
        reason=reason,
        details={"scope": str(scope_key), "names": sorted(variables)},
        now=now,
    )
