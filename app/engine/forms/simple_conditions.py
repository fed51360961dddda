"""
Recognise conditions that need no FEEL engine (app.domain.conditions), as long as the types fit.

A comparison whose types do not fit the asked field is never simple: FEEL gives null or an error there, so FEEL decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from app.domain.conditions import All, AnyOf, Compare, Condition, Contains, IsTrue, Literal, Not
from app.domain.forms import FieldType

_TOKEN = re.compile(
    r'\s*(?:(?P<text>"[^"\\]*")|(?P<number>-?(?:\d+(?:\.\d+)?|\.\d+))(?![\w.])|(?P<contains>list\s+contains\b)'
    r"|(?P<word>[A-Za-z][A-Za-z0-9_]*)|(?P<sign>!=|<=|>=|[=<>(),]))"
)
_DEEPEST = 12
_TEXTS = frozenset(
    [
        FieldType.TEXT,
        FieldType.LONG_TEXT,
        FieldType.CHOICE,
        FieldType.USER,
        FieldType.ORGANISATION,
        FieldType.REFERENCE,
        FieldType.IDENTITY_CODE,
    ]
)
_NUMBERS = frozenset([FieldType.INTEGER, FieldType.DECIMAL])
_NAMED_LITERALS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}


class _NotSimple(Exception):
    """The text needs the FEEL engine."""


def simple_condition(text: str, *, types: Mapping[str, FieldType]) -> Condition | None:
    """
    Return the condition that the FEEL text is, or None when it needs the FEEL engine.

    `types` are the fields that it may look at, by key.
    """
    try:
        return _Reader(_tokens(text), types).whole()
    except _NotSimple:
        return None


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _NotSimple
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return tokens


class _Reader:
    """Recursive descent: or, and, not and brackets, comparison."""

    def __init__(self, tokens: list[tuple[str, str]], types: Mapping[str, FieldType]) -> None:
        self._tokens = [*tokens, ("end", "")]
        self._position = 0
        self._types = types
        self._depth = 0

    def whole(self) -> Condition:
        condition = self._alternatives()
        self._expect("end", "")
        return condition

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._position]
        self._position += token[0] != "end"
        return token

    def _take(self, kind: str, text: str) -> bool:
        taken = self._tokens[self._position] == (kind, text)
        self._position += taken
        return taken

    def _expect(self, kind: str, text: str) -> None:
        if self._tokens[self._position] != (kind, text):
            raise _NotSimple
        self._next()

    def _alternatives(self) -> Condition:
        conditions = [self._joined()]
        while self._take("word", "or"):
            conditions.append(self._joined())
        return conditions[0] if len(conditions) == 1 else AnyOf(tuple(conditions))

    def _joined(self) -> Condition:
        conditions = [self._single()]
        while self._take("word", "and"):
            conditions.append(self._single())
        return conditions[0] if len(conditions) == 1 else All(tuple(conditions))

    def _single(self) -> Condition:
        if self._take("sign", "("):
            return self._bracketed()
        if self._take("word", "not"):
            self._expect("sign", "(")
            return Not(self._bracketed())
        if self._tokens[self._position][0] == "contains":
            self._next()
            return self._contains()
        return self._comparison()

    def _bracketed(self) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _NotSimple
        condition = self._alternatives()
        self._expect("sign", ")")
        self._depth -= 1
        return condition

    def _contains(self) -> Condition:
        self._expect("sign", "(")
        key = self._key(frozenset([FieldType.MULTI_CHOICE]))
        self._expect("sign", ",")
        option = self._literal()
        self._expect("sign", ")")
        if not isinstance(option, str):
            raise _NotSimple
        return Contains(key, option)

    def _comparison(self) -> Condition:
        key = self._key(_TEXTS | _NUMBERS | {FieldType.BOOLEAN})
        kind, sign = self._tokens[self._position]
        if kind == "sign" and sign in {"=", "!=", "<", "<=", ">", ">="}:
            self._next()
            return self._compared(key, sign)
        if self._types[key] is FieldType.BOOLEAN:
            return IsTrue(key)
        raise _NotSimple

    def _compared(self, key: str, operator: str) -> Condition:
        value, asked = self._literal(), self._types[key]
        if value is None:
            fits = operator in {"=", "!="}
        elif isinstance(value, bool):
            fits = asked is FieldType.BOOLEAN and operator in {"=", "!="}
        elif isinstance(value, str):
            fits = asked in _TEXTS and operator in {"=", "!="}
        else:
            fits = asked in _NUMBERS
        if not fits:
            raise _NotSimple
        return Compare(key, operator, value)

    def _key(self, types: frozenset[FieldType]) -> str:
        kind, key = self._next()
        if kind != "word" or self._types.get(key) not in types:
            raise _NotSimple
        return key

    def _literal(self) -> Literal:
        kind, text = self._next()
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            number = Decimal(text)
            return int(number) if number == number.to_integral_value() else number
        if kind == "word" and text in _NAMED_LITERALS:
            return _NAMED_LITERALS[text]
        raise _NotSimple
