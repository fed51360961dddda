"""Codes of other countries: how people write them, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.client import Identity, may_be_same
from app.domain.errors import InvalidInput
from app.domain.foreign_code import parse_foreign_code, plain_foreign_code


@pytest.mark.parametrize(
    ("written", "country", "kept"),
    [
        ("19900514-1234", "se", "199005141234"),
        (" 3900514 1234 ", "EE", "39005141234"),
        ("AB.12/34\u20115", "DE", "AB12345"),
    ],
)
def test_a_code_is_kept_in_one_form_however_it_is_written(written, country, kept):
    found = parse_foreign_code(written, country)
    assert (found.text, found.country) == (kept, country.upper())
    assert kept not in repr(found)


@pytest.mark.parametrize(
    ("written", "country", "code"),
    [
        ("12", "SE", "foreign_code_format"),
        ("ei ole", "SE", "foreign_code_format"),
        ("1234<script>", "SE", "foreign_code_format"),
        ("x1" * 20, "SE", "foreign_code_format"),
        ("199005141234", "", "foreign_code_country"),
        ("199005141234", "FI", "foreign_code_country"),
        ("199005141234", "Sverige", "foreign_code_country"),
        ("140590-903D", "SE", "foreign_code_finnish"),
        ("140590y903d", "SE", "foreign_code_finnish"),
    ],
)
def test_what_is_none_is_refused_without_repeating_it(written, country, code):
    with pytest.raises(InvalidInput) as refused:
        parse_foreign_code(written, country)
    assert [problem.code for problem in refused.value.problems] == [code]
    assert written not in str(refused.value)


@given(st.text(max_size=60), st.text(max_size=3))
def test_any_text_is_a_code_or_refused(text, country):
    try:
        found = parse_foreign_code(text, country)
    except InvalidInput:
        return
    assert plain_foreign_code(found.text) == found.text
    assert parse_foreign_code(found.text, found.country) == found


def test_the_same_code_of_the_same_country_may_be_the_same_person():
    one = Identity(name="Olga", foreign_code="AB123", foreign_country="EE")
    assert may_be_same(one, Identity(name="Helga", foreign_code="AB123", foreign_country="EE"))
    assert not may_be_same(one, Identity(name="Helga", foreign_code="AB123", foreign_country="LV"))
