"""
Install a lock into the environment of the Python that runs this: `python requirements/install.py build`.

uv does it with a quarter of pip's work; where it cannot (another platform, a mirror that it does not understand), pip
does. Both take only files whose hash is in the lock. What pip is told about mirrors, certificates and proxies, uv is
told too.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]
#: pip's setting -> the variable that tells uv the same
SAME_FOR_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}


def run(command: list[str], environment: dict[str, str] | None = None) -> bool:
    """Run the command and return whether it went well."""
    return subprocess.run(command, env=environment, check=False).returncode == 0


def pip_install(lock: str) -> bool:
    """Install the lock with pip. It is whole: nothing to resolve; modules are compiled when first imported."""
    return run([*PIP, "install", "--no-deps", "--no-compile", "--require-hashes", "-r", str(FOLDER / f"{lock}.txt")])


def environment_for_uv() -> dict[str, str]:
    """Return this environment with what pip's configuration says, unless uv has been told otherwise."""
    environment = dict(os.environ)
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False).stdout
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        variable = SAME_FOR_UV.get(name.rpartition(".")[2])
        if variable and variable not in environment:
            environment[variable] = str(ast.literal_eval(value))
    environment.setdefault("VIRTUAL_ENV", sys.prefix)
    return environment


def uv_install(lock: str) -> bool:
    """Install the lock with uv, after installing uv itself."""
    if not pip_install("uv"):
        return False
    command = [sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable, "--quiet", "--no-deps"]
    # the hashes say which file is meant, wherever it comes from
    command += ["--require-hashes", "--index-strategy", "unsafe-best-match", "-r", str(FOLDER / f"{lock}.txt")]
    return run(command, environment_for_uv())


def main() -> int:
    """Install the lock that is named."""
    lock = sys.argv[1]
    if uv_install(lock):
        return 0
    sys.stderr.write("uv could not install the packages; pip does it\n")
    return 0 if pip_install(lock) else 1


if __name__ == "__main__":
    sys.exit(main())
