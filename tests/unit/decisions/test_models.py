from __future__ import annotations

from datetime import date

import pytest

from app.domain.errors import ExpressionError, InvalidDecision, NotFound
from app.engine.decisions import compile_decision, decide, read_decisions
from app.engine.decisions.document import NAMESPACES
from tests.unit.decisions.dmn import DMN, NOW, decision, given, literal, model, output


def problems(xml):
    with pytest.raises(InvalidDecision) as refused:
        read_decisions(xml)
    return [(problem.code, problem.place) for problem in refused.value.problems]


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_version_of_dmn_is_read(namespace):
    xml = model(given("a") + decision("d", literal("a + 1"), ("Input", "i_a")), namespace)
    assert read_decisions(xml).decisions[0].kind == "literalExpression"
    assert output(xml, a=1) == 2


def test_a_graph_of_decisions_is_one_call_and_tells_its_inputs():
    xml = model(
        given("a")
        + given("b")
        + decision("e", literal("a * 2"), ("Input", "i_a"), name="väli")
        + decision("d", literal("väli + b"), ("Decision", "e"), ("Input", "i_b"))
    )
    compiled = compile_decision(xml, "d")
    assert set(compiled.required_inputs) == {"a", "b"}
    outcome = decide(compiled, {"a": 2, "b": 3, "muu": 9}, now=NOW)
    assert outcome.output == 7
    assert outcome.inputs == {"a": 2, "b": 3}
    outline = next(each for each in read_decisions(xml).decisions if each.decision_id == "d")
    assert outline.required_decisions == ("e",)


def test_a_declared_name_is_seen_only_where_it_is_required():
    xml = model(given("a") + decision("d", literal("a")))
    assert output(xml, a=1) is None


def test_business_knowledge_is_called_with_its_parameters():
    function = (
        '<businessKnowledgeModel id="k" name="kerro"><encapsulatedLogic><formalParameter name="x" typeRef="number"/>'
        '<formalParameter name="y" typeRef="number"/>'
        + literal("x * y")
        + "</encapsulatedLogic></businessKnowledgeModel>"
    )
    invocation = (
        f"<invocation>{literal('kerro')}<binding><parameter name='y'/>{literal('3')}</binding>"
        f"<binding><parameter name='x'/>{literal('4')}</binding></invocation>"
    )
    xml = model(
        function
        + decision("d", literal("kerro(2, 5) + kerro(y: 1, x: 7)"), ("Knowledge", "k"))
        + decision("e", invocation, ("Knowledge", "k"))
    )
    assert output(xml) == 17
    assert output(xml, "e") == 12


def test_a_function_may_call_itself():
    xml = model(
        '<businessKnowledgeModel id="k" name="kertoma"><knowledgeRequirement><requiredKnowledge href="#k"/>'
        '</knowledgeRequirement><encapsulatedLogic><formalParameter name="n"/>'
        + literal("if n < 2 then 1 else n * kertoma(n - 1)")
        + "</encapsulatedLogic></businessKnowledgeModel>"
        + decision("d", literal("kertoma(5)"), ("Knowledge", "k"))
    )
    assert output(xml) == 120


def test_boxed_expressions():
    context = (
        f"<context><contextEntry><variable name='x'/>{literal('2')}</contextEntry>"
        f"<contextEntry><variable name='y'/><list>{literal('x')}{literal('x + 1')}</list></contextEntry>"
        f"<contextEntry><variable name='r'/><relation><column name='a'/><column name='b'/>"
        f"<row>{literal('1')}{literal('2')}</row></relation></contextEntry></context>"
    )
    conditional = (
        f"<conditional><if>{literal('2 > 1')}</if><then>{literal('1')}</then><else>{literal('2')}</else></conditional>"
    )
    loop = f"<for iteratorVariable='i'><in>{literal('1..3')}</in><return>{literal('i * i')}</return></for>"
    some = f"<some iteratorVariable='i'><in>{literal('[1, 2]')}</in><satisfies>{literal('i > 1')}</satisfies></some>"
    every = f"<every iteratorVariable='i'><in>{literal('[1, 2]')}</in><satisfies>{literal('i > 1')}</satisfies></every>"
    chosen = f"<filter><in>{literal('[1, 2, 3]')}</in><match>{literal('item > 1')}</match></filter>"
    xml = model(
        decision("d", context)
        + decision("e", conditional)
        + decision("f", loop.replace("1..3", "[1, 2, 3]"))
        + decision("g", some)
        + decision("h", every)
        + decision("i", chosen)
    )
    assert output(xml) == {"x": 2, "y": [2, 3], "r": [{"a": 1, "b": 2}]}
    assert [output(xml, each) for each in "efghi"] == [1, [1, 4, 9], True, False, [2, 3]]


