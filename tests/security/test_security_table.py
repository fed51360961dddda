"""The table of docs/reference/security.md points to tests that are there, and leaves no number out."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs/reference/security.md").read_text()


def numbers():
    for first in re.findall(r"^\| (S[^|]*?) \|", TABLE, re.MULTILINE):
        for part in first.split(", "):
            ends = [int(number) for number in re.findall(r"S(\d+)", part)]
            yield from range(ends[0], ends[-1] + 1) if ends else ()


def test_every_number_of_the_list_has_a_line():
    assert sorted(numbers()) == list(range(1, 46))


def test_every_test_that_is_named_is_there():
    last = ""
    for name in re.findall(r"`(tests/[^`]*|::test[^`]*)`", TABLE):
        path, _, test = name.partition("::")
        last = path or last
        assert (ROOT / last).exists(), name
        assert not test or f"def {test}(" in (ROOT / last).read_text(), name
