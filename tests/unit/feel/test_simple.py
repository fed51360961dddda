from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.feel import from_state, simple, to_state
from app.engine.feel.machine import call

NOW = {"now": "2026-05-04T12:30:00", "zone": "Europe/Helsinki"}
names = st.sampled_from(["a", "b", "tulos", "_x", "count", "sum", "date", "item"])
paths = st.lists(names, min_size=1, max_size=3).map(".".join)
literals = st.one_of(
    st.integers(-(10**16), 10**16).map(str),
    st.sampled_from(["true", "false", "null", '"x"', '"tarjottu"', '""', '"ä"', "1.5", "-0", "007"]),
)
operators = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "==", "+"])
spaces = st.sampled_from(["", " ", "\n", "\t "])
expressions = st.one_of(
    paths, literals, st.tuples(spaces, paths, spaces, operators, spaces, literals, spaces).map("".join)
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.sampled_from(["x", "tarjottu", "", "ä", "x\u0000"]),
    st.just(1.0),
    st.just(date(2026, 1, 1)),
)
contexts = st.recursive(
    st.dictionaries(names, scalars, max_size=4), lambda inner: st.dictionaries(names, inner | scalars, max_size=4)
)


def in_v8(text, context):
    request = {**NOW, "contexts": [to_state(context)], "asks": [[text, 0, "expression"]]}
    return json.loads(call("evaluate", json.dumps(request)))[0]


@given(expressions, contexts)
def test_the_short_way_means_the_same_as_v8(text, context):
    found = simple.answer(text, context)
    if found is not None:
        answer = in_v8(text, context)
        assert "code" not in answer
        value = from_state(answer["v"])
        assert (value, type(value)) == (found.value, type(found.value))


@pytest.mark.parametrize("text", ['tulos = "tarjottu"', "asia.ika >= 18", "tulos", '"teksti"', "-5", "a = null"])
def test_the_usual_conditions_go_the_short_way(text):
    context = {"tulos": "tarjottu", "asia": {"ika": 40}, "a": 1}
    assert simple.answer(text, context) is not None


@pytest.mark.parametrize(
    "text", ["puuttuva", "a.b", "a = 1.5", 'paiva = "2026-01-01"', "a = b", "not(a)", "1.5", "partial"]
)
def test_everything_with_a_choice_goes_to_v8(text):
    assert simple.answer(text, {"a": 1, "b": 2, "paiva": date(2026, 1, 1)}) is None


def test_the_moment_is_not_simple():
    assert simple.answer("now()", {"now": datetime(2026, 1, 1, tzinfo=UTC)}) is None
