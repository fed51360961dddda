"""One question of a form by itself, to be answered anew outside of its task."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from app.domain.answers import AcceptedFile, RecordAnswer
from app.domain.forms import Field, FieldType, FormDefinition, RecordKind, Section
from app.engine.forms.received import Raw
from app.engine.forms.submission import Around, parse_submission

#: an identity code is compared with other clients', a reference named something of that moment
_NOT_ALONE = frozenset({FieldType.IDENTITY_CODE, FieldType.REFERENCE})
#: what may be wrong as a whole, so that nothing is the right answer
_MAY_BE_NOTHING = frozenset({FieldType.GROUP, FieldType.FILE})


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredAnew:
    """The right answer, and the contents of files that came with it."""

    record: RecordAnswer
    files: tuple[AcceptedFile, ...] = field(repr=False)


def stands_alone(asked: Field) -> bool:
    """
    Tell whether the question can be answered by itself: people answer it, and it is kept as one answer.

    Rows of which a column is of another data group are several answers, and computed columns need the whole form.
    """
    if asked.record is None or asked.record.kind not in (RecordKind.ANSWER, RecordKind.DOCUMENT):
        return False
    return (
        asked.submittable
        and asked.type not in _NOT_ALONE
        and all(each.submittable and each.data_group == asked.data_group for each in asked.fields)
    )


def question_alone(form: FormDefinition, asked: Field) -> FormDefinition:
    """
    Return the form with this question only, to be drawn and read as forms are.

    Conditions of the form do not count: the question was asked when it was answered first.
    """
    columns = tuple(replace(each, required_if=None, show_if=None) for each in asked.fields)
    required = asked.required or asked.type not in _MAY_BE_NOTHING
    question = replace(asked, required=required, required_if=None, show_if=None, fields=columns)
    return FormDefinition(
        form_id=form.form_id,
        title=form.title,
        introduction={},
        data_group=form.data_group,
        sections=(Section(key="question", title=form.title, fields=(question,)),),
        content_hash=f"{form.content_hash}:{asked.key}",
        refuses=form.refuses,
    )


def answer_anew(form: FormDefinition, asked: Field, raw: Raw, *, language: str, around: Around) -> AnsweredAnew:
    """
    Read what was sent as the answer to that question of the form, as the form would.

    `raw` is what a browser sends for it; something must be answered, but rows and files may all be taken away where
    the form does not require them. `around` has the options of its lists, and the files that are kept, by their keys.

    :raises InvalidSubmission: it is no answer to the question
    """
    answers = parse_submission(question_alone(form, asked), raw, language=language, around=around)
    [record] = answers.records
    return AnsweredAnew(record=record, files=answers.files)
