"""Who may be one person, although nobody knows an identity code."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.client import Identity, may_be_same

MATTI = Identity(name="Matti Esimerkki", birth_date=date(1990, 5, 14), phone="040 123 4567")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Identity(name="M. Toinen", phone="+358 40 1234567"), True),
        (Identity(name="Esimerkki Matti Juhani", birth_date=date(1990, 5, 14)), True),
        (Identity(name="Maija Koe", birth_date=date(1990, 5, 14)), False),
        (Identity(name="Matti Esimerkki", birth_date=date(1991, 5, 14), phone="040 999 9999"), False),
        (Identity(name="Matti Esimerkki"), False),
        (Identity(), False),
    ],
    ids=["telephone", "name_and_birth_date", "birth_date_only", "name_only", "namesake", "nothing_known"],
)
def test_a_telephone_or_name_and_birth_date_make_one_suspect_one_person(other, same):
    assert may_be_same(MATTI, other) is same
    assert may_be_same(other, MATTI) is same


def test_two_identity_codes_settle_it():
    code = {"phone": "040 123 4567", "birth_date": date(1990, 5, 14)}
    one, other = Identity(identity_code="140590-953A", **code), Identity(identity_code="140590-9541", **code)
    assert not may_be_same(one, other)
    assert may_be_same(one, one)
