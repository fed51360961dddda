"""
The team's meeting (P04b e5): a day's clients one after the other, and who may sit in the room for which of them.

Each client is a task of their own pathway, whose form is the minutes. Whoever sits at the table hears what is said, so
the question of reading is asked of them too: of each attendee and each client anew (R-01, R-04, R-18).
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.domain.access import CaseRelation, Grant, Viewer, visible_groups
from app.domain.actor import Actor
from app.domain.sharing import DataGroup

#: the form of the task that is a client's turn in a meeting, and who leads one (domain.md P04b, f_tiimikokous)
MEETING_FORM = "f_tiimikokous"
LEADING_ROLES = frozenset({"r_tiimikoordinaattori"})
#: how long before its day a meeting may be prepared: attendance, and who will have to leave when
PREPARED_BEFORE = timedelta(days=14)
#: how long a client's turn lasts where the next one's time does not tell, in minutes
MINUTES_EACH = 30
#: who sits there hears who the client is and what is planned
_HEARD = (DataGroup.BASIC, DataGroup.PLAN)


class Presence(enum.StrEnum):
    """How somebody takes part; the codes of the form f_tiimikokous."""

    HERE = "lasna"
    REMOTE = "eta"
    AWAY = "este"


class Stay(enum.StrEnum):
    """Whether an attendee may be in the room for a client."""

    STAYS = "stays"
    #: while health is spoken of they are not there (R-18)
    NOT_HEALTH = "not_health"
    LEAVES = "leaves"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """A professional who takes part in the meeting: somebody of the product, or a guest of another organisation."""

    key: int
    user_key: int | None
    name: str
    role_id: str
    organisation_id: str
    organisation_type: str
    #: areas of their unit; None = works in every area
    areas: frozenset[str] | None
    presence: Presence

    @property
    def is_there(self) -> bool:
        """Whether they hear what is said, in the room or from afar."""
        return self.presence is not Presence.AWAY

    @property
    def viewer(self) -> Viewer:
        """The person as the access decision knows them."""
        return Viewer(
            user_key=self.user_key or 0,
            organisation_id=self.organisation_id,
            organisation_type=self.organisation_type,
            roles=frozenset({self.role_id}),
            areas=self.areas,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """The meeting of a unit on a day."""

    key: int
    unit_id: str
    area_id: str
    day: date
    leader_key: int
    opened_at: datetime
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """
    A client's turn in the meeting, once it has been taken: it is in hand until `left_at`.

    `spent` is what earlier takings lasted; `outside` are the keys of the attendees who have been seen to leave.
    """

    task_key: int
    case_key: int
    taken_at: datetime
    left_at: datetime | None
    spent: timedelta
    outside: frozenset[int]

    @property
    def in_hand(self) -> bool:
        """Whether it is the client whom the meeting speaks of now."""
        return self.left_at is None


def may_lead_meetings(actor: Actor) -> bool:
    """Tell whether the actor leads meetings of teams."""
    return actor.client_key is None and not actor.roles.isdisjoint(LEADING_ROLES)


def may_lead(actor: Actor, meeting: Meeting) -> bool:
    """Tell whether the actor leads this meeting: a coordinator at work in its unit."""
    return may_lead_meetings(actor) and actor.unit_id == meeting.unit_id


def stay_of(
    attendee: Attendee,
    *,
    leader_key: int,
    case: CaseRelation,
    grants: Iterable[Grant],
    restricted: Collection[DataGroup],
    at: datetime,
) -> Stay:
    """
    Decide whether the attendee may be there while the client is spoken of: what they might not read they do not hear.

    `grants` are those of the case, live or not. Whoever leads does the client's task, and stays.
    """
    if attendee.user_key == leader_key:
        return Stay.STAYS
    heard = visible_groups(viewer=attendee.viewer, case=case, grants=grants, at=at, restricted=restricted)
    if any(group not in heard for group in _HEARD):
        return Stay.LEAVES
    return Stay.STAYS if DataGroup.HEALTH in heard else Stay.NOT_HEALTH


def stays_of(
    attendees: Iterable[Attendee],
    *,
    leader_key: int,
    case: CaseRelation,
    grants: Iterable[Grant],
    restricted: Collection[DataGroup],
    at: datetime,
) -> dict[int, Stay]:
    """Return for each attendee who is there, by key, whether they may be there while the client is spoken of."""
    known = tuple(grants)
    return {
        each.key: stay_of(each, leader_key=leader_key, case=case, grants=known, restricted=restricted, at=at)
        for each in attendees
        if each.is_there
    }


def leaving(stays: Mapping[int, Stay]) -> frozenset[int]:
    """Return the keys of those who have to leave."""
    return frozenset(key for key, stay in stays.items() if stay is Stay.LEAVES)


def minutes_between(begins_at: datetime, following: datetime | None) -> int:
    """Return for how many minutes a turn is foreseen: to the next one's time, or MINUTES_EACH."""
    if following is None or following <= begins_at:
        return MINUTES_EACH
    return min(int((following - begins_at).total_seconds() // 60), 2 * MINUTES_EACH) or MINUTES_EACH
