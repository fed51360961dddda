"""Web, scheduler and worker as real processes, each started, stopped and killed on its own; /proc tells who lives."""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from app.parent_death import die_with_parent
from app.settings import PROJECT_FOLDER, Settings
from app.supervisor.supervise import programs
from tests.servers import free_port

#: leases short enough that a killed worker's job comes back within the test
QUICK = {
    "KYKYPOLKU_LEASE_SECONDS": "1.5",
    "KYKYPOLKU_HEARTBEAT_SECONDS": "0.5",
    "KYKYPOLKU_SCHEDULER_INTERVAL": "0.3",
    "KYKYPOLKU_LOG_LEVEL": "WARNING",
}


def _secret(letter: bytes) -> str:
    return base64.b64encode(letter * 32).decode()


def clean_environment() -> dict[str, str]:
    """Return this process's variables without settings of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KYKYPOLKU_")}


class Parts:
    """The processes of one installation on a database and a broker."""

    def __init__(self, folder: Path, *, database_url: str, valkey_url: str, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {
            **clean_environment(),
            **QUICK,
            "KYKYPOLKU_DATA_FOLDER": str(folder / "data"),
            "KYKYPOLKU_DATABASE_URL": database_url,
            "KYKYPOLKU_VALKEY_URL": valkey_url,
            "KYKYPOLKU_WEB_PORT": str(self.port),
            # the keys of tests.factories.cipher and tests.faults.invariants
            "KYKYPOLKU_DATA_KEY": _secret(b"d"),
            "KYKYPOLKU_INDEX_KEY": _secret(b"i"),
            "KYKYPOLKU_AUDIT_KEY": _secret(b"s"),
            **settings,
        }

    def settings(self) -> Settings:
        """Return what the processes are set to."""
        return Settings.load(self._environment)

    def start(
        self, name: str, *, fault: str = "", module: str = "", name_as: str = "", skew: int = 0
    ) -> subprocess.Popen[bytes]:
        """
        Start web, scheduler or worker.

        `fault`: where it shall die. `module`: another main program for it. `name_as`: a second one of its kind.
        `skew`: by how many seconds the clock of its machine is ahead (where the module is tests.faults.skewed).
        """
        environment = {**self._environment, "FAULT": fault, "PART": name, "SKEW_SECONDS": str(skew)}
        program = next(item for item in programs(environment) if item.name == name)
        command = [sys.executable, "-m", module] if module else list(program.command)
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 # a test that fails leaves nothing running
            )
        self._running[name_as or name] = process
        if name == "web":
            assert within(30, lambda: port_open(self.port) or process.poll() is not None), self.log("web")
            assert process.poll() is None, self.log("web")
        return process

    def nudge(self, *keys: int, fault: str = "", skew: int = 0) -> subprocess.Popen[bytes]:
        """Start a process that carries out these jobs as one of the pool does, and ends."""
        with (self.folder / "nudge.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"tests.faults.{'skewed' if skew else 'one_nudge'}", *map(str, keys)],
                env={**self._environment, "FAULT": fault, "SKEW_SECONDS": str(skew)},
                cwd=PROJECT_FOLDER,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 # a test that fails leaves nothing running
            )
        self._running[f"nudge {process.pid}"] = process
        return process

    def log(self, name: str) -> str:
        """Return the end of what a process has said."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-4000:]

    def kill(self, name: str) -> None:
        """End the process and its children as a crash would."""
        process = self._running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def stop_all(self) -> None:
        """End everything."""
        for name in list(self._running):
            self.kill(name)


def port_open(port: int) -> bool:
    """Tell whether somebody listens on the port of loopback."""
    listening = f"0100007F:{port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1] == listening and line.split()[3] == "0A" for line in lines)


def descendants(pid: int, *, deep: bool = True) -> list[int]:
    """Return the processes below this one."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(folder.name))
    found = list(parents.get(pid, []))
    for child in found if deep else []:
        found.extend(parents.get(child, []))
    return found


def alive(pid: int) -> bool:
    """Tell whether the process runs; one that is dead and not yet taken note of does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def within(seconds: float, condition: Callable[[], object], *, every: float = 0.05) -> bool:
    """Wait until the condition holds, at most so long; return whether it does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(every)
    return bool(condition())
