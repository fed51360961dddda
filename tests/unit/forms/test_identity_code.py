from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInput
from app.domain.identity_code import (
    CENTURIES,
    check_character,
    find_identity_codes,
    mask_identity_codes,
    parse_identity_code,
)

VALID = ["140590-903D", "140500A9014", "010190Y907X", "010103B908H", "230284-912J"]


@pytest.mark.parametrize("text", VALID)
def test_valid_codes_are_read_and_known_as_artificial(text):
    code = parse_identity_code(text)
    assert code.text == text
    assert code.artificial


def test_birth_date_follows_the_sign():
    assert parse_identity_code("140590-903D").birth_date == date(1990, 5, 14)
    assert parse_identity_code("140500A9014").birth_date == date(2000, 5, 14)
    assert parse_identity_code("010190Y907X").birth_date == date(1990, 1, 1)
    assert parse_identity_code("010103B908H").birth_date == date(2003, 1, 1)


@pytest.mark.parametrize("written", ["140590-903d", " 140590 - 903d ", "140590\u2212903D", "140590\u2010903D"])
def test_what_people_write_is_put_right(written):
    assert parse_identity_code(written).text == "140590-903D"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("140590-903A", "identity_code_check"),
        ("310290-903D", "identity_code_format"),
        ("140590903D", "identity_code_format"),
        ("140590/903D", "identity_code_format"),
        ("140590-000X", "identity_code_format"),
        ("140590-001X", "identity_code_format"),
        ("140590G903D", "identity_code_format"),
        ("١٤٠٥٩٠-903D", "identity_code_format"),
        ("", "identity_code_format"),
    ],
)
def test_wrong_codes_are_refused_without_repeating_them(text, problem):
    with pytest.raises(InvalidInput) as caught:
        parse_identity_code(text)
    assert [each.code for each in caught.value.problems] == [problem]
    assert not text or text not in repr(caught.value)


def test_no_repr_shows_the_code():
    assert "903D" not in repr(parse_identity_code("140590-903D"))
    assert "1990" not in repr(parse_identity_code("140590-903D"))


@pytest.mark.parametrize(
    "text",
    [
        *VALID,
        "140590-903A",
        "140590903D",
        "140590 - 903d",
        "140590\u2212903D",
        "140590\u2010903D",
        "140590/903D",
        "14.05.90-903D",
        "hetu140590-903Dasiakas",
        "010190-999K",
    ],
)
def test_everything_that_identifies_is_found(text):
    sentence = f"Asiakas {text} soitti"
    [found] = find_identity_codes(sentence)
    code = text.removeprefix("hetu").removesuffix("asiakas")
    assert sentence[found.start : found.end] == code


@pytest.mark.parametrize("text", ["320190-903D", "12345678901", "310290-903D", "puh. 040 123 4567", "2026-03-09"])
def test_what_is_no_code_is_not_found(text):
    assert find_identity_codes(text) == []


def test_an_impossible_date_does_not_hide_the_code_behind_it():
    [found] = find_identity_codes("31.02 14.05.90-903D")
    assert found.check_is_right


def test_the_log_mask_takes_signed_codes_always_and_bare_ones_only_when_the_check_is_right():
    assert mask_identity_codes("hetu=140590-903A ok") == "hetu=[***] ok"
    assert mask_identity_codes("hetu=140590903D ok") == "hetu=[***] ok"
    assert mask_identity_codes("soita 1405909031 heti") == "soita 1405909031 heti"
    assert mask_identity_codes("a 140590-903D b 230284-912J") == "a [***] b [***]"
    assert mask_identity_codes("ei mitään") == "ei mitään"


@given(
    born=st.dates(date(1850, 1, 1), date(2049, 12, 31)),
    number=st.integers(900, 999),
    data=st.data(),
)
def test_every_rightly_built_code_is_read_found_and_masked(born, number, data):
    century = born.year // 100 * 100
    sign = data.draw(st.sampled_from([sign for sign, year in CENTURIES.items() if year == century]))
    digits = f"{born:%d%m%y}{number:03}"
    code = f"{digits[:6]}{sign}{digits[6:]}{check_character(digits)}"
    assert parse_identity_code(code.lower()).birth_date == born
    assert code not in mask_identity_codes(f"x {code} y")


@given(st.text(max_size=300))
def test_no_text_breaks_the_finder(text):
    for found in find_identity_codes(text):
        assert 0 <= found.start < found.end <= len(text)
    mask_identity_codes(text)
