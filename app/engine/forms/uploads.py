"""
Files that a form takes: a short list of kinds, told by their content and never by their name alone.

A file with macros is refused. Nothing is unpacked: of a zip container only the list of names is read.
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.domain.answers import AcceptedFile
from app.domain.errors import InvalidInput, Problem
from app.domain.forms import Field

LARGEST_FILE_BYTES = 20 * 1024 * 1024
LONGEST_FILE_NAME = 150
_MOST_NAMES_IN_CONTAINER = 5_000


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the browser sent it: nothing about it is trusted."""

    name: str = field(repr=False)
    content: bytes = field(repr=False)


def _is_pdf(content: bytes) -> bool:
    return b"%PDF-" in content[:1024]


def _is_png(content: bytes) -> bool:
    return content.startswith(b"\x89PNG\r\n\x1a\n")


def _is_jpeg(content: bytes) -> bool:
    return content.startswith(b"\xff\xd8\xff")


def _is_plain_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(unicodedata.category(character) == "Cc" and character not in "\r\n\t\f" for character in text)


def _is_word(content: bytes) -> bool:
    names = _names_in_container(content)
    return "[Content_Types].xml" in names and "word/document.xml" in names and not _has_macros(names)


def _is_open_document(content: bytes) -> bool:
    # ODF 1.3 part 2, 3.3: the first entry is `mimetype`, stored as it is, so the words stand at a fixed place
    if content[30:77] != b"mimetypeapplication/vnd.oasis.opendocument.text":
        return False
    return not _has_macros(_names_in_container(content))


def _names_in_container(content: bytes) -> frozenset[str]:
    if not content.startswith(b"PK\x03\x04"):
        return frozenset()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as container:
            names = container.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeDecodeError, OverflowError):
        return frozenset()
    return frozenset(names if len(names) <= _MOST_NAMES_IN_CONTAINER else ())


def _has_macros(names: frozenset[str]) -> bool:
    return any(
        name.lower().endswith("vbaproject.bin") or name.startswith(("Basic/", "Scripts/", "word/activeX/"))
        for name in names
    )


#: by file name extension: the media type, and the look at the content that proves it
KINDS: Mapping[str, tuple[str, Callable[[bytes], bool]]] = {
    "pdf": ("application/pdf", _is_pdf),
    "png": ("image/png", _is_png),
    "jpg": ("image/jpeg", _is_jpeg),
    "jpeg": ("image/jpeg", _is_jpeg),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _is_word),
    "odt": ("application/vnd.oasis.opendocument.text", _is_open_document),
    "txt": ("text/plain", _is_plain_text),
}
#: what a file input shows first, and what the error text names
ACCEPT = ",".join(f".{extension}" for extension in KINDS)


def accept_file(upload: Upload, *, asked: Field) -> AcceptedFile:
    """
    Take an uploaded file whose name, size and content are right.

    :raises InvalidInput: `file_too_large`, `file_empty`, `file_type`
    """
    if len(upload.content) > LARGEST_FILE_BYTES:
        raise InvalidInput([Problem("file_too_large", values={"maximum": LARGEST_FILE_BYTES // 1024 // 1024})])
    if not upload.content:
        raise InvalidInput([Problem("file_empty")])
    name = _plain_name(upload.name)
    media_type, proves = KINDS.get(name.rpartition(".")[2].lower(), ("", None))
    if proves is None or not proves(upload.content):
        raise InvalidInput([Problem("file_type", values={"allowed": ", ".join(KINDS)})])
    return AcceptedFile(
        name=name,
        media_type=media_type,
        content=upload.content,
        sha256=hashlib.sha256(upload.content).hexdigest(),
        field_key=asked.key,
        data_group=asked.data_group,
    )


def _plain_name(name: str) -> str:
    """Return the last part of the path that some browsers send, without anything invisible, its extension kept."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    visible = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip()
    stem, dot, extension = visible.rpartition(".")
    return f"{stem[: LONGEST_FILE_NAME - len(extension) - 1]}{dot}{extension}" if len(extension) < 10 else visible[:10]
