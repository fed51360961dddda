"""Whatever is sent: answers that fit the form's JSON Schema, or problems at places of real fields. Never more."""

from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.errors import InvalidSubmission
from app.domain.forms import FieldType
from app.domain.identity_code import check_character
from app.engine.forms import Upload, parse_json_submission, parse_submission
from app.engine.forms.conversion import to_json_value
from app.engine.forms.validation import submitted_json, validator
from app.web.forms import build_form_view, problem_text, raw_of
from tests.unit.forms.conftest import CHOICES

SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
JUNK = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", " ", "true", "false", "0", "-1", "1e5", "9" * 400, "31.12.2025", "2026-02-30", "\x00", "\ud800"]
    ),
    st.sampled_from(
        ["N01", "muu", "fi", "101", "TIIMI", "kylla", "__proto__", "constructor", "140590-903D", "[]", "{}"]
    ),
)


def right_text(asked):
    options = asked.options or CHOICES.get(asked.options_from, ())
    if options:
        return st.sampled_from([option.value for option in options])
    dates = st.dates(date(1950, 1, 1), date(2030, 1, 1))
    return {
        FieldType.BOOLEAN: st.sampled_from(["true", "false"]),
        FieldType.INTEGER: st.integers(0, 400).map(str),
        FieldType.DECIMAL: st.sampled_from(["7,5", "0", "10", "3.25"]),
        FieldType.DATE: dates.map(lambda day: f"{day:%d.%m.%Y}"),
        FieldType.DATE_TIME: dates.map(lambda day: f"{day:%d.%m.%Y} klo 13.00"),
        FieldType.IDENTITY_CODE: dates.map(
            lambda day: f"{day:%d%m%y}{'A' if day.year > 1999 else '-'}904{check_character(f'{day:%d%m%y}904')}"
        ),
        FieldType.FILE: st.sampled_from(["77", Upload("a.pdf", b"%PDF-1"), Upload("a.exe", b"MZ")]),
    }.get(asked.type, st.sampled_from(["Jokin vastaus", "040 123 4567", "x" * 600]))


@st.composite
def raws(draw, form):
    raw = {}
    for asked in form.fields:
        if asked.type is FieldType.GROUP:
            for row in draw(st.lists(st.integers(0, 9999), max_size=4, unique=True)):
                for inner in asked.fields:
                    raw |= draw(sent(f"{asked.key}-{row}-{inner.key}", inner))
        else:
            raw |= draw(sent(asked.key, asked))
    if draw(st.integers(0, 9)) == 0:
        raw[draw(JUNK)] = [draw(JUNK)]
    return raw


def sent(name, asked):
    kinds = st.one_of(right_text(asked), right_text(asked), right_text(asked), JUNK)
    most = 3 if asked.type in (FieldType.MULTI_CHOICE, FieldType.FILE) else 1
    return st.one_of(
        st.just({}) if asked.type is not FieldType.TEXT else st.just({name: [""]}),
        st.lists(kinds, min_size=1, max_size=most).map(lambda values: {name: values}),
        st.lists(kinds, min_size=1, max_size=most).map(lambda values: {name: values}),
    )


def assert_answers_fit(form, answers):
    assert list(validator(form).iter_errors(submitted_json(form, answers.values))) == []
    assert {record.key.partition(".")[0] for record in answers.records} <= {each.key for each in form.fields}


def assert_problems_are_at_fields(form, error):
    assert error.problems
    paths = {path for path, _ in form.walk()}
    for problem in error.problems:
        parts = problem.place.split(".")
        assert problem.place == "" or tuple(part for part in parts if not part.isdigit()) in paths
        for language in ("fi", "sv", "en"):
            assert "{" not in problem_text(problem, form=form, language=language)


@SETTINGS
@given(data=st.data())
def test_any_web_form_is_accepted_or_refused_and_drawn_again(form, around, data):
    raw = data.draw(raws(form))
    problems = ()
    try:
        answers = parse_submission(form, raw, language="fi", around=around)
        assert_answers_fit(form, answers)
    except InvalidSubmission as error:
        assert_problems_are_at_fields(form, error)
        problems = error.problems
    view = build_form_view(form, raw=raw, language="sv", around=around, problems=problems)
    ids = [each.id for section in view.sections for each in section.fields]
    assert len(ids) == len(set(ids))


@SETTINGS
@given(data=st.data())
def test_what_was_accepted_is_accepted_again_as_it_is_shown(form, around, data):
    raw = data.draw(raws(form))
    try:
        answers = parse_submission(form, raw, language="fi", around=around)
    except InvalidSubmission:
        return
    known_files = [each for each in answers.values.get("liitteet", []) if "documentKey" in each]
    values = {**answers.values, "liitteet": known_files or None}
    again = parse_submission(form, raw_of(form, values, language="fi"), language="fi", around=around)
    assert {key: again.values.get(key) for key in values} == values


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), JUNK),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


@SETTINGS
@given(data=st.data())
def test_any_json_is_accepted_or_refused(form, around, data):
    keys = [each.key for each in form.fields]
    rows = st.lists(
        st.dictionaries(st.sampled_from([each.key for each in form.field_at(("toimenpiteet",)).fields]), JSON),
        max_size=3,
    )
    submission = data.draw(st.dictionaries(st.one_of(st.sampled_from(keys), JUNK), st.one_of(JSON, rows)))
    try:
        answers = parse_json_submission(form, submission, language="fi", around=around)
        assert_answers_fit(form, answers)
    except InvalidSubmission as error:
        assert_problems_are_at_fields(form, error)


def test_decimals_of_any_size_are_written_plainly():
    assert to_json_value(Decimal("7.50")) == 7.5
    assert to_json_value(Decimal("1E+3")) == 1000
