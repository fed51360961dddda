"""Which job types this installation carries out, and how: inside the database or by a connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from app.commands.run_local_job import LocalWork
from app.connectors.contract import Connector
from app.settings import Settings
from app.storage.rows import Job
from app.storage.unit_of_work import UnitOfWork

#: what a connector's call needs from the database, read in a transaction of its own before the call
Preparation: TypeAlias = Callable[[UnitOfWork, Job, datetime], Any]


@dataclass(frozen=True, slots=True)
class Outside:
    """A job that calls a system outside: prepared in a transaction, called in none, finished in another."""

    connector: Connector
    prepare: Preparation | None = None


@dataclass(frozen=True, slots=True)
class Handlers:
    """Every job type that the workers carry out. Others are left to the job workers of the API."""

    #: jobs that are commands on our own tables, finished in the transaction that does them
    local: Mapping[str, LocalWork] = field(default_factory=dict)
    outside: Mapping[str, Outside] = field(default_factory=dict)

    @property
    def types(self) -> tuple[str, ...]:
        """The job types, sorted."""
        return tuple(sorted({*self.local, *self.outside}))


def installed_handlers(_settings: Settings) -> Handlers:
    """Return the handlers of this build with the connectors that the settings allow."""
    return Handlers()
