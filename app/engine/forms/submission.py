"""Take a submission of a form: answers that fit, or every problem with its place. Web and API share all rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.answers import Answers, StoredFile, allot, nested_variables
from app.domain.errors import InvalidSubmission, Problem
from app.domain.forms import Field, FieldPath, FieldType, FormDefinition, Option, Values
from app.domain.identity_code import parse_identity_code
from app.engine.forms.received import Raw, Received, receive_json, receive_web
from app.engine.forms.situation import Situation, settle
from app.engine.forms.validation import required_problem, validate

_HELSINKI = ZoneInfo("Europe/Helsinki")


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """
    What a form needs from outside of it.

    `contexts`: {"asia": ..., "viite": ...}, at least what the form's `references` name.
    `choices`: options by source ("users", "services", ...) or, for one field, by its path ("toimenpiteet.edeltaja").
    `known`: values of the read-only fields. `documents`: files uploaded earlier for this task, by key.
    """

    now: datetime
    contexts: Mapping[str, Values] = field(default_factory=dict)
    choices: Mapping[str, Sequence[Option]] = field(default_factory=dict)
    known: Values = field(default_factory=dict)
    documents: Mapping[str, StoredFile] = field(default_factory=dict)

    def options(self, asked: Field, path: FieldPath) -> Sequence[Option] | None:
        """Return what may be chosen, None where anything may be written (a reference without a list)."""
        if asked.options:
            return asked.options
        listed = self.choices.get(".".join(path))
        if listed is not None or asked.type is FieldType.REFERENCE:
            return listed
        return self.choices.get(asked.options_from, ()) if asked.options_from else None


def parse_submission(
    form: FormDefinition, raw: Raw, *, language: str, around: Around, ignore: Collection[str] = ()
) -> Answers:
    """
    Read a submitted web form: every name with all its values, as the browser sends them.

    `ignore` are names of the page itself (its CSRF token, its submission id). `language` is the language that the form
    was shown in; free texts are in it.

    :raises InvalidSubmission: with a problem for each field that is wrong, in the order of the form
    """
    received = receive_web(form, raw, ignore=ignore, documents=around.documents)
    return _accept(form, received, language=language, around=around)


def parse_json_submission(form: FormDefinition, submission: object, *, language: str, around: Around) -> Answers:
    """
    Read a submission of the API: a JSON object of the answers by key, by the same rules as a web form.

    A file is named by the key of a document uploaded before.

    :raises InvalidSubmission: as parse_submission
    """
    received = receive_json(form, submission, documents=around.documents)
    return _accept(form, received, language=language, around=around)


def look_at(form: FormDefinition, raw: Raw, *, around: Around, ignore: Collection[str] = ()) -> Situation:
    """Tell what is shown, required and computed for what is filled in so far; nothing is refused, no file is read."""
    texts = {name: [each for each in sent if isinstance(each, str)] for name, sent in raw.items()}
    received = receive_web(form, texts, ignore=ignore, documents=around.documents)
    return _settle(form, received, around)


def _settle(form: FormDefinition, received: Received, around: Around) -> Situation:
    return settle(form, received, contexts=around.contexts, known=around.known, now=around.now)


def _accept(form: FormDefinition, received: Received, *, language: str, around: Around) -> Answers:
    situation = _settle(form, received, around)
    validate(form, received)
    for path, place, asked, value in _places(form, received):
        if value is None:
            if place in situation.required and asked.submittable:
                received.problems.setdefault(place, required_problem(asked, place=place))
        elif asked.submittable:
            code = _wrong_option(asked, path, value, around) or _wrong_birth(asked, value, around.now)
            if code:
                received.note(asked, place, code)
    if received.problems:
        raise InvalidSubmission(sorted(received.problems.values(), key=_form_order(form)))
    values = received.all_values()
    variables, records = allot(form, values=values, hidden=situation.hidden)
    return Answers(
        form_id=form.form_id,
        language=language,
        values=values,
        variables=variables,
        records=records,
        nested=nested_variables(form),
        files=tuple(received.files),
    )


def _places(form: FormDefinition, received: Received) -> Iterator[tuple[FieldPath, str, Field, Any]]:
    """Give every field at every place where it stands, with its answer."""
    values = received.all_values()
    for each in form.fields:
        yield (each.key,), each.key, each, values.get(each.key)
        for row in received.rows.get(each.key, ()):
            for inner in each.fields:
                place = f"{each.key}.{row.position}.{inner.key}"
                yield (each.key, inner.key), place, inner, row.values.get(inner.key)


def _wrong_option(asked: Field, path: FieldPath, value: Any, around: Around) -> str | None:
    options = around.options(asked, path)
    if options is None or asked.options or asked.type in (FieldType.GROUP, FieldType.FILE):
        return None
    allowed = {option.value for option in options}
    chosen = value if isinstance(value, list) else [value]
    return None if allowed.issuperset(chosen) else "not_an_option"


def _wrong_birth(asked: Field, value: Any, now: datetime) -> str | None:
    if asked.type is not FieldType.IDENTITY_CODE:
        return None
    today: date = now.astimezone(_HELSINKI).date()
    return "identity_code_format" if parse_identity_code(value).birth_date > today else None


def _form_order(form: FormDefinition) -> Callable[[Problem], tuple[int, int, int]]:
    """Return the key that sorts problems as a reader meets their fields; those of no field come last."""
    order = {path: number for number, (path, _) in enumerate(form.walk())}

    def position(problem: Problem) -> tuple[int, int, int]:
        parts = problem.place.split(".")
        top = order.get((parts[0],), len(order))
        if len(parts) < 3:
            return top, -1, -1
        return top, int(parts[1]), order.get((parts[0], parts[2]), len(order))

    return position
