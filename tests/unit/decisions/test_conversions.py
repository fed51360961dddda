"""Implicit conversions and types where a value enters a variable (DMN 10.3.2.9.4), functions, services, imports."""

from __future__ import annotations

from datetime import UTC, date, datetime
from html import escape

import pytest

from tests.unit.decisions.dmn import DMN, decision, given, literal, model, output

TYPES = (
    '<itemDefinition name="tNumbers" isCollection="true"><typeRef>number</typeRef></itemDefinition>'
    '<itemDefinition name="tPerson"><itemComponent name="name"><typeRef>string</typeRef></itemComponent>'
    '<itemComponent name="age"><typeRef>number</typeRef></itemComponent></itemDefinition>'
    '<itemDefinition name="tPersons" isCollection="true"><typeRef>tPerson</typeRef></itemDefinition>'
    '<itemDefinition name="tLevel"><typeRef>string</typeRef>'
    '<allowedValues><text>"b", "a"</text></allowedValues></itemDefinition>'
    '<itemDefinition name="tLevels" isCollection="true"><typeRef>tLevel</typeRef></itemDefinition>'
    '<itemDefinition name="tFew" isCollection="true"><typeRef>number</typeRef>'
    "<typeConstraint><text>count(?) &lt; 3</text></typeConstraint></itemDefinition>"
    '<itemDefinition name="tDoubler"><functionItem outputTypeRef="number"><parameters name="n" typeRef="number"/>'
    "</functionItem></itemDefinition>"
)
PERSON = {"name": "x", "age": 1}
#: (expression, type, what it becomes)
CONVERSIONS = [
    ("1", "tNumbers", [1]),
    ("[1]", "number", 1),
    ("[1, 2]", "number", None),
    ('"a"', "number", None),
    ("null", "number", None),
    ('@"2020-01-01"', "date and time", datetime(2020, 1, 1, tzinfo=UTC)),
    ('"a"', "tLevel", "a"),
    ('"c"', "tLevel", None),
    ('["a", "b"]', "tLevels", ["a", "b"]),
    ('["a", "c"]', "tLevels", None),
    ('"a"', "tLevels", ["a"]),
    ('{name: "x", age: 1}', "tPerson", PERSON),
    ('{name: "x"}', "tPerson", None),
    ('{name: "x", age: "1"}', "tPerson", None),
    ('{name: "x", age: 1}', "tPersons", [PERSON]),
    ("[1, 2]", "tFew", [1, 2]),
    ("[1, 2, 3]", "tFew", None),
]


def knowledge(element_id, parameters, body, result="", requires=""):
    names = "".join(
        f'<formalParameter name="{name}"' + (f' typeRef="{kind}"/>' if kind else "/>")
        for name, kind in parameters.items()
    )
    how = f' typeRef="{result}"' if result else ""
    needed = "".join(
        f'<knowledgeRequirement><requiredKnowledge href="#{each}"/></knowledgeRequirement>' for each in requires
    )
    return (
        f'<businessKnowledgeModel id="{element_id}" name="{element_id}">{needed}'
        f"<encapsulatedLogic{how}>{names}{literal(body)}</encapsulatedLogic></businessKnowledgeModel>"
    )


def invocation(callee, **arguments):
    bindings = "".join(f'<binding><parameter name="{n}"/>{literal(text)}</binding>' for n, text in arguments.items())
    return f"<invocation>{literal(callee)}{bindings}</invocation>"


