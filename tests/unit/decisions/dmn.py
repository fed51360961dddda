"""DMN models written in a line or two, and what comes out of them."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from app.engine.decisions import compile_decision, decide
from app.engine.decisions.document import NAMESPACES

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
DMN = NAMESPACES[2]


def model(content, namespace=DMN, own="urn:m", name="m"):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="{namespace}" id="m" name="{name}" namespace="{own}"'
        f' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:feel="http://www.omg.org/spec/FEEL/20140401">'
        f"{content}</definitions>"
    ).encode()


def literal(text, type_reference=""):
    how = f' typeRef="{type_reference}"' if type_reference else ""
    return f"<literalExpression{how}><text>{escape(text)}</text></literalExpression>"


def decision(decision_id, logic, *requires, type_reference="", name=""):
    required = "".join(
        f'<informationRequirement><required{kind} href="#{target}"/></informationRequirement>'
        if kind != "Knowledge"
        else f'<knowledgeRequirement><requiredKnowledge href="#{target}"/></knowledgeRequirement>'
        for kind, target in requires
    )
    how = f' typeRef="{type_reference}"' if type_reference else ""
    called = name or decision_id
    return f'<decision id="{decision_id}" name="{called}"><variable name="{called}"{how}/>{required}{logic}</decision>'


def given(name, type_reference="number"):
    return f'<inputData id="i_{name}" name="{name}"><variable name="{name}" typeRef="{type_reference}"/></inputData>'


def output(xml, decision_id="d", imports=(), **context):
    return decide(compile_decision(xml, decision_id, imports=imports), context, now=NOW).output
