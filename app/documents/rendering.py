"""
Render a document: a template, a language and plain values become a PDF that a screen reader can read.

The PDF is tagged and declared PDF/UA-1 and PDF/A-2a, so it is accessible (EN 301 549) and lasts in an archive. Values
reach the template as one JSON text; Typst reads strings as text and never as markup, so nothing that a person wrote can
run or change the layout. Only fonts that come with Typst are used: every machine gives the same bytes.
"""

from __future__ import annotations

import enum
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst
from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from app.domain.calendar import HELSINKI
from app.locale import Texts

TEMPLATES = Path(__file__).parent / "templates"
MEDIA_TYPE = "application/pdf"
_STANDARDS: list[Any] = ["ua-1", "a-2a"]
_DATE_PATTERNS = {"fi": "cccc d.M.y", "sv": "cccc d.M.y", "en": "cccc d MMMM y"}
#: kinds of characters that are no text: controls, invisible formatting, surrogates, private use
_NO_TEXT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
#: how Typst names what no font can show
_UNSHOWN = re.compile(r'(?:the text|codepoint) `"([^`]+)"`')
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")
_REPLACEMENT = "\ufffd"
_ATTEMPTS = 4


class Template(enum.StrEnum):
    """The documents that we can print; the value is the template's file and the header `template` of a job."""

    BOOKING_CONFIRMATION = "ajanvarausvahvistus"
    SELF_CARE_PLAN = "oma_suunnitelma"
    FUNCTIONAL_SUMMARY = "toimintakykykooste"
    UNREACHED_LETTER = "kirje_ei_tavoitettu"
    MEASURE_COMPARISON = "kykyviisari_vertailu"
    FOLLOW_UP_SUMMARY = "seurantayhteenveto"
    DISCLOSURE = "luovutus"
    CONSENT_FORM = "suostumuslomake"
    LOG_REPORT = "lokitietoraportti"
    LOG_REFUSAL = "lokipaatos"
    INVITATION = "kutsu"
    STATEMENT_FRAME = "lausuntopohja"
    DATA_COPY = "omat_tiedot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A printed document."""

    pdf: bytes = field(repr=False)
    title: str
    language: str


#: what each template must be given, beside what every one must
_EVERY = frozenset({"county", "controller", "reference", "date"})
_REQUIRED = {
    Template.BOOKING_CONFIRMATION: frozenset({"name", "kind", "starts_at", "ends_at", "place"}),
    Template.SELF_CARE_PLAN: frozenset({"name", "steps", "materials"}),
    Template.FUNCTIONAL_SUMMARY: frozenset({"name"}),
    Template.UNREACHED_LETTER: frozenset({"name"}),
    Template.MEASURE_COMPARISON: frozenset({"name", "first_on", "last_on", "measures"}),
    Template.FOLLOW_UP_SUMMARY: frozenset({"name", "outcome", "actions"}),
    Template.DISCLOSURE: frozenset({"name", "recipient", "kind", "sections"}),
    Template.CONSENT_FORM: frozenset({"name", "purpose", "parties", "groups", "until"}),
    Template.LOG_REPORT: frozenset({"name", "since", "until", "lines"}),
    Template.LOG_REFUSAL: frozenset({"name", "since", "until", "reason"}),
    Template.INVITATION: frozenset({"name", "starts_at", "place", "invited"}),
    Template.STATEMENT_FRAME: frozenset({"name", "background"}),
    Template.DATA_COPY: frozenset({"name", "sections"}),
}


def render(template: Template, language: str, content: Mapping[str, Any]) -> Document:
    """
    Render the document in the language (fi, sv or en).

    `content` of every template: county, controller (names), reference (case number), date (of the document).
    Booking confirmation: name, kind (code), starts_at, ends_at (aware), place, and if known address, phone,
    instructions. Self-care plan: name, steps (list of {what, when}), materials (list), and if known supporters,
    contact_if, check (date), urgent_phone. Functional summary: name, and if known summary, resources, suitable_work,
    adaptation, approved_on (date of the client's approval). Letter to a client whom nobody could reach: name.
    Comparison of measures: name, first_on, last_on (dates), measures (list of {measure, before, after, lowest, highest,
    change}: numbers or None, and a code of dmn_kykyviisari_muutos). Summary of the follow-up: name, outcome (its name),
    actions (list of {what, state}: the state's code), and if known workplace_support (date until which it goes on).
    Disclosure to a party: name, recipient, kind (code), sections (list of {name, lines: list of {question, answer}}),
    and if known given_on (date of the consent). Consent form: name, purpose, parties and groups (names), until (date).
    Report of the access log: name, since, until (dates), lines (list of {at, who, what, groups}: moment, name of an
    organisation, an action's code, names of data groups). Refusal of the log: name, since, until, reason. Invitation to
    the team: name, starts_at (aware), place (its name), invited (names of roles). Frame of a statement: name,
    background (list of {question, answer}), and if known kind, purpose, questions, born_on (date).
    Copy of the client's data: name, sections as of a disclosure.

    :raises ValueError: something that the template needs is not there
    :raises KeyError: the language is not one of ours
    """
    missing = (_EVERY | _REQUIRED[template]) - {name for name, value in content.items() if value is not None}
    if missing:
        raise ValueError(f"{template} needs {', '.join(sorted(missing))}")
    texts = Texts.load(language)
    words = _words(template, language)
    data = {name: _shown(value, texts) for name, value in content.items()}
    data |= {
        "language": language,
        "title": words["title"],
        "description": words["description"],
        "date": _short_date(content["date"], language),
        "texts": words,
    }
    data |= _COMPOSERS[template](content, texts)
    pdf = _compile(template, json.dumps(data, ensure_ascii=False), _timestamp(content["date"]))
    return Document(pdf=pdf, title=data["title"], language=language)


