"""
Reading on a statute that the reader names (R-05): which ground, of which data groups, for how long, with what reason.

Denied unless everything says so: the county's lawyer has listed the reader's kind of organisation for the ground
(`readers` in processes/shared/reference/processing_grounds.json), the ground covers the group, and the table
`dmn_tietojen_jako` says "laki" for it. It opens reading and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.permissions import ROLE_PERMISSIONS
from app.domain.sharing import NEVER_HEALTH, DataGroup, Opening, cell

#: the limit that says how long a naming lasts
LASTS = "t_lakiperuste"
SHORTEST_REASON, LONGEST_REASON = 20, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedStatute:
    """A law that a reader has named for a case, by its number ("381/2023"), and the data groups that it opens."""

    number: str
    groups: frozenset[DataGroup]


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """Somebody has named a ground for reading a case; `reason` is what they wrote, "" where it is not shown."""

    key: int
    case_key: int
    user_name: str
    ground_id: str
    statute: NamedStatute
    opened_at: datetime
    ends_at: datetime
    reason: str = field(default="", repr=False)


def openable_groups(
    *, roles: Collection[str], organisation_type: str, ground: Mapping[str, Any]
) -> frozenset[DataGroup]:
    """Return the data groups that the ground (a row of the reference data) opens to the roles in other registers."""
    if organisation_type not in ground.get("readers", ()) or not ground.get("number"):
        return frozenset()
    return by_statute(roles=roles, organisation_type=organisation_type) & frozenset(ground["groups"])


def by_statute(*, roles: Collection[str], organisation_type: str) -> frozenset[DataGroup]:
    """Return the data groups that a statute could open to the roles: by the table, and by the letters they have."""
    letters = [ROLE_PERMISSIONS[role] for role in roles if role in ROLE_PERMISSIONS]
    shared = frozenset[DataGroup]().union(*(role.shared for role in letters if not role.own_referral))
    never = {DataGroup.HEALTH} if organisation_type in NEVER_HEALTH else set()
    return frozenset(
        group
        for group in shared - never
        if Opening.STATUTE in cell(organisation_type=organisation_type, data_group=group).opening
    )


def number_of(statutes: Collection[NamedStatute], group: DataGroup) -> str:
    """Return the number of a named law that opens the group, "" where none does."""
    return next((statute.number for statute in statutes if group in statute.groups), "")
