"""The place of the consultation hour, and what its pages share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from app.domain.anonymity import Checked, Finding, Severity
from app.domain.consultation import Item
from app.domain.forms import FormDefinition
from app.web.drafts import PAGE_NAMES
from app.web.forms import answered
from app.web.language import current_language, texts

blueprint = Blueprint("consultation", __name__)
PATH = "/consultation"
#: answers that stand above the others
_SHOWN_APART = frozenset({"aihe", "tuojan_ammatti", "tuojan_org"})
#: fields of our pages that are no answers of the form
OWN_NAMES = frozenset({*PAGE_NAMES, "confirmed", "ticket", "area", "item", "act"})


def shown_item(item: Item, form: FormDefinition, organisations: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return an item as pages show it; nothing of it says who brought it but profession and organisation."""
    say = texts()
    values = {key: value for key, value in item.asked.items() if key not in _SHOWN_APART}
    return {
        "key": str(item.key),
        "walk_in": item.walk_in,
        "topics": _topics(form, item.topics),
        "profession": _option(form, "tuojan_ammatti", item.profession) or say("consultation.profession_unknown"),
        "organisation": (organisations or {}).get(item.organisation_id, ""),
        "answers": answered(form, values, language=current_language(), choices={}) if values else (),
        "carried": item.carried,
        "passed": item.passed,
    }


def _topics(form: FormDefinition, chosen: Sequence[str]) -> list[str]:
    return [_option(form, "aihe", each) or each for each in chosen]


def _option(form: FormDefinition, key: str, value: str) -> str:
    asked = form.by_path.get((key,))
    for option in asked.options if asked else ():
        if option.value == value:
            return str(option.label.get(current_language()) or option.label["fi"])
    return ""


def marked(text: str, findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return the text in pieces: plain, or with what it is taken for and whether it stops the text."""
    say, position = texts(), 0
    pieces: list[dict[str, Any]] = []
    for finding in findings:
        pieces += [
            {"text": text[position : finding.start], "kind": ""},
            {
                "text": text[finding.start : finding.end],
                "kind": say(f"anonymity.{finding.kind}"),
                "hard": finding.severity is Severity.HARD,
            },
        ]
        position = finding.end
    return [*pieces, {"text": text[position:], "kind": ""}]


def told(checked: Sequence[Checked], form: FormDefinition) -> list[dict[str, Any]]:
    """Return by field what the anonymity check has found, with the text around it."""
    return [
        {
            "label": _label(form, each.key),
            "target": f"f-{each.key}",
            "pieces": marked(each.text, each.findings),
            "advice": _advice(each.findings),
        }
        for each in checked
    ]


def _label(form: FormDefinition, key: str) -> str:
    asked = form.by_path.get((key,))
    return str(asked.label.get(current_language()) or asked.label["fi"]) if asked else key


def _advice(findings: Sequence[Finding]) -> list[str]:
    say = texts()
    return [say(f"anonymity.advice_{kind}") for kind in dict.fromkeys(finding.kind for finding in findings)]
