"""The embedded default as a person runs it: one command, every child watched, nothing left behind."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.parent_death import die_with_parent
from tests.faults.diagrams import job_process
from tests.faults.embedded import children_of, processes_folder
from tests.faults.processes import alive, clean_environment, descendants, within
from tests.servers import free_port

START_WITHIN = 60.0


class Running:
    """`kykypolku run` on a folder of its own."""

    def __init__(self, folder: Path, port: int | None = None, processes: Path | None = None) -> None:
        self.port = port or free_port()
        self.folder = folder
        self.log = folder.with_suffix(".log")
        environment = clean_environment()
        if processes is not None:
            environment["KYKYPOLKU_PROCESSES_FOLDER"] = str(processes)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.supervisor", "--port", str(self.port), "--data", str(folder)],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 # a test that fails leaves nothing running
            )

    def page(self) -> int:
        """Return the status of the first page, 0 while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def wait_until_ready(self) -> None:
        assert within(START_WITHIN, lambda: "Kykypolku is at" in self.log.read_text() or self.ended), (
            self.log.read_text()
        )
        assert not self.ended, self.log.read_text()

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def children(self) -> dict[str, int]:
        """Return the process ids of the children by what they run."""
        return children_of(self.process.pid)

    def stop(self) -> None:
        if not self.ended:
            self.process.terminate()
            self.process.wait(60)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "data")
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()


@pytest.mark.timeout(240)
def test_one_command_starts_all_and_survives_the_death_of_any_child(running: Running) -> None:
    assert running.page() in {200, 303}
    assert set(running.children()) == {"valkey", "web", "scheduler", "worker"}

    for name, pid in running.children().items():
        below = descendants(pid)
        os.kill(pid, signal.SIGKILL)
        assert within(30, lambda name=name, pid=pid: running.children().get(name, pid) != pid), f"{name} stayed dead"
        assert within(5, lambda below=below: not any(map(alive, below))), f"{name} left children behind"
    assert within(30, running.page)
    assert running.page() in {200, 303}

    everything = descendants(running.process.pid)
    running.process.terminate()
    # nothing had to be ended by force, as the log says; how long it takes is a matter of the machine
    assert running.process.wait(40) == 0
    assert not any(map(alive, everything))
    assert "was ended after" not in running.log.read_text()


@pytest.mark.timeout(240)
def test_a_killed_supervisor_takes_everything_with_it_and_can_be_started_again(tmp_path: Path) -> None:
    processes = processes_folder(tmp_path / "processes", {"jobs": job_process(("good", 1))}, people=1)
    running = Running(tmp_path / "data", processes=processes)
    running.wait_until_ready()
    # four children, gunicorn's worker and the two processes of the pool
    assert within(20, lambda: len(descendants(running.process.pid)) == 7)
    everything = descendants(running.process.pid)

    second = Running(tmp_path / "data", processes=processes)
    assert second.process.wait(30) == 1
    assert f"in use by process {running.process.pid}" in second.log.read_text()

    blocked = Running(tmp_path / "elsewhere", port=running.port)
    assert blocked.process.wait(30) == 1
    assert "Choose another port" in blocked.log.read_text()

    running.process.kill()
    running.process.wait()
    assert within(5, lambda: not any(map(alive, everything)))

    again = Running(tmp_path / "data", port=running.port, processes=processes)
    try:
        assert within(START_WITHIN, again.page)
    finally:
        again.stop()


def test_production_does_not_start_on_the_embedded_default(tmp_path: Path) -> None:
    environment = {**os.environ, "KYKYPOLKU_MODE": "production"}
    result = subprocess.run(
        [sys.executable, "-m", "app.supervisor", "--data", str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert result.returncode == 1
    assert "KYKYPOLKU_SESSION_KEY is missing" in result.stderr
    assert "Traceback" not in result.stderr
