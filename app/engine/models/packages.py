"""Several models at once: the files of a folder or of a zip, and which of them are models at all."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
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
#: what the library raises for a zip that is broken, locked with a password, or packed in a way that we do not know
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, NotImplementedError, EOFError, OSError, ValueError,
)  # fmt: skip


def models_in(files: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """
    Return the models among the files by name, those inside of zips too; pictures and other papers are passed over.

    A single file is taken whatever it is called, so that a refusal can say what it is.

    :raises InvalidInput: no models, more files or bytes than one import takes, or a zip that cannot be read
    """
    given = list(files)
    found = [each for name, content in given for each in models_of(name, content, whatever=len(given) == 1)]
    if len(found) > MOST_FILES:
        raise InvalidInput([Problem("package_too_large", values={"limit": MOST_FILES})])
    if not found:
        raise InvalidInput([Problem("package_empty")])
    return found


def models_of(name: str, content: bytes, *, whatever: bool = False) -> list[tuple[str, bytes]]:
    """
    Return a file by its name if it is a model (or `whatever` it is called), or the models inside of it if it is a zip.

    What comes out of a zip stands beside it: its names never lead out of that folder.

    :raises InvalidInput: a zip with too much in it, or one that cannot be read
    """
    if content.startswith(_ZIP):
        beside = PurePosixPath(name).parent
        return [(str(beside / _harmless(entry)), unpacked) for entry, unpacked in _unpacked(content)]
    return [(name, content)] if whatever or _is_model(name) else []


def _harmless(name: str) -> PurePosixPath:
    """Return the name of an entry, which leads nowhere upwards, without a root or a drive."""
    return PurePosixPath(name.replace("\\", "/").replace(":", "").lstrip("/"))


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
                    raise InvalidInput([Problem("model_too_large", values={"limit": LARGEST_PACKAGE // 1024})])
                yield entry.filename, read
    except _UNREADABLE:
        raise InvalidInput([Problem("package_unreadable")]) from None
