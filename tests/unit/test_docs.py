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
