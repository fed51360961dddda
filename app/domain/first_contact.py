"""
The first contact over the network: somebody who is no client yet, strongly identified, asks to be called.

What they answer goes into the form of the pathway that the area has chosen; nothing is kept before it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.localized import LocalizedText

#: property of a start event: where the client's own contact begins, never offered to anybody else
FIRST_CONTACT = "kyky.firstContact"
#: settings of an area: the pathway that its residents' contacts start, and the unit that answers them
PATHWAY_SETTING, UNIT_SETTING = "oma_yhteydenotto", "oma_yhteydenotto_yksikko"
#: the limit within which somebody calls, in working days (domain.md 3.0)
CALL_LIMIT = "t_omaolo"
#: where the case came from: the client (domain.md 2.4)
OWN_SOURCE = "ITSE"
#: how long the pages are open for somebody who has identified themselves and is no client
VISIT_TIME = timedelta(hours=1)
#: so many cases of one person may begin within this time; more is for the telephone
MOST_CASES = 3
CASES_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """A municipality that the person may choose as theirs."""

    id: str
    name: LocalizedText
    area_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstContact:
    """Where the contacts of a municipality's residents begin, and who answers them."""

    municipality: Municipality
    definition_key: int
    start_element_id: str
    #: the form of the client's step, the first after the start
    form_id: str
    organisation_id: str
    unit_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who is at the door with a request, known to their own browser only, and which municipality they have chosen."""

    identity_code: str = field(repr=False)
    until: datetime
    municipality: str = ""

    def is_live(self, *, at: datetime) -> bool:
        """Tell whether the pages are still open for them."""
        return at < self.until
