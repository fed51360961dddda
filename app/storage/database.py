"""The database behind the product: SQLite for one machine, PostgreSQL for many; the settings are measured ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.domain.errors import Unavailable
from app.storage.row_security import SYSTEM_OPTION
from app.storage.writes import keep_order

#: PostgreSQL's codes for "try the whole transaction again": serialization failure, deadlock
_RETRY_CODES = frozenset({"40001", "40P01"})
#: and for "the row is locked for too long", "statement took too long"
_BUSY_CODES = frozenset({"55P03", "57014"})


class RetryTransaction(Exception):
    """The database asks to run the whole transaction again; nothing of it was kept."""


class Database:
    """Gives transactions; knows which of the two databases it talks to."""

    def __init__(self, url: str, *, pool_size: int = 5, lock_timeout_ms: int = 5000) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._engine = _sqlite_engine(url) if self.is_sqlite else _postgresql_engine(url, pool_size, lock_timeout_ms)

    @property
    def engine(self) -> Engine:
        """The engine itself, for migrations and tests."""
        return self._engine

    @contextmanager
    def transaction(self, *, writing: bool = True, single: bool = False) -> Iterator[Connection]:
        """
        Yield a connection within a transaction that the caller commits; leaving without commit rolls back.

        PostgreSQL refuses whatever would write in a reading transaction.

        On SQLite a writing transaction takes the write lock at once (BEGIN IMMEDIATE): a later upgrade of a
        reading snapshot would fail in spite of the busy timeout.

        `single`: for a look-up of one statement that shows no client data. PostgreSQL then gets it without BEGIN and
        ROLLBACK around; row security needs a transaction and would not hold here.

        :raises Unavailable: the database is away, or the lock is held too long
        :raises RetryTransaction: deadlock, serialization failure, or a connection that broke before the commit
        """
        try:
            with self._engine.connect() as connection:
                if self.is_sqlite:
                    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
                    yield connection
                elif single:
                    with _each_for_itself(connection):
                        yield connection
                elif writing:
                    yield connection
                else:
                    with _reading_only(connection):
                        yield connection
        except DBAPIError as error:
            raise self._translated(error) from error
        except PoolTimeout as error:
            raise Unavailable("no free connection to the database") from error

    def _translated(self, error: DBAPIError) -> Exception:
        code = getattr(error.orig, "sqlstate", None)
        if code in _RETRY_CODES:
            return RetryTransaction(str(code))
        if error.connection_invalidated and error.statement is not None:
            # the connection broke before the commit was sent (a pooled one after a restart, say): nothing was kept
            return RetryTransaction("connection")
        if code in _BUSY_CODES or error.connection_invalidated or isinstance(error, OperationalError):
            return Unavailable(type(error.orig).__name__)
        return error

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()


def read_moment(connection: Connection) -> datetime:
    """Return the present moment by the database's clock (SQLite's is that of this machine), aware, in UTC."""
    sqlite = connection.dialect.name == "sqlite"
    question = "SELECT strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')" if sqlite else "SELECT clock_timestamp()"
    found = connection.exec_driver_sql(question).scalar_one()
    return datetime.fromisoformat(found) if sqlite else found.astimezone(UTC)


@contextmanager
def _each_for_itself(connection: Connection) -> Iterator[None]:
    """Let the driver send each statement without a transaction around it."""
    driver: Any = connection.connection.driver_connection
    driver.autocommit = True
    try:
        yield
    finally:
        if not driver.closed:
            driver.autocommit = False


@contextmanager
def _reading_only(connection: Connection) -> Iterator[None]:
    """Let the driver begin a transaction that cannot write, whoever ends it in whatever way."""
    driver: Any = connection.connection.driver_connection
    driver.read_only = True
    try:
        yield
    finally:
        connection.rollback()
        if not driver.closed:
            driver.read_only = None


def _dumps(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        json_serializer=_dumps,
        json_deserializer=msgspec.json.decode,
        hide_parameters=True,  # values in an error's text would end in logs and traces
        connect_args={"isolation_level": None, "timeout": 15.0, "check_same_thread": False},
        pool_timeout=5,
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL may lose the last commits on power loss; client data may not be lost
            "busy_timeout=15000",
            "foreign_keys=ON",
            "cache_size=-16000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _postgresql_engine(url: str, pool_size: int, lock_timeout_ms: int) -> Engine:
    options = (
        f"-c lock_timeout={lock_timeout_ms} -c statement_timeout=15000 "
        f"-c idle_in_transaction_session_timeout=10000 -c timezone=UTC {SYSTEM_OPTION}"
    )
    engine = create_engine(
        url,
        json_serializer=_dumps,
        json_deserializer=msgspec.json.decode,
        hide_parameters=True,  # values in an error's text would end in logs and traces
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        pool_pre_ping=False,  # a ping costs a statement on every command; a broken connection is retried instead
        pool_recycle=1800,
        connect_args={"options": options, "connect_timeout": 5},
    )
    keep_order(engine)
    return engine
