"""Every problem and incident of the engine has its text in every language."""

import re
from pathlib import Path

import pytest

from app.domain.localized import LANGUAGES
from app.engine import instance
from app.locale import Texts

SOURCES = [*Path(instance.__file__).parent.glob("*.py"), *(Path(instance.__file__).parent / "dialect").glob("*.py")]
SOURCES += [Path(instance.__file__).parent / "forms" / "form_js.py"]
TEXT = "\n".join(path.read_text() for path in SOURCES)
PROBLEMS = set(re.findall(r'(?:refuse|repaired|Problem|_note|_refuse)\(\s*"([a-z_]+)"', TEXT))
INCIDENTS = set(re.findall(r'(?:EngineFault|ExpressionError|BudgetExceeded|StateUnreadable)\(\s*"([a-z_]+)"', TEXT))
INCIDENTS |= {f"{what}_value" for what in re.findall(r'text_value\([^"]*"([a-z_]+)"\)', TEXT)} | {
    "stuck",
    "uncaught_error",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_its_text(language):
    texts = Texts.load(language)
    assert len(PROBLEMS) > 50
    assert [code for code in PROBLEMS if f"problems.{code}" not in texts] == []
    assert [code for code in INCIDENTS if f"incidents.{code}" not in texts] == []
