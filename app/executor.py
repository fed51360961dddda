"""Runs commands and queries: opens the transaction, commits once, tries again when the database asks for it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import structlog

from app.commands.unreadable_state import report_unreadable_state
from app.domain.errors import KykypolkuError, StaleVersion, StateUnreadable, Unavailable
from app.faults import crash_point
from app.settings import Settings
from app.storage.database import Database, RetryTransaction
from app.storage.encryption import Cipher
from app.storage.unit_of_work import UnitOfWork, unit_of_work

log = structlog.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

#: a deadlock or a stale revision is rare; three tries are plenty and a fourth would hide a fault
ATTEMPTS = 3


class Executor:
    """The one way from a door to the commands."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self.database = database
        self.cipher = cipher

    def run(self, command: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """
        Run the command in one transaction that is committed once, and return its result.

        :raises Unavailable: the database is away or too busy
        """
        return self._tried(command, True, False, *args, **kwargs)

    def read(self, query: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """
        Run the query in a transaction that writes nothing, and return its result.

        Queries that show client data write the access log and are therefore run by `run`.
        """
        return self._tried(query, False, False, *args, **kwargs)

    def look_up(self, query: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a query of one statement that shows no client data; it needs no transaction around it."""
        return self._tried(query, False, True, *args, **kwargs)

    def _tried(
        self,
        work: Callable[Concatenate[UnitOfWork, P], R],
        writing: bool,  # noqa: FBT001 - private, and keyword arguments are the command's
        single: bool,  # noqa: FBT001
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        name = getattr(work, "__name__", "")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with unit_of_work(self.database, self.cipher, writing=writing, single=single) as uow:
                    result = work(uow, *args, **kwargs)
                    crash_point(f"{name}.before_commit")
                crash_point(f"{name}.after_commit")
            except (RetryTransaction, StaleVersion) as error:
                if attempt == ATTEMPTS:
                    raise Unavailable("the database asked to try again too often") from error
                time.sleep(random.uniform(0.005, 0.05) * attempt)  # noqa: S311 - spreads rivals, keeps no secret
            except StateUnreadable as error:
                self._report(error)
                raise
            else:
                return result
        raise AssertionError("unreachable")

    def _report(self, error: StateUnreadable) -> None:
        """Open the incident of a state that cannot be read; the transaction that found it is undone by now."""
        if not error.instance_key or error.at is None:
            return
        log.error("state_unreadable", instance=error.instance_key, code=error.code, detail=error.message)
        try:
            self.run(
                report_unreadable_state,
                instance_key=error.instance_key,
                code=error.code,
                message=error.message,
                now=error.at,
            )
        except KykypolkuError as failure:
            # whoever comes next reports it
            log.warning("incident_not_written", instance=error.instance_key, reason=type(failure).__name__)


#: how long somebody who waits for an answer waits for an instance that another holds, in milliseconds
PATIENCE = 5_000


def open_executor(settings: Settings, *, patience: int = PATIENCE) -> Executor:
    """
    Return an executor on the database and with the keys of the settings; each process opens one.

    `patience`: milliseconds to wait on PostgreSQL for a row that somebody else holds.
    """
    database = Database(settings.database_url, pool_size=settings.database_pool_size, lock_timeout_ms=patience)
    return Executor(database, Cipher(data_keys=settings.data_keys(), index_key=settings.key_bytes("index_key")))
