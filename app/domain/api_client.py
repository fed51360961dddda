"""
Who calls the API: programs, each a named service person at work in one unit, and what their sign-in may be used for.

A role says what a person may do, a scope what a program's sign-in may be used for: a call needs both.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from app.domain.actor import Actor
from app.domain.errors import KykypolkuError

#: opaque tokens can be ended at once, so they need not be short-lived for that; an hour is what clients expect
TOKEN_LIFETIME = timedelta(hours=1)
ANYTHING = "*"


class Scope(enum.StrEnum):
    """What a program's sign-in may be used for."""

    #: see definitions, instances, elements, variables, incidents as far as the roles allow
    PROCESSES = "processes"
    #: publish diagrams, decisions and forms
    DEPLOY = "deploy"
    #: start process instances
    START = "start"
    #: see, take and complete user tasks
    TASKS = "tasks"
    #: work on jobs of the client's job types
    JOBS = "jobs"
    #: publish messages and signals of the client's names
    MESSAGES = "messages"
    #: evaluate decisions
    DECISIONS = "decisions"
    #: repair: cancel instances, write variables, resolve incidents
    OPERATE = "operate"
    #: answer what goes to the records of the care core; every use is in the access log
    CARE = "care"


class Unauthenticated(KykypolkuError):
    """The call carries no sign-in that holds; says no more than that."""


class SecretUnchecked(KykypolkuError):
    """A client id and a secret that this process has not compared yet; `secret_hash` is "" for an unknown client."""

    def __init__(self, secret_hash: str) -> None:
        super().__init__("the secret has to be checked first")
        self.secret_hash = secret_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiClient:
    """A program that may call the API."""

    key: int
    client_id: str
    name: str
    actor: Actor
    scopes: frozenset[str]
    job_types: frozenset[str]
    message_names: frozenset[str]
    disabled: bool
    secret_hash: str = field(repr=False)

    def may_work_on(self, job_type: str) -> bool:
        """Tell whether the program may work on jobs of the type."""
        return allows(self.job_types, job_type)

    def may_send(self, name: str) -> bool:
        """Tell whether the program may send messages or signals of the name."""
        return allows(self.message_names, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The program behind one call; `scopes` are those of its token, never more than the client's own."""

    client: ApiClient
    scopes: frozenset[str]

    @property
    def actor(self) -> Actor:
        """The service person, in its unit and roles."""
        return self.client.actor


@dataclass(frozen=True, slots=True)
class TokenSent:
    """A call that carries a token; only the token's hash goes further than the door."""

    token_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecretSent:
    """
    A call that carries a client id and a secret; `checked_hashes` are stored hashes that the secret fits.

    `subjects` are the names under which failed tries are counted.
    """

    client_id: str
    subjects: tuple[str, ...]
    checked_hashes: frozenset[str] = field(default=frozenset(), repr=False)


Credentials: TypeAlias = TokenSent | SecretSent


def allows(names: Collection[str], name: str) -> bool:
    """Tell whether a list of names admits the name; "*" admits any."""
    return name in names or ANYTHING in names