def _compile(template: Template, data: str, timestamp: int) -> bytes:
    """
    Compile the template; characters that no font of ours has are shown as U+FFFD.

    PDF/UA forbids characters without a glyph, and only Typst knows which have none: it names all of them at once.
    """
    for _ in range(_ATTEMPTS):
        try:
            made = typst.compile(
                TEMPLATES / f"{template}.typ",
                root=TEMPLATES,
                sys_inputs={"data": data},
                pdf_standards=_STANDARDS,
                ignore_system_fonts=True,
                timestamp=timestamp,
            )
        except typst.TypstError as error:
            without_glyph = {letter for found in _UNSHOWN.findall(error.diagnostic) for letter in _unescaped(found)}
            if without_glyph.isdisjoint(data):
                raise
            data = data.translate(dict.fromkeys(map(ord, without_glyph), _REPLACEMENT))
        else:
            if isinstance(made, bytes):
                return made
    raise ValueError("the document holds characters that cannot be shown")


def _unescaped(found: str) -> str:
    shown = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), found)
    return "".join(letter for letter in shown if not letter.isascii())


def _booking(content: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    length = content["ends_at"] - content["starts_at"]
    phone = content.get("phone")
    prefix = f"documents.{Template.BOOKING_CONFIRMATION}"
    return {
        "greeting": texts(f"{prefix}.greeting", name=_plain(content["name"])),
        "kind": texts(f"documents.kind.{content['kind']}"),
        "length": texts("documents.minutes", minutes=int(length.total_seconds() // 60)),
        "cancel": texts(f"{prefix}.cancel_phone", phone=_plain(phone)) if phone else texts(f"{prefix}.cancel_text"),
    }


def _plan(content: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    prefix = f"documents.{Template.SELF_CARE_PLAN}"
    phone = content.get("urgent_phone")
    return {
        "steps": [
            {name: _shown(step.get(name) or "", texts) for name in ("what", "when")} for step in content["steps"]
        ],
        "urgent": texts(f"{prefix}.urgent_phone", phone=_plain(phone)) if phone else texts(f"{prefix}.urgent_text"),
    }


def _summary(content: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    prefix = f"documents.{Template.FUNCTIONAL_SUMMARY}"
    approved_on = content.get("approved_on")
    if approved_on is None:
        return {"approval": texts(f"{prefix}.not_approved")}
    return {"approval": texts(f"{prefix}.approved", date=_short_date(approved_on, texts.language))}


def _letter(content: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    prefix = f"documents.{Template.UNREACHED_LETTER}"
    return {"greeting": texts(f"{prefix}.greeting", name=_plain(content["name"]))}


def _comparison(content: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    prefix = f"documents.{Template.MEASURE_COMPARISON}"
    days = {name: _short_date(content[name], texts.language) for name in ("first_on", "last_on")}
    return {
        "days": texts(f"{prefix}.days", first=days["first_on"], last=days["last_on"]),
        "measures": [
            {
                "name": texts(f"{prefix}.measure.{each['measure']}"),
                "change": texts(f"{prefix}.change.{each['change']}"),
                **{when: _score(each, when, texts) for when in ("before", "after")},
            }
            for each in content["measures"]
        ],
    }


def _score(measure: Mapping[str, Any], when: str, texts: Texts) -> dict[str, Any]:
    """A score as it was given, and how many hundredths of its scale it is (None: not measured, or no scale)."""
    score, lowest, highest = measure[when], measure["lowest"], measure["highest"]
    if score is None:
        return {"shown": texts(f"documents.{Template.MEASURE_COMPARISON}.not_measured"), "share": None}
    shown = format_decimal(score, locale=texts.language)
    if lowest is None or highest is None or highest <= lowest:
        return {"shown": shown, "share": None}
    return {"shown": shown, "share": round(100 * min(max((score - lowest) / (highest - lowest), 0), 1))}


def _follow_up(content: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    prefix = f"documents.{Template.FOLLOW_UP_SUMMARY}"
    actions = [
        {"what": _plain(each["what"]), "state": texts(f"{prefix}.state.{each['state']}")} for each in content["actions"]
    ]
    return {"actions": actions}


def _disclosure(content: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    prefix = f"documents.{Template.DISCLOSURE}"
    given_on = content.get("given_on")
    consent = texts(f"{prefix}.consent", date=_short_date(given_on, texts.language)) if given_on else ""
    return {"title": texts(f"{prefix}.kind_{content['kind']}"), "consent": consent}


def _period(content: Mapping[str, Any], texts: Texts) -> str:
    days = {name: _short_date(content[name], texts.language) for name in ("since", "until")}
    return texts("documents.period", **days)


def _log_report(content: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    prefix = f"documents.{Template.LOG_REPORT}"
    lines = [
        {
            "day": _shown(line["at"], texts),
            "who": _plain(line["who"]),
            "what": texts(f"{prefix}.action.{line['what']}"),
            "groups": ", ".join(_plain(group) for group in line["groups"]),
        }
        for line in content["lines"]
    ]
    return {"period": _period(content, texts), "lines": lines}


def _log_refusal(content: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    return {"period": _period(content, texts)}


def _data_copy(content: Mapping[str, Any], texts: Texts) -> dict[str, Any]:  # noqa: ARG001  # nothing to word
    return {}


def _consent_form(content: Mapping[str, Any], texts: Texts) -> dict[str, Any]:  # noqa: ARG001  # nothing to word
    return {}


def _invitation(content: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    prefix = f"documents.{Template.INVITATION}"
    return {"greeting": texts(f"{prefix}.greeting", name=_plain(content["name"]))}


def _statement_frame(content: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    born_on = content.get("born_on")
    return {"born_on": _short_date(born_on, texts.language) if born_on else None}


_COMPOSERS = {
    Template.BOOKING_CONFIRMATION: _booking,
    Template.SELF_CARE_PLAN: _plan,
    Template.FUNCTIONAL_SUMMARY: _summary,
    Template.UNREACHED_LETTER: _letter,
    Template.MEASURE_COMPARISON: _comparison,
    Template.FOLLOW_UP_SUMMARY: _follow_up,
    Template.DISCLOSURE: _disclosure,
    Template.CONSENT_FORM: _consent_form,
    Template.LOG_REPORT: _log_report,
    Template.LOG_REFUSAL: _log_refusal,
    Template.INVITATION: _invitation,
    Template.STATEMENT_FRAME: _statement_frame,
    Template.DATA_COPY: _data_copy,
}


@cache
def _words(template: Template, language: str) -> Mapping[str, str]:
    """Return the template's own texts by their last part, and those of the page as `page.x`."""
    texts = Texts.load(language)
    own, page = f"documents.{template}.", "documents."
    words = {key.removeprefix(own): texts(key) for key in texts if key.startswith(own)}
    return words | {key.removeprefix(page): texts(key) for key in texts if key.startswith("documents.page.")}


def _shown(value: Any, texts: Texts) -> Any:
    match value:
        case datetime():
            local = value.astimezone(HELSINKI)
            clock = format_time(local, format="HH:mm" if texts.language == "en" else "H.mm", locale=texts.language)
            return f"{_long_date(local.date(), texts.language)} {texts('documents.time', time=clock)}"
        case date():
            return _long_date(value, texts.language)
        case str():
            return _plain(value)
        case Mapping():
            return {name: _shown(item, texts) for name, item in value.items()}
        case list() | tuple():
            return [_shown(item, texts) for item in value]
        case None | bool() | int() | float():
            return value
        case _:
            raise ValueError(f"a document shows no {type(value).__name__}")


def _plain(text: str) -> str:
    """Return the text as it can be printed: composed letters, line breaks and tabs, nothing invisible."""
    composed = unicodedata.normalize("NFC", str(text)).replace("\r\n", "\n")
    return "".join(letter for letter in composed if letter in "\n\t" or unicodedata.category(letter) not in _NO_TEXT)


def _long_date(day: date, language: str) -> str:
    return format_date(day, format=_DATE_PATTERNS[language], locale=language)


def _short_date(day: date, language: str) -> str:
    local = day.astimezone(HELSINKI).date() if isinstance(day, datetime) else day
    return format_date(local, format="d MMMM y" if language == "en" else "d.M.y", locale=language)


def _timestamp(day: date) -> int:
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, 12, tzinfo=HELSINKI)
    return int(moment.timestamp())
