"""
Fixtures that every test may use: real databases, a real Valkey, and no way out of this machine.

`database` runs a test twice, on SQLite and on PostgreSQL. The tables are made once per xdist worker; each test finds
them empty. A missing server fails the tests; none is skipped.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType

import hypothesis
import psycopg
import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.util import LRUCache

from app.storage import database as database_module
from app.storage.database import Database
from app.storage.tables import metadata
from tests.servers import PostgresServer, ValkeyServer, create_database

# the same examples every time, so that no change fails by a chance that has nothing to do with it: `make fuzz` looks
# for what is new
hypothesis.settings.register_profile("quick", max_examples=50, deadline=None, derandomize=True)
hypothesis.settings.register_profile("fuzz", max_examples=5000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

BOTH_DATABASES = ["sqlite", "postgresql"]

_MEMORY = Path("/dev/shm")  # noqa: S108
_MEMORY_NEEDED = 8 * 1024**3


def _keep_files_in_memory() -> None:
    """
    Let temporary files lie in memory where there is plenty of it: a whole run writes seventeen gigabytes.

    What the databases promise is not changed by it; no test cuts the power. TMPDIR chooses another place.
    """
    if "TMPDIR" in os.environ or not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).free < _MEMORY_NEEDED:
        return
    if os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:
        # the programs of a server that is started for the tests are copied there as well
        return
    os.environ["TMPDIR"] = str(_MEMORY)
    tempfile.tempdir = None


_keep_files_in_memory()


def _compile_statements_once() -> None:
    """
    Let all engines of this process share what SQLAlchemy makes of a statement: a test's engine lives for one test.

    Without it compiling statements, each of them for hundreds of engines, is a third of a run's processor time. All
    engines of a dialect are made by `Database` with the same settings, on the same servers.
    """

    def same_kind(self: object, other: object) -> bool:
        return type(self) is type(other)

    for kind in (sqlite.dialect, postgresql.psycopg.dialect):
        kind.__eq__ = same_kind
        kind.__hash__ = lambda self: hash(type(self))
    shared: dict[str, LRUCache[object, object]] = {}

    def share(engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=shared.setdefault(engine.dialect.name, LRUCache(3000)))

    made = database_module.create_engine

    def create_engine(*arguments: object, **options: object) -> Engine:
        engine = made(*arguments, **options)
        share(engine)
        return engine

    database_module.create_engine = create_engine


_compile_statements_once()


class _TemplatesOfAllApplications(BytecodeCache):
    """What Jinja makes of the templates, once for all the applications of this process: each test makes its own."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._made.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._made[bucket.key, bucket.checksum] = bucket.code


Flask.jinja_options["bytecode_cache"] = _TemplatesOfAllApplications()


#: names and addresses of this machine that are no IP addresses of loopback
_HERE = frozenset({"", "localhost", "localhost.localdomain", "0.0.0.0", "::", socket.gethostname()})  # noqa: S104


def _stay_on_this_machine(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse every connection and name look-up that leaves loopback, whoever asks; installed as an audit hook."""
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else ""
    elif event == "socket.getaddrinfo":
        host = arguments[0] or ""
    else:
        return
    name = host.decode("ascii") if isinstance(host, bytes) else str(host)
    if name in _HERE:
        return
    try:
        local = ipaddress.ip_address(name).is_loopback
    except ValueError:
        local = False
    if not local:
        raise RuntimeError(f"a test wanted to reach {name!r}")


sys.addaudithook(_stay_on_this_machine)


@pytest.fixture(scope="session")
def worker_name() -> str:
    """The name of this xdist worker, `main` without xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def postgresql_dsn(worker_name: str) -> Iterator[str]:
    """
    An empty PostgreSQL database of this worker's own, as psycopg takes it.

    From TEST_DATABASE_URL (a server where databases may be made), else a server started for this worker.
    """
    name = f"kykypolku_test_{worker_name}"
    given = os.environ.get("TEST_DATABASE_URL", "").replace("postgresql+psycopg://", "postgresql://")
    if given:
        create_database(given, name)
        yield psycopg.conninfo.make_conninfo(given, dbname=name)
        return
    server = PostgresServer()
    try:
        server.start()
        create_database(server.dsn(), name)
        yield server.dsn(name)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgresql_url(postgresql_dsn: str) -> str:
    """The same database with the tables in it, as SQLAlchemy takes it."""
    parts = psycopg.conninfo.conninfo_to_dict(postgresql_dsn)
    secret = f":{parts['password']}" if parts.get("password") else ""
    url = f"postgresql+psycopg://{parts['user']}{secret}@{parts['host']}:{parts['port']}/{parts['dbname']}"
    database = Database(url)
    metadata.create_all(database.engine)
    database.close()
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables in it, copied for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    metadata.create_all(database.engine)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A SQLite database of the test's own with empty tables."""
    path = tmp_path / "kykypolku.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def empty_postgresql(postgresql_url: str, postgresql_dsn: str) -> Iterator[Callable[[], None]]:
    """What empties the worker's PostgreSQL database: one call on one connection, whose plans are made once."""
    # without foreign keys and triggers: the audit's triggers rightly refuse to forget
    emptied = "; ".join(f'DELETE FROM public."{table}"' for table in metadata.tables)  # noqa: S608
    connection = psycopg.connect(postgresql_dsn, autocommit=True)
    connection.execute(
        f"CREATE SCHEMA testing; CREATE FUNCTION testing.empty() RETURNS void LANGUAGE plpgsql"
        f" SET session_replication_role = replica AS $$ BEGIN {emptied}; END $$"
    )

    def empty() -> None:
        nonlocal connection
        try:
            connection.execute("SELECT 1")
        except psycopg.OperationalError:
            # some tests end every connection there is
            connection.close()
            connection = psycopg.connect(postgresql_dsn, autocommit=True)
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
        )
        connection.execute("SELECT testing.empty()")

    yield empty
    connection.close()


@pytest.fixture
def clean_postgresql_url(postgresql_url: str, empty_postgresql: Callable[[], None]) -> Iterator[str]:
    """The worker's PostgreSQL database with empty tables; emptied after the test."""
    yield postgresql_url
    empty_postgresql()


@pytest.fixture(params=BOTH_DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database with tables, once on SQLite and once on PostgreSQL."""
    name = "sqlite_url" if request.param == "sqlite" else "clean_postgresql_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database with empty tables, once on SQLite and once on PostgreSQL."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """An open SQLite database with empty tables."""
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def postgresql_database(clean_postgresql_url: str) -> Iterator[Database]:
    """The worker's PostgreSQL database, open, with empty tables."""
    database = Database(clean_postgresql_url)
    yield database
    database.close()


@pytest.fixture
def own_postgresql() -> Iterator[PostgresServer]:
    """A PostgreSQL server of the test's own, to be killed and started again."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def shared_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Valkey of this worker."""
    server = ValkeyServer(tmp_path_factory.mktemp("valkey"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def valkey_url(shared_valkey: ValkeyServer) -> Iterator[str]:
    """The address of an empty Valkey."""
    yield shared_valkey.url
    shared_valkey.empty()


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A Valkey of the test's own, to be killed, frozen, emptied and started again."""
    server = ValkeyServer(tmp_path)
    try:
        server.start()
        yield server
    finally:
        server.stop()
