"""The rules of BPMN itself: each fault is found where it is, and sound files are left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.engine.checks import advise_diagram

ROOT = Path(__file__).resolve().parents[3]
SUITES = Path(os.environ.get("CONFORMANCE_SUITES", ROOT.parent / "shared" / "suites"))

FOLDER = Path(__file__).parent / "standard"
#: a file with a bit of everything, which keeps every rule
SOUND = (FOLDER / "sound.bpmn").read_text("utf-8")


def faults() -> list[tuple[str, str, str]]:
    """Return the finding with its place, what is replaced in the sound file, and by what."""
    found = []
    for paragraph in (FOLDER / "faults.txt").read_text("utf-8").split("\n\n")[1:]:
        told, before, after = paragraph.rstrip("\n").split("\n")
        found.append((told, before, "" if after == "(nothing)" else after))
    return found


def found(text: str) -> set[tuple[str, str]]:
    return {(problem.code, problem.place) for problem in advise_diagram(text.encode()).standard}


def test_a_sound_file_breaks_no_rule():
    assert found(SOUND) == set()


@pytest.mark.parametrize(("told", "before", "after"), faults(), ids=[told for told, _, _ in faults()])
def test_a_fault_is_told_at_its_element(told, before, after):
    assert before in SOUND
    assert tuple(told.split()) in found(SOUND.replace(before, after, 1))


@pytest.mark.parametrize("path", sorted((ROOT / "processes").glob("*/*.bpmn")), ids=lambda path: path.stem)
def test_the_pathways_keep_the_standard(path):
    assert advise_diagram(path.read_bytes()).standard == ()


@pytest.mark.skipif(not SUITES.exists(), reason="outside test material is not here")
def test_published_reference_models_and_conformance_models_are_left_alone():
    models = [
        *sorted((SUITES / "bpmn-miwg" / "Reference").glob("*.bpmn")),
        *sorted((SUITES / "betsy" / "models").glob("*.bpmn")),
    ]
    flagged = {path.stem for path in models if advise_diagram(path.read_bytes()).standard}
    # two of the conformance models are faulty on purpose
    assert flagged <= {"LoopTask_NegativeLoopMaximum", "Token_CompletionQuantity_Zero"}
    assert len(models) > 50
