"""The documents are true where a machine can see it: what they point to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.cli.command_line import command_names

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "processes" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    missing = [target for target in LINK.findall(page.read_text()) if not (page.parent / target).exists()]
    assert missing == []


def test_every_command_of_the_terminal_is_documented():
    text = (ROOT / "docs" / "how-to" / "command-line.md").read_text()
    assert [name for name in command_names() if f"`{name}" not in text] == []


SEEDS = (ROOT / "docs" / "reference" / "seeds.md").read_text()


@pytest.mark.parametrize("page", ["seeds.md", "worklist.md"])
def test_every_test_that_a_page_names_is_there(page):
    last = ""
    named = re.findall(r"`(tests/[^`]*|::test[^`]*)`", (ROOT / "docs" / "reference" / page).read_text())
    assert named
    for name in named:
        path, _, test = name.partition("::")
        last = path or last
        assert (ROOT / last).exists(), name
        assert not test or f"def {test}(" in (ROOT / last).read_text(), name


def test_what_the_page_of_the_seeds_names_in_the_pathways_is_there():
    """Stories, elements, tables and forms; and no rule of data protection is left out."""
    processes = ROOT / "processes"
    diagrams = "".join(path.read_text() for path in processes.glob("*/*.bpmn"))
    diagrams += "".join(path.read_text() for path in processes.glob("shared/rules/*.bpmn"))
    files = {path.stem for path in [*processes.rglob("*.dmn"), *processes.rglob("forms/*.json")]}
    words = set(re.findall(r"`([a-z][a-z0-9_/]+)`", SEEDS))
    stories = {word for word in words if word.startswith("tyky_") and "/" in word}
    elements = {word for word in words if re.match(r"[a-z]\d+_", word)}
    named = {word for word in words if word.startswith(("dmn_", "f_"))}
    assert stories
    assert elements
    assert named
    assert [
        word
        for word in sorted(stories)
        if not (processes / word.replace("/", "/scenarios/")).with_suffix(".json").exists()
    ] == []
    assert [word for word in sorted(elements) if f'id="{word}"' not in diagrams] == []
    assert sorted(named - files) == []
    assert re.findall(r"^\| R-(\d\d) \|", SEEDS, re.MULTILINE) == [f"{number:02}" for number in range(1, 28)]
