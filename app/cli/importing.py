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
from app.engine.models import Imported, form_id_of, import_model
from app.engine.models.packages import models_of
from app.locale import Texts
from app.locale.problems import problem_text

_COLUMNS = ("RUNS", "REPAIRS", "QUESTIONS", "LOSSES", "FILE")


def import_files(context: Context) -> None:
    """
    Print a line for each file, or all findings as JSON; with --to write the copies that were put right.

    :raises Refused: a path does not exist, or a copy is there already
    """
    arguments = context.arguments
    texts = Texts.load(arguments.language)
    lines = [line for path in arguments.paths for line in _lines(path, arguments.to, texts)]
    if arguments.json:
        say(json.dumps(lines, ensure_ascii=False, indent=2))
        return
    say("{:>5} {:>8} {:>10} {:>7}  {}".format(*_COLUMNS))
    for line in lines:
        runs = "yes" if line["runs"] else "no"
        counts = [len(line[kind]) for kind in ("repairs", "questions", "losses")]
        say("{:>5} {:>8} {:>10} {:>7}  {}".format(runs, *counts, line["file"]))
        for problem in line["problems"]:
            say(f"{'':34}{problem['element'] or line['file']}: {problem['text']}")
    say(f"{sum(line['runs'] for line in lines)} of {len(lines)} run")


def _lines(path: Path, to: Path | None, texts: Texts) -> Iterator[dict[str, Any]]:
    """Yield a line for each model of a file, a zip or a folder; one by one, as a folder may hold more than memory."""
    if not path.exists():
        raise Refused(f"{path}: there is no such file or folder")
    files = [path] if path.is_file() else sorted(item for item in path.rglob("*") if item.is_file())
    for file in files:
        name = file.name if file == path else file.relative_to(path).as_posix()
        try:
            found = models_of(name, file.read_bytes(), whatever=file == path)
        except InvalidInput as error:
            yield _told(name, None, error.problems, texts)
            continue
        for each, content in found:
            yield _line(each, content, to, texts)


def _line(name: str, content: bytes, to: Path | None, texts: Texts) -> dict[str, Any]:
    try:
        imported = import_model(content, form_id=form_id_of(name))
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
                "text": problem_text(each, texts),
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
