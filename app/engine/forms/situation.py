"""
What a form looks like with these answers: which fields are shown, which must be answered, what is computed.

A field is shown, or must be answered, only where its condition is exactly true; null is not true. What is hidden is
dropped before anything that comes after it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from app.domain.conditions import holds
from app.domain.errors import InvalidInput
from app.domain.forms import Expression, Field, FieldPath, FormDefinition, Values
from app.engine import feel
from app.engine.forms.conversion import from_feel
from app.engine.forms.received import Received, Row


@dataclass(slots=True)
class Situation:
    """
    The answers with hidden ones dropped and computed ones added, and by place what is hidden and what is required.

    `computed` are the computed values by place.
    """

    received: Received
    hidden: set[str] = field(default_factory=set)
    required: set[str] = field(default_factory=set)
    computed: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A field at one place: in the form, or in one row of a group."""

    asked: Field
    place: str
    group: Field | None = None
    row: Row | None = None


def settle(
    form: FormDefinition, received: Received, *, contexts: Mapping[str, Values], known: Values, now: datetime
) -> Situation:
    """
    Evaluate the conditions and computed values of the form, layer by layer.

    `contexts` are `asia` and `viite`; `known` the values of read-only fields. Changes `received`.

    :raises BudgetExceeded: the expressions need more time or memory than the command has
    """
    situation = Situation(received)
    fields = form.by_path
    evaluator = _Evaluator(fields, contexts, known, now, received)
    evaluator.foresee([spot for path in _with_expressions(form) for spot in _spots(fields, received, path)])
    for layer in form.layers:
        spots = [spot for path in layer for spot in _spots(fields, received, path)]
        shown = [(spot, spot.asked.show_if) for spot in spots if spot.asked.show_if is not None]
        for (spot, _), answer in zip(shown, evaluator.answers(shown), strict=True):
            if answer.value is not True:
                _hide(situation, spot)
            _note_failure(situation, spot, answer)
        computed = [
            (spot, spot.asked.computed)
            for spot in spots
            if spot.asked.computed is not None and spot.place not in situation.hidden
        ]
        for (spot, _), answer in zip(computed, evaluator.answers(computed), strict=True):
            _note_failure(situation, spot, answer)
            _set_computed(situation, spot, answer.value)
    asked = [path for path, each in fields.items() if each.required or each.required_if is not None]
    spots = [spot for path in asked for spot in _spots(fields, received, path) if spot.place not in situation.hidden]
    conditional = [(spot, spot.asked.required_if) for spot in spots if spot.asked.required_if is not None]
    situation.required = {spot.place for spot in spots if spot.asked.required}
    for (spot, _), answer in zip(conditional, evaluator.answers(conditional), strict=True):
        _note_failure(situation, spot, answer)
        if answer.value is True:
            situation.required.add(spot.place)
    return situation


@lru_cache(maxsize=1000)
def _with_expressions(form: FormDefinition) -> tuple[FieldPath, ...]:
    """Return the paths of the fields of which an expression decides something."""
    return tuple(path for path, asked in form.walk() if asked.show_if or asked.computed or asked.required_if)


def _spots(fields: Mapping[FieldPath, Field], received: Received, path: FieldPath) -> Iterator[_Spot]:
    if len(path) == 1:
        yield _Spot(fields[path], path[0])
        return
    for row in received.rows.get(path[0], ()):
        yield _Spot(fields[path], f"{path[0]}.{row.position}.{path[1]}", fields[path[:1]], row)


@dataclass(slots=True)
class _Evaluator:
    fields: Mapping[FieldPath, Field]
    contexts: Mapping[str, Values]
    known: Values
    now: datetime
    received: Received
    #: what FEEL said of an expression at a place, and what it looked at
    _foreseen: dict[tuple[str, str], tuple[Values, feel.Answer]] = field(default_factory=dict)

    def foresee(self, spots: Sequence[_Spot]) -> None:
        """
        Ask FEEL everything in one call, as if nothing were hidden or computed.

        Most forms need no more: an answer holds as long as what it looked at has not changed since.
        """
        base = self._scope()
        asks = [
            (spot.place, expression, _seen(expression, _row_scope(base, spot)))
            for spot in spots
            for expression in (spot.asked.show_if, spot.asked.computed, spot.asked.required_if)
            if expression is not None and expression.simple is None
        ]
        self._ask(asks)

    def answers(self, wanted: Sequence[tuple[_Spot, Expression]]) -> list[feel.Answer]:
        """Return what each spot's expression gives now, or why it fails."""
        base = self._scope() if wanted else {}
        scopes = [_row_scope(base, spot) for spot, _ in wanted]
        self._ask(
            [
                (spot.place, expression, _seen(expression, scope))
                for (spot, expression), scope in zip(wanted, scopes, strict=True)
                if expression.simple is None
            ]
        )
        return [
            self._foreseen[(spot.place, expression.text)][1]
            if expression.simple is None
            else feel.Answer(holds(expression.simple, scope))
            for (spot, expression), scope in zip(wanted, scopes, strict=True)
        ]

    def _ask(self, asks: Sequence[tuple[str, Expression, Values]]) -> None:
        new = [each for each in asks if self._foreseen.get((each[0], each[1].text), (None,))[0] != each[2]]
        if not new:
            return
        questions = [feel.Ask(expression.text, context=number) for number, (_, expression, _) in enumerate(new)]
        answers = feel.evaluate(questions, [seen for _, _, seen in new], now=self.now)
        for (place, expression, seen), answer in zip(new, answers, strict=True):
            self._foreseen[(place, expression.text)] = (seen, answer)

    def _scope(self) -> dict[str, Any]:
        scope: dict[str, Any] = {
            path[0]: self.known.get(path[0]) if asked.read_only else None
            for path, asked in self.fields.items()
            if len(path) == 1
        }
        return {**scope, **self.received.all_values(), **self.contexts}


def _seen(expression: Expression, scope: Values) -> Values:
    """Return the part of the scope that the expression names: only this crosses over to V8."""
    roots = {name.partition(".")[0] for name in expression.names}
    return {root: scope.get(root) for root in roots}


def _row_scope(base: dict[str, Any], spot: _Spot) -> dict[str, Any]:
    if spot.group is None or spot.row is None:
        return base
    return {**base, **{inner.key: spot.row.values.get(inner.key) for inner in spot.group.fields}}


def _note_failure(situation: Situation, spot: _Spot, answer: feel.Answer) -> None:
    if answer.error is not None:
        situation.received.note(spot.asked, spot.place, "expression_failed", {"reason": answer.error.code})


def _hide(situation: Situation, spot: _Spot) -> None:
    received = situation.received
    situation.hidden.add(spot.place)
    values = spot.row.values if spot.row else received.values
    values.pop(spot.asked.key, None)
    if spot.row is None:
        received.rows.pop(spot.asked.key, None)
        received.files = [each for each in received.files if each.field_key != spot.asked.key]
    below = f"{spot.place}."
    received.problems = {
        place: problem
        for place, problem in received.problems.items()
        if place != spot.place and not place.startswith(below)
    }


def _set_computed(situation: Situation, spot: _Spot, value: Any) -> None:
    try:
        result = from_feel(spot.asked, value)
    except InvalidInput:
        situation.received.note(spot.asked, spot.place, "expression_failed", {"reason": "feel_type"})
        return
    values = spot.row.values if spot.row else situation.received.values
    situation.computed[spot.place] = result
    if result is not None:
        values[spot.asked.key] = result
