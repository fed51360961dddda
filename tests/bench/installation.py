"""An installation to measure: PostgreSQL, Valkey, and the product's own processes on them as in production."""

from __future__ import annotations

import base64
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import psycopg

from app.commands.start_instance import start_instance
from app.domain.client import Identity, ServiceNeeds
from app.domain.keys import new_key
from app.parent_death import die_with_parent
from app.settings import Settings
from app.storage.database import Database
from app.storage.schema import upgrade
from app.storage.unit_of_work import UnitOfWork
from app.supervisor.supervise import programs
from tests.bench.measuring import children_of
from tests.bench.processes import COMPLETION, FEEL, FORM, JOB, SERVICE, SIGNAL, TIMER, form
from tests.factories import AREA, Place, make_place
from tests.servers import PostgresServer, ValkeyServer, create_database, free_port

#: commits wait for the disk, as in production
POSTGRESQL = ["fsync=on", "synchronous_commit=on", "shared_buffers=256MB", "max_wal_size=4GB", "max_connections=100"]
STARTED_AT_ONCE = 200


def _secret(letter: bytes) -> str:
    return base64.b64encode(letter * 32).decode()


class Servers(AbstractContextManager["Servers"]):
    """One PostgreSQL and one Valkey for all rows."""

    def __init__(self) -> None:
        self.folder = TemporaryDirectory(prefix="kykypolku-bench-")
        self.postgresql = PostgresServer(settings=POSTGRESQL)
        self.valkey = ValkeyServer(Path(self.folder.name))

    def __enter__(self) -> Self:
        self.postgresql.start()
        self.valkey.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.valkey.stop()
        self.postgresql.stop()
        self.folder.cleanup()


class Installation(AbstractContextManager["Installation"]):
    """A database with people and published processes, and web, scheduler and worker when asked for."""

    def __init__(self, servers: Servers, name: str) -> None:
        self.name = name
        self.servers = servers
        create_database(servers.postgresql.dsn(), name)
        self.dsn = servers.postgresql.dsn(name)
        self.database_url = self.dsn.replace("postgresql://", "postgresql+psycopg://")
        database = Database(self.database_url)
        upgrade(database)
        self.place: Place = make_place(database)
        self.place.now = datetime.now(UTC)
        self.place.publish(COMPLETION, SERVICE, JOB, TIMER, SIGNAL, FEEL, resources={f"{FORM}.json": form()})
        self.port = free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        servers.valkey.empty()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for name in list(self._running):
            self.stop(name)
        self.place.executor.database.close()

    def environment(self, settings: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the variables of the processes: the defaults of production, keys of the tests' own."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("KYKYPOLKU_")},
            # modules are compiled once, as in the image
            "PYTHONDONTWRITEBYTECODE": "",
            "KYKYPOLKU_DATA_FOLDER": self.servers.folder.name,
            "KYKYPOLKU_DATABASE_URL": self.database_url,
            "KYKYPOLKU_VALKEY_URL": self.servers.valkey.url,
            "KYKYPOLKU_WEB_PORT": str(self.port),
            "KYKYPOLKU_DATA_KEY": _secret(b"d"),
            "KYKYPOLKU_INDEX_KEY": _secret(b"i"),
            "KYKYPOLKU_AUDIT_KEY": _secret(b"s"),
            "KYKYPOLKU_LOG_FORMAT": "json",
            "KYKYPOLKU_LOG_LEVEL": "WARNING",
            **(settings or {}),
        }

    def settings(self) -> Settings:
        """Return what the processes are set to."""
        return Settings.load(self.environment())

    def start(self, name: str, *, module: str = "", called: str = "", **settings: str) -> float:
        """
        Start web, scheduler or worker, and return the seconds until web answers.

        `module` is another main program; `called` the name to stop it by, where there is another of its kind.
        """
        environment = self.environment(settings)
        program = next(item for item in programs(environment) if item.name == name)
        command = [sys.executable, "-m", module] if module else list(program.command)
        begun = time.perf_counter()
        called = called or name
        with Path(self.servers.folder.name, f"{self.name}-{called}.log").open("ab") as log:
            self._running[called] = subprocess.Popen(
                command,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 # started from the main thread
            )
        if name == "web":
            self._until_web_answers()
        return time.perf_counter() - begun

    def _until_web_answers(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                connection.request("GET", "/health/ready")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            if self._running["web"].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self.log("web"))
            time.sleep(0.01)

    def log(self, name: str) -> str:
        """Return the end of what a process has said."""
        return Path(self.servers.folder.name, f"{self.name}-{name}.log").read_text(errors="replace")[-4000:]

    def stop(self, name: str) -> None:
        """End the process as its supervisor would."""
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def pid(self, name: str) -> int:
        """Return the process id of what was started."""
        return self._running[name].pid

    def web_worker(self) -> int:
        """Return the process id of the one web process behind gunicorn's master."""
        (worker,) = children_of(self.pid("web"))
        return worker

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Run a statement on a connection of its own and return its rows."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, values)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    # -- what the rows need ------------------------------------------------------------------------------------------

    def cases(self, number: int) -> list[int]:
        """Open so many cases, each of a client of its own, and return their keys."""
        owner = self.place.people["counsellor"]

        def write(uow: UnitOfWork) -> list[int]:
            found = []
            for index in range(number):
                client = uow.care.clients.add(
                    key=new_key(),
                    identity=Identity(name=f"Matti Esimerkki {index}"),
                    needs=ServiceNeeds(),
                    area_id=AREA,
                    controller_organisation_id=owner.organisation_id,
                    now=self.place.now,
                )
                case = uow.care.cases.add(
                    key=new_key(),
                    client_key=client.key,
                    area_id=AREA,
                    controller_organisation_id=owner.organisation_id,
                    unit_id=owner.unit_id,
                    owner_key=owner.user_key,
                    now=self.place.now,
                )
                found.append(case.key)
            return found

        return self.place.executor.run(write)

    def start_instances(
        self, process_id: str, number: int, *, cases: list[int] | None = None, **variables: object
    ) -> None:
        """Start so many instances, in turn for the cases, many in one transaction: this is preparation."""

        def write(uow: UnitOfWork, first: int, last: int) -> None:
            for index in range(first, last):
                start_instance(
                    uow,
                    process_id=process_id,
                    actor=self.place.people["owner"],
                    area_id=AREA,
                    case_key=cases[index % len(cases)] if cases else None,
                    variables=variables,
                    now=datetime.now(UTC),
                )

        for first in range(0, number, STARTED_AT_ONCE):
            self.place.executor.run(write, first, min(number, first + STARTED_AT_ONCE))

    def open_tasks(self, element_id: str) -> list[int]:
        """Return the keys of the open tasks of the element."""
        rows = self.sql("SELECT key FROM user_task WHERE element_id = %s AND status = 'open'", element_id)
        return [int(str(row[0])) for row in rows]
