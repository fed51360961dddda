import re
from pathlib import Path

import pytest

from app.domain.errors import Problem
from app.locale import Texts
from app.web.forms import problem_text

APP = Path(__file__).parents[3] / "app"
SOURCES = [*(APP / "engine" / "forms").glob("*.py"), APP / "domain" / "identity_code.py"]
#: what the texts of problems may name beside the label
NAMES = ["minimum", "maximum", "length", "allowed", "property", "type", "written", "record", "value", "message", "name"]
VALUES = dict.fromkeys([*NAMES, "path", "condition"], "x")


def codes_in_sources():
    text = "".join(path.read_text() for path in SOURCES)
    made = re.findall(r'(?:Problem|problem|refuse|_repeated|_problem|append)\(\s*"([a-z_]+)"', text)
    noted = re.findall(r'\bnote\([^"]*?"([a-z_]+)"', text)
    tabled = re.findall(r': "((?:required|not)_[a-z_]+)"', text) + re.findall(r': \("([a-z_]+)", ', text)
    return sorted({*made, *noted, *tabled})


def test_the_sources_were_understood():
    assert {"form_not_json", "required_row", "not_integer", "file_type", "too_late", "several_values"} <= set(
        codes_in_sources()
    )


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("code", codes_in_sources())
def test_every_problem_has_a_text_in_every_language(code, language):
    assert f"problems.{code}" in Texts.load(language)
    text = problem_text(Problem(code, values=VALUES), language=language)
    assert "{" not in text
    assert text.endswith((".", "-", "x"))


def test_the_three_languages_have_the_same_keys():
    def keys(language):
        return {key for key in Texts.load(language) if key.startswith(("forms.", "problems."))}

    assert keys("fi") == keys("sv") == keys("en")
