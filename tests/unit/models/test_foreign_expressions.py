"""JUEL, Python and alike become FEEL where their meaning is plain; everything else is refused and never evaluated."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import feel
from app.engine.models.dialects.expressions import (
    NotTranslated,
    translate,
    translate_assignments,
    translate_value,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("${x > 5 && y == 'a'}", "", 'x > 5 and y = "a"'),
        ("#{amount >= 1000.5}", "", "amount >= 1000.5"),
        ("${approved}", "", "approved = true"),
        ("${!approved}", "", "not(approved = true)"),
        ("${not empty name}", "", 'not((name = null or name = "" or name = []))'),
        ("${a or b and c}", "", "a = true or b = true and c = true"),
        ("${(a || b) && c != null}", "", "(a = true or b = true) and c != null"),
        ("${status.equals('ok')}", "", 'status = "ok"'),
        ("${execution.getVariable('sum') gt 3}", "", "sum > 3"),
        ("${order.lines[0].price * 2 > 10}", "", "(order.lines[1].price * 2) > 10"),
        ("${map['key'] == 1}", "", "map.key = 1"),
        ("${a ? b == 1 : c == 2}", "", "if a = true then b = 1 else c = 2"),
        ("x > 5 and not y", "python", "x > 5 and not(y = true)"),
        ("x in [1, 2]", "python", "list contains([1, 2], x)"),
        ("x is not None", "python", "x != null"),
        ("len(items) > 0", "python", "count(items) > 0"),
        ("x % 2 == 0", "python", "modulo(x, 2) = 0"),
        ("approved", "python", "approved = true"),
        (
            'Vacation Approval = "Approved"',
            "https://www.omg.org/spec/DMN/20240513/FEEL/",
            'Vacation_Approval = "Approved"',
        ),
        ("some risk in risks satisfies risk = 1", "FEEL", "some risk in risks satisfies risk = 1"),
        ("Service Level == 'Premium'", "", 'Service_Level = "Premium"'),
        ("true", "http://www.w3.org/1999/XPath", "true"),
    ],
)
def test_a_condition_with_a_plain_meaning_is_translated(text, language, expected):
    assert translate(text, language=language) == expected
    feel.check(expected)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Approved", ""),
        ("more than 5 days?", ""),
        ("", ""),
        ("${bean.decide(order, 3)}", ""),
        ("${__import__('os').system('ls')}", ""),
        ("lambda: 0", "python"),
        ("[x for x in y]", "python"),
        ("x ==", "python"),
        ("(" * 500 + "x" + ")" * 500, "python"),
        ("x" * 3_000, "python"),
    ],
)
def test_anything_else_is_not_translated(text, language):
    with pytest.raises(NotTranslated):
        translate(text, language=language)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [({"a": 3, "b": "x"}, True), ({"a": 6, "b": "x"}, True), ({"a": 6, "b": "y"}, False), ({}, False)],
)
def test_what_is_translated_decides_as_the_other_language_does(variables, expected):
    condition = translate("${(a <= 5 || b == 'x') && b != null}")
    found = feel.evaluate_one(condition, {"a": None, "b": None, **variables}, now=NOW)
    assert (found is True) is expected


def test_texts_with_expressions_become_feel_and_plain_ones_stay():
    assert translate_value("kermit") == "kermit"
    assert translate_value("${initiator}") == "=initiator"
    assert translate_value("Hello ${name}!") == '="Hello " + string(name) + "!"'
    with pytest.raises(NotTranslated):
        translate_value("${a.b(c)}")


def test_a_script_of_assignments_is_read_and_no_other():
    assert translate_assignments("x = 1\n# note\ny = x + 2") == [("x", "1"), ("y", "x + 2")]
    for script in ("import os", "x = open('f')", "x.y = 3", "for a in b: pass", ""):
        with pytest.raises(NotTranslated):
            translate_assignments(script)


@given(st.text(alphabet="ab1.'\"()[]{}$#&|!=<>?: +-*/%,\\\n", max_size=40))
def test_whatever_is_written_is_translated_or_refused(text):
    for language in ("", "python"):
        with contextlib.suppress(NotTranslated):
            assert translate(text, language=language)
