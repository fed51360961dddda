"""Every form in processes/ is read, drawn in three languages and answered with nothing."""

import json
import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.domain.errors import InvalidSubmission
from app.domain.identity_code import find_identity_codes
from app.engine.forms import Around, parse_json_submission, parse_submission, read_form
from app.web.forms import build_form_view, problem_text
from tests.unit.forms.conftest import CHOICES, NOW, option

ROOT = Path(__file__).parents[3]
FORMS = sorted(ROOT.glob("processes/*/forms/*.json"))
ALL_CHOICES = {**CHOICES, "roles": [option("r_laakari", "lääkäri")], "sources": [option("ITSE", "asiakas itse")]}
AROUND = Around(now=NOW, choices=ALL_CHOICES)
TEMPLATE = Environment(
    loader=FileSystemLoader(ROOT / "app" / "web" / "templates"), autoescape=True, undefined=StrictUndefined
).from_string('{% from "forms/form.html" import form_body %}{{ form_body(view) }}')


@pytest.mark.parametrize("path", FORMS, ids=lambda path: f"{path.parents[1].name}/{path.stem}")
def test_a_form_of_a_pathway_is_complete(path):
    form = read_form(path.read_bytes())
    assert form.form_id == path.stem
    assert form.missing_translations == ()
    assert find_identity_codes(path.read_text()) == []
    try:
        parse_submission(form, {}, language="fi", around=AROUND)
        problems = ()
    except InvalidSubmission as error:
        problems = error.problems
    for language in ("fi", "sv", "en"):
        view = build_form_view(form, raw={}, language=language, around=AROUND, problems=problems)
        drawn = TEMPLATE.render(view=view)
        for problem in problems:
            text = problem_text(problem, form=form, language=language)
            assert text
            assert "expression_failed" not in problem.code
        assert drawn.count("kyky-field") >= len(json.loads(path.read_text())["sections"])


def test_the_examples_of_the_reference_are_right():
    reference = (ROOT / "docs" / "reference" / "forms.md").read_text()
    definition, submission = re.findall(r"```json\n(.*?)```", reference, re.DOTALL)
    form = read_form(definition.encode())
    answers = parse_json_submission(form, json.loads(submission), language="fi", around=AROUND)
    assert answers.variables == {"jatkuu": True}
    assert len(answers.records) == 3


@pytest.mark.parametrize("name", ["f_arvio", "f_terveystarkastus"])
def test_an_assessment_says_what_the_client_can_do_before_what_they_cannot(name):
    """Seeds 002 and 003: resources and adapted work before illness."""
    [path] = (Path(__file__).parents[3] / "processes").rglob(f"{name}.json")
    form = read_form(path.read_bytes())
    fields = {field.key: field for field in form.fields}
    assert fields["voimavarat"].required
    assert fields["tyo_johon_pystyy"].required
    assert "tyon_muokkaus" in fields
