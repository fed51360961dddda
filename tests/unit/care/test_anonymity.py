"""The anonymity check of the consultation hour: vectors of domain.md R-08, and what holds for every text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.anonymity import Checked, Kind, Severity, confirmation_mark, find_identifying, is_stopped
from app.domain.identity_code import CENTURIES, check_character

TODAY = date(2026, 3, 2)


def kinds(text):
    return [(finding.kind, text[finding.start : finding.end]) for finding in find_identifying(text, today=TODAY)]


def test_every_way_to_write_an_identity_code_is_stopped():
    for code in (
        "140590-903D",
        "140500A9014",
        "010190Y907X",
        "010103B908H",
        "230284-912J",
        "140590-903A",  # wrong check character: a mistyped code still identifies
        "140590903D",
        "140590 - 903d",
        "140590\u2212903D",
        "140590\u2010903D",
        "140590/903D",
        "14.05.90-903D",
        "14\u200b0590-90\u00ad3D",  # invisible characters inside
        "１４０５９０-９０３D",  # wide digits
    ):
        assert kinds(code) == [(Kind.IDENTITY_CODE, code)], code
    assert kinds("hetu140590-903Dasiakas") == [(Kind.IDENTITY_CODE, "140590-903D")]


@pytest.mark.parametrize("text", ["320190-903D", "12345678901", "", "Kuntoutus kestää 15 min, 4 kertaa viikossa."])
def test_what_is_no_identity_code_is_let_through(text):
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("Soita 040 123 4567.", Kind.PHONE, "040 123 4567"),
        ("Numero on +358 40-123 4567", Kind.PHONE, "+358 40-123 4567"),
        ("etu.suku@posti.example", Kind.EMAIL, "etu.suku@posti.example"),
        ("etu.suku (at) posti.example", Kind.EMAIL, "etu.suku (at) posti.example"),
        ("Tili FI21 1234 5600 0007 85", Kind.BANK_ACCOUNT, "FI21 1234 5600 0007 85"),
        ("Asuu Kauppakatu 12 A 3", Kind.ADDRESS, "Kauppakatu 12 A 3"),
        ("asuu mannerheimintiellä 5 yksin", Kind.ADDRESS, "mannerheimintiellä 5"),
        ("Bor på Storgatan 4", Kind.ADDRESS, "Storgatan 4"),
        ("Osoite 33100 Tampere", Kind.ADDRESS, "33100 Tampere"),
        ("asiakasnumero 12345", Kind.CLIENT_NUMBER, "asiakasnumero 12345"),
        ("asia 2026-00017", Kind.CLIENT_NUMBER, "2026-00017"),
        ("auto ABC-123", Kind.LICENCE_PLATE, "ABC-123"),
        ("s. 14.5.1990", Kind.BIRTH_DATE, "14.5.1990"),
        ("syntynyt 14.5.2025", Kind.BIRTH_DATE, "14.5.2025"),
        ("on 1984-02-23", Kind.BIRTH_DATE, "1984-02-23"),
        ("23. helmikuuta 1984", Kind.BIRTH_DATE, "23. helmikuuta 1984"),
    ],
)
def test_what_certainly_identifies_cannot_be_sent(text, kind, found):
    assert kinds(text) == [(kind, found)]
    assert is_stopped(find_identifying(text, today=TODAY))


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("42-vuotias nainen", Kind.AGE, "42-vuotias"),
        ("42", Kind.AGE, "42"),
        ("A 42-year-old woman", Kind.AGE, "42-year-old"),
        ("Leikattu 14.5.2025 polvesta", Kind.EVENT_DATE, "14.5.2025"),
        ("sairauslomalla 3.2. alkaen", Kind.EVENT_DATE, "3.2."),
        ("eilen tapasin Ainon", Kind.NAME, "Ainon"),
        ("Aino on väsynyt", Kind.NAME, "Aino"),
        ("Asiakas on Aino Esimerkki", Kind.NAME, "Aino Esimerkki"),
        ("Hän työskenteli Prismassa", Kind.NAME, "Prismassa"),
        ("asuu Sodankylässä", Kind.PLACE, "Sodankylässä"),
        ("asuu Lapinlahdella", Kind.PLACE, "Lapinlahdella"),
        ("töissä Esimerkin Konepaja Oy:ssä", Kind.EMPLOYER, "Esimerkin Konepaja Oy:ssä"),
        ("porfyria, asuu Oulussa", Kind.RARE_DIAGNOSIS, "porfyria"),
    ],
)
def test_what_may_identify_is_asked_about(text, kind, found):
    assert kinds(text) == [(kind, found)]
    assert not is_stopped(find_identifying(text, today=TODAY))


@pytest.mark.parametrize(
    "text",
    [
        "Nainen on ollut 26 kuukautta toimeentulotuella. Kela on hylännyt hakemuksen.",
        "Pitkään työtön, TE-toimiston asiakas. Onko tiimistä hyötyä?",
        "Asuu Tampereella. Diagnoosi ICD-10:n mukaan, PHQ-9 tehty klo 08.00-16.00.",
        "Hoitopolku 2 on kesken, porfyria on poissuljettu.",
    ],
)
def test_an_ordinary_text_passes(text):
    assert kinds(text) == []


def test_a_confirmation_holds_for_what_was_shown_only():
    first, second = "Leikattu 14.5.2025", "Leikattu 15.5.2025"
    marks = []
    for text in (first, second, "Työtön"):
        findings = tuple(find_identifying(text, today=TODAY))
        marks.append(confirmation_mark([Checked(key="tilanne", text=text, findings=findings)]))
    assert len({*marks}) == 3
    assert marks[2] == ""


_dates = st.dates(min_value=date(1930, 1, 1), max_value=date(1999, 12, 31))
_signs_of_1900s = sorted(sign for sign, century in CENTURIES.items() if century == 1900)
_gaps = st.sampled_from(["", " ", "  ", "\u200b"])


@given(
    born=_dates,
    sign=st.sampled_from([*_signs_of_1900s, "\u2212", "\u2013", "/"]),
    number=st.integers(2, 999),
    before=st.text(st.characters(exclude_categories=["Nd"]), max_size=20),
    gap=_gaps,
    small=st.booleans(),
)
def test_no_real_code_passes_however_it_is_written(born, sign, number, before, gap, small):
    digits = f"{born:%d%m%y}{number:03d}"
    code = f"{digits[:6]}{gap}{sign}{gap}{digits[6:]}{check_character(digits)}"
    text = before + (code.lower() if small else code)
    assert is_stopped(find_identifying(text, today=TODAY))


@given(st.text(max_size=400))
def test_findings_lie_in_order_within_the_text_and_not_over_each_other(text):
    findings = find_identifying(text, today=TODAY)
    ends = [0]
    for finding in findings:
        assert ends[-1] <= finding.start < finding.end <= len(text)
        ends.append(finding.end)
    assert is_stopped(findings) == any(finding.severity is Severity.HARD for finding in findings)


def test_long_and_tedious_texts_are_read():
    for text in ("a" * 5_000, "Aa " * 1_600, "0 " * 2_500, "1." * 2_500, "asiakasnumero" * 400):
        find_identifying(text, today=TODAY)
