from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from app.domain.conditions import holds, to_schema
from app.domain.forms import FieldType
from app.engine.feel import evaluate_one
from app.engine.forms.conversion import to_json_value
from app.engine.forms.simple_conditions import simple_condition
from tests.unit.forms.conftest import NOW

TYPES = {
    "puuttuu": FieldType.BOOLEAN,
    "tilanne": FieldType.CHOICE,
    "tarpeet": FieldType.MULTI_CHOICE,
    "kaynnit": FieldType.INTEGER,
    "tyokyky": FieldType.DECIMAL,
    "alkanut": FieldType.DATE,
}


@pytest.mark.parametrize(
    "text",
    [
        "alkanut < today()",
        'alkanut = "2026-01-01"',
        "tilanne",
        "tilanne = true",
        "tilanne = kaynnit",
        'tilanne < "b"',
        "asia.ika < 30",
        "count(tarpeet) > 1",
        'tilanne = "a\\"b"',
        "puuttuu = null or",
        "(" * 30 + "puuttuu" + ")" * 30,
        "kaynnit < null",
        "not puuttuu",
        "puuttuu and muu",
        "kaynnit between 1 and 3",
        "",
    ],
)
def test_what_is_richer_stays_with_feel(text):
    assert simple_condition(text, types=TYPES) is None


def conditions():
    compare = st.one_of(
        st.sampled_from(["puuttuu", "puuttuu = true", "puuttuu != false", "puuttuu = null", "puuttuu != null"]),
        st.builds("tilanne {} {}".format, st.sampled_from(["=", "!="]), st.sampled_from(['"a"', '"b"', "null"])),
        st.builds(
            "{} {} {}".format,
            st.sampled_from(["kaynnit", "tyokyky"]),
            st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
            st.sampled_from(["0", "1", "2.5", "-1"]),
        ),
        st.sampled_from(['list contains(tarpeet, "N01")', 'list contains(tarpeet,"muu")']),
    )
    return st.recursive(
        compare,
        lambda inner: st.one_of(
            st.builds("({} and {})".format, inner, inner),
            st.builds("({} or {})".format, inner, inner),
            st.builds("not({})".format, inner),
            st.builds("{} or {} and {}".format, inner, inner, inner),
        ),
        max_leaves=5,
    )


def answers():
    return st.fixed_dictionaries(
        {
            "puuttuu": st.sampled_from([None, True, False]),
            "tilanne": st.sampled_from([None, "a", "b"]),
            "tarpeet": st.sampled_from([None, ["N01"], ["N01", "muu"], ["N02"]]),
            "kaynnit": st.sampled_from([None, 0, 1, 3]),
            "tyokyky": st.sampled_from([None, Decimal("2.5"), Decimal(1), Decimal("-1.5")]),
        }
    )


@settings(max_examples=300, deadline=None)
@given(text=conditions(), values=answers())
def test_a_simple_condition_means_what_feel_and_the_schema_mean(text, values):
    condition = simple_condition(text, types=TYPES)
    assert condition is not None
    result = holds(condition, values)
    assert result == evaluate_one(text, values, now=NOW)
    present = {key: to_json_value(value) for key, value in values.items() if value is not None}
    assert Draft202012Validator(to_schema(condition)).is_valid(present) == (result is True)
