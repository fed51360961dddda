"""
A client's support person: somebody near to them who walks along, with the client's consent and within it.

They act for nobody (that is a mandate, app.domain.client_sessions) and open nothing: a worker tells them what the
client has allowed, by word of mouth, on the telephone or in a letter.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date, datetime

LONGEST_TEXT = 200


class Told(enum.StrEnum):
    """What they may be told; somebody of whom nothing is named comes along and hears what is said there."""

    TIMES = "times"
    COURSE = "course"
    PLAN = "plan"
    LETTERS = "letters"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPerson:
    """Who supports the client, as the client has said; `consented_on` is the day on which they allowed it."""

    key: int
    client_key: int
    controller_organisation_id: str
    name: str = field(repr=False)
    relation: str = field(repr=False)
    phone: str = field(repr=False)
    email: str = field(repr=False)
    told: frozenset[Told]
    consented_on: date
    recorded_at: datetime
    ended_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether the consent holds: nobody has ended it."""
        return self.ended_at is None
