"""One supervisor per data folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FolderInUse(Exception):
    """Another supervisor runs on the data folder."""

    def __init__(self, folder: Path, pid: str) -> None:
        super().__init__(f"the data folder {folder} is in use by process {pid or '?'}")
        self.folder = folder
        self.pid = pid


class FolderLock:
    """A lock file that the kernel frees when its holder ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        """
        Take the lock.

        :raises FolderInUse: another process holds it
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = (folder / "supervisor.lock").open("a+", encoding="ascii")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().strip()
            self._file.close()
            raise FolderInUse(folder, holder) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Free the folder."""
        self._file.close()
