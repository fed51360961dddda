"""Files whose age says whether a process without a port still works; health checks look at them."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

#: seconds between two signs, and the age at which a process counts as dead
SIGN_EVERY = 5.0
DEAD_AFTER = 60.0


def sign_of_life(name: str) -> Path:
    """Return the file that the process of this name touches while it works."""
    return Path(tempfile.gettempdir()) / f"kykypolku-{name}.alive"


def main(arguments: list[str]) -> int:
    """`python -m workers.signs_of_life scheduler`: exit 0 while the process of this name works."""
    try:
        age = time.time() - sign_of_life(arguments[0]).stat().st_mtime
    except (OSError, IndexError):
        return 1
    return 0 if age < DEAD_AFTER else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
