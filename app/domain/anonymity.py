"""
The anonymity check of the consultation hour (domain.md R-08): does a text say who the client is.

What certainly names somebody (an identity code, a telephone number, an address ...) cannot be sent. What may name
somebody (a name-like word, an age, a date, a small municipality ...) has to be written anew or confirmed. A machine
cannot know who is recognisable: the check helps the writer, the writer answers for the text.

Positions count the characters of the text as it was given; invisible characters, wide digits and odd dashes do not
hide anything.
"""

from __future__ import annotations

import enum
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from app.domain.anonymity_words import (
    GIVEN_NAMES,
    KNOWN_NAMES,
    LARGE_PLACES,
    RARE_DIAGNOSES,
    SMALL_MUNICIPALITIES,
)
from app.domain.identity_code import find_identity_codes

#: nobody who is of working age was born later than this many years ago: a full date before that is a birth date
YOUNGEST_YEARS = 14
OLDEST_BIRTH_YEAR = 1900


class Severity(enum.StrEnum):
    """Whether a finding stops the text or asks about it."""

    HARD = "hard"
    SOFT = "soft"


class Kind(enum.StrEnum):
    """What a finding is taken for; its words are texts `anonymity.<kind>` of the pages."""

    IDENTITY_CODE = "identity_code"
    EMAIL = "email"
    PHONE = "phone"
    BIRTH_DATE = "birth_date"
    BANK_ACCOUNT = "bank_account"
    ADDRESS = "address"
    CLIENT_NUMBER = "client_number"
    LICENCE_PLATE = "licence_plate"
    NAME = "name"
    PLACE = "place"
    EMPLOYER = "employer"
    AGE = "age"
    RARE_DIAGNOSIS = "rare_diagnosis"
    EVENT_DATE = "event_date"

    @property
    def severity(self) -> Severity:
        """Hard kinds cannot be sent, soft ones have to be confirmed."""
        return Severity.HARD if self in _HARD else Severity.SOFT


