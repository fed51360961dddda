"""
Who may call what. Each route names one rule; a route without a rule cannot be made.

A rule opens the door only: which of the things behind it a caller sees or changes (task, instance, job, message name)
is decided thing by thing in the query or the command. What is not theirs to know does not exist for them (404).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.actor import Actor, may_monitor, may_publish, may_repair
from app.domain.api_client import Caller, Scope
from app.domain.errors import NotAllowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`scope` None and `public` False: any program that is signed in. `summary` goes into the documents."""

    name: str
    summary: str
    scope: Scope | None = None
    allows: Callable[[Actor], bool] | None = None
    public: bool = False

    def ensure(self, caller: Caller) -> None:
        """
        Check that the caller may come in.

        :raises NotAllowed: the token is not for this, or none of the caller's roles is
        """
        if self.scope is not None and self.scope not in caller.scopes:
            raise NotAllowed("api_scope", scope=str(self.scope))
        if self.allows is not None and not self.allows(caller.actor):
            raise NotAllowed("api_role", rule=self.name)


PUBLIC = Rule(name="public", summary="Anybody; tells nothing about instances, people or clients.", public=True)
TOKEN = Rule(name="token", summary="Programs that show their id and secret.", public=True)
SIGNED_IN = Rule(name="signed_in", summary="Any program that is signed in.")
DEFINITIONS = Rule(
    name="definitions", summary="Published diagrams, decisions and forms hold no client data.", scope=Scope.PROCESSES
)
INSTANCES = Rule(
    name="instances",
    summary="Monitoring roles see every instance, others those that they started themselves.",
    scope=Scope.PROCESSES,
)
MONITOR = Rule(name="monitor", summary="Monitoring roles only.", scope=Scope.PROCESSES, allows=may_monitor)
PUBLISH = Rule(name="publish", summary="Publishing roles only.", scope=Scope.DEPLOY, allows=may_publish)
START = Rule(
    name="start",
    summary="The roles that the diagram names as its starters (kyky.startRoles), and publishing roles.",
    scope=Scope.START,
)
REPAIR = Rule(name="repair", summary="Repairing roles only.", scope=Scope.OPERATE, allows=may_repair)
TASKS = Rule(
    name="tasks",
    summary="Tasks that the service person holds, has completed, or may take; monitoring roles see all of them.",
    scope=Scope.TASKS,
)
JOBS = Rule(name="jobs", summary="Jobs of the job types that the program is registered for.", scope=Scope.JOBS)
MESSAGES = Rule(
    name="messages",
    summary="Messages and signals of the names that the program is registered for.",
    scope=Scope.MESSAGES,
)
DECISIONS = Rule(
    name="decisions", summary="Evaluation reads nothing but what is sent and keeps nothing.", scope=Scope.DECISIONS
)
