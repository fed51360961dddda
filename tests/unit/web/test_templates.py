"""Templates: every text they name exists, and nothing in them is written past escaping."""

import re
from pathlib import Path

import pytest

from app.locale import Texts

TEMPLATES = Path("app/web/templates")
FILES = sorted(TEMPLATES.rglob("*.html"))
_KEY = re.compile(r"""\bt\(["']([a-z_0-9.]+)["']\s*[,)]""")
_PLURAL = re.compile(r"""\btn\(["']([a-z_0-9.]+)["']\s*[,)]""")
#: keys that templates put together, and what they are put together from
COMPOSED = {
    "place_group.": ["work", "monitor"],
    "place.": ["worklist", "cases", "start", "instances", "incidents", "messages", "outbox"],
    "appointment.": ["booked", "kept", "cancelled", "no_show"],
    "step.": ["done", "current", "next"],
    "task.closed_": ["completed", "cancelled"],
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_every_text_of_a_template_exists(path):
    texts = Texts.load("fi")
    source = path.read_text("utf-8")
    assert [key for key in (*_KEY.findall(source), *_PLURAL.findall(source)) if key not in texts] == []


def test_every_composed_text_exists():
    texts = Texts.load("fi")
    assert [start + end for start, ends in COMPOSED.items() for end in ends if start + end not in texts] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_template_escapes_escaping_or_brings_inline_code(path):
    source = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert "|safe" not in source.replace(" ", "")
    assert "autoescape" not in source
    assert not re.search(r"\son[a-z]+\s*=", source), "an event handler in an attribute"
    assert not re.search(r"\sstyle\s*=", source), "a style attribute"
    scripts = re.findall(r"<script\b[^>]*>", source)
    assert all("src=" in script or 'type="application/json"' in script for script in scripts)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_every_form_that_changes_something_carries_a_token(path):
    source = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", source, flags=re.DOTALL):
        assert "csrf()" in form or "carried()" in form, form[:120]
