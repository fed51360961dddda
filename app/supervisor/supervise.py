"""Start the children in order, watch them, start a dead one again, stop them gracefully."""

from __future__ import annotations

import contextlib
import http
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace

from app.parent_death import die_with_parent
from app.settings import Settings
from app.supervisor.children import Child, Program
from app.supervisor.folder_lock import FolderLock
from app.supervisor.valkey import EmbeddedValkey

VALKEY_WITHIN = 10.0
WEB_WITHIN = 60.0
LOOK_EVERY = 0.2


class CannotStart(Exception):
    """A part did not come up; the message says which and why, for the person at the terminal."""


def say(text: str) -> None:
    """Tell the person at the terminal; a closed terminal is no reason to stop."""
    with contextlib.suppress(BrokenPipeError, OSError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


class Supervisor:
    """Runs the embedded default until it is told to stop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._children: list[Child] = []
        self._valkey: EmbeddedValkey | None = None

    def run(self) -> int:
        """
        Start everything, serve until SIGTERM or SIGINT, stop everything; return the exit code.

        :raises CannotStart: the port is taken, or a part does not come up
        :raises FolderInUse: another supervisor runs on the data folder
        """
        self._refuse_taken_port()
        lock = FolderLock(self._settings.data_folder)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        try:
            self._start_all()
            self._watch()
        finally:
            self._stop_all()
            lock.release()
        return 0

    def _asked_to_stop(self, _number: int, _frame: object) -> None:
        if self._stop.is_set():
            # asked twice: end everything now
            for child in self._children:
                child.program = replace(child.program, grace=0.0)
        self._stop.set()

    def _refuse_taken_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._settings.web_host, self._settings.web_port))
            except OSError as error:
                address = f"{self._settings.web_host}:{self._settings.web_port}"
                raise CannotStart(f"{address}: {error.strerror}. Choose another port with --port.") from None

    def _start_all(self) -> None:
        settings = self._settings
        if not settings.valkey_url:
            settings = self._start_valkey()
        environment = {**os.environ, **settings.environment()}
        greeting = self._prepare(environment)
        if self._stop.is_set():
            return
        for program in programs(environment):
            self._launch(program)
        self._wait_for_web()
        if self._stop.is_set():
            return
        say(f"\nKykypolku is at {settings.public_url}\n{greeting}\nStop it with Ctrl+C.")

    def _launch(self, program: Program) -> Child:
        child = Child(program)
        self._children.append(child)
        child.start()
        return child

    def _start_valkey(self) -> Settings:
        """Start the embedded Valkey and return the settings with its address."""
        valkey = self._valkey = EmbeddedValkey(self._settings.data_folder)
        ended = valkey.end_old()
        if ended:
            say(f"Ended an old Valkey on this folder (process {ended}).")
        child = self._launch(valkey.program())
        deadline = time.monotonic() + VALKEY_WITHIN
        while not valkey.answers():
            if child.exit_code is not None or time.monotonic() > deadline:
                raise CannotStart("Valkey did not start.")
            time.sleep(0.01)
        return replace(self._settings, valkey_url=valkey.url)

    def _prepare(self, environment: Mapping[str, str]) -> str:
        """Bring the database up to date, load the demo where wanted, and return what the person has to know."""
        result = subprocess.run(
            [sys.executable, "-m", "app.cli", "prepare"],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            preexec_fn=die_with_parent(),
        )
        if result.returncode != 0:
            raise CannotStart("The database could not be prepared.")
        return result.stdout.strip()

    def _wait_for_web(self) -> None:
        """Wait until the web can serve people."""
        host = "127.0.0.1" if self._settings.web_host in {"0.0.0.0", "::"} else self._settings.web_host  # noqa: S104
        deadline = time.monotonic() + WEB_WITHIN
        while not self._stop.is_set():
            connection = http.client.HTTPConnection(host, self._settings.web_port, timeout=5)
            try:
                connection.request("GET", "/health/ready")
                ready = connection.getresponse().status == http.HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                ready = False
            finally:
                connection.close()
            if ready:
                return
            if time.monotonic() > deadline:
                raise CannotStart("The web server did not answer.")
            self._restart_dead()
            self._stop.wait(0.05)

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            self._restart_dead()

    def _restart_dead(self) -> None:
        for child in self._children:
            if child.exit_code is None:
                continue
            if child.restart_at is None:
                code = child.exit_code
                pause = child.plan_restart()
                say(f"{child.program.name} ended ({code}); starting it again in {pause:.1f} s.")
            if child.restart_at is not None and time.monotonic() >= child.restart_at:
                child.start()

    def _stop_all(self) -> None:
        """Stop the doors and the scheduler together, the broker after them."""
        say("Stopping.")
        started = [child for child in self._children if child.program.name != "valkey"]
        for child in started:
            child.ask_to_stop()
        for child in [*started, *(child for child in self._children if child not in started)]:
            if not child.stop():
                say(f"{child.program.name} was ended after {child.program.grace:.0f} s.")
        if self._valkey:
            self._valkey.forget()


def programs(environment: Mapping[str, str]) -> tuple[Program, ...]:
    """Return what runs beside the broker."""
    python = [sys.executable, "-m"]
    web = [*python, "gunicorn", "--config", "python:app.supervisor.web_server", "app.web.wsgi:application"]
    # a malloc arena for every thread keeps 8 MB more; Python's threads take turns and need no more than two
    web_environment = {"MALLOC_ARENA_MAX": "2", **environment}
    # Celery answers SIGTERM with a soft stop only when told so before it starts
    worker_environment = {**environment, "REMAP_SIGTERM": "SIGQUIT"}
    return (
        Program(name="web", command=web, environment=web_environment, grace=25.0),
        Program(name="scheduler", command=[*python, "workers.scheduler"], environment=environment, grace=15.0),
        Program(name="worker", command=[*python, "workers.worker"], environment=worker_environment, grace=30.0),
    )
