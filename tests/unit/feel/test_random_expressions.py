"""Expressions put together at random give a value or an error of the catalogue: the language itself never fails."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.feel import Ask, evaluate
from app.engine.feel.budget import fresh_budget

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
STANDARD = Path(__file__).parents[1] / "decisions" / "standard"
#: expressions of all kinds, and of all functions; loops that are long on purpose stay out
ATOMS = sorted(
    {
        side
        for path in STANDARD.glob("*.txt")
        for line in path.read_text(encoding="utf-8").splitlines()
        if " ==> " in line and "1000" not in line
        for side in line.split(" ==> ")
    }
)
FUNCTIONS = sorted({atom.partition("(")[0] for atom in ATOMS if atom.partition("(")[0].replace(" ", "").isalpha()})
PROPERTIES = ["year", "second", "seconds", "months", "timezone", "time offset", "start", "end included", "a"]
FORMS = [
    "({0}) + ({1})",
    "({0}) - ({1})",
    "({0}) * ({1})",
    "({0}) / ({1})",
    "({0}) ** ({1})",
    "({0}) = ({1})",
    "({0}) < ({1})",
    "({0}) and ({1})",
    "({0}) in ({1}, {2})",
    "({0}) between ({1}) and ({2})",
    "({0})[{1}]",
    "({0}).{property}",
    "{function}({0})",
    "{function}({0}, {1})",
    "{function}({0}, {1}, {2})",
    "for i in {0} return ({1}) = i",
    "every i in {0} satisfies i < ({1})",
    "if {0} then {1} else {2}",
    'string({0}) + "(\n`" + string({1})',
    "-({0})",
    "(function(x: number, y) x)({0}, {1})",
]
#: what an expression may end with; feel_failed is a fault of ours
ERRORS = {"feel_syntax", "feel_types", "feel_value", "feel_function", "feel_assert", "feel_size", "feel_depth"}
ATOM = st.sampled_from(ATOMS)
EXPRESSION = st.builds(
    lambda form, atoms, function, name: form.format(*atoms, function=function, property=name),
    st.sampled_from(FORMS),
    st.tuples(ATOM, ATOM, ATOM),
    st.sampled_from(FUNCTIONS),
    st.sampled_from(PROPERTIES),
)


def codes_of(texts):
    with fresh_budget(milliseconds=20_000):
        answers = evaluate([Ask(text) for text in texts], [{}], now=NOW)
    return {answer.error.code: text for text, answer in zip(texts, answers, strict=True) if answer.error}


@settings(max_examples=8, deadline=None)
@given(st.lists(EXPRESSION, min_size=20, max_size=30))
def test_random_expressions_end_with_a_value_or_a_known_error(texts):
    assert codes_of(texts).keys() <= ERRORS


@pytest.mark.fuzz
@settings(max_examples=3_000, deadline=None)
@given(st.lists(EXPRESSION, min_size=40, max_size=60))
def test_many_random_expressions_end_with_a_value_or_a_known_error(texts):
    assert codes_of(texts).keys() <= ERRORS
