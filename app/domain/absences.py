"""Somebody is away and somebody else does their tasks: for some days, and of some roles if so limited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from app.domain.actor import Actor, TaskRestriction, may_take

#: the longest absence, in days: who is away for longer hands their tasks over
LONGEST_ABSENCE = 366
#: characters of the note to the substitute
LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Days (in Finland, both ends included) on which `substitute_key` does the tasks of `user_key`."""

    key: int
    user_key: int
    user_name: str
    substitute_key: int
    substitute_name: str
    first_day: date
    last_day: date
    #: only tasks for one of these roles; empty = all
    roles: frozenset[str] = frozenset()
    note: str = field(default="", repr=False)

    def covers(self, day: date, *, roles: Iterable[str]) -> bool:
        """Tell whether the substitute does a task for these roles on the day."""
        return self.first_day <= day <= self.last_day and (not self.roles or not self.roles.isdisjoint(roles))


def stands_in(actor: Actor, *, task: TaskRestriction, absences: Iterable[Absence], day: date) -> bool:
    """
    Tell whether the actor may do the task of its holder on their behalf.

    Standing in opens nothing that the substitute could not take themself, were it free: it gives no right to see more.
    """
    return (
        task.assignee is not None
        and actor.user_key is not None
        and may_take(actor, task=task)
        and any(
            absence.user_key == task.assignee
            and absence.substitute_key == actor.user_key
            and absence.covers(day, roles=task.candidate_roles)
            for absence in absences
        )
    )