@pytest.mark.parametrize(("text", "kind", "value"), CONVERSIONS)
def test_values_are_converted_where_they_enter_a_variable(text, kind, value):
    function = knowledge("f", {"x": kind}, "x")
    xml = model(
        TYPES
        + function
        + knowledge("g", {"x": ""}, "x", result=kind)
        + decision("d", literal(text), type_reference=kind)
        + decision("e", literal(text, kind))
        + decision("h", literal(f"f({text})"), ("Knowledge", "f"))
        + decision("i", invocation("f", x=text), ("Knowledge", "f"))
        + decision("j", literal(f"g({text})"), ("Knowledge", "g"))
        + decision("k", literal(f"(function(x: {kind}) x)({text})"))
    )
    assert [output(xml, each) for each in "dehijk"] == [value] * 6


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("f(1, 2)", None),
        ("f()", None),
        ("f(y: 1)", None),
        ("f(x: 3)", 6),
        ("(function(h) h(4))(f)", 8),
        ("h(f)", 4),
        ("h(function(n) n * 5)", 10),
        ("h(3)", None),
        ("g(1)", 3),
        ("[f][1](2)", 4),
    ],
)
def test_functions_are_values(text, value):
    xml = model(
        TYPES
        + knowledge("f", {"x": "number"}, "x * 2")
        + knowledge("g", {"x": ""}, "f(x) + 1", requires="f")
        + knowledge("h", {"k": "tDoubler"}, "k(2)")
        + decision("d", literal(text), *(("Knowledge", each) for each in "fgh"))
    )
    assert output(xml) == value


def test_a_function_sees_nothing_of_who_calls_it():
    xml = model(
        given("x") + knowledge("f", {}, "x") + decision("d", literal("f()"), ("Knowledge", "f"), ("Input", "i_x"))
    )
    assert output(xml, x=5) is None


SERVICE = (
    given("a")
    + given("b")
    + decision("e", literal("a * 2"), ("Input", "i_a"))
    + decision("o", literal("e + b"), ("Decision", "e"), ("Input", "i_b"))
    + '<decisionService id="s" name="s"><outputDecision href="#o"/><encapsulatedDecision href="#e"/>'
    '<inputData href="#i_a"/><inputData href="#i_b"/></decisionService>'
    '<decisionService id="t" name="t"><outputDecision href="#o"/><inputDecision href="#e"/><inputData href="#i_b"/>'
    '</decisionService><decisionService id="u" name="u"><outputDecision href="#o"/><outputDecision href="#e"/>'
    '<inputData href="#i_a"/><inputData href="#i_b"/></decisionService>'
    '<decisionService id="v" name="v"><outputDecision href="#o"/><inputData href="#i_b"/></decisionService>'
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("s(2, 1)", 5),
        ("s(b: 1, a: 2)", 5),
        ('s("x", 1)', None),
        ("s(1)", None),
        ("t(1, 10)", 11),
        ("t(e: 10, b: 1)", 11),
        ("u(2, 1)", {"o": 5, "e": 4}),
        ("u(2, 1).e", 4),
        ("v(1)", None),
    ],
)
def test_services_are_functions_of_what_they_are_given(text, value):
    xml = model(SERVICE + decision("d", literal(text), *(("Knowledge", each) for each in "stuv")))
    assert output(xml, a=7, b=7) == value


def test_services_are_asked_like_decisions():
    xml = model(SERVICE)
    assert output(xml, "s", a=2, b=1) == 5
    assert output(xml, "t", e=2, b=1) == 3
    assert output(xml, "u", a=2, b=1) == {"o": 5, "e": 4}


LIBRARY = model(
    given("n", "string")
    + decision("t", literal('"Hei " + n'), ("Input", "i_n"))
    + knowledge("f", {"x": "tYears"}, "x + 1")
    + '<itemDefinition name="tYears"><typeRef>number</typeRef></itemDefinition>',
    own="urn:library",
)


@pytest.mark.parametrize("name", ["Kirjasto", "Oma kirjasto", "fi.kirjasto", ""])
def test_an_import_has_any_name_or_none(name):
    prefix = f"{name}." if name else ""
    required = "".join(
        f'<{kind}Requirement><required{what} href="urn:library#{target}"/></{kind}Requirement>'
        for kind, what, target in (
            ("information", "Decision", "t"),
            ("information", "Input", "i_n"),
            ("knowledge", "Knowledge", "f"),
        )
    )
    text = f"[{prefix}t, {prefix}n, {prefix}f(1), {prefix}f([2]), 1 instance of {prefix}tYears]"
    xml = model(
        f'<import namespace="urn:library" name="{name}" importType="{DMN}"/>'
        f'<decision id="d" name="d">{required}{literal(text)}</decision>'
    )
    assert output(xml, imports=[LIBRARY], n="Aino") == ["Hei Aino", "Aino", 2, 3, True]


