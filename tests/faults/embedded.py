"""The embedded default on a folder of its own: the supervisor with its Valkey, web, scheduler and worker."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from app.parent_death import die_with_parent
from app.settings import PROJECT_FOLDER
from tests.faults.processes import QUICK, alive, clean_environment, descendants, within
from tests.servers import free_port

_MARKS = {
    "valkey": "valkey-server",
    "web": "gunicorn",
    "scheduler": "workers.scheduler",
    "worker": "workers.worker",
}


def processes_folder(folder: Path, diagrams: Mapping[str, bytes], people: int) -> Path:
    """Make a folder of processes with these diagrams and so many people (`person0`...), all of one role."""
    shared = PROJECT_FOLDER / "processes" / "shared"
    shutil.copytree(shared / "reference", folder / "shared" / "reference")
    for name, xml in diagrams.items():
        (folder / name).mkdir()
        (folder / name / f"{name}.bpmn").write_bytes(xml)
    (folder / "shared" / "demo").mkdir()
    team = [
        {
            "username": f"person{number}",
            "name": f"Person {number}",
            "language": "fi",
            "positions": [{"unit": "u_keski_suomi_sote", "roles": ["r_palveluohjaaja"]}],
        }
        for number in range(people)
    ]
    (folder / "shared" / "demo" / "people.json").write_text(json.dumps({"people": team}))
    return folder


def children_of(supervisor: int) -> dict[str, int]:
    """Return the process ids of a supervisor's children by what they run."""
    found = {}
    for pid in descendants(supervisor, deep=False):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        except OSError:
            # ended between the two looks
            continue
        found.update({name: pid for name, mark in _MARKS.items() if mark in command})
    return found


class Embedded:
    """`kykypolku run`; can be killed as a whole and started again on the same folder and port."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder.with_suffix(".log")
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {**clean_environment(), **QUICK, "KYKYPOLKU_DATA_FOLDER": str(self.folder), **self._settings}

    def start(self) -> None:
        said = self.log.read_text().count("Kykypolku is at") if self.log.exists() else 0
        with self.log.open("ab") as output:
            process = self._process = subprocess.Popen(
                [sys.executable, "-m", "app.supervisor", "--port", str(self.port), "--data", str(self.folder)],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 # a test that fails leaves nothing running
            )
        ready = within(
            90,
            lambda: self.log.read_text().count("Kykypolku is at") > said or process.poll() is not None,
        )
        assert ready, self.log.read_text()[-4000:]
        assert process.poll() is None, self.log.read_text()[-4000:]

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def everybody(self) -> list[int]:
        """Return every process of it, the supervisor first."""
        return [self.pid, *descendants(self.pid)]

    def children(self) -> dict[str, int]:
        """Return the process ids of the children by what they run."""
        return children_of(self.pid)

    def kill_everybody(self) -> None:
        """SIGKILL to the whole group at once; nobody may be left."""
        everybody = self.everybody()
        for pid in everybody:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        assert self._process is not None
        self._process.wait(10)
        assert within(5, lambda: not any(map(alive, everybody)))

    def stop(self) -> list[int]:
        """End it kindly and return the processes that are left, which should be none."""
        if self._process is None or self._process.poll() is not None:
            return []
        everybody = self.everybody()
        self._process.terminate()
        try:
            self._process.wait(45)
        except subprocess.TimeoutExpired:
            self.kill_everybody()
            raise
        within(5, lambda: not any(map(alive, everybody)))
        return [pid for pid in everybody if alive(pid)]
