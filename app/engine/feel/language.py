"""Checking and evaluating FEEL: many expressions in one call into V8."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from app.domain.errors import BudgetExceeded, ExpressionError
from app.engine.feel import simple
from app.engine.feel.machine import call
from app.engine.feel.values import HELSINKI, Value, from_state, to_state


class Kind(enum.StrEnum):
    """What a text is: an expression, or the unary tests of a decision table's cell (`< 18, > 65`, `not("a")`)."""

    EXPRESSION = "expression"
    UNARY_TESTS = "unary"


@dataclass(frozen=True, slots=True)
class Ask:
    """One expression to evaluate in the context with this number. Unary tests test the context's entry `?`."""

    text: str
    context: int = 0
    kind: Kind = Kind.EXPRESSION


@dataclass(frozen=True, slots=True)
class Answer:
    """
    The value of one expression, or why there is none.

    `warnings` tell why a null may have come out (`NO_VARIABLE_FOUND ika`), for people who try an expression.
    """

    value: Value = None
    error: ExpressionError | None = None
    warnings: tuple[str, ...] = ()


_WORD = re.compile(r"[^\W\d]\w*")
#: functions that other engines have and ours must not: a step repeated after a crash has to give the same result
_REFUSED_FUNCTIONS = frozenset({"random number", "uuid"})


def check(text: str, *, kind: Kind = Kind.EXPRESSION) -> frozenset[str]:
    """
    Parse a text and return the dotted names that it takes from outside, e.g. {"asia.ika", "tulos"}.

    A name inside a filter (`lista[hinta > 5]`) may be the item's own and is listed too. Raises
    ExpressionError("feel_syntax") for what cannot be parsed, calls a function or names a type that does not exist, or
    uses a name with a space (variables of processes have none, so it is a forgotten operator).
    """
    names, problem = _checked(text, kind)
    if problem is not None:
        raise ExpressionError("feel_syntax", problem)
    return names


@lru_cache(maxsize=4096)
def _checked(text: str, kind: Kind) -> tuple[frozenset[str], str | None]:
    try:
        [found] = check_all([(text, kind, None)])
    except BudgetExceeded:
        return frozenset(), "too complex to be read in time"
    return found.names, found.problem(spaced_names=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What the parser found in one text."""

    names: frozenset[str] = frozenset()
    unknown_functions: tuple[str, ...] = ()
    unknown_types: tuple[str, ...] = ()
    external: bool = False
    syntax_problem: str | None = None

    def problem(self, *, spaced_names: bool) -> str | None:
        """Return what is wrong with the text, or None."""
        if self.syntax_problem is not None:
            return self.syntax_problem
        if self.external:
            return "external functions are not allowed"
        for name in self.unknown_functions:
            return f"{name} would make results random" if name in _REFUSED_FUNCTIONS else f"no function {name}"
        if self.unknown_types:
            return f"no type {self.unknown_types[0]}"
        spaced = sorted(name for name in self.names if " " in name)
        return f"no variable has a space in its name: {spaced[0]}" if spaced and not spaced_names else None


def check_all(texts: Sequence[tuple[str, Kind, Mapping[str, Any] | None]]) -> list[Found]:
    """
    Parse many texts in one call; each with its kind and the shape of the names that the parser must know.

    A shape is a nested mapping of names, {"Lainan-tiedot": {"a-b": 1}}; only names with operators, spaces or keywords
    in them need to be told.
    """
    request = json.dumps([[text, str(kind), shape] for text, kind, shape in texts])
    return [
        Found(syntax_problem=answer["message"])
        if "code" in answer
        else Found(frozenset(answer["names"]), tuple(answer["functions"]), tuple(answer["types"]), answer["external"])
        for answer in json.loads(call("check", request))
    ]


def evaluate(asks: Sequence[Ask], contexts: Sequence[Mapping[str, Value]], *, now: datetime) -> list[Answer]:
    """
    Evaluate all asks, in at most one call into V8, and return the answers in the same order.

    `now` is aware; now() and today() give it in Europe/Helsinki. A missing name is null. Comparing values of different
    kinds and calling something that is no function are errors of their Answer. Raises BudgetExceeded when the command's
    budget of time or the memory of V8 is used up, and ExpressionError("feel_value") when a context is no FEEL data.
    """
    answers = [simple.answer(ask.text, contexts[ask.context]) if ask.kind is Kind.EXPRESSION else None for ask in asks]
    hard = [at for at, answer in enumerate(answers) if answer is None]
    if not hard:
        return [Answer(answer.value) for answer in answers if answer is not None]
    texts: dict[int, list[str]] = {}
    for at in hard:
        texts.setdefault(asks[at].context, []).append(asks[at].text)
    place = {context: number for number, context in enumerate(texts)}
    request = {
        **moment(now),
        "contexts": [to_state(_needed(contexts[context], own)) for context, own in texts.items()],
        "asks": [[asks[at].text, place[asks[at].context], str(asks[at].kind)] for at in hard],
    }
    computed = iter(json.loads(call("evaluate", json.dumps(request))))
    return [_answer(next(computed)) if answer is None else Answer(answer.value) for answer in answers]


def _needed(context: Mapping[str, Value], texts: Sequence[str]) -> dict[str, Value]:
    """Leave out the variables that no text can mean: most contexts hold far more than an expression reads."""
    words = frozenset().union(*map(_words, texts))
    return {name: value for name, value in context.items() if name in words or not name.isidentifier()}


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text)) | {"?"}


def evaluate_one(text: str, context: Mapping[str, Value], *, now: datetime) -> Value:
    """Return the value of one expression. Raises ExpressionError and BudgetExceeded."""
    [answer] = evaluate([Ask(text)], [context], now=now)
    if answer.error is not None:
        raise answer.error
    return answer.value


def moment(now: datetime) -> dict[str, str]:
    """
    Write the injected instant as V8 needs it: the clock in Europe/Helsinki and the zone.

    In the hour that comes twice in autumn the zone's name means the first one; the second is told by its offset.
    """
    if now.tzinfo is None:
        raise ExpressionError("feel_value", "the injected moment has no time zone")
    local = now.astimezone(HELSINKI)
    zone = local.isoformat()[-6:] if local.fold else HELSINKI.key
    return {"now": local.replace(tzinfo=None).isoformat(), "zone": zone}


def _answer(computed: dict[str, Any]) -> Answer:
    if "code" in computed:
        return Answer(error=ExpressionError(computed["code"], computed["message"]))
    try:
        return Answer(from_state(computed["v"]), warnings=tuple(computed.get("w", ())))
    except ExpressionError as error:
        return Answer(error=error)
