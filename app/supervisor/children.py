"""Child processes that never outlive whoever started them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.parent_death import die_with_parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a child runs. `grace` is the seconds that it may take to end after SIGTERM."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    grace: float
    #: what is written to the child's standard input, e.g. a configuration with a password
    standard_input: bytes = b""


class Child:
    """A running program and its history of deaths."""

    #: a child that lived this long has started well: its next death is answered at once
    SETTLED_AFTER = 10.0
    LONGEST_PAUSE = 30.0

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._quick_deaths = 0
        self._asked_to_stop = False
        self.restart_at: float | None = None

    @property
    def pid(self) -> int:
        """The process id, 0 before the first start."""
        return self._process.pid if self._process else 0

    @property
    def exit_code(self) -> int | None:
        """How the process ended; None while it lives."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """
        Start the program, after ending what an earlier run left behind.

        It gets a session of its own: a Ctrl+C in the terminal reaches the supervisor only.
        """
        if self._process:
            self._end_session()
        self.restart_at = None
        self._asked_to_stop = False
        self._started = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 # our own command lines
            list(self.program.command),
            env=dict(self.program.environment),
            stdin=subprocess.PIPE if self.program.standard_input else subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 # the supervisor has one thread
        )
        if self._process.stdin:
            self._process.stdin.write(self.program.standard_input)
            self._process.stdin.close()

    def plan_restart(self) -> float:
        """Return the seconds to wait before the next start: none at first, then doubling while it keeps dying young."""
        lived = time.monotonic() - self._started
        self._quick_deaths = 0 if lived >= self.SETTLED_AFTER else self._quick_deaths + 1
        pause = 0.0 if self._quick_deaths <= 1 else min(self.LONGEST_PAUSE, 0.5 * 2.0 ** (self._quick_deaths - 2))
        self.restart_at = time.monotonic() + pause
        return pause

    def ask_to_stop(self) -> None:
        """Send SIGTERM once, if it lives; to many programs a second one means "at once"."""
        if self._process and self._process.poll() is None and not self._asked_to_stop:
            self._asked_to_stop = True
            self._process.terminate()

    def stop(self) -> bool:
        """Wait until it has ended, at most its grace, then end it and its group; return whether no force was needed."""
        if self._process is None:
            return True
        kind = True
        self.ask_to_stop()
        try:
            self._process.wait(self.program.grace)
        except subprocess.TimeoutExpired:
            kind = False
        self._end_session()
        self._process.wait()
        return kind

    def _end_session(self) -> None:
        """End what is left of the child and its own children: they share its process group."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
