"""Which job types this installation carries out, and how: inside the database or by a connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from app.commands.keep_mail import keep_mail
from app.commands.local_jobs import LOCAL_JOBS
from app.commands.prepare_notification import prepare_notification
from app.commands.run_local_job import LocalWork
from app.connectors import SEND_NOTIFICATION, installed_connectors
from app.connectors.contract import Connector
from app.connectors.mail import Mail
from app.executor import Executor
from app.settings import Settings
from app.storage.rows import Job
from app.storage.unit_of_work import UnitOfWork

#: what a connector's call needs from the database, read in a transaction of its own before the call
Preparation: TypeAlias = Callable[[UnitOfWork, Job, datetime], Any]


PREPARATIONS: Mapping[str, Preparation] = {SEND_NOTIFICATION: prepare_notification}


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


#: makes the handlers of a process, once its database is open
MakeHandlers: TypeAlias = Callable[[Settings, Executor], Handlers]


def installed_handlers(settings: Settings, executor: Executor) -> Handlers:
    """Return the handlers of this build with the connectors that the settings allow."""

    def keep(mail: Mail) -> None:
        executor.run(keep_mail, mail=mail)

    connectors = installed_connectors(settings, keep_mail=keep)
    return Handlers(
        local=LOCAL_JOBS,
        outside={name: Outside(connector, PREPARATIONS.get(name)) for name, connector in connectors.items()},
    )
