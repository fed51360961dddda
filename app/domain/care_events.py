"""Care events: things that happen to the case and not to one process; they reach every running instance (D4)."""

from __future__ import annotations

#: the client withdraws a consent (X3); the client stops (X4)
CARE_EVENTS = frozenset({"suostumus_peruttu", "asiakas_peruu"})

#: the case was closed; what goes on beside its care ends with it
CASE_ENDED = "asia_paattyi"

#: property of a message event: roles to whom the case page offers it, with commas
OFFERED_TO = "kyky.offeredTo"
#: property of a message event: the variable that gets the key of the worker who told it
REPORTER = "kyky.reporter"


def offered_to(text: str) -> frozenset[str]:
    """Return the roles that the property names."""
    return frozenset(role.strip() for role in text.split(",") if role.strip())