def cell(text):
    """A table whose first rule has the cell, whose second takes the rest: 0 where the cell holds, else 1."""
    rules = "".join(
        f"<rule><inputEntry><text>{escape(entry)}</text></inputEntry>"
        f"<outputEntry><text>{number}</text></outputEntry></rule>"
        for number, entry in enumerate((text, "-"))
    )
    table = (
        '<decisionTable hitPolicy="FIRST"><input><inputExpression><text>x</text></inputExpression></input>'
        f'<output name="o"/>{rules}</decisionTable>'
    )
    return model(given("x", "Any") + given("y") + decision("d", table, ("Input", "i_x"), ("Input", "i_y")))


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("]1..5[", 1, False),
        ("not([1..5], 7)", 6, True),
        ("not(null)", None, False),
        ("null, 5", None, True),
        ("<5", None, False),
        ("false", False, True),
        ("not(true)", False, True),
        ("y", 5, True),
        ("[1..y]", 5, True),
        ("y + 1, 7", 6, True),
        ("? > 3 and ? < y", 4, True),
        ("? in [1..2] and y > 4", 2, True),
        ("odd(?)", 4, False),
        ("[1, 2, 3]", 2, True),
        ("[1, 2, 3]", [1, 2, 3], True),
        ("list contains(?, 1)", [1, 2], True),
        ("1", [1], True),
        ("1", [1, 2], False),
        ("some z in ? satisfies z > 1", [1, 2], True),
        ("?.a > 0, ?.b > 0", {"a": 0, "b": 1}, True),
        ('[@"2020-01-01"..@"2020-12-31"]', date(2020, 6, 1), True),
        ("!= 5", 5, False),
        ("function(a) a > 3", 5, False),
    ],
)
def test_cells_of_tables(text, value, holds):
    assert output(cell(text), x=value, y=5) == (0 if holds else 1)


def test_priorities_are_those_of_the_outputs_type():
    rules = "".join(
        f'<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>"{value}"</text></outputEntry></rule>'
        for value in ("a", "b")
    )
    for policy, expected in (("PRIORITY", "b"), ("OUTPUT ORDER", ["b", "a"])):
        table = (
            f'<decisionTable hitPolicy="{policy}"><input><inputExpression><text>1</text></inputExpression></input>'
            f'<output typeRef="tLevel"/>{rules}</decisionTable>'
        )
        assert output(model(TYPES + decision("d", table))) == expected


@pytest.mark.parametrize(
    "name",
    [
        "Henkilön ikä - vuosina",
        "a/b",
        "päivä.kk",
        "x in y",
        "not ok",
        "date of birth",
        "time",
        "list",
        "for sale",
        "🐎 kisa",
    ],
)
def test_names_may_hold_nearly_everything(name):
    xml = model(given(name) + decision("d", literal(f"{name} + 1"), ("Input", f"i_{name}")))
    assert output(xml, **{name: 4}) == 5


def test_a_boxed_function_may_call_itself():
    context = (
        '<context><contextEntry><variable name="f"/><functionDefinition><formalParameter name="n"/>'
        + literal("if n <= 1 then 1 else n * f(n - 1)")
        + f"</functionDefinition></contextEntry><contextEntry>{literal('f(5)')}</contextEntry></context>"
    )
    assert output(model(decision("d", context))) == 120


def test_a_boxed_loop_goes_over_steps_too():
    loop = f'<for iteratorVariable="i"><in>{literal("1..3")}</in><return>{literal("i + count(partial)")}</return></for>'
    assert output(model(decision("d", loop))) == [1, 3, 5]
