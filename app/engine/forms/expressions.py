"""
The expressions of a form: checked when it is read, and put in an order in which each needs only what is known before.

A hidden field's answer is null for every other expression, so a condition may depend on a field that itself depends on
another. Fields are put in layers; all expressions of a layer go to FEEL in one call.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from app.domain.conditions import keys_of
from app.domain.errors import ExpressionError, Problem
from app.domain.forms import CONTEXTS, Expression, Field, FieldPath, FieldType, FormDefinition, Section
from app.engine import feel
from app.engine.forms.simple_conditions import simple_condition


def check_expressions(form: FormDefinition) -> tuple[FormDefinition, list[Problem]]:
    """Return the form with its expressions checked, its references and its layers; and what is wrong with them."""
    checker = _Checker({each.key: each.type for each in form.fields})
    sections = tuple(
        dataclasses.replace(section, fields=tuple(checker.field(each) for each in section.fields))
        for section in form.sections
    )
    layers, cycle = _layers(sections)
    problems = [*checker.problems, *cycle]
    return dataclasses.replace(
        form, sections=sections, references=frozenset(checker.references), layers=layers
    ), problems


class _Checker:
    def __init__(self, types: Mapping[str, FieldType]) -> None:
        self._form_types = types
        self.problems: list[Problem] = []
        self.references: set[str] = set()

    def field(self, asked: Field, *, group: Field | None = None) -> Field:
        types = {**self._form_types, **{each.key: each.type for each in group.fields}} if group else self._form_types
        place = f"{group.key}.{asked.key}" if group else asked.key
        return dataclasses.replace(
            asked,
            required_if=self._expression(asked.required_if, "requiredIf", place, types),
            show_if=self._expression(asked.show_if, "showIf", place, types),
            computed=self._expression(asked.computed, "computed", place, types),
            fields=tuple(self.field(each, group=asked) for each in asked.fields),
        )

    def _expression(
        self, expression: Expression | None, name: str, place: str, types: Mapping[str, FieldType]
    ) -> Expression | None:
        if expression is None:
            return None
        simple = None if name == "computed" else simple_condition(expression.text, types=types)
        if simple is not None:
            # read without V8, of which most web processes need none: it weighs 65 MB
            return Expression(expression.text, keys_of(simple), simple)
        try:
            names = feel.check(expression.text)
        except ExpressionError as error:
            self._problem("form_expression", place, {"property": name, "message": error.message})
            return expression
        for each in sorted(names):
            root = each.partition(".")[0]
            if root in CONTEXTS:
                self.references.add(each)
            elif root not in types:
                self._problem("form_unknown_name", place, {"property": name, "name": each})
        return Expression(expression.text, names, None)

    def _problem(self, code: str, place: str, values: Mapping[str, str]) -> None:
        self.problems.append(Problem(code, place=place, name=place.rpartition(".")[2], values=values))


def _layers(sections: Sequence[Section]) -> tuple[tuple[tuple[FieldPath, ...], ...], list[Problem]]:
    needs = _needs(sections)
    layers: list[tuple[FieldPath, ...]] = []
    while needs:
        ready = tuple(path for path, needed in needs.items() if not needed & needs.keys())
        if not ready:
            return tuple(layers), [Problem("form_circle", place=".".join(path), name=path[-1]) for path in needs]
        layers.append(ready)
        needs = {path: needed for path, needed in needs.items() if path not in ready}
    return tuple(layers), []


def _needs(sections: Sequence[Section]) -> dict[FieldPath, set[FieldPath]]:
    """Return, for every field with a condition or computed value, the fields whose answers must be settled before."""
    inside: dict[str, set[FieldPath]] = {}
    needs: dict[FieldPath, set[FieldPath]] = {}
    fields = [each for section in sections for each in section.fields]
    for each in fields:
        inside[each.key] = {(each.key,), *((each.key, inner.key) for inner in each.fields)}
    for each in fields:
        _add_needs(needs, (each.key,), each, inside)
        for inner in each.fields:
            row: dict[str, set[FieldPath]] = {other.key: {(each.key, other.key)} for other in each.fields}
            _add_needs(needs, (each.key, inner.key), inner, {**inside, **row})
            if (each.key, inner.key) in needs and (each.key,) in needs:
                needs[(each.key, inner.key)].add((each.key,))
    return needs


def _add_needs(
    needs: dict[FieldPath, set[FieldPath]], path: FieldPath, asked: Field, known: Mapping[str, set[FieldPath]]
) -> None:
    expressions = [each for each in (asked.show_if, asked.computed) if each is not None]
    if not expressions:
        return
    roots = {name.partition(".")[0] for each in expressions for name in each.names}
    needs[path] = {found for root in roots for found in known.get(root, ())}
