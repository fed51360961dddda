"""Several models at once: the files of a folder or of a zip, and which of them are models at all."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from app.domain.errors import InvalidInput, Problem
from app.domain.models import LARGEST_ORIGINAL

#: models of one import; a county has some tens of pathways
MOST_FILES = 300
#: bytes of all files of a zip, unpacked
LARGEST_PACKAGE = 64 * 1024 * 1024
SUFFIXES = frozenset({".bpmn", ".xml", ".dmn", ".json", ".form"})
_ZIP = b"PK\x03\x04"


def models_in(files: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """
    Return the models among the files by name, those inside of zips too; pictures and other papers are passed over.

    A single file is taken whatever it is called, so that a refusal can say what it is.

    :raises InvalidInput: no models, more files or bytes than one import takes, or a zip that cannot be read
    """
    given = list(files)
    found: list[tuple[str, bytes]] = []
    for name, content in given:
        if content.startswith(_ZIP):
            found += [each for each in _unpacked(content) if _is_model(each[0])]
        elif len(given) == 1 or _is_model(name):
            found.append((name, content))
    if len(found) > MOST_FILES:
        raise InvalidInput([Problem("package_too_large", values={"limit": MOST_FILES})])
    if not found:
        raise InvalidInput([Problem("package_empty")])
    return found


def _is_model(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in SUFFIXES and not hidden


def _unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a zip; of each one byte more than a model may have, of all together no more than allowed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            entries = [entry for entry in package.infolist() if not entry.is_dir() and _is_model(entry.filename)]
            if len(entries) > MOST_FILES:
                raise InvalidInput([Problem("package_too_large", values={"limit": MOST_FILES})])
            total = 0
            for entry in entries:
                with package.open(entry) as file:
                    read = file.read(LARGEST_ORIGINAL + 1)
                total += len(read)
                if total > LARGEST_PACKAGE:
                    raise InvalidInput([Problem("package_too_large", values={"limit": MOST_FILES})])
                yield entry.filename, read
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError):
        # broken, locked with a password, or packed in a way that we do not know
        raise InvalidInput([Problem("package_unreadable")]) from None
