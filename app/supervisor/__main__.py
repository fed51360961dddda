"""`python -m app.supervisor [--port N] [--data FOLDER] [--host ADDRESS]`: run the embedded default."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.settings import Settings, SettingsRefused
from app.supervisor.folder_lock import FolderInUse
from app.supervisor.supervise import CannotStart, Supervisor


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop and return the exit code."""
    parser = argparse.ArgumentParser(prog="kykypolku run", description="Start everything on this machine.")
    parser.add_argument("--port", type=int, dest="web_port", help="port of the pages (8000)")
    parser.add_argument("--host", dest="web_host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--data", type=Path, dest="data_folder", help="folder of the database (./data)")
    given: dict[str, Any] = {
        name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None
    }
    try:
        return Supervisor(Settings.load(**given)).run()
    except (SettingsRefused, FolderInUse, CannotStart) as error:
        sys.stderr.write(f"kykypolku: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
