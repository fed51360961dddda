"""
How long somebody stays signed in, and how fast one may guess.

A session ends 30 minutes after it was last used and 12 hours after sign-in, whichever comes first. Failed sign-ins slow
down the next try, per account at one address and per address; nobody is locked out by what others try elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.domain.actor import Actor
from app.domain.errors import KykypolkuError
from app.domain.localized import LocalizedText

IDLE_LIMIT = timedelta(minutes=30)
ABSOLUTE_LIMIT = timedelta(hours=12)
#: the person is told this long before the end (WCAG 2.2.1 asks for at least 20 seconds)
WARNING_TIME = timedelta(minutes=3)
#: "last used" is written at most this often: reading a page is not a write
SEEN_STEP = timedelta(seconds=60)

#: failures that cost no waiting: per account at one address, and per address (many people may share one)
FREE_FAILURES = 3
FREE_FAILURES_OF_ADDRESS = 20
LONGEST_WAIT = timedelta(minutes=15)
#: failures are forgotten after this time without new ones
FORGET_FAILURES = timedelta(hours=1)


class SignInRefused(KykypolkuError):
    """User name and password do not belong together; says no more than that."""


class SignInDelayed(KykypolkuError):
    """Too many tries; `wait` says how long the next one has to wait."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"next try in {wait.total_seconds():.0f} s")
        self.wait = wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who may sign in."""

    key: int
    username: str
    name: str
    email: str
    password_hash: str = field(repr=False)
    language: str
    settings: Mapping[str, Any]
    disabled: bool
    demo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """A unit where a person has roles: one of the choices of "where do I work now"."""

    unit_id: str
    unit_name: LocalizedText
    organisation_id: str
    organisation_name: LocalizedText
    role_names: tuple[LocalizedText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who is behind a session cookie, and where they work now."""

    id_hash: str
    account: Account
    actor: Actor
    unit_name: LocalizedText
    created_at: datetime
    seen_at: datetime
    authenticated_at: datetime
    ended_at: datetime | None

    def is_live(self, *, at: datetime) -> bool:
        """Tell whether the session still holds; who has lost every role in its unit has to sign in elsewhere."""
        works_here = bool(self.actor.roles)
        return self.ended_at is None and not self.account.disabled and works_here and at < self.ends_at

    @property
    def ends_at(self) -> datetime:
        """When the session ends unless it is used."""
        return min(self.seen_at + IDLE_LIMIT, self.absolute_end)

    @property
    def absolute_end(self) -> datetime:
        """When the person has to sign in again in any case."""
        return self.authenticated_at + ABSOLUTE_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Failed sign-ins of one account at one address, or of one address."""

    count: int
    last_at: datetime


def wait_after(failures: Failures | None, *, free: int, at: datetime) -> timedelta:
    """Return how long the next try has to wait: 2, 4, 8, ... seconds after the free ones, at most 15 minutes."""
    if failures is None or at - failures.last_at >= FORGET_FAILURES or failures.count < free:
        return timedelta(0)
    pause = min(timedelta(seconds=2 ** min(failures.count - free + 1, 12)), LONGEST_WAIT)
    return max(failures.last_at + pause - at, timedelta(0))
