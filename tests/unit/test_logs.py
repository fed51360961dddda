"""Logs: nothing that identifies a client, nothing that forges a line, whoever writes."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from app.logs import HIDDEN, LONGEST_TEXT, clean_text, configure_logs, scrubbed


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the process logs as JSON, in memory; the logging of the tests is restored after."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs(style="json")
    stream = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("code", ["131052-308T", "131052a308t", "010100A123D", "311299Y9991", "220896+936X"])
def test_identity_codes_are_hidden_in_every_form(code: str) -> None:
    assert clean_text(f"asiakas {code}, soita") == f"asiakas {HIDDEN}, soita"
    assert scrubbed({"rows": [{"hetu": code}]}) == {"rows": [{"hetu": HIDDEN}]}


def test_ordinary_numbers_and_dates_stay() -> None:
    text = "job 4611686018427387905 due 2026-11-21T10:00:00Z at 10.0.0.1"
    assert clean_text(text) == text


def test_control_characters_cannot_forge_a_line_or_a_terminal() -> None:
    assert clean_text("a\nb\x1b[31mc\u202ed\u2028e\x85f") == "a\\u000ab\\u001b[31mc\\u202ed\\u2028e\\u0085f"


def test_endless_text_is_cut() -> None:
    cut = clean_text("x" * 1_000_000)
    assert len(cut) < LONGEST_TEXT + 50
    assert cut.endswith("(1000000 characters)")


def test_every_line_is_json_and_clean_whoever_writes(written: io.StringIO) -> None:
    structlog.get_logger("ours").info("task.completed", task=1, note="131052-308T\nforged")
    logging.getLogger("library").warning("refused %s", "131052-308T")
    first, second = (json.loads(line) for line in written.getvalue().splitlines())
    assert (first["event"], first["task"], first["note"]) == ("task.completed", 1, f"{HIDDEN}\\u000aforged")
    assert second["event"] == f"refused {HIDDEN}"


def test_an_error_leaves_its_class_and_places_but_not_its_message(written: io.StringIO) -> None:
    try:
        int("Meikäläinen, Matti")
    except ValueError:
        structlog.get_logger("ours").exception("job.failed", job=7)
    line = json.loads(written.getvalue())
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["places"][0]
    assert "Meikäläinen" not in written.getvalue()


def test_the_engine_library_does_not_log_each_state_change() -> None:
    configure_logs()
    assert not logging.getLogger("spiff.task").isEnabledFor(logging.INFO)
