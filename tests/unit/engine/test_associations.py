"""Data associations: what they compute becomes variables; what they only draw is documentation."""

import pytest

from app.domain.errors import InvalidDiagram
from app.engine.diagrams import read_diagram
from tests.unit.engine.drawing import diagram, end, start, user
from tests.unit.engine.walk import Walk

DATA = '<bpmn:dataObject id="d" name="hakemus"/><bpmn:dataObjectReference id="r" name="hakemus" dataObjectRef="d"/>'


def association(kind, inner, target="r"):
    return (
        f"<bpmn:data{kind}Association><bpmn:sourceRef>d</bpmn:sourceRef><bpmn:targetRef>{target}</bpmn:targetRef>{inner}"
        f"</bpmn:data{kind}Association>"
    )


def assigned(source, target):
    return f"<bpmn:assignment><bpmn:from>{source}</bpmn:from><bpmn:to>{target}</bpmn:to></bpmn:assignment>"


def test_what_an_association_computes_goes_in_and_out():
    task = user(
        "u",
        association("Input", assigned("=luku + 1", "oma") + assigned("=oma * 2", "toinen"))
        + association("Output", "<bpmn:transformation>=oma + toinen + vastaus</bpmn:transformation>"),
    )
    walk = Walk(diagram(start(), task, end(), DATA, flow="s u; u e"), {"luku": 1})
    walk.complete(vastaus=10)
    assert walk.root() == {"luku": 1, "hakemus": 16}


def test_an_association_without_an_expression_documents():
    xml = diagram(start(), user("u", association("Output", "")), end(), DATA, flow="s u; u e")
    assert ("documentation_only", "u") in {(each.code, each.place) for each in read_diagram(xml).repairs}
    walk = Walk(xml)
    walk.complete(hakemus=1)
    assert walk.root() == {"hakemus": 1}


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        (association("Input", assigned("getDataObject('x')", "oma")), "association_not_feel"),
        (association("Input", assigned("=1 +", "oma")), "feel_syntax"),
        (association("Input", assigned("=1", "asia.ika")), "variable_name"),
        (association("Output", "<bpmn:transformation>=1</bpmn:transformation>", "nowhere"), "variable_name"),
        (
            association("Output", '<bpmn:transformation language="http://java">=1</bpmn:transformation>'),
            "association_not_feel",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused(inner, code):
    with pytest.raises(InvalidDiagram) as refusal:
        read_diagram(diagram(start(), user("u", inner), end(), DATA, flow="s u; u e"))
    assert (code, "u") in {(problem.code, problem.place) for problem in refusal.value.problems}
