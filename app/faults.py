"""
Named places where a fault test may end this process as a crash would: FAULT="worker_called:2" at the second passing.

Without the variable the call is one look at a constant. Production never sets it.
"""

from __future__ import annotations

import os
import signal

_NAME, _, _NUMBER = os.environ.get("FAULT", "").partition(":")
_left = int(_NUMBER or 1)


def crash_point(name: str) -> None:
    """End this process with SIGKILL here, if the environment asks for it."""
    global _left  # noqa: PLW0603 # counts this process's passings
    if name != _NAME:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
