"""What tells of an offence is refused on the forms of the Prison and Probation Service (R-25)."""

from __future__ import annotations

import pytest

from app.domain.offence_words import tells_of_offence


@pytest.mark.parametrize(
    "text",
    [
        "Tuomittu pahoinpitelystä",
        "huumausainerikos 2024",
        "istuu vankeusrangaistusta",
        "Syyllistyi varkauteen",
        "RATTIJUOPUMUS",
        "dömd för misshandel",
        "grov stöld",
        "convicted of robbery",
    ],
)
def test_an_offence_is_found_in_three_languages(text):
    assert tells_of_offence(text)


@pytest.mark.parametrize(
    "text",
    [
        "Rikosseuraamuslaitos, Länsi-Suomi",
        "Keravan vankila",
        "Brottspåföljdsmyndigheten, Åbo",
        "Asunto järjestyy, ensimmäinen aika on sovittu",
        "Tarvitsee tukea työnhakuun; tappio ei lannista",
        "Bostad ordnas",
    ],
)
def test_the_authority_and_what_is_arranged_are_no_offence(text):
    assert not tells_of_offence(text)
