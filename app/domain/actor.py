"""Who acts: a person in one organisation and unit with roles, or the system itself; and what they may do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.domain.access import Viewer
from app.domain.sharing import DataGroup
from app.domain.statutes import by_statute

PUBLISHING_ROLES = frozenset({"r_prosessinomistaja"})
MONITORING_ROLES = frozenset({"r_yllapitaja", "r_prosessinomistaja"})
REPAIRING_ROLES = frozenset({"r_yllapitaja"})
ADMINISTERING_ROLES = frozenset({"r_yllapitaja"})
#: what clients and their representatives act as, in their own door
CLIENT_ROLE = "r_asiakas"
REPRESENTATIVE_ROLE = "r_edustaja"
#: who reads what was written freely in anonymous rounds: all rounds, or those of clients' feedback only
DEVELOPING_ROLES = frozenset({"r_kehittaja"})
CLIENT_PANEL_ROLES = frozenset({"r_asiakasraati"})
MEASURING_ROLES = frozenset({"r_kehittaja", "r_asiakasraati", "r_prosessinomistaja", "r_esihenkilo"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """
    A person at work in one unit at a time; the roles are those of that unit.

    `areas`: areas of the unit; None = works in every area. `user_key` is None for the system only. A client works
    nowhere: `client_key` says who it is, `case_keys` which cases are theirs, `mandate` for which data groups it is a
    representative who acts (None = the client in person), and `user_key` is the client's or the mandate's own key.
    """

    user_key: int | None
    name: str
    organisation_id: str = ""
    organisation_type: str = ""
    unit_id: str = ""
    roles: frozenset[str] = frozenset()
    areas: frozenset[str] | None = frozenset()
    language: str = "fi"
    client_key: int | None = None
    case_keys: frozenset[int] = frozenset()
    mandate: frozenset[DataGroup] | None = None

    @property
    def is_system(self) -> bool:
        """Tell whether this is the system and not a person."""
        return self.user_key is None

    @property
    def viewer(self) -> Viewer:
        """
        Return the person as the access decision knows them.

        :raises ValueError: the system looks at no client data
        """
        if self.user_key is None:
            raise ValueError("the system is no viewer of client data")
        return Viewer(
            user_key=self.user_key,
            organisation_id=self.organisation_id,
            organisation_type=self.organisation_type,
            unit_id=self.unit_id,
            roles=self.roles,
            areas=self.areas,
            client_key=self.client_key,
            mandate=self.mandate,
        )


#: workers and the scheduler act as this one
SYSTEM = Actor(user_key=None, name="system", areas=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRestriction:
    """
    Whom a user task is for: candidate roles and users, and in which organisation, unit and area ("" = any).

    Candidate users are user names or keys as text, as the diagram gives them.
    """

    candidate_roles: frozenset[str] = frozenset()
    candidate_users: frozenset[str] = frozenset()
    assignee: int | None = None
    organisation_id: str = ""
    unit_id: str = ""
    area_id: str = ""
    case_key: int | None = None


def may_act_in(actor: Actor, case_key: int | None) -> bool:
    """Tell whether a client may do anything at all in the case: it is theirs. For everybody else others decide that."""
    return actor.client_key is None or (case_key is not None and case_key in actor.case_keys)


def may_start(actor: Actor, *, starter_roles: Collection[str]) -> bool:
    """Tell whether the actor may start a process that these roles may start; no roles named = nobody but the system."""
    return actor.is_system or not actor.roles.isdisjoint(starter_roles)


def may_take(actor: Actor, *, task: TaskRestriction) -> bool:
    """
    Tell whether the actor may claim and complete the task, were it free.

    A named candidate may whatever their roles; else a candidate role, held in the task's organisation, unit and area.
    A client may in their own cases only, where the task is for clients.
    """
    if actor.user_key is None:
        return False
    if actor.client_key is not None:
        return may_act_in(actor, task.case_key) and not actor.roles.isdisjoint(task.candidate_roles)
    if not task.candidate_users.isdisjoint({str(actor.user_key), actor.name}):
        return True
    if actor.roles.isdisjoint(task.candidate_roles):
        return False
    return (
        task.organisation_id in ("", actor.organisation_id)
        and task.unit_id in ("", actor.unit_id)
        and (not task.area_id or actor.areas is None or task.area_id in actor.areas)
    )


def may_complete(actor: Actor, *, task: TaskRestriction) -> bool:
    """Tell whether the actor may complete the task: theirs, or free and one that they may take."""
    if actor.user_key is not None and task.assignee == actor.user_key:
        return True
    return task.assignee is None and may_take(actor, task=task)


def may_publish(actor: Actor) -> bool:
    """Tell whether the actor may publish processes, decisions and forms."""
    return actor.is_system or not actor.roles.isdisjoint(PUBLISHING_ROLES)


def may_edit_models(actor: Actor) -> bool:
    """Tell whether the actor may draw in the studio: what only they may publish, only they may draft."""
    return not actor.roles.isdisjoint(PUBLISHING_ROLES)


def may_monitor(actor: Actor) -> bool:
    """Tell whether the actor may see running instances and what is stuck, without client data."""
    return not actor.roles.isdisjoint(MONITORING_ROLES)


def may_change_limits(actor: Actor) -> bool:
    """Tell whether the actor may change time limits and thresholds: process owners and those who repair."""
    return not actor.roles.isdisjoint(PUBLISHING_ROLES | REPAIRING_ROLES)


def may_repair(actor: Actor) -> bool:
    """Tell whether the actor may retry, modify, migrate and cancel instances."""
    return not actor.roles.isdisjoint(REPAIRING_ROLES)


def may_administer(actor: Actor) -> bool:
    """Tell whether the actor may change users, organisations and reference data; gives no client data."""
    return not actor.roles.isdisjoint(ADMINISTERING_ROLES)


def may_see_measures(actor: Actor) -> bool:
    """Tell whether the actor may see aggregated numbers."""
    return not actor.roles.isdisjoint(MEASURING_ROLES)


def may_read_survey(actor: Actor, *, of_clients: bool) -> bool:
    """Tell whether the actor may read a round of anonymous answers; the client panel those of clients' feedback."""
    return not actor.roles.isdisjoint(DEVELOPING_ROLES | (CLIENT_PANEL_ROLES if of_clients else frozenset()))


def may_name_statute(actor: Actor) -> bool:
    """Tell whether a statute that the actor names could open anything to them (R-05)."""
    if actor.client_key is not None or actor.user_key is None:
        return False
    return bool(by_statute(roles=actor.roles, organisation_type=actor.organisation_type))
