"""Texts of a diagram that are FEEL (they begin with "=") or plain, checked when the diagram is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from app.domain.errors import ExpressionError
from app.engine import feel
from app.engine.seam import Value

#: the read-only contexts of every expression; no variable may take their names
CONTEXTS = frozenset({"asia", "viite"})


@dataclass(frozen=True, slots=True)
class Expression:
    """A FEEL expression; `references` are the dotted names that it takes from outside, `roots` their first parts."""

    text: str
    references: frozenset[str]
    roots: frozenset[str]


@dataclass(frozen=True, slots=True)
class Constant:
    """A plain text or value of the diagram: needs no evaluation."""

    value: Value


Template: TypeAlias = Expression | Constant


def read_expression(text: str) -> Expression:
    """
    Return the FEEL expression, with or without the "=" in front.

    :raises ExpressionError: it cannot be parsed
    """
    bare = text.strip()
    if bare.startswith("="):
        bare = bare[1:].strip()
    if not bare:
        raise ExpressionError("feel_syntax", "empty expression")
    references = feel.check(bare)
    return Expression(text=bare, references=references, roots=frozenset(name.partition(".")[0] for name in references))


def read_template(text: str) -> Template:
    """
    Return FEEL where the text begins with "=", else the text itself.

    :raises ExpressionError: the FEEL cannot be parsed
    """
    if text.lstrip().startswith("="):
        return read_expression(text)
    return Constant(text.strip())
