"""
The identifier that another country has given a client who has no Finnish personal identity code.

Every country writes its own in its own way, so only what all have in common is checked: letters and digits, which
country, and that it is no Finnish code in the wrong place. Spaces, dots, slashes and dashes are how people write it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from app.domain.errors import InvalidInput, Problem
from app.domain.identity_code import parse_identity_code

FINLAND = "FI"
_COUNTRY = re.compile(r"[A-Z]{2}")
_CODE = re.compile(r"[A-Z0-9]{4,30}")
_SEPARATORS = re.compile(r"[\s./\\-]|[\u2010-\u2015\u2212]")


@dataclass(frozen=True, slots=True)
class ForeignCode:
    """An identifier and the country that gave it (ISO 3166, two letters); the code shows in no log."""

    text: str = field(repr=False)
    country: str


def parse_foreign_code(text: str, country: str) -> ForeignCode:
    """
    Read an identifier as people write it.

    :raises InvalidInput: `foreign_code_format`, `foreign_code_country` (none, or Finland), or `foreign_code_finnish`
        (a right Finnish code, which has a field of its own); neither the error nor its problem holds the code
    """
    where = country.strip().upper()
    if _COUNTRY.fullmatch(where) is None or where == FINLAND:
        raise InvalidInput([Problem("foreign_code_country")])
    if _is_finnish(text):
        raise InvalidInput([Problem("foreign_code_finnish")])
    written = plain_foreign_code(text)
    if _CODE.fullmatch(written) is None or not any(letter.isdigit() for letter in written):
        raise InvalidInput([Problem("foreign_code_format")])
    return ForeignCode(written, where)


def plain_foreign_code(text: str) -> str:
    """Return the code in the one form in which it is kept and looked for."""
    return _SEPARATORS.sub("", text).upper()


def _is_finnish(text: str) -> bool:
    try:
        parse_identity_code(text)
    except InvalidInput:
        return False
    return True
