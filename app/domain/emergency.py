"""
Break-glass: a client's data outside one's rights, in an emergency, for some hours, with a reason (R-20).

It is for social and health care only, where somebody's life or health depends on knowing. It opens reading and nothing
else; each opening is reviewed by the data protection officer.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.actor import Actor
from app.domain.permissions import ROLE_PERMISSIONS
from app.domain.retention import PROTECTION_ROLES
from app.domain.sharing import DataGroup

#: who treats people: in other organisations nobody's life depends on what the product holds
EMERGENCY_ORGANISATIONS = frozenset({"o_sote_keskus", "o_sosiaali", "o_erikoissairaanhoito"})
SUPERVISING_ROLES = frozenset({"r_esihenkilo"})
#: the limit that says how long an opening lasts
LASTS = "t_hatakaytto"
SHORTEST_REASON, LONGEST_REASON = 20, 1000


class Cause(enum.StrEnum):
    """What kind of emergency it is."""

    LIFE = "life"  # danger to the client's life or health
    OTHERS = "others"  # danger to a child's or another's
    CARE = "care"  # urgent care or help that cannot wait, the client being unable to consent


class Verdict(enum.StrEnum):
    """What the review came to."""

    JUSTIFIED = "justified"
    UNJUSTIFIED = "unjustified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Somebody has opened a case in an emergency; `reason` is what they wrote, "" where it is not shown."""

    key: int
    case_key: int
    case_number: str
    client_key: int
    controller_organisation_id: str
    user_key: int
    user_name: str
    organisation_id: str
    unit_id: str
    cause: Cause
    opened_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None
    reason: str = field(default="", repr=False)
    verdict: Verdict | None = None
    note: str = field(default="", repr=False)
    reviewed_at: datetime | None = None
    reviewed_by: str = ""

    @property
    def ended(self) -> datetime:
        """When it ended, or will end."""
        return self.ends_at if self.ended_at is None else min(self.ended_at, self.ends_at)

    def is_live(self, *, at: datetime) -> bool:
        """Tell whether it opens anything at that moment."""
        return self.opened_at <= at < self.ended


def may_break_glass(actor: Actor) -> bool:
    """Tell whether the actor may open a case in an emergency: a professional of social and health care."""
    if actor.client_key is not None or actor.organisation_type not in EMERGENCY_ORGANISATIONS:
        return False
    letters = [ROLE_PERMISSIONS[role] for role in actor.roles if role in ROLE_PERMISSIONS]
    # whoever only books times knows names and no more, in an emergency too
    return any((each.own - {DataGroup.BASIC}) or (each.shared and not each.own_referral) for each in letters)


def may_see_openings(actor: Actor) -> bool:
    """Tell whether the actor is shown who has opened cases: data protection officers, supervisors for their unit."""
    return not actor.roles.isdisjoint(PROTECTION_ROLES | SUPERVISING_ROLES)


def may_review(actor: Actor, opening: Opening) -> bool:
    """Tell whether the actor reviews the opening: an officer of the reader's organisation or of the register's."""
    return (
        not actor.roles.isdisjoint(PROTECTION_ROLES)
        and actor.organisation_id in (opening.organisation_id, opening.controller_organisation_id)
        and actor.user_key != opening.user_key
    )
