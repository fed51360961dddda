"""
One V8 isolate, driven through the C interface of the mini-racer wheel.

The wheel's own Python class passes every call through an event loop in a thread of its own; its C interface does the
same work in a quarter of the time (docs/decisions/0020-v8-binding.md holds the figures). The wheel is pinned exactly.
"""

from __future__ import annotations

import ctypes
import threading
import time
from typing import Any

from py_mini_racer import _dll

#: type numbers of values that cross the C interface (mini_racer.cc)
_TEXT = 5
_EXECUTION_ERROR, _PARSE_ERROR, _OUT_OF_MEMORY = 200, 201, 202
_FAILURES = range(200, 207)
#: the only calls of one isolate that can be under way: one at a time, so one number will do
_CALL = 1
#: how long a cancelled script may take to stop before the isolate is given up
_GRACE_SECONDS = 1.0
#: on a machine that is busy with other things a script may take this many times its own time
_WALL_CLOCK_FACTOR = 5
_SHORTEST_WAIT_SECONDS = 0.002
_START_SECONDS = 20.0


class ScriptFailed(Exception):
    """The script threw; the isolate can go on."""


class ScriptTimedOut(Exception):
    """The script was stopped; the isolate must be replaced."""


class ScriptOutOfMemory(Exception):
    """The script needed more memory than the isolate may have; the isolate must be replaced."""


class Isolate:
    """
    Runs scripts one at a time. Not safe for several threads: the caller holds a lock.

    `calls` counts the scripts that were run. An isolate made before a fork is dead in the child: never touch it there.
    """

    def __init__(self, *, soft_limit_bytes: int, hard_limit_bytes: int) -> None:
        self._library: Any = _dll.init_mini_racer(ignore_duplicate_init=True)
        self._answered = threading.Semaphore(0)
        self._answer: Any = None
        self._thread = 0
        # the C side keeps the bare pointer: the callback must live as long as the isolate
        self._callback = _dll.MR_CALLBACK(self._receive)
        self._context: int = self._library.mr_init_context(self._callback)
        self._library.mr_set_soft_memory_limit(self._context, soft_limit_bytes)
        self._library.mr_set_hard_memory_limit(self._context, hard_limit_bytes)
        self._thread_clock: int | None = None
        self.calls = 0
        self.used_seconds = 0.0
        self.run('"ready"', seconds=_START_SECONDS)
        # the callback told V8's thread; before that there was nobody to measure
        self._thread_clock = _processor_clock(self._thread)

    def run(self, script: str, *, seconds: float) -> str:
        """
        Run a script whose value is a text and return the text; `used_seconds` tells afterwards what it took.

        `seconds` are of the V8 thread's own processor time, so a busy machine stops nobody (where the system cannot
        tell, they are seconds of the clock). Raises ScriptTimedOut beyond them, ScriptOutOfMemory beyond the hard
        limit, ScriptFailed when it throws.
        """
        self.calls += 1
        data = script.encode()
        handle = self._library.mr_alloc_string_val(self._context, data, len(data), _TEXT)
        started, wall_started = self._clock(), time.monotonic()
        task = self._library.mr_eval(self._context, handle, _CALL)
        left = seconds
        while not self._answered.acquire(timeout=max(left, _SHORTEST_WAIT_SECONDS)):
            left = seconds - (self._clock() - started)
            if left <= 0 or time.monotonic() - wall_started > seconds * _WALL_CLOCK_FACTOR:
                self._library.mr_cancel_task(self._context, task)
                self._answered.acquire(timeout=_GRACE_SECONDS)
                self.used_seconds = seconds
                raise ScriptTimedOut(f"stopped after {seconds:.3f} s")
        self.used_seconds = self._clock() - started
        self._library.mr_free_value(self._context, handle)
        answer, self._answer = self._answer, None
        kind, text = self._read(answer)
        self._library.mr_free_value(self._context, answer)
        if kind in _FAILURES:
            raise ScriptOutOfMemory(text) if kind == _OUT_OF_MEMORY else ScriptFailed(text)
        return text

    def _clock(self) -> float:
        """Return the processor time of V8's thread, once it is known; else the clock's."""
        return time.monotonic() if self._thread_clock is None else time.clock_gettime(self._thread_clock)

    def collect_garbage(self) -> None:
        """Ask V8 to give memory back."""
        self._library.mr_low_memory_notification(self._context)

    def close(self) -> None:
        """Free the isolate and its thread."""
        self._library.mr_free_context(self._context)

    def _receive(self, _call: int, answer: Any) -> None:
        # called on V8's own thread
        self._thread = threading.get_ident()
        self._answer = answer
        self._answered.release()

    @staticmethod
    def _read(answer: Any) -> tuple[int, str]:
        content = answer.contents
        if content.type != _TEXT and content.type not in _FAILURES:
            return _EXECUTION_ERROR, f"script returned a value of type {content.type}, not a text"
        # lone surrogates of a JavaScript string come as broken UTF-8 and are refused by the reader of the answer
        return content.type, ctypes.string_at(content.value.bytes_val, content.len).decode("utf-8", "replace")


def _processor_clock(thread: int) -> int | None:
    try:
        return time.pthread_getcpuclockid(thread)
    except (AttributeError, OSError):
        return None
