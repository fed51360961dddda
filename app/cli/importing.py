"""Look at diagrams that were drawn elsewhere: what an import puts right in each, and what is left to decide."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app.cli.context import Context, Refused, say
from app.domain.errors import InvalidInput, Problem
from app.domain.models import FindingKind, ModelKind
from app.engine.diagrams import read_diagram
from app.engine.models import Imported, import_model
from app.engine.models.packages import models_in
from app.locale import Texts

_COLUMNS = ("RUNS", "REPAIRS", "QUESTIONS", "LOSSES", "FILE")


def import_files(context: Context) -> None:
    """
    Print a line for each file, or all findings as JSON; with --to write the copies that were put right.

    :raises Refused: a path does not exist, or a copy is there already
    """
    arguments = context.arguments
    lines = [_line(name, content, arguments.to, arguments.language) for name, content in _files(arguments.paths)]
    if arguments.json:
        say(json.dumps(lines, ensure_ascii=False, indent=2))
        return
    say("{:>5} {:>8} {:>10} {:>7}  {}".format(*_COLUMNS))
    for line in lines:
        runs = "yes" if line["runs"] else "no"
        counts = [len(line[kind]) for kind in ("repairs", "questions", "losses")]
        say("{:>5} {:>8} {:>10} {:>7}  {}".format(runs, *counts, line["file"]))
        for problem in line["problems"]:
            say(f"{'':34}{problem['element']}: {problem['text']}")
    say(f"{sum(line['runs'] for line in lines)} of {len(lines)} run")


def _files(paths: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        if not path.exists():
            raise Refused(f"{path}: there is no such file or folder")
        if path.is_file():
            yield from models_in([(path.name, path.read_bytes())])
            continue
        for file in sorted(item for item in path.rglob("*") if item.is_file()):
            # one by one: a folder may hold more than fits in memory at once
            found = models_in([(file.name, file.read_bytes()), ("", b"")])
            yield from ((str(file.relative_to(path)), content) for _, content in found)


def _line(name: str, content: bytes, to: Path | None, language: str) -> dict[str, Any]:
    texts = Texts.load(language)
    try:
        imported = import_model(content)
    except InvalidInput as error:
        return _told(name, None, error.problems, texts)
    problems: Sequence[Problem] = ()
    if imported.kind is ModelKind.DIAGRAM:
        try:
            read_diagram(imported.content)
        except InvalidInput as error:
            problems = error.problems
    if to is not None:
        _write(to / name, imported.content)
    return _told(name, imported, problems, texts)


def _write(path: Path, content: bytes) -> None:
    if path.exists():
        raise Refused(f"{path} exists; choose another folder with --to")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _told(name: str, imported: Imported | None, problems: Sequence[Problem], texts: Texts) -> dict[str, Any]:
    def told(found: Sequence[Problem]) -> list[dict[str, str]]:
        return [
            {
                "rule": each.code,
                "element": each.place,
                "name": each.name,
                "text": texts(f"problems.{each.code}", **each.values),
            }
            for each in found
        ]

    def of_kind(kind: FindingKind) -> list[dict[str, str]]:
        return [] if imported is None else told(imported.of_kind(kind))

    return {
        "file": name,
        "runs": imported is not None and not problems,
        "repairs": of_kind(FindingKind.REPAIR),
        "questions": of_kind(FindingKind.QUESTION),
        "losses": of_kind(FindingKind.LOSS),
        "problems": told(problems),
    }