def test_a_service_hides_what_is_inside():
    xml = model(
        given("a")
        + decision("e", literal("a * 2"), ("Input", "i_a"), name="kaksin")
        + decision("d", literal("kaksin + 1"), ("Decision", "e"))
        + '<decisionService id="s" name="palvelu"><outputDecision href="#d"/><inputDecision href="#e"/>'
        + "</decisionService>"
        + decision("f", literal("palvelu(10)"), ("Knowledge", "s"))
    )
    assert output(xml, "s", kaksin=5) == 6
    assert output(xml, "f") == 11
    [service] = read_decisions(xml).services
    assert (service.decision_id, service.kind, service.required_inputs) == ("s", "decisionService", ("kaksin",))


def test_an_imported_model_is_reached_by_its_name():
    base = model(given("nimi", "string") + decision("t", literal('"Hei " + nimi'), ("Input", "i_nimi")), own="urn:a")
    xml = model(
        f'<import namespace="urn:a" name="Perus" importType="{DMN}"/>'
        '<decision id="d" name="d"><informationRequirement><requiredDecision href="urn:a#t"/></informationRequirement>'
        + literal('Perus.t + "!"')
        + "</decision>"
    )
    assert output(xml, imports=[base], nimi="Aino") == "Hei Aino!"
    assert ("decision_import", "urn:a") in problems(xml)


TYPES = (
    '<itemDefinition name="tTaso"><typeRef>string</typeRef><allowedValues><text>"a", "b"</text></allowedValues>'
    '</itemDefinition><itemDefinition name="tHenkilo">'
    '<itemComponent name="nimi"><typeRef>string</typeRef></itemComponent>'
    '<itemComponent name="ika"><typeRef>number</typeRef></itemComponent></itemDefinition>'
    '<itemDefinition name="tKaynti"><itemComponent name="pv"><typeRef>date</typeRef></itemComponent></itemDefinition>'
    '<itemDefinition name="tKaynnit" isCollection="true"><typeRef>tKaynti</typeRef></itemDefinition>'
    '<itemDefinition name="tLista" isCollection="true"><typeRef>number</typeRef></itemDefinition>'
)


@pytest.mark.parametrize(
    ("type_reference", "value", "seen"),
    [
        ("tTaso", "a", "a"),
        ("tHenkilo", {"nimi": "Aino", "ika": 3}, {"nimi": "Aino", "ika": 3}),
        ("tHenkilo", {"nimi": "Aino"}, {"nimi": "Aino"}),
        ("tKaynti", {"pv": "2026-01-31"}, {"pv": date(2026, 1, 31)}),
        ("tKaynnit", [{"pv": "2026-01-31"}], [{"pv": date(2026, 1, 31)}]),
        ("tLista", [1, 2], [1, 2]),
        ("tLista", 1, [1]),
        ("number", [5], 5),
        ("date", "2026-01-31", date(2026, 1, 31)),
        ("feel:date", "2026-01-31", date(2026, 1, 31)),
        ("number", None, None),
    ],
)
def test_inputs_are_taken_as_their_type(type_reference, value, seen):
    xml = model(TYPES + given("a", type_reference) + decision("d", literal("a"), ("Input", "i_a")))
    assert output(xml, a=value) == seen


