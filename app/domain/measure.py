"""Measures of a client's work ability and functioning: scores as the Kykyviisari service gave them (domain.md P13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

#: the form that says it, where a diagram names no other
MEASURE_FORM = "f_kykyviisari"
#: the items 0-10, the sections, and the scale of the sections
SCORES = (
    "tyokyky_0_10",
    "toimintakyky_0_10",
    "osallisuus",
    "mieli",
    "arki",
    "taidot",
    "keho",
    "asteikko_min",
    "asteikko_max",
)


class UnreadableMeasure(ValueError):
    """The answers are no measure; the text names the question, never an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measurement: its occasion (alku, valia, loppu), day and scores; None = not measured."""

    key: int
    case_key: int
    occasion: str
    measured_on: date
    scores: Mapping[str, float | None] = field(repr=False)
    #: whether the client lets the result be used for what was agreed
    may_be_used: bool = True


def read_measure(answers: Mapping[str, Any], *, key: int, case_key: int) -> Measure:
    """
    Return the measure that the answers of the form say.

    :raises UnreadableMeasure: occasion or day is missing
    """
    day = answers.get("pvm")
    if isinstance(day, str):
        day = date.fromisoformat(day)
    if not isinstance(day, date):
        raise UnreadableMeasure("pvm")
    if not answers.get("kerta"):
        raise UnreadableMeasure("kerta")
    return Measure(
        key=key,
        case_key=case_key,
        occasion=str(answers["kerta"]),
        measured_on=day,
        scores={name: _number(answers.get(name)) for name in SCORES},
        may_be_used=answers.get("suostumus_kayttoon") is not False,
    )


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    number = float(value)
    return int(number) if number.is_integer() else number
