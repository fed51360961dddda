"""The demo's invented people at work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.storage.unit_of_work import UnitOfWork


def load_demo_people(uow: UnitOfWork, *, people: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """Add those of the demo's people that are not there; return how many are new. They have no password."""
    return sum(uow.accounts.add_demo_person(person, now=now) for person in people)
