"""Find a browser for the end-to-end tests: KYKYPOLKU_BROWSER, else an installed Chromium or Chrome, else Debian's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
INSTALL = "apt-get update && apt-get install -y chromium"


def find_browser() -> str | None:
    """Return the browser's path, or None where there is none."""
    given = os.environ.get("KYKYPOLKU_BROWSER")
    if given:
        return given if os.access(given, os.X_OK) else None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def need_browser() -> str:
    """
    Return the browser's path.

    :raises RuntimeError: there is none; the message says the command that brings one
    """
    path = find_browser()
    if path is None:
        raise RuntimeError(f"the browser tests need Chromium: {INSTALL} (or set KYKYPOLKU_BROWSER to its path)")
    return path


def main() -> int:
    """`python -m tests.browser --install`: make sure that there is a browser, installing it where that is possible."""
    if find_browser() is None and "--install" in sys.argv and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing a browser: {INSTALL}", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "-qq", "update"], env=environment, check=False)
        subprocess.run(["apt-get", "-qq", "install", "-y", "chromium"], env=environment, check=False)
    try:
        print(f"Browser: {need_browser()}")
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