@pytest.mark.parametrize(
    ("type_reference", "value"),
    [("tTaso", "c"), ("number", "5"), ("date", "eilen"), ("tHenkilo", {"nimi": 5}), ("tLista", ["x"])],
)
def test_an_input_of_another_type_is_an_error_that_names_it(type_reference, value):
    xml = model(TYPES + given("a", type_reference) + decision("d", literal("a"), ("Input", "i_a")))
    with pytest.raises(ExpressionError) as failed:
        output(xml, a=value)
    assert (failed.value.code, failed.value.element_id) == ("decision_input", "i_a")


def test_a_result_of_another_type_is_null():
    xml = model(
        TYPES
        + decision("d", literal('"c"'), type_reference="tTaso")
        + decision("e", literal("5"), type_reference="tLista")
    )
    assert output(xml) is None
    assert output(xml, "e") == [5]


def test_names_come_in_three_languages():
    xml = model(
        '<decision id="d" name="Riittävä tuki"><extensionElements><zeebe:properties>'
        '<zeebe:property name="kyky.name.sv" value="Tillräckligt stöd"/>'
        '<zeebe:property name="kyky.name.en" value="Sufficient support"/></zeebe:properties></extensionElements>'
        + literal("1")
        + "</decision>"
    )
    assert read_decisions(xml).decisions[0].name == {
        "fi": "Riittävä tuki",
        "sv": "Tillräckligt stöd",
        "en": "Sufficient support",
    }


def test_elements_without_ids_go_by_their_names():
    xml = model('<decision name="Päätös">' + literal("1 + 1") + "</decision>")
    assert output(xml, "Päätös") == 2


@pytest.mark.parametrize(
    ("logic", "code"),
    [
        (literal("1 +"), "decision_feel_syntax"),
        (literal("olematon(1)"), "decision_feel_function"),
        (literal("1 instance of list<tOlematon>"), "decision_type"),
        (literal("function(a) external {java: {class: 1}}"), "decision_feel_external"),
        ('<literalExpression expressionLanguage="python"><text>1</text></literalExpression>', "decision_language"),
        ('<functionDefinition kind="Java">' + literal("1") + "</functionDefinition>", "decision_external"),
        ('<literalExpression typeRef="tOlematon"><text>1</text></literalExpression>', "decision_type"),
        ("<conditional><if>" + literal("true") + "</if></conditional>", "decision_incomplete"),
        ('<decisionTable hitPolicy="BEST"><output/></decisionTable>', "decision_hit_policy"),
        ('<decisionTable hitPolicy="PRIORITY"><output/></decisionTable>', "decision_priorities"),
        ('<decisionTable aggregation="SUM"><output/></decisionTable>', "decision_aggregation"),
        ("<decisionTable><output/><output/></decisionTable>", "decision_output_names"),
        ("<decisionTable><input/><output/></decisionTable>", "decision_incomplete"),
        ("<decisionTable><output/><rule/></decisionTable>", "decision_row"),
    ],
)
def test_what_is_wrong_is_told_with_its_element(logic, code):
    assert (code, "d") in problems(model(decision("d", logic)))


def test_wrong_references_and_circles_are_told():
    assert problems(model(decision("d", literal("1"), ("Decision", "x")))) == [("decision_reference", "d")]
    circle = model(decision("d", literal("e"), ("Decision", "e")) + decision("e", literal("d"), ("Decision", "d")))
    assert sorted(problems(circle)) == [("decision_cycle", "d"), ("decision_cycle", "e")]
    twice = model(decision("d", literal("1")) + decision("d", literal("2")))
    assert problems(twice) == [("decision_duplicate_id", "d")]


def test_what_is_wrong_elsewhere_does_not_stop_a_decision():
    xml = model(decision("d", literal("1")) + decision("e", literal("1 +")))
    assert output(xml) == 1
    with pytest.raises(InvalidDecision):
        compile_decision(xml, "e")
    with pytest.raises(NotFound):
        compile_decision(xml, "x")


def test_an_unbounded_model_is_stopped_by_the_commands_budget():
    xml = model(decision("d", literal("count(for i in 1..190000 return for j in 1..190000 return j)")))
    with pytest.raises(Exception, match="too"):
        output(xml)
    assert output(model(decision("d", literal("2")))) == 2
