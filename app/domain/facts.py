"""
The facts of a case: what the read-only context `asia` of expressions and decisions holds.

Rule D2 of domain.md: facts are whole years or months; an answer of the kind yes / no / not known is true, false or
null; the latest answer of a key is the fact; what is not known is null. Nothing here is ever stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from typing import Any

from app.domain.calendar import local_date
from app.domain.held_facts import ASKED_TOO, GROUPS
from app.domain.sharing import DataGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    One answer of a case as it was given.

    `fact` is what expressions read: the value, but true, false or null for a yes / no / not known question.
    """

    field: str
    value: Any = dataclass_field(repr=False)
    fact: Any = dataclass_field(repr=False)
    data_group: DataGroup
    answered_at: datetime
    controller_organisation_id: str = ""
    #: the form that asked: it knows the question's text and the labels of its options
    form_id: str = ""
    #: the task in which it was given; None: it was noted
    task_key: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact and the data group that it belongs to; None = not known."""

    value: Any
    data_group: DataGroup


def answers_needed(names: Iterable[str]) -> frozenset[str]:
    """Return the keys of the answers that the facts are made of; a fact that is no rule is the answer of its name."""
    needed: set[str] = set()
    for name in names:
        rule = _RULES.get(name)
        needed.update((name,) if rule is None else rule.answers)
    return frozenset(needed)


def facts(
    *,
    names: Iterable[str],
    answers: Iterable[Answer],
    birth_date: date | None,
    today: date,
    attributes: Mapping[str, Any] | None = None,
) -> Mapping[str, Fact]:
    """
    Return the named facts, each with its data group; what is not known is there with the value None.

    `attributes` are facts that the records of the case hold (app.domain.held_facts); an answer of the same name
    overrides only those that forms ask too. `today` is the date in Finland.
    """
    latest = _latest(answers)
    own = attributes or {}
    result: dict[str, Fact] = {}
    for name in names:
        rule = _RULES.get(name)
        if rule is not None:
            result[name] = Fact(value=rule.value(latest, birth_date, today), data_group=rule.data_group)
        elif name in own and not (name in ASKED_TOO and name in latest):
            result[name] = Fact(value=own[name], data_group=GROUPS.get(name, DataGroup.BASIC))
        else:
            answer = latest.get(name)
            # what nobody has answered could be anything: the strictest group
            group = DataGroup.HEALTH if answer is None else answer.data_group
            result[name] = Fact(value=None if answer is None else answer.fact, data_group=group)
    return result


def whole_months(*, start: date, end: date) -> int:
    """Return how many whole months have passed from start to end: the 31st to the 30th is not yet one."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - 1 if end.day < start.day else months


def whole_years(*, start: date, end: date) -> int:
    """Return how many whole years have passed; born on 29 February, a year is full on 1 March of a common year."""
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def _latest(answers: Iterable[Answer]) -> dict[str, Answer]:
    latest: dict[str, Answer] = {}
    for answer in answers:
        known = latest.get(answer.field)
        if known is None or known.answered_at <= answer.answered_at:
            latest[answer.field] = answer
    return latest


def _date(answer: Answer | None) -> date | None:
    value = None if answer is None else answer.value
    if isinstance(value, datetime):
        return local_date(value)
    if isinstance(value, date):
        return value
    with suppress(ValueError):
        return date.fromisoformat(value) if isinstance(value, str) else None
    return None


_Latest = Mapping[str, Answer]


def _age(_: _Latest, birth_date: date | None, today: date) -> int | None:
    return None if birth_date is None or birth_date > today else whole_years(start=birth_date, end=today)


def _unemployed_since(latest: _Latest, today: date) -> date | None:
    situation = latest.get("tyotilanne")
    if situation is not None and situation.value != "tyoton":
        return None
    start = _date(latest.get("tyottomyys_alkanut"))
    return start if start is not None and start <= today else None


def _unemployment_months(latest: _Latest, _: date | None, today: date) -> int | None:
    start = _unemployed_since(latest, today)
    return None if start is None else whole_months(start=start, end=today)


def _unemployment_years(latest: _Latest, _: date | None, today: date) -> int | None:
    start = _unemployed_since(latest, today)
    return None if start is None else whole_years(start=start, end=today)


def _years_since_examination(latest: _Latest, _: date | None, today: date) -> int | None:
    examined = _date(latest.get("terveystarkastus_pvm"))
    return None if examined is None or examined > today else whole_years(start=examined, end=today)


def _earlier_consultation(latest: _Latest, _: date | None, __: date) -> str | None:
    answer = latest.get("ratkesi")
    return None if answer is None else answer.value


#: indicators that are said of every unemployed person or of age: no risk of themselves (domain.md 4.4)
_NO_RISK = frozenset({"I03", "I18"})
#: conclusions of an assessment that say that work ability is reduced
_REDUCED = frozenset({"osatyokykyinen", "kuntoutuksen_tarve", "kuntoutus_ensin"})
LONG_UNEMPLOYMENT, LONG_UNEMPLOYMENT_OF_THE_YOUNG, YOUNG = 12, 6, 25


def _risk_factors(latest: _Latest, _: date | None, __: date) -> int | None:
    indicators = latest.get("indikaattorit")
    if indicators is None or not isinstance(indicators.fact, list):
        return None
    return len({str(code) for code in indicators.fact} - _NO_RISK)


def _reduced(latest: _Latest, _: date | None, __: date) -> bool | None:
    said = latest.get("osatyokykyinen")
    known = None if said is None else said.fact
    conclusion = latest.get("johtopaatos")
    if known is True or (conclusion is not None and conclusion.value in _REDUCED):
        return True
    return None if known is None and (conclusion is None or conclusion.value is None) else False


def _long_unemployed(latest: _Latest, birth_date: date | None, today: date) -> bool | None:
    months, age = _unemployment_months(latest, birth_date, today), _age(latest, birth_date, today)
    situation = latest.get("tyotilanne")
    if situation is not None and situation.value not in (None, "tyoton"):
        return False
    if months is None:
        return None
    # without the age only what holds of everybody is known
    if months >= LONG_UNEMPLOYMENT or months < LONG_UNEMPLOYMENT_OF_THE_YOUNG:
        return months >= LONG_UNEMPLOYMENT
    return None if age is None else age < YOUNG


@dataclass(frozen=True, slots=True)
class _Rule:
    data_group: DataGroup
    answers: tuple[str, ...]
    value: Callable[[_Latest, date | None, date], Any]


_UNEMPLOYMENT = ("tyotilanne", "tyottomyys_alkanut")
_RULES = {
    "ika": _Rule(DataGroup.BASIC, (), _age),
    "tyottomyys_kk": _Rule(DataGroup.EMPLOYMENT, _UNEMPLOYMENT, _unemployment_months),
    "tyottomyys_v": _Rule(DataGroup.EMPLOYMENT, _UNEMPLOYMENT, _unemployment_years),
    "terveystarkastus_v": _Rule(DataGroup.HEALTH, ("terveystarkastus_pvm",), _years_since_examination),
    "alenema": _Rule(DataGroup.HEALTH, ("osatyokykyinen", "johtopaatos"), _reduced),
    "riskitekijoita": _Rule(DataGroup.HEALTH, ("indikaattorit",), _risk_factors),
    "tyottomyys_pitkittynyt": _Rule(DataGroup.EMPLOYMENT, _UNEMPLOYMENT, _long_unemployed),
    "aiempi_konsultaatio": _Rule(DataGroup.PLAN, ("ratkesi",), _earlier_consultation),
}