_HARD = frozenset(
    {
        Kind.IDENTITY_CODE,
        Kind.EMAIL,
        Kind.PHONE,
        Kind.BIRTH_DATE,
        Kind.BANK_ACCOUNT,
        Kind.ADDRESS,
        Kind.CLIENT_NUMBER,
        Kind.LICENCE_PLATE,
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A place in the text, from `start` up to `end`, that says or may say who somebody is."""

    start: int
    end: int
    kind: Kind

    @property
    def severity(self) -> Severity:
        """Whether it stops the text."""
        return self.kind.severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A free text, the key of the field where it stands, and what was found in it."""

    key: str
    text: str = field(repr=False)
    findings: tuple[Finding, ...]


def find_identifying(text: str, *, today: date) -> list[Finding]:
    """
    Return what in the text identifies or may identify somebody, in the order of the text, none over another.

    `today` is the date in Finland: it tells a birth date from the date of an event. Every find of a personal identity
    code's shape counts, also with a wrong check character (R-08).
    """
    readable, positions = _readable(text)
    taken = [False] * len(readable)
    found: list[Finding] = []
    for kind, find in _DETECTORS:
        for start, end in find(readable, today):
            if not any(taken[start:end]):
                taken[start:end] = [True] * (end - start)
                found.append(Finding(positions[start], positions[end - 1] + 1, kind))
    return sorted(found)


def is_stopped(findings: Sequence[Finding]) -> bool:
    """Tell whether a text with these findings cannot be sent."""
    return any(finding.severity is Severity.HARD for finding in findings)


def confirmation_mark(checked: Sequence[Checked]) -> str:
    """
    Return what a confirmation of the soft findings of these texts is tied to, "" where there is none to confirm.

    Another finding, or the same word elsewhere, gives another mark: what was confirmed is what was shown.
    """
    words = [
        f"{each.key}:{finding.kind}:{each.text[finding.start : finding.end]}"
        for each in checked
        for finding in each.findings
        if finding.severity is Severity.SOFT
    ]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32] if words else ""


_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"


def _readable(text: str) -> tuple[str, list[int]]:
    """Return the text as a reader sees it, in plain characters, with the position of each in the original."""
    characters: list[str] = []
    positions: list[int] = []
    for position, character in enumerate(text):
        category = unicodedata.category(character)
        if category in {"Cf", "Mn", "Me"}:
            continue
        plain = "-" if character in _DASHES else unicodedata.normalize("NFKC", character)
        # a raised digit is no part of a number: it must not hide the code behind it
        if len(plain) != 1 or (plain.isdigit() and category != "Nd"):
            plain = character
        characters.append(" " if plain == "\u00a0" else plain)
        positions.append(position)
    return "".join(characters), positions


# -- what certainly says who it is --------------------------------------------------------------------------------

_Spans = Iterator[tuple[int, int]]
_Detector = Callable[[str, date], _Spans]

_MONTHS = (
    "tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu",
    "januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december",
    "january|february|march|april|may|june|july|august|september|october|november|december",
)
_MONTH = rf"(?:(?:{_MONTHS[0]})kuu\w*|{_MONTHS[1]}|{_MONTHS[2]})"
_EMAIL = re.compile(r"[\w.+%-]{1,64}\s?(?:@|\(at\)|\[at\]|\(ät\))\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_BANK_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\d.,])(?:\+|00)\d(?:[ ()/-]{0,2}\d){6,14}(?![\d])|(?<![\d.,])0\d(?:[ ()/-]{0,2}\d){6,11}(?!\d)"
)
_PLATE = re.compile(r"\b(?!(?:ICD|DSM|PHQ|GAD|BDI|GAF|SF|TE|EK|ISO|EN|HE|CGI|MADRS)-)[A-ZÅÄÖ]{2,3}-[1-9]\d{0,2}\b")
_NUMBER = r"[ :#.-]{0,4}[A-Za-z/-]{0,8}\d[\w/-]{0,30}"
_CLIENT_NUMBER = re.compile(
    rf"\b(?:asiakas|potilas|asian|tapaus|diaari|hakemus|jäsen)(?:numero|tunnus|nro|nr|id)\w{{0,6}}{_NUMBER}"
    rf"|\b(?:kund|klient|patient|ärende|diarie)(?:nummer|nr|id)\w{{0,6}}{_NUMBER}"
    rf"|\b(?:client|customer|patient|case)[ -]?(?:number|no\.?|id)\b{_NUMBER}"
    r"|\b(?:19|20)\d{2}-\d{4,}\b",
    re.IGNORECASE,
)
_ROAD = (
    r"(?:katu|kadun|kadulla|kadulle|kadulta|tie|tien|tiellä|tielle|tieltä|kuja|kujan|kujalla|kujalle|väylä|väylän"
    r"|väylällä|raitti|raitin|raitilla|bulevardi|bulevardin|bulevardilla|esplanadi|puistikko|puistikon|puistotie"
    r"|gata|gatan|väg|vägen|gränd|gränden|stig|stigen|stranden|street|road|lane|avenue)"
)
_CAPITAL_ROAD = (
    r"(?:polku|polun|polulla|kaari|kaaren|kaarella|rinne|rinteen|rinteellä|ranta|rannan|rannassa|tori|torin|torilla"
    r"|aukio|aukion|penger|penkereen|mäki|mäen|mäellä)"
)
_ADDRESS = re.compile(
    rf"\b(?!(?:valta|kanta|kehä|moottori|rauta)ti)[a-zåäöé-]{{2,}}\s?{_ROAD}\s+\d{{1,4}}\b(?:\s?[a-z]\b)?(?:\s?\d{{1,3}}\b)?"
    rf"|(?-i:\b(?!(?:Hoito|Palvelu|Asiakas|Työ|Koulutus|Kuntoutus|Oppimis|Matin)p)[A-ZÅÄÖ][a-zåäöé-]{{2,}}{_CAPITAL_ROAD})"
    rf"\s+\d{{1,4}}\b(?:\s?[a-z]\b)?"
    r"|(?-i:\b\d{5}\s+[A-ZÅÄÖ][a-zåäö]{2,})"
    r"|\b(?:PL|P\.O\. ?Box|postilokero)\s?\d{1,5}\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    rf"(?<![\d.])(\d{{1,2}})\s?[./-]\s?(\d{{1,2}})\s?[./-]\s?(\d{{4}}|\d{{2}})(?![\d])"
    rf"|(?<!\d)(\d{{4}})-(\d{{2}})-(\d{{2}})(?!\d)"
    rf"|(?<!\d)(\d{{1,2}})\.?\s+(?:den\s+)?{_MONTH}\s+(\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_BORN = re.compile(r"(?:\bsynt\w*|\bs\.|\bf\.|\bfödd?\w*|\bborn\w*|\bdob)\W{0,3}(?:on\s|den\s)?\W{0,3}$", re.IGNORECASE)


def _matches(pattern: re.Pattern[str]) -> _Detector:
    def find(text: str, _today: date) -> _Spans:
        for match in pattern.finditer(text):
            yield match.span()

    return find


def _identity_codes(text: str, _today: date) -> _Spans:
    for code in find_identity_codes(text):
        yield code.start, code.end


def _birth_dates(text: str, today: date) -> _Spans:
    for match in _DATE.finditer(text):
        born = _BORN.search(text[max(0, match.start() - 20) : match.start()]) is not None
        if born or _is_birth_year(_year_of(match, today), today):
            yield match.span()


def _is_birth_year(year: int | None, today: date) -> bool:
    return year is not None and OLDEST_BIRTH_YEAR <= year <= today.year - YOUNGEST_YEARS


def _year_of(match: re.Match[str], today: date) -> int | None:
    """Return the year of a date that exists, None for numbers that are no date."""
    day, month, year, iso_year, iso_month, iso_day, _, written_year = match.groups()
    if written_year is not None:
        return int(written_year)
    if iso_year is not None:
        return int(iso_year) if _exists(int(iso_year), int(iso_month), int(iso_day)) else None
    full = int(year)
    if len(year) == 2:
        full += 2000 if full <= today.year % 100 else 1900
    return full if _exists(full, int(month), int(day)) else None


def _exists(year: int, month: int, day: int) -> bool:
    with suppress(ValueError):
        return bool(date(year, month, day))
    return False


# -- what may say who it is ---------------------------------------------------------------------------------------

_AGE = re.compile(
    r"(?<![\d.,])(?:1[4-9]|[2-9]\d)\s?-?\s?(?:vuotia\w*|-?vee\b|v\.?(?=\W|$)|vuotta vanha\w*|år gam\w*|årig\w*|åring\w*"
    r"|years? old|-?year-old|yo\b)"
    r"|\b(?:ikä|iältään|ålder|age|aged)[ :]{1,3}(?:1[4-9]|[2-9]\d)\b"
    r"|\b(?:täytti|täyttää|fyllde|fyller|turned|turns)\s(?:1[4-9]|[2-9]\d)\b"
    r"|\bsynt\w*\s(?:vuonna\s)?(?:19|20)\d{2}\b|\bfödd\w*\s(?:år\s)?(?:19|20)\d{2}\b|\bborn in (?:19|20)\d{2}\b",
    re.IGNORECASE,
)
#: an age alone on its line or as the whole answer: "42"
_BARE_AGE = re.compile(r"(?:^|[\n,;:(]\s*)(1[4-9]|[2-9]\d)(?=\s*(?:$|[\n,;)]))")
_SHORT_DATE = re.compile(
    rf"(?<![\d.,])(?:[1-9]|[12]\d|3[01])\.\s?(?:[1-9]|1[0-2])\.(?!\d)|(?<!\d)(?:[1-9]|[12]\d|3[01])\.?\s+(?:den\s+)?{_MONTH}",
    re.IGNORECASE,
)
_EMPLOYER = re.compile(
    r"\b[A-ZÅÄÖ][\w&åäöÅÄÖ-]*(?:\s[A-ZÅÄÖ&][\w&åäöÅÄÖ-]*){0,3}\s(?:Oyj?|Abp?|Ky|Kb|Tmi|Osk|ry|rf|Ltd|Inc)(?::\w+|\b)"
    r"|\b(?:Oy|Ab|Tmi)\s[A-ZÅÄÖ][\w&åäöÅÄÖ-]*(?:\s[A-ZÅÄÖ][\w&-]*){0,2}"
)
_CAPITALISED = re.compile(r"[A-ZÅÄÖÉÜÞŠŽ][\w'åäöÅÄÖ-]*[a-zåäöéüšž][\w'åäöÅÄÖ-]*")
_DIAGNOSIS = re.compile(
    rf"(?:{'|'.join(name.replace('-', r'[ -]') for name in RARE_DIAGNOSES)})[a-zåäö]{{0,12}}", re.IGNORECASE
)
#: what ends a sentence, or begins a line or a list: the next word has a capital letter anyway
_SENTENCE_END = re.compile(r"(?:^|[.!?:\n\r•\"“”(/]|\n\s*[-*])\s*$")


def _event_dates(text: str, today: date) -> _Spans:
    for match in _DATE.finditer(text):
        if _year_of(match, today) is not None:
            yield match.span()
    for match in _SHORT_DATE.finditer(text):
        yield match.span()


def _ages(text: str, _today: date) -> _Spans:
    for match in _AGE.finditer(text):
        yield match.span()
    for match in _BARE_AGE.finditer(text):
        yield match.span(1)


def _small_places(text: str, _today: date) -> _Spans:
    for match in _CAPITALISED.finditer(text):
        if _stem_length(match[0], SMALL_MUNICIPALITIES) > _stem_length(match[0], LARGE_PLACES):
            yield match.span()


def _rare_diagnoses(text: str, _today: date) -> _Spans:
    places = (*SMALL_MUNICIPALITIES, *LARGE_PLACES)
    if any(_begins(match[0], places) for match in _CAPITALISED.finditer(text)):
        for match in _DIAGNOSIS.finditer(text):
            yield match.span()


def _names(text: str, _today: date) -> _Spans:
    """
    Give words that look like somebody's name.

    Two or more with a capital letter in a row of which not all are known; a common given name anywhere; any other
    unknown word with a capital letter within a sentence.
    """
    words = list(_CAPITALISED.finditer(text))
    number = 0
    while number < len(words):
        row = [words[number]]
        while number + 1 < len(words) and text[row[-1].end() : words[number + 1].start()] in {" ", "  "}:
            number += 1
            row.append(words[number])
        number += 1
        unknown = [word for word in row if not _is_known(word[0])]
        if not unknown:
            continue
        if len(row) > 1 and (len(unknown) > 1 or not _begins_sentence(text, unknown[0].start())):
            yield row[0].start(), row[-1].end()
            continue
        for word in unknown:
            if _is_given_name(word[0]) or not _begins_sentence(text, word.start()):
                yield word.span()


def _begins_sentence(text: str, position: int) -> bool:
    before = text[max(0, position - 8) : position]
    return _SENTENCE_END.search(before) is not None and (position <= 8 or bool(before.strip()) or "\n" in before)


@lru_cache(maxsize=4096)
def _is_known(word: str) -> bool:
    return _begins(word, KNOWN_NAMES) or (_begins(word, LARGE_PLACES) and not _is_given_name(word))


@lru_cache(maxsize=4096)
def _is_given_name(word: str) -> bool:
    first = word.split("-", maxsplit=1)[0]
    return any(first.startswith(name) and len(first) <= len(name) + _LONGEST_ENDING for name in GIVEN_NAMES)


#: "Aino" with the longest ending that a name takes in a sentence: "Ainollekaan"
_LONGEST_ENDING = 6


@lru_cache(maxsize=4096)
def _stem_length(word: str, stems: tuple[str, ...]) -> int:
    """Return how many characters the longest of the stems has with which the word begins: Lapinlahti is not Lappi."""
    return max((len(stem) for stem in stems if word.startswith(stem)), default=0)


def _begins(word: str, stems: tuple[str, ...]) -> bool:
    return word.startswith(stems)


#: the first that finds a place keeps it: what is certain goes before what may be
_DETECTORS: tuple[tuple[Kind, _Detector], ...] = (
    (Kind.BANK_ACCOUNT, _matches(_BANK_ACCOUNT)),
    (Kind.IDENTITY_CODE, _identity_codes),
    (Kind.EMAIL, _matches(_EMAIL)),
    (Kind.CLIENT_NUMBER, _matches(_CLIENT_NUMBER)),
    (Kind.BIRTH_DATE, _birth_dates),
    (Kind.PHONE, _matches(_PHONE)),
    (Kind.ADDRESS, _matches(_ADDRESS)),
    (Kind.LICENCE_PLATE, _matches(_PLATE)),
    (Kind.EVENT_DATE, _event_dates),
    (Kind.AGE, _ages),
    (Kind.EMPLOYER, _matches(_EMPLOYER)),
    (Kind.RARE_DIAGNOSIS, _rare_diagnoses),
    (Kind.PLACE, _small_places),
    (Kind.NAME, _names),
)
