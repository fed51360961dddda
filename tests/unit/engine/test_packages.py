"""Models out of files and zips, as they come in by an upload or from a folder."""

from __future__ import annotations

import io
import zipfile

import pytest

from app.domain.errors import InvalidInput
from app.engine.models import packages
from app.engine.models.packages import MOST_FILES, models_in, models_of


def zipped(entries, compression=zipfile.ZIP_DEFLATED):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as package:
        for name, content in entries.items():
            package.writestr(name, content)
    return made.getvalue()


def refusal(*files):
    with pytest.raises(InvalidInput) as refused:
        models_in(files)
    return [problem.code for problem in refused.value.problems]


def test_models_are_taken_out_of_zips_and_papers_passed_over():
    package = zipped({"a/one.bpmn": b"1", "a/picture.png": b"x", "__MACOSX/a/one.bpmn": b"x", "two.DMN": b"2"})
    found = models_in([("sent.zip", package), ("three.form", b"3"), ("read.me", b"x")])
    assert found == [("a/one.bpmn", b"1"), ("two.DMN", b"2"), ("three.form", b"3")]


def test_a_single_file_is_taken_whatever_it_is_called_but_not_among_others():
    assert models_in([("diagram.txt", b"<x/>")]) == [("diagram.txt", b"<x/>")]
    assert models_of("diagram.txt", b"<x/>") == []
    assert refusal(("a.txt", b"x"), ("b.txt", b"x")) == ["package_empty"]


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("/out.bpmn", ["folder/out.bpmn"]),
        ("C:/out.bpmn", ["folder/C/out.bpmn"]),
        ("../../out.bpmn", []),
        ("a/../../out.bpmn", []),
        ("..\\out.bpmn", []),
    ],
)
def test_no_entry_leads_out_of_the_folder_of_its_zip(entry, found):
    assert [name for name, _ in models_of("folder/sent.zip", zipped({entry: b"1"}))] == found


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_zip_whose_inside_is_damaged_is_refused_as_one(compression):
    whole = zipped({"one.bpmn": bytes(range(256)) * 40}, compression)
    start = whole.index(b"one.bpmn") + len(b"one.bpmn")
    damaged = whole[: start + 9] + bytes(40) + whole[start + 49 :]
    assert refusal(("sent.zip", damaged)) == ["package_unreadable"]


@pytest.mark.parametrize("length", [4, 30, 60])
def test_a_zip_that_was_cut_off_is_refused(length):
    assert refusal(("sent.zip", zipped({"one.bpmn": b"1"})[:length])) == ["package_unreadable"]


def test_too_many_files_and_too_many_bytes_are_refused_with_what_is_allowed(monkeypatch):
    many = {f"{number}.bpmn": b"1" for number in range(MOST_FILES + 1)}
    assert refusal(("sent.zip", zipped(many))) == ["package_too_large"]
    assert refusal(*((name, content) for name, content in many.items())) == ["package_too_large"]
    monkeypatch.setattr(packages, "LARGEST_PACKAGE", 1024)
    assert refusal(("sent.zip", zipped({"one.bpmn": bytes(600), "two.bpmn": bytes(600)}))) == ["model_too_large"]
