"""Stored answers as texts of a document: labels of options, yes and no in words, dates as people write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from app.domain.calendar import HELSINKI
from app.domain.forms import Field, FieldType, Option, OptionSource
from app.domain.localized import in_language
from app.domain.masking import CARE_OR_REHABILITATION, PARTNER
from app.locale import Texts

_SOURCES = {FieldType.USER: OptionSource.USERS, FieldType.ORGANISATION: OptionSource.ORGANISATIONS}
#: codes that stand in the place of what is masked
_MASKED = {CARE_OR_REHABILITATION: "access.masked.hoito_tai_kuntoutus", PARTNER: "access.masked.yhteistyotaho"}


class AnswerLines:
    """Writes answers in one language; `options` gives the options of a list that a form offers."""

    def __init__(self, language: str, options: Callable[[OptionSource], Sequence[Option]]) -> None:
        self._texts = Texts.load(language)
        self._options = options
        self._labels: dict[OptionSource, Mapping[str, str]] = {}

    def text(self, asked: Field, value: Any) -> str:
        """Return the answer; the rows of a group are lines."""
        if asked.type is FieldType.GROUP:
            return "\n".join(self._row(asked.fields, row) for row in value)
        if isinstance(value, (list, tuple)):
            return ", ".join(self._one(asked, each) for each in value)
        return self._one(asked, value)

    def _row(self, fields: Sequence[Field], row: Mapping[str, Any]) -> str:
        language = self._texts.language
        return "; ".join(
            f"{in_language(inner.label, language)}: {self.text(inner, row[inner.key])}"
            for inner in fields
            if row.get(inner.key) not in (None, "", [])
        )

    def _one(self, asked: Field, value: Any) -> str:
        if isinstance(value, bool):
            return self._texts("forms.yes" if value else "forms.no")
        if isinstance(value, datetime):
            local = value.astimezone(HELSINKI)
            return f"{_day(local.date())} {local.hour}.{local.minute:02}"
        if isinstance(value, date):
            return _day(value)
        return self._label(asked, str(value))

    def _label(self, asked: Field, value: str) -> str:
        if value in _MASKED:
            return self._texts(_MASKED[value])
        known = {option.value: in_language(option.label, self._texts.language) for option in asked.options}
        source = asked.options_from or _SOURCES.get(asked.type)
        if value not in known and source is not None:
            known = dict(self._of_source(source))
        outcome = f"outcome.{value}"
        return known.get(value) or (self._texts(outcome) if outcome in self._texts else value)

    def _of_source(self, source: OptionSource) -> Mapping[str, str]:
        if source not in self._labels:
            language = self._texts.language
            self._labels[source] = {
                option.value: in_language(option.label, language) for option in self._options(source)
            }
        return self._labels[source]


def _day(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"
