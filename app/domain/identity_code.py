"""
The Finnish personal identity code (henkilötunnus): reading one, and finding any in a text.

Form: day, month, year of the birth date, a sign for the century, three digits, a check character. The signs Y X W V U
(1900s) and B C D E F (2000s) came in 2023, beside `-` and `A`; the sign is part of the identity, so two codes that
differ in the sign only are two people. Individual numbers from 900 on are artificial and never given to anyone
(domain.md R-08).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from app.domain.errors import InvalidInput, Problem

CHECK_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
CENTURIES = {"+": 1800, **dict.fromkeys("-YXWVU", 1900), **dict.fromkeys("ABCDEF", 2000)}
#: the smallest number that is given to people is 002; 900 to 999 are for tests and for people without a code
SMALLEST_NUMBER = 2
FIRST_ARTIFICIAL_NUMBER = 900
#: what a mask puts in the place of a code
MASK = "[***]"

_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_CODE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})([-+A-FU-Y])([0-9]{3})([0-9A-Y])")
#: the detection pattern of R-08: also with spaces, dots, a slash, other dashes, glued to words, or without a sign
_SHAPE = re.compile(
    r"(?<!\d)(0[1-9]|[12]\d|3[01])[ .]?(0[1-9]|1[0-2])[ .]?(\d{2})\s*"
    r"(?:([-\u2010-\u2015\u2212/+ABCDEFUVWXY])\s*(\d{3})\s*([0-9A-FHJ-NPR-Y])"
    r"|(\d{3})\s*([0-9A-FHJ-NPR-Y])(?![0-9A-Za-z]))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class IdentityCode:
    """A right personal identity code. Neither the code nor the birth date shows in a log or a traceback."""

    text: str = field(repr=False)
    birth_date: date = field(repr=False)
    #: an individual number of the 900 series: a test person, or a temporary code of somebody who has no other yet
    artificial: bool


@dataclass(frozen=True, slots=True)
class FoundCode:
    """A place in a text that looks like an identity code, from `start` up to `end`."""

    start: int
    end: int
    #: it has a sign for the century (or a slash in its place); without one it may also be a telephone number
    signed: bool
    check_is_right: bool


def parse_identity_code(text: str) -> IdentityCode:
    """
    Read a code as people write it: small letters, spaces and any kind of dash are put right.

    :raises InvalidInput: `identity_code_format` or `identity_code_check`; neither the error nor its problem holds
        the code
    """
    written = "".join(text.split()).translate(_DASHES).upper()
    match = _CODE.fullmatch(written)
    if match is None:
        raise InvalidInput([Problem("identity_code_format")])
    day, month, year, sign, number, check = match.groups()
    birth_date = _real_date(CENTURIES[sign] + int(year), int(month), int(day))
    if birth_date is None or int(number) < SMALLEST_NUMBER:
        raise InvalidInput([Problem("identity_code_format")])
    if check != check_character(day + month + year + number):
        raise InvalidInput([Problem("identity_code_check")])
    return IdentityCode(written, birth_date, artificial=int(number) >= FIRST_ARTIFICIAL_NUMBER)


def check_character(digits: str) -> str:
    """Return the check character of the nine digits PPKKVVNNN."""
    return CHECK_CHARACTERS[int(digits) % len(CHECK_CHARACTERS)]


def find_identity_codes(text: str) -> list[FoundCode]:
    """
    Find everything in a text that looks like an identity code, also misspelt ones: a wrong code still identifies.

    A shape whose date does not exist is none. Used by the anonymity linter, where every find blocks (R-08).
    """
    return list(_find(text))


def mask_identity_codes(text: str, *, mask: str = MASK) -> str:
    """
    Put the mask in the place of every identity code, for logs (R-19).

    A code without a sign is masked only when its check character is right: ten digits may be a telephone number.
    """
    parts = []
    position = 0
    for found in _find(text):
        if found.signed or found.check_is_right:
            parts += [text[position : found.start], mask]
            position = found.end
    return "".join([*parts, text[position:]])


def _find(text: str) -> Iterator[FoundCode]:
    position = 0
    while match := _SHAPE.search(text, position):
        day, month, year, sign, signed_number, signed_check, bare_number, bare_check = match.groups()
        number, check = signed_number or bare_number, signed_check or bare_check
        if not any(_real_date(year_of_birth, int(month), int(day)) for year_of_birth in _years(sign, int(year))):
            position = match.start() + 1
            continue
        right = check.upper() == check_character(day + month + year + number)
        yield FoundCode(match.start(), match.end(), signed=sign is not None, check_is_right=right)
        position = match.end()


def _years(sign: str | None, year: int) -> list[int]:
    century = CENTURIES.get(sign.translate(_DASHES).upper()) if sign else None
    return [year + each for each in ((1800, 1900, 2000) if century is None else (century,))]


def _real_date(year: int, month: int, day: int) -> date | None:
    with suppress(ValueError):
        return date(year, month, day)
    return None
