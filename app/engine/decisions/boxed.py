"""Boxed expressions (DMN 7.3, 10.2) from XML into the form that the evaluator in V8 compiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.domain.errors import Problem
from app.engine.decisions.document import Element, child, children, local_name, text_of
from app.engine.decisions.types import Type, has_values, name_of, names_in, reference

Logic = dict[str, Any]

_HIT_POLICIES = frozenset({"UNIQUE", "ANY", "PRIORITY", "FIRST", "COLLECT", "RULE ORDER", "OUTPUT ORDER"})
_AGGREGATIONS = frozenset({"SUM", "COUNT", "MIN", "MAX"})


class BoxedReader:
    """
    Reads the boxed expressions of one element of a model; what is wrong goes to `problems` with the nearest id.

    `imports` are the names of imported models by namespace, `types` the item definitions that may be named.
    """

    def __init__(self, *, place: str, imports: Mapping[str, str], types: Mapping[str, Type]) -> None:
        self.problems: list[Problem] = []
        self.types_seen: set[str] = set()
        self._place = place
        self._imports = imports
        self._types = types

    def read_in(self, parent: Element) -> Logic | None:
        """Read the boxed expression among the parent's children; None where there is none."""
        found = child(parent, *_READERS)
        return None if found is None else self.read(found)

    def read(self, element: Element) -> Logic:
        """Read one boxed expression."""
        language = element.get("expressionLanguage", "feel")
        if "feel" not in language.lower():
            self._problem("decision_language", element, language=language)
        kind = local_name(element)
        logic: Logic = {"kind": kind, **_READERS[kind](self, element)}
        type_reference = self.type_of(element)
        # the type of a table's or function's element is the type of its result, given again where it matters
        if type_reference is not None and kind not in ("functionDefinition", "decisionTable"):
            logic["type"] = type_reference
        return logic

    def type_of(self, element: Element) -> Type | None:
        """Read the element's typeRef; a name that no item definition has is a problem."""
        written = reference(element.get("typeRef"), element, self._imports)
        for name in names_in(written):
            if name not in self._types:
                self._problem("decision_type", element, type=name)
                return None
        return written

    def variable(self, element: Element) -> dict[str, Any]:
        """Read something with a name and a type."""
        return {"name": name_of(element), "type": self.type_of(element)}

    def _problem(self, code: str, element: Element, **values: object) -> None:
        self.problems.append(
            Problem(code, place=element.get("id") or self._place, name=name_of(element), values=values)
        )

    def _part(self, parent: Element, name: str) -> Logic | None:
        part = child(parent, name)
        logic = None if part is None else self.read_in(part)
        if logic is None:
            self._problem("decision_incomplete", parent, part=name)
        return logic

    def _literal(self, element: Element) -> Logic:
        text = text_of(element)
        if not text:
            if child(element, "importedValues") is not None:
                self._problem("decision_unsupported", element, part="importedValues")
            text = "null"
        return {"text": text}

    def _context(self, element: Element) -> Logic:
        entries = []
        for each in children(element, "contextEntry"):
            named = child(each, "variable")
            variable = {"name": None, "type": None} if named is None else self.variable(named)
            entries.append({**variable, "value": self.read_in(each)})
        return {"entries": entries}

    def _list(self, element: Element) -> Logic:
        return {"items": [self.read(each) for each in children(element, *_READERS)]}

    def _relation(self, element: Element) -> Logic:
        columns = [self.variable(each) for each in children(element, "column")]
        rows = [[self.read(cell) for cell in children(row, *_READERS)] for row in children(element, "row")]
        for number, row in enumerate(rows, start=1):
            if len(row) != len(columns):
                self._problem("decision_row", element, row=number)
        return {"columns": columns, "rows": [row for row in rows if len(row) == len(columns)]}

    def _invocation(self, element: Element) -> Logic:
        bindings = []
        for each in children(element, "binding"):
            parameter = child(each, "parameter")
            if parameter is None:
                self._problem("decision_incomplete", each, part="parameter")
                continue
            bindings.append({**self.variable(parameter), "value": self.read_in(each)})
        callee = self.read_in(element)
        if callee is None:
            self._problem("decision_incomplete", element, part="literalExpression")
            callee = {"kind": "literalExpression", "text": "null"}
        return {"callee": callee, "bindings": bindings}

    def _function(self, element: Element) -> Logic:
        return self.function(element, result=self.type_of(element))

    def function(self, element: Element, *, result: Type | None) -> Logic:
        """Read a function definition or the logic of a business knowledge model."""
        if element.get("kind", "FEEL") != "FEEL":
            self._problem("decision_external", element, kind=element.get("kind"))
        return {
            "parameters": [self.variable(each) for each in children(element, "formalParameter")],
            "body": self.read_in(element),
            "result": result,
        }

    def _conditional(self, element: Element) -> Logic:
        return {name: self._part(element, name) for name in ("if", "then", "else")}

    def _filter(self, element: Element) -> Logic:
        return {name: self._part(element, name) for name in ("in", "match")}

    def _for(self, element: Element) -> Logic:
        variable = element.get("iteratorVariable", "")
        return {"variable": variable, "in": self._part(element, "in"), "body": self._part(element, "return")}

    def _quantified(self, element: Element) -> Logic:
        variable = element.get("iteratorVariable", "")
        return {"variable": variable, "in": self._part(element, "in"), "body": self._part(element, "satisfies")}

    def _table(self, element: Element) -> Logic:
        policy = " ".join(element.get("hitPolicy", "UNIQUE").split())
        aggregation = element.get("aggregation")
        if policy not in _HIT_POLICIES:
            self._problem("decision_hit_policy", element, policy=policy)
        if aggregation is not None and (aggregation not in _AGGREGATIONS or policy != "COLLECT"):
            self._problem("decision_aggregation", element, aggregation=aggregation, policy=policy)
        inputs = [self._input(each) for each in children(element, "input")]
        outputs = [self._output(each) for each in children(element, "output")]
        rules = []
        for number, rule in enumerate(children(element, "rule"), start=1):
            tests = [text_of(each) for each in children(rule, "inputEntry")]
            results = [text_of(each) for each in children(rule, "outputEntry")]
            if len(tests) != len(inputs) or len(results) != len(outputs):
                self._problem("decision_row", rule, row=number)
                continue
            rules.append({"tests": tests, "results": results})
        self._check_table(element, policy, aggregation, outputs)
        return {"hitPolicy": policy, "aggregation": aggregation, "inputs": inputs, "outputs": outputs, "rules": rules}

    def _check_table(self, element: Element, policy: str, aggregation: str | None, outputs: list[Logic]) -> None:
        if not outputs:
            self._problem("decision_incomplete", element, part="output")
        if aggregation is not None and len(outputs) > 1:
            self._problem("decision_aggregation", element, aggregation=aggregation, policy=policy)
        if policy in ("PRIORITY", "OUTPUT ORDER") and not any(
            output["allowed"] or has_values(output["type"], self._types) for output in outputs
        ):
            self._problem("decision_priorities", element, policy=policy)
        if len(outputs) > 1 and len({output["name"] for output in outputs} - {""}) != len(outputs):
            self._problem("decision_output_names", element)

    def _input(self, element: Element) -> Logic:
        expression = child(element, "inputExpression")
        text = text_of(expression)
        if expression is None or not text:
            self._problem("decision_incomplete", element, part="inputExpression")
            return {"text": "null", "type": None, "allowed": None}
        allowed = text_of(child(element, "inputValues")) or None
        return {"text": text, "type": self.type_of(expression), "allowed": allowed}

    def _output(self, element: Element) -> Logic:
        default = child(element, "defaultOutputEntry")
        return {
            **self.variable(element),
            "allowed": text_of(child(element, "outputValues")) or None,
            "default": None if default is None else text_of(default) or None,
        }


_READERS: Mapping[str, Callable[[BoxedReader, Element], Logic]] = {
    "literalExpression": BoxedReader._literal,  # noqa: SLF001 - the class's own table
    "decisionTable": BoxedReader._table,  # noqa: SLF001
    "context": BoxedReader._context,  # noqa: SLF001
    "list": BoxedReader._list,  # noqa: SLF001
    "relation": BoxedReader._relation,  # noqa: SLF001
    "invocation": BoxedReader._invocation,  # noqa: SLF001
    "functionDefinition": BoxedReader._function,  # noqa: SLF001
    "conditional": BoxedReader._conditional,  # noqa: SLF001
    "filter": BoxedReader._filter,  # noqa: SLF001
    "for": BoxedReader._for,  # noqa: SLF001
    "some": BoxedReader._quantified,  # noqa: SLF001
    "every": BoxedReader._quantified,  # noqa: SLF001
}
