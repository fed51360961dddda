"""Processes that never outlive whoever started them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

#: Linux prctl(2): the signal that the kernel sends to a process when the thread that started it ends
_SET_PARENT_DEATH_SIGNAL = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with_parent(death_signal: int = signal.SIGKILL) -> None:
    """Ask the kernel to end this process when the one that started it ends, however it ends; Linux only."""
    if _LIBC is not None:
        _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, int(death_signal), 0, 0, 0)


def die_with_parent(death_signal: int = signal.SIGKILL) -> Callable[[], None]:
    """
    Return what a new child has to run before its program, so that it ends with the caller.

    Survives exec, but not a fork: a child's own children need `end_with_parent` again.
    """
    parent = os.getpid()

    def prepare() -> None:
        end_with_parent(death_signal)
        # the parent may have ended between fork and now; then nobody would tell
        if os.getppid() != parent:
            os._exit(1)

    return prepare
