"""Two versions of one filled in form, question by question where they differ."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from app.domain.forms import FormDefinition
from app.engine.forms import Around, Raw
from app.locale import Texts
from app.web.forms.builder import build_form_view
from app.web.forms.view import FieldView, FormView


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One question that was answered in two ways; a dash stands for no answer."""

    label: str
    yours: str = field(repr=False)
    theirs: str = field(repr=False)


def differences(
    form: FormDefinition,
    *,
    yours: Raw,
    theirs: Raw,
    language: str,
    around: Around,
    known: Collection[str] | None = None,
) -> tuple[Difference, ...]:
    """
    Return the questions whose answers differ, in the order of the form, as the page shows them.

    Both are as inputs hold them (`raw_of`). `known` are the keys of the fields that can be compared, None all of them.
    """
    texts = Texts.load(language)
    nothing = texts("forms.nothing")
    asked = {each.key for each in form.fields if each.submittable}
    compared = asked if known is None else asked & set(known)
    mine, other = (
        _shown(build_form_view(form, raw=raw, language=language, around=around), texts) for raw in (yours, theirs)
    )
    return tuple(
        Difference(label=label, yours=mine.get(name, (label, ""))[1] or nothing, theirs=text or nothing)
        for name, (label, text) in _both(mine, other).items()
        if name.partition("-")[0] in compared and mine.get(name, (label, ""))[1] != text
    )


def _both(mine: dict[str, tuple[str, str]], other: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return the other's answers, with an empty one for each that only mine has."""
    return {name: other.get(name, (label, "")) for name, (label, _) in {**mine, **other}.items()}


def _shown(view: FormView, texts: Texts) -> dict[str, tuple[str, str]]:
    """Return label and answer of each question on the page by its name."""
    fields = (each for section in view.sections for each in section.fields)
    return {name: (label, text) for each in fields for name, label, text in _lines(each, texts)}


def _lines(asked: FieldView, texts: Texts, row: str = "") -> Iterator[tuple[str, str, str]]:
    if asked.widget == "group":
        for each in asked.rows:
            for inner in each.fields:
                yield from _lines(inner, texts, each.legend)
        return
    label = f"{row}: {asked.label}" if row else asked.label
    yield asked.name, label, _answer(asked)


def _answer(asked: FieldView) -> str:
    if asked.widget == "file":
        return ", ".join(each.name for each in asked.files)
    if asked.options:
        return ", ".join(option.label for option in asked.options if option.checked and option.value)
    return asked.value.strip()
