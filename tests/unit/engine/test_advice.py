"""What readers of a diagram will miss, names that may be misspelt, and decision tables by their cells."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.checks import advise_decisions, advise_diagram
from app.engine.decisions import compile_decision, decide
from tests.unit.engine.drawing import diagram, element, end, flows, io, start

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PROCESSES = Path(__file__).parents[3] / "processes"


def codes(advice) -> set[str]:
    return {problem.code for problem in (*advice.warnings, *advice.notes)}


def places(advice, code: str) -> list[str]:
    return [problem.place for problem in (*advice.warnings, *advice.notes) if problem.code == code]


@pytest.mark.parametrize("path", sorted(PROCESSES.glob("*/*.bpmn")), ids=lambda path: path.stem)
def test_the_pathways_give_no_cause_to_warn(path):
    assert advise_diagram(path.read_bytes()).warnings == ()


@pytest.mark.parametrize("path", sorted(PROCESSES.rglob("*.dmn")), ids=lambda path: path.stem)
def test_no_two_rows_of_the_pathways_tables_answer_the_same(path):
    assert advise_decisions(path.read_bytes()).warnings == ()


def test_a_task_without_name_is_warned_of_and_what_people_miss_is_collected():
    advice = advise_diagram(
        diagram(
            start(),
            element("userTask", "t"),
            element("userTask", "u", name="Soita"),
            end(),
            flow="s t; t u; u e",
        )
    )
    assert places(advice, "task_unnamed") == ["t"]
    missing = next(problem for problem in advice.notes if problem.code == "due_missing")
    assert missing.values == {"number": 2, "elements": "t, Soita"}
    assert {"instructions_missing", "names_missing_sv", "names_missing_en"} <= codes(advice)


def test_a_path_that_ends_nowhere_and_a_doubled_flow_are_warned_of():
    twice = '<bpmn:sequenceFlow id="again" sourceRef="t" targetRef="u"/>'
    advice = advise_diagram(
        diagram(start(), element("task", "t", name="T"), element("task", "u", name="U"), twice, flow="s t; t u")
    )
    assert places(advice, "end_missing") == ["u"]
    assert places(advice, "flow_twice") == ["t"]


def test_a_message_that_may_never_come_is_noted_unless_a_timer_watches():
    message = '<bpmn:message id="m" name="vastaus"/>'
    waits = element("receiveTask", "odota", name="Odota", messageRef="m")
    timer = (
        '<bpmn:boundaryEvent id="aika" attachedToRef="odota"><bpmn:timerEventDefinition><bpmn:timeDuration>P1D'
        "</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    )
    alone = diagram(start(), waits, end(), flow="s odota; odota e", roots=message)
    watched = diagram(start(), waits, timer, end(), flow="s odota; odota e; aika e", roots=message)
    assert places(advise_diagram(alone), "waits_without_limit") == ["odota"]
    assert places(advise_diagram(watched), "waits_without_limit") == []


def test_a_name_that_nothing_writes_and_that_looks_like_another_is_asked_about():
    writes = element("task", "t", name="T", extensions=io(outputs={"indikaattorisumma": "=1"}))
    choice = element("exclusiveGateway", "x", name="X", default="x__e")
    advice = advise_diagram(
        diagram(
            start(), writes, choice, element("task", "u", name="U"), end(), end("f"),
            flow="s t; t x; x u [=indikaatorisumma > 3]; x e; u f",
        )
    )  # fmt: skip
    (warning,) = [problem for problem in advice.warnings if problem.code == "name_misspelt"]
    assert (warning.place, warning.values["variable"], warning.values["meant"]) == (
        "x",
        "indikaatorisumma",
        "indikaattorisumma",
    )
    # what a form answers is written too; a list and its item are named alike on purpose
    text = diagram(start(), writes, choice, end(), end("f"), flow="s t; t x; x f [=indikaattorisumma2 > 3]; x e")
    assert "name_misspelt" not in codes(advise_diagram(text, given={"indikaattorisumma2"}))
    assert "name_misspelt" not in codes(advise_diagram(text))


def test_what_cannot_be_read_gets_no_advice():
    assert advise_diagram(b"<a") == advise_decisions(b"<a")
    assert flows("") == ""


def table(rows: list[list[str]], *, policy: str = "UNIQUE", types: tuple[str, ...] = ("number", "string")) -> bytes:
    """Return a decision table; the last text of a row is its output."""
    inputs = "".join(
        f'<input id="i{n}" label="{"ab"[n]}"><inputExpression id="ie{n}" typeRef="{kind}"><text>{"ab"[n]}</text>'
        "</inputExpression></input>"
        for n, kind in enumerate(types)
    )
    rules = "".join(
        "<rule>"
        + "".join(f"<inputEntry><text><![CDATA[{cell}]]></text></inputEntry>" for cell in row[:-1])
        + f"<outputEntry><text>{row[-1]}</text></outputEntry></rule>"
        for row in rows
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="D" namespace="n">'
        f'<decision id="taulu" name="Taulu"><variable name="taulu"/><decisionTable hitPolicy="{policy}">{inputs}'
        f'<output id="o" name="tulos"/>{rules}</decisionTable></decision></definitions>'
    ).encode()


def told(content: bytes) -> list[tuple[str, dict[str, object]]]:
    advice = advise_decisions(content)
    return [(problem.code, dict(problem.values)) for problem in (*advice.warnings, *advice.notes)]


@pytest.mark.parametrize(
    ("rows", "policy", "expected"),
    [
        ([["< 18", "-", "1"], [">= 18", "-", "2"]], "UNIQUE", []),
        # nobody is 64.5 years old
        ([["<= 64", "-", "1"], [">= 65", "-", "2"]], "UNIQUE", []),
        ([["<= 64.5", "-", "1"], [">= 65", "-", "2"]], "UNIQUE", [("table_gap", {"example": "a: 64.75"})]),
        ([["< 18", "-", "1"], ["[17..64]", "-", "2"], ["> 64", "-", "3"]], "UNIQUE",
         [("rows_overlap", {"first": 1, "second": 2, "example": "a: 17, b: …"})]),
        ([["-", '"x"', "1"], ["-", 'not("x")', "2"]], "UNIQUE", []),
        ([["-", '"x","y"', "1"], ["-", 'not("x")', "2"]], "UNIQUE",
         [("rows_overlap", {"first": 1, "second": 2, "example": "a: …, b: y"})]),
        ([["-", "-", "1"], ["< 3", "-", "2"]], "FIRST", [("row_never_used", {"row": 2})]),
        ([["< 3", "-", "1"], ["< 5", "-", "1"], [">= 5", "-", "2"]], "ANY", []),
        ([["< 3", "-", "1"], ["< 5", "-", "7"], [">= 5", "-", "2"]], "ANY",
         [("rows_overlap", {"first": 1, "second": 2, "example": "a: 2, b: …"})]),
        ([["< 3", "-", "1"], ["< 5", "-", "7"]], "COLLECT", []),
        ([["< raja.ika", "-", "1"], ["> raja.ika", "-", "2"]], "UNIQUE",
         [("table_gap", {"example": "a: = raja.ika"})]),
        ([["? + 1 > 2", "-", "1"]], "UNIQUE", [("table_not_compared", {"cell": "? + 1 > 2"})]),
        ([["null", "-", "1"], ["not(null)", "-", "2"]], "UNIQUE", []),
    ],
)  # fmt: skip
def test_gaps_overlaps_and_rows_without_use_are_told_with_an_example(rows, policy, expected):
    assert told(table(rows, policy=policy)) == expected


CELLS = st.sampled_from(["-", "< 2", "<= 2", "> 4", ">= 4", "2", "[1..3]", "(2..4]", "not(2)", "1,5", "]1..5["])
TEXTS = st.sampled_from(["-", '"x"', '"y"', '"x","y"', 'not("x")'])


@given(st.lists(st.tuples(CELLS, TEXTS), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_a_table_said_to_have_one_row_for_everything_has(pairs):
    rows = [[number, text, str(index)] for index, (number, text) in enumerate(pairs)]
    found = {code for code, _ in told(table(rows))}
    collected = compile_decision(table(rows, policy="COLLECT"), "taulu")
    matches = [
        len(decide(collected, {"a": a, "b": b}, now=NOW).output or []) for a in range(-1, 8) for b in ("x", "y", "z")
    ]
    assert ("rows_overlap" in found) == (max(matches) > 1)
    assert ("table_gap" in found) == (min(matches) == 0)
