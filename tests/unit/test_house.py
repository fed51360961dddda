"""The rules of the house that no other tool checks."""

from __future__ import annotations

import ast
import importlib
import re
import string
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("fi", "sv", "en")
#: a module of this many lines is asked whether it is still one room; twice as many is refused
ASKED_AT = 300
REFUSED_AT = 600
VAGUE_NAMES = re.compile(r"(^|_)(utils?|helpers?|services?|managers?|common|misc|handler)(_|$)")
#: words of the field that happen to look vague
MEANT_NAMES = {"workers/handlers.py"}


def sources(*folders: str) -> list[Path]:
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts and "dist" not in path.parts
    ]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


PRODUCT = sources("app", "workers")


def calls_of(path: Path, name: str) -> int:
    """Return how often the module calls a method of this name."""
    tree = ast.parse(path.read_text())
    return sum(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
        for node in ast.walk(tree)
    )


def test_there_is_one_commit_and_it_is_the_unit_of_work_s() -> None:
    found = {place(path): count for path in PRODUCT if (count := calls_of(path, "commit"))}
    assert found == {"app/storage/unit_of_work.py": 1}


def test_import_contracts_are_kept() -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-3000:]


@pytest.mark.parametrize("path", PRODUCT, ids=place)
def test_no_module_or_class_has_a_name_that_says_nothing(path: Path) -> None:
    assert place(path) in MEANT_NAMES or not VAGUE_NAMES.search(path.stem), place(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef):
            assert not re.search(r"(Utils?|Helpers?|Service|Manager)$", node.name), node.name


def test_no_module_is_a_warehouse() -> None:
    sizes = {place(path): len(path.read_text().splitlines()) for path in PRODUCT}
    large = sorted(((size, name) for name, size in sizes.items() if size > ASKED_AT), reverse=True)
    print("\n".join(["Is each still one room?", *(f"{size:5} {name}" for size, name in large)]))
    assert [name for size, name in large if size > REFUSED_AT] == []


@pytest.mark.parametrize("path", PRODUCT, ids=place)
def test_no_code_is_made_at_run_time(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"eval", "exec", "compile", "__import__"}, f"{place(path)}:{node.lineno}"
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {alias.name.split(".")[0] for alias in node.names} | {
                (getattr(node, "module", "") or "").split(".")[0]
            }
            assert not names & {"pickle", "marshal", "shelve", "dill"}, f"{place(path)}:{node.lineno}"


@pytest.mark.parametrize("path", [path for path in PRODUCT if path.parts[-2] in {"commands", "queries"}], ids=place)
def test_commands_and_queries_never_ask_the_clock(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in {"now", "utcnow", "today", "monotonic"}, f"{place(path)}:{node.lineno}"


# -- texts ---------------------------------------------------------------------------------------------------------


def areas() -> list[str]:
    return sorted({path.stem for language in LANGUAGES for path in (ROOT / "app/locale" / language).glob("*.po")})


def entries(language: str, area: str) -> dict[str, tuple[str, ...]]:
    """Return the texts of an area by key, plural forms together."""
    path = ROOT / "app/locale" / language / f"{area}.po"
    assert path.exists(), f"{area}.po is missing in {language}"
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    found: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        if message.id:
            keys = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
            texts = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
            assert not message.fuzzy, f"{language}/{area}: {keys[0]} is fuzzy"
            found[keys[0]] = tuple(str(text) for text in texts)
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("area", areas())
def test_every_text_is_there_in_three_languages_with_the_same_placeholders(area: str) -> None:
    by_language = {language: entries(language, area) for language in LANGUAGES}
    for language, found in by_language.items():
        assert set(found) == set(by_language["fi"]), f"{language}/{area}.po has other keys than fi"
        assert [key for key, texts in found.items() if not all(text.strip() for text in texts)] == []
        for key, texts in found.items():
            wanted = set().union(*map(placeholders, by_language["fi"][key]))
            for text in texts:
                # a singular form may say "one" in words
                assert placeholders(text) | {"count"} == wanted | {"count"}, f"{language}/{area}: {key}"


def test_no_key_stands_in_two_areas() -> None:
    counted = Counter(key for area in areas() for key in entries("fi", area))
    assert [key for key, number in counted.items() if number > 1] == []


def test_no_path_of_a_machine_and_no_package_host_is_written_anywhere() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wrong = re.compile(r"/home/\w+/|/root/|files\.pythonhosted|registry\.npmjs|pypi\.org")
    found = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and path != Path(__file__) and path.stat().st_size < 2_000_000:
            text = path.read_text(encoding="utf-8", errors="ignore")
            found += [f"{name}: {match[0]}" for match in wrong.finditer(text)]
    assert found == []


@pytest.mark.parametrize("path", sources("tests/bench"), ids=str)
def test_benchmarks_can_be_imported(path: Path) -> None:
    # no other test runs them, so a name that moved would be missed
    importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
