"""One question of a form by itself, to be answered anew outside of its task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.domain.answers import RecordAnswer
from app.domain.forms import Field, FieldType, FormDefinition, RecordKind, Section
from app.engine.forms.submission import Around, parse_submission

#: types that can be answered by themselves; people, files and rows are chosen and kept with more than their value
_ALONE = frozenset(
    {
        FieldType.TEXT,
        FieldType.LONG_TEXT,
        FieldType.INTEGER,
        FieldType.DECIMAL,
        FieldType.DATE,
        FieldType.DATE_TIME,
        FieldType.BOOLEAN,
        FieldType.CHOICE,
        FieldType.MULTI_CHOICE,
    }
)


def stands_alone(asked: Field) -> bool:
    """Tell whether the question can be answered by itself: people answer it, and its options stand in the form."""
    return (
        asked.type in _ALONE
        and asked.submittable
        and asked.options_from is None
        and asked.record is not None
        and asked.record.kind is RecordKind.ANSWER
    )


def answer_anew(
    form: FormDefinition, asked: Field, written: Sequence[str], *, language: str, now: datetime
) -> RecordAnswer:
    """
    Read what was written as the answer to that question of the form, as the form would; something must be answered.

    Conditions of the form do not count: the question was asked when it was answered first.

    :raises InvalidSubmission: it is no answer to the question
    """
    question = replace(asked, required=True, required_if=None, show_if=None)
    alone = FormDefinition(
        form_id=form.form_id,
        title=form.title,
        introduction={},
        data_group=form.data_group,
        sections=(Section(key="question", title={}, fields=(question,)),),
        content_hash=f"{form.content_hash}:{asked.key}",
        refuses=form.refuses,
    )
    answers = parse_submission(alone, {asked.key: list(written)}, language=language, around=Around(now=now))
    [record] = answers.records
    return record
