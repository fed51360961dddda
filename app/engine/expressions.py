"""Texts of a diagram that are FEEL (they begin with "=") or plain, checked when the diagram is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from app.domain.errors import ExpressionError
from app.engine import feel
from app.engine.seam import Value

#: the read-only contexts of every expression; no variable may take their names
FACTS = "asia"
CONTEXTS = frozenset({FACTS, "viite"})


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


#: a text in quotes, whose words are no names
_TEXT = re.compile(r'"(?:\\.|[^"\\])*"')
#: a name with the names after its dots
_PATH = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*")


def read_expression(text: str, *, published: bool = False) -> Expression:
    """
    Return the FEEL expression, with or without the "=" in front.

    What is published was parsed then: every word in it is taken for a name, which can only be too many, and V8 is not
    needed to compile a process.

    :raises ExpressionError: it cannot be parsed
    """
    bare = text.strip()
    if bare.startswith("="):
        bare = bare[1:].strip()
    if not bare:
        raise ExpressionError("feel_syntax", "empty expression")
    references = _words(bare) if published else feel.check(bare)
    return Expression(text=bare, references=references, roots=frozenset(name.partition(".")[0] for name in references))


def _words(text: str) -> frozenset[str]:
    paths = _PATH.findall(_TEXT.sub('""', text))
    return frozenset(re.sub(r"\s", "", path) for path in paths)


def read_template(text: str, *, published: bool = False) -> Template:
    """
    Return FEEL where the text begins with "=", else the text itself.

    :raises ExpressionError: the FEEL cannot be parsed
    """
    if text.lstrip().startswith("="):
        return read_expression(text, published=published)
    return Constant(text.strip())
