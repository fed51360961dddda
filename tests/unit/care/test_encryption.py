"""Encrypted fields and blind indexes: what opens where, and what is found by what."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.storage.encryption import (
    Cipher,
    Undecipherable,
    name_keys,
    name_words,
    phone_key,
    search_keys,
)

OLD, NEW, INDEX = (bytes([number]) * 32 for number in (1, 2, 3))
CIPHER = Cipher(data_keys=[NEW, OLD], index_key=INDEX)
PLACE = {"table": "client", "key": 1, "field": "identity"}

places = st.fixed_dictionaries(
    {
        "table": st.sampled_from(["client", "case_answer"]),
        "key": st.integers(1, 2**63 - 1),
        "field": st.sampled_from(["identity", "value"]),
    }
)


@given(st.binary(max_size=5000), places)
def test_what_was_encrypted_for_a_place_opens_there(plain, place):
    sealed = CIPHER.encrypt(plain, **place)
    assert CIPHER.decrypt(sealed, **place) == plain
    assert len(plain) < 8 or plain not in sealed


@given(st.binary(max_size=100), places, places)
def test_it_opens_nowhere_else(plain, place, other):
    sealed = CIPHER.encrypt(plain, **place)
    if place == other:
        return
    with pytest.raises(Undecipherable):
        CIPHER.decrypt(sealed, **other)


@given(st.binary(min_size=1, max_size=100), st.data())
def test_one_changed_bit_is_noticed(plain, data):
    sealed = bytearray(CIPHER.encrypt(plain, **PLACE))
    position = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[position // 8] ^= 1 << position % 8
    with pytest.raises(Undecipherable):
        CIPHER.decrypt(bytes(sealed), **PLACE)


@given(st.binary(max_size=60))
def test_foreign_bytes_are_refused_without_another_error(noise):
    with pytest.raises(Undecipherable):
        CIPHER.decrypt(noise, **PLACE)


def test_the_same_text_is_never_written_the_same_way_twice():
    assert CIPHER.encrypt(b"Matti", **PLACE) != CIPHER.encrypt(b"Matti", **PLACE)


def test_an_old_key_still_opens_and_asks_to_be_replaced():
    sealed = Cipher(data_keys=[OLD], index_key=INDEX).encrypt(b"Matti", **PLACE)
    assert CIPHER.decrypt(sealed, **PLACE) == b"Matti"
    assert not CIPHER.is_current(sealed)
    assert CIPHER.is_current(CIPHER.encrypt(b"Matti", **PLACE))


def test_a_lost_key_opens_nothing_and_the_error_shows_no_content():
    sealed = CIPHER.encrypt(b"140590-903D", **PLACE)
    with pytest.raises(Undecipherable) as caught:
        Cipher(data_keys=[OLD], index_key=INDEX).decrypt(sealed, **PLACE)
    assert "140590" not in str(caught.value)


def test_short_or_missing_secrets_are_refused():
    for secrets in ([], [b"short"]):
        with pytest.raises(ValueError, match="32 bytes"):
            Cipher(data_keys=secrets, index_key=INDEX)
    with pytest.raises(ValueError, match="32 bytes"):
        Cipher(data_keys=[OLD], index_key=b"short")


def test_a_cipher_shows_no_key():
    secret = os.urandom(32)
    assert secret.hex() not in repr(Cipher(data_keys=[secret], index_key=INDEX))


words = st.text("aäåöéeAÄn -", max_size=12)


@given(words, words)
def test_index_entries_are_equal_exactly_when_the_normalised_words_are(one, other):
    digests = [{CIPHER.digest("name", word) for word in name_words(text)} for text in (one, other)]
    assert (digests[0] == digests[1]) == (set(name_words(one)) == set(name_words(other)))


@given(st.text(max_size=30))
def test_a_name_is_found_by_every_beginning_of_its_words_from_three_letters(name):
    keys = name_keys(name)
    for word in name_words(name):
        for length in range(3, len(word) + 1):
            assert search_keys(word[:length]) <= keys


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing(name):
    assert name_words(" ".join(name_words(name))) == name_words(name)


def test_names_are_compared_as_finns_do():
    assert name_words("Anna-Liisa  MÄKINEN") == ("anna", "liisa", "mäkinen")
    assert name_words("René O’Brien") == ("rene", "o", "brien")
    assert "makinen" not in name_keys("Mäkinen")
    assert search_keys("mäk matti") <= name_keys("Matti Mäkinen")
    assert not search_keys("mä") <= name_keys("Mäkinen")
    assert search_keys("li") <= name_keys("Li Andersson")


def test_kinds_of_the_index_do_not_mix():
    assert CIPHER.digest("name", "matti") != CIPHER.digest("phone", "matti")
    assert CIPHER.digest("name", "matti") != Cipher(data_keys=[OLD], index_key=OLD).digest("name", "matti")


def test_telephone_numbers_are_the_same_however_they_are_written():
    assert {phone_key(number) for number in ("040 123 4567", "+358 40 1234567", "00358401234567")} == {"358401234567"}
    assert phone_key("ei ole") == ""
