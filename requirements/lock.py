"""
Write the locks: dev.txt first, then run.txt and build.txt with its versions, and uv.txt for the installer.

Each holds every package with the hashes of all its files, for Python 3.11 and newer, and names no package host.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
PROJECT = FOLDER.parent
LOCKS = {"dev": ("build", "dev"), "build": ("build",), "run": ()}


def write_lock(name: str, extras: tuple[str, ...]) -> None:
    """Resolve the extras' packages and write `<name>.txt`."""
    target = FOLDER / f"{name}.txt"
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml"]
    command += ["--universal", "--python-version", "3.11"]
    command += ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header", "--quiet"]
    for extra in extras:
        command += ["--extra", extra]
    if name == "dev":
        command += sys.argv[1:] or ["--upgrade"]
    else:
        command += ["--constraint", str((FOLDER / "dev.txt").relative_to(PROJECT))]
        # an older lock of this name must not hold versions back
        target.unlink(missing_ok=True)
    subprocess.run([*command, "--output-file", str(target.relative_to(PROJECT))], cwd=PROJECT, check=True)


def write_installer() -> None:
    """Write uv.txt: uv alone, as the lock for tests has it; it installs the others."""
    blocks = re.split(r"\n(?=\S)", (FOLDER / "dev.txt").read_text(encoding="utf-8"))
    [block] = [block for block in blocks if block.startswith("uv==")]
    (FOLDER / "uv.txt").write_text(block.rstrip() + "\n", encoding="utf-8")


def main() -> None:
    """Write all locks."""
    for name, extras in LOCKS.items():
        write_lock(name, extras)
    write_installer()


if __name__ == "__main__":
    main()
