from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.domain.errors import ExpressionError
from app.engine.decisions import compile_decision, decide, read_decisions

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def table(
    rules, *, policy="UNIQUE", aggregation="", inputs=("ika:number",), outputs=("tulos",), values="", default=None
):
    columns = "".join(
        f'<input><inputExpression typeRef="{kind}"><text>{text}</text></inputExpression></input>'
        for text, kind in (each.split(":") for each in inputs)
    )
    listed = f"<outputValues><text>{values}</text></outputValues>" if values else ""
    fallback = f"<defaultOutputEntry><text>{default}</text></defaultOutputEntry>" if default else ""
    results = "".join(f'<output name="{name}">{listed}{fallback}</output>' for name in outputs)
    rows = "".join(
        "<rule>"
        + "".join(f"<inputEntry><text>{escape(test)}</text></inputEntry>" for test in tests)
        + "".join(f"<outputEntry><text>{escape(result)}</text></outputEntry>" for result in row_results)
        + "</rule>"
        for tests, row_results in rules
    )
    how = f' aggregation="{aggregation}"' if aggregation else ""
    content = f'<decisionTable hitPolicy="{policy}"{how}>{columns}{results}{rows}</decisionTable>'
    return model(f'<decision id="d" name="Päätös">{content}</decision>')


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def model(content, namespace=DMN):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="{namespace}" id="m" name="m" namespace="urn:m">'
        f"{content}</definitions>"
    ).encode()


def answer(xml, decision_id="d", **context):
    return decide(compile_decision(xml, decision_id), context, now=NOW)


OVERLAPPING = [(["< 30"], ['"nuori"']), (["< 65"], ['"aikuinen"']), (["-"], ['"kaikki"'])]


@pytest.mark.parametrize(
    ("policy", "ika", "output", "matched"),
    [
        ("FIRST", 20, "nuori", (1,)),
        ("FIRST", 70, "kaikki", (3,)),
        ("RULE ORDER", 20, ["nuori", "aikuinen", "kaikki"], (1, 2, 3)),
        ("COLLECT", 40, ["aikuinen", "kaikki"], (2, 3)),
    ],
)
def test_hit_policies_over_rules_that_overlap(policy, ika, output, matched):
    outcome = answer(table(OVERLAPPING, policy=policy), ika=ika)
    assert outcome.output == output
    assert outcome.matched_rules == tuple(("d", rule) for rule in matched)


@pytest.mark.parametrize(
    ("policy", "output"), [("PRIORITY", "kaikki"), ("OUTPUT ORDER", ["kaikki", "aikuinen", "nuori"])]
)
def test_priorities_are_the_order_of_the_listed_values(policy, output):
    xml = table(OVERLAPPING, policy=policy, values='"kaikki", "aikuinen", "nuori"')
    assert answer(xml, ika=20).output == output


@pytest.mark.parametrize(
    ("aggregation", "output", "nothing"), [("SUM", 6, None), ("MIN", 1, None), ("MAX", 3, None), ("COUNT", 3, 0)]
)
def test_collected_numbers_are_aggregated(aggregation, output, nothing):
    rules = [(["> 0"], ["1"]), (["> 1"], ["2"]), (["> 2"], ["3"])]
    xml = table(rules, policy="COLLECT", aggregation=aggregation)
    assert answer(xml, ika=3).output == output
    assert answer(xml, ika=0).output == nothing


def test_two_unique_hits_are_an_error_that_names_the_decision():
    with pytest.raises(ExpressionError) as failed:
        answer(table(OVERLAPPING), ika=20)
    assert (failed.value.code, failed.value.element_id) == ("decision_hit_policy", "d")


def test_any_wants_the_same_result_of_every_rule():
    same = [(["< 30"], ['"a"']), (["< 40"], ['"a"'])]
    assert answer(table(same, policy="ANY"), ika=20).output == "a"
    with pytest.raises(ExpressionError):
        answer(table([*same, (["-"], ['"b"'])], policy="ANY"), ika=20)


def test_without_a_hit_the_default_is_the_answer():
    rules = [(["< 30"], ['"nuori"'])]
    assert answer(table(rules, default='"muu"'), ika=40).output == "muu"
    assert answer(table(rules), ika=40).output is None
    assert answer(table(rules, policy="COLLECT"), ika=40).output == []
    assert answer(table(rules, default='"muu"'), ika=40).matched_rules == ()


def test_several_outputs_make_a_context():
    xml = table([(["-"], ['"a"', "1 + ika"])], outputs=("koodi", "luku"))
    assert answer(xml, ika=4).output == {"koodi": "a", "luku": 5}


@pytest.mark.parametrize(
    ("test", "value", "hit"),
    [
        ('"a", "b"', "b", True),
        ('not("a", "b")', "b", False),
        ('not("a")', "c", True),
        ("-", None, True),
        ("", "x", True),
        ("null", None, True),
        ("null", "x", False),
        ('contains(?, "iti")', "äiti", True),
        ("raja", "r", True),
        ("lista", "y", True),
    ],
)
def test_cells_test_the_value_of_their_column(test, value, hit):
    xml = table([([test], ['"osui"'])], inputs=("syote:string",))
    outcome = answer(xml, syote=value, raja="r", lista=["x", "y"])
    assert outcome.output == ("osui" if hit else None)


@pytest.mark.parametrize(
    ("test", "value", "hit"),
    [
        ("[18..65]", 65, True),
        ("[18..65[", 65, False),
        ("(18..65)", 18, False),
        ("< 18, > 65", 66, True),
        (">= raja", 20, True),
        ("< 5", None, False),
    ],
)
def test_ranges_and_comparisons_of_numbers(test, value, hit):
    outcome = answer(table([([test], ['"osui"'])]), ika=value, raja=20)
    assert outcome.output == ("osui" if hit else None)


@pytest.mark.parametrize(("flag", "output"), [(True, "on"), (False, "ei"), (None, None)])
def test_a_boolean_cell_is_compared_and_does_not_decide_alone(flag, output):
    rules = [(["true"], ['"on"']), (["false"], ['"ei"'])]
    assert answer(table(rules, inputs=("suostumus:boolean",)), suostumus=flag).output == output


def test_a_date_against_a_text_is_an_error_not_a_missed_rule():
    for kind, code in (("date", "decision_input"), ("Any", "feel_types")):
        xml = table([(['< date("2026-01-01")'], ['"ennen"'])], inputs=(f"paiva:{kind}",))
        assert answer(xml, paiva=date(2025, 12, 31)).output == "ennen"
        with pytest.raises(ExpressionError) as failed:
            answer(xml, paiva="2025-12-31")
        assert failed.value.code == code


def test_a_value_of_another_type_than_its_column_is_an_error():
    with pytest.raises(ExpressionError) as failed:
        answer(table([(["< 18"], ['"nuori"']), (["-"], ['"muu"'])], policy="FIRST"), ika="5")
    assert failed.value.code == "decision_input"


def test_the_read_only_contexts_are_seen_without_being_declared():
    xml = table([([">= viite.raja"], ['"yli"'])], inputs=("asia.ika:number",))
    assert answer(xml, asia={"ika": 20}, viite={"raja": 18}).output == "yli"
    assert read_decisions(xml).decisions[0].references == {"asia.ika", "viite.raja"}


def test_large_tables_stay_within_a_commands_budget():
    rules = [([f"[{at * 5}..{at * 5 + 4}]"], [f'"r{at}"']) for at in range(300)]
    assert answer(table(rules, policy="FIRST"), ika=1497).output == "r299"
