"""What DMN 1.5 says of FEEL: standard/*.txt hold pairs of expressions that have the same value in a decision."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from html import escape
from pathlib import Path

import pytest

from app.domain.errors import ExpressionError, InvalidDecision
from app.engine.decisions import compile_decision, decide
from app.engine.decisions.document import NAMESPACES

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
FILES = sorted((Path(__file__).parent / "standard").glob("*.txt"))
#: one model of all pairs would be too large
ROWS = 100
#: what most rows have on the right, known without asking
CONSTANTS = {"true": True, "false": False, "null": None}


def pairs(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        left, separator, right = line.partition(" ==> ")
        if separator:
            yield number, left, right


def model(rows):
    decisions = (
        f'<decision id="{side}{number}" name="{side}{number}"><literalExpression><text>{escape(text)}</text>'
        "</literalExpression></decision>"
        for number, *texts in rows
        for side, text in zip("lr", texts, strict=True)
        if side == "l" or text not in CONSTANTS
    )
    content = "".join(decisions)
    return f'<definitions xmlns="{NAMESPACES[-1]}" namespace="urn:m" name="m">{content}</definitions>'.encode()


def output(xml, decision_id):
    try:
        return decide(compile_decision(xml, decision_id), {}, now=NOW).output
    except (ExpressionError, InvalidDecision):
        return None


def same(left, right):
    """Compare strictly: the same type, zones by their names, numbers to twelve digits."""
    if isinstance(left, (int, float)) and not isinstance(left, bool) and type(right) in (int, float):
        return left == pytest.approx(right, rel=1e-12)
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return str(left) == str(right) if isinstance(left, (date, datetime, time)) else left == right


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_expressions_mean_what_the_standard_says(path):
    rows = list(pairs(path))
    assert rows
    wrong = []
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        xml = model(some)
        for number, left, right in some:
            found = output(xml, f"l{number}")
            expected = CONSTANTS[right] if right in CONSTANTS else output(xml, f"r{number}")
            if not same(found, expected):
                wrong.append(f"{path.name}:{number} {left} is {found!r}, not {expected!r}")
            assert expected is not None or right == "null", f"{path.name}:{number} {right} has no value"
    assert not wrong
