"""The process owners' files: which are published, which are reference data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from app.cli.context import Refused

#: what process owners' folders hold for publishing
PUBLISHED_SUFFIXES = frozenset({".bpmn", ".dmn", ".json"})
#: folders beside them that are not published
UNPUBLISHED_FOLDERS = frozenset({"scenarios", "reference", "demo"})
#: texts of decisions' codes stand beside the pathways and are reference data
DECISION_TEXTS = "decision_texts.json"


def files_to_publish(paths: Sequence[Path]) -> Iterator[Path]:
    """
    Return the files named, and of folders everything below that is published.

    :raises Refused: a path does not exist
    """
    for path in paths:
        if not path.exists():
            raise Refused(f"{path}: there is no such file or folder")
        files = [path] if path.is_file() else sorted(item for item in path.rglob("*") if item.is_file())
        for file in files:
            inside = file.relative_to(path).parts if path.is_dir() else (file.name,)
            unpublished = file.name == DECISION_TEXTS or UNPUBLISHED_FOLDERS.intersection(inside)
            if file.suffix in PUBLISHED_SUFFIXES and not unpublished:
                yield file


def read_resources(paths: Sequence[Path]) -> dict[str, bytes]:
    """
    Return the files to publish by name; of folders everything below except scenarios.

    :raises Refused: a path does not exist, or two files have one name
    """
    resources: dict[str, bytes] = {}
    for file in files_to_publish(paths):
        if file.name in resources:
            raise Refused(f"{file}: another file has this name")
        resources[file.name] = file.read_bytes()
    return resources


def read_reference(folder: Path) -> list[Mapping[str, Any]]:
    """Return the files of reference data, and the texts of the decisions' codes as rows of their own kind."""
    files = [msgspec.json.decode(path.read_bytes()) for path in sorted((folder / "shared/reference").glob("*.json"))]
    texts = folder / "shared" / DECISION_TEXTS
    if texts.exists():
        rows = [{"id": code, "value": value} for code, value in msgspec.json.decode(texts.read_bytes()).items()]
        files.append({"kind": "decision_text", "rows": rows})
    return files
