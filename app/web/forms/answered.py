"""An answered form to read: questions and answers as texts, in the order of the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from app.domain.forms import Field, FieldType, FormDefinition, Option
from app.domain.localized import in_language
from app.locale import Texts
from app.web.forms.builder import shown_text

#: lists of options by where they come from
Choices: TypeAlias = Mapping[str, Sequence[Option]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One question with its answer."""

    label: str
    text: str = field(repr=False)


def answered(
    form: FormDefinition, values: Mapping[str, Any], *, language: str, choices: Choices
) -> tuple[Answered, ...]:
    """
    Return the questions that have an answer; rows of a group are lines of one answer, files are their names.

    `choices` are the lists from which fields take their options: keys of people, services and the like are read by
    them.
    """
    texts = Texts.load(language)
    return tuple(
        Answered(label=in_language(each.label, language), text=shown_answer(each, values[each.key], texts, choices))
        for each in form.fields
        if values.get(each.key) not in (None, "", [])
    )


def shown_answer(asked: Field, value: Any, texts: Texts, choices: Choices) -> str:
    """Return one answer as a text to read; rows are lines."""
    if asked.type is FieldType.FILE:
        return ", ".join(str(item.get("name", "")) for item in value if isinstance(item, Mapping))
    if asked.type is FieldType.GROUP:
        return "\n".join(_row(asked.fields, row, texts, choices) for row in value)
    return shown_text(asked, value, texts, choices.get(asked.source) if asked.source else None)


def _row(fields: Sequence[Field], row: Mapping[str, Any], texts: Texts, choices: Choices) -> str:
    return "; ".join(
        f"{in_language(inner.label, texts.language)}: {shown_answer(inner, row[inner.key], texts, choices)}"
        for inner in fields
        if row.get(inner.key) not in (None, "", [])
    )
