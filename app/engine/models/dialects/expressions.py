"""
Simple expressions of other languages as FEEL: JUEL (`${x > 5 && y == 'a'}`), Python (`x > 5 and y == "a"`), and alike.

Read by a small parser of their common part: comparisons, and, or, not, arithmetic, paths, texts, numbers, lists, a
choice of two, and the few calls whose meaning is plain. Whatever else there is, is not translated; nothing is
evaluated.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from app.domain.errors import EngineFault
from app.engine import feel
from app.engine.feel.budget import fresh_budget

#: texts longer than this are programs and no conditions
LONGEST = 2_000
DEEPEST = 40


class NotTranslated(Exception):
    """The text is not of the part that is translated."""


@dataclass(frozen=True, slots=True)
class _Part:
    """FEEL text; `logical` is true where it is true or false by its form, `path` where it is only a name."""

    text: str
    logical: bool = False
    path: bool = False
    atom: bool = True

    def inside(self) -> str:
        """Return the text as an operand."""
        return self.text if self.atom else f"({self.text})"


_WRAPPED = re.compile(r"[$#]\{(.*)\}", re.DOTALL)
_INTERPOLATED = re.compile(r"[$#]\{([^{}]*)\}")
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?)[lLdDfF]?(?![\w.])
      | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<sign>&&|\|\||==|!=|<>|<=|>=|[-+*/%<>=!?:.,()\[\]])
      | (?P<name>[^\W\d]\w*)
    )""",
    re.VERBOSE | re.DOTALL,
)
_COMPARED = {
    "==": "=", "=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
    "eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
_CONSTANTS = {"true": "true", "True": "true", "false": "false", "False": "false", "null": "null", "None": "null"}
_WORDS = frozenset(
    {
        "and", "or", "not", "in", "is", "if", "else", "empty", "div", "mod", "for", "lambda", "return", "then", "some",
        "every", "satisfies", "between", "while", "import", *_COMPARED, *_CONSTANTS,
    }
)  # fmt: skip
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
#: calls on a value, by number of arguments
_METHODS = {
    ("equals", 1): "{0} = {1}",
    ("equalsIgnoreCase", 1): "lower case({0}) = lower case({1})",
    ("isEmpty", 0): '({0} = null or {0} = "" or {0} = [])',
    ("size", 0): "count({0})",
    ("length", 0): "string length({0})",
    ("contains", 1): "(if {0} instance of string then contains({0}, {1}) else list contains({0}, {1}))",
    ("startsWith", 1): "starts with({0}, {1})",
    ("startswith", 1): "starts with({0}, {1})",
    ("endsWith", 1): "ends with({0}, {1})",
    ("endswith", 1): "ends with({0}, {1})",
    ("toLowerCase", 0): "lower case({0})",
    ("lower", 0): "lower case({0})",
    ("toUpperCase", 0): "upper case({0})",
    ("upper", 0): "upper case({0})",
    ("get", 1): "get value({0}, {1})",
}
_LOGICAL_METHODS = frozenset(
    {"equals", "equalsIgnoreCase", "isEmpty", "contains", "startsWith", "startswith", "endsWith", "endswith"}
)
_FUNCTIONS = {
    ("len", 1): "count({0})",
    ("str", 1): "string({0})",
    ("int", 1): "number({0})",
    ("float", 1): "number({0})",
}


def translate(text: str, *, language: str = "") -> str:
    """
    Return the condition or value as FEEL, without the "=" in front.

    A text without language and without `${}` is a condition only where it compares or decides: "Approved" on an
    arrow is its name and no variable.

    :raises NotTranslated: it is of another kind
    """
    bare = text.strip()
    wrapped = _WRAPPED.fullmatch(bare)
    if wrapped and "${" not in wrapped[1] and "#{" not in wrapped[1]:
        return _condition(wrapped[1])
    if bare.startswith("="):
        bare = bare[1:].lstrip("=").strip()
    try:
        part = _read(bare)
    except NotTranslated:
        if "feel" in language.lower() and _is_feel(bare):
            return bare
        raise
    if part.path and not language:
        raise NotTranslated(bare)
    return _as_condition(part)


def _condition(text: str) -> str:
    return _as_condition(_read(text))


def _as_condition(part: _Part) -> str:
    # what has no value is false in the other languages, and neither true nor false in FEEL
    return f"{part.text} = true" if part.path else part.text


def translate_value(text: str) -> str:
    """
    Return a text with `${}` in it as what our dialect takes for a text or value: plain, or FEEL with "=" in front.

    :raises NotTranslated: an expression in it is of another kind
    """
    bare = text.strip()
    if "${" not in bare and "#{" not in bare:
        return bare
    wrapped = _WRAPPED.fullmatch(bare)
    if wrapped and "${" not in wrapped[1] and "#{" not in wrapped[1]:
        return f"={_read(wrapped[1]).text}"
    parts: list[str] = []
    end = 0
    for match in _INTERPOLATED.finditer(bare):
        if match.start() > end:
            parts.append(_quoted(bare[end : match.start()]))
        parts.append(f"string({_read(match[1]).text})")
        end = match.end()
    if end < len(bare):
        parts.append(_quoted(bare[end:]))
    if any("${" in each for each in parts):
        raise NotTranslated(bare)
    return f"={' + '.join(parts)}"


def translate_expression(text: str) -> str:
    """Return an expression without `${}` around it as FEEL. :raises NotTranslated: it is of another kind"""
    return _read(text.strip()).text


_ASSIGNMENT = re.compile(r"([^\W\d]\w*)\s*=(?!=)\s*(.+)", re.DOTALL)


def translate_assignments(script: str) -> list[tuple[str, str]]:
    """
    Return the variables and their FEEL of a script that only assigns, a line each.

    :raises NotTranslated: it does something else
    """
    found = []
    for line in re.split(r"[;\n]", script):
        bare = line.strip()
        if not bare or bare.startswith(("#", "//")):
            continue
        match = _ASSIGNMENT.fullmatch(bare)
        if match is None:
            raise NotTranslated(bare)
        found.append((match[1], translate_expression(match[2])))
    if not found:
        raise NotTranslated(script)
    return found


def _is_feel(text: str) -> bool:
    try:
        with fresh_budget(milliseconds=250):
            feel.check(text)
    except EngineFault:
        return False
    return True


def _read(text: str) -> _Part:
    if len(text) > LONGEST:
        raise NotTranslated(text[:50])
    return _Parser(text).whole()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        self.depth = 0
        end = 0
        while (match := _TOKEN.match(text, end)) is not None:
            end = match.end()
            kind = str(match.lastgroup)
            self.tokens.append((kind, match[kind]))
        if text[end:].strip():
            raise NotTranslated(text)
        self.tokens.append(("end", ""))
        self.at = 0

    def whole(self) -> _Part:
        part = self.choice()
        if self.kind != "end":
            raise NotTranslated(self.text)
        return part

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0]

    @property
    def word(self) -> str:
        kind, text = self.tokens[self.at]
        return text if kind in {"sign", "name"} else ""

    def take(self, *words: str) -> str:
        """Return the next sign or word and go on, if it is one of these; else ""."""
        word = self.word
        if word and word in words:
            self.at += 1
            return word
        return ""

    def need(self, word: str) -> None:
        if not self.take(word):
            raise NotTranslated(self.text)

    # -- from the loosest to the tightest ----------------------------------------------------------

    def choice(self) -> _Part:
        self.depth += 1
        if self.depth > DEEPEST:
            raise NotTranslated(self.text)
        first = self.either()
        if self.take("?"):
            then = self.choice()
            self.need(":")
            made = self._chosen(first, then, self.choice())
        elif self.take("if"):
            condition = self.either()
            self.need("else")
            made = self._chosen(condition, first, self.choice())
        else:
            made = first
        self.depth -= 1
        return made

    def _chosen(self, condition: _Part, then: _Part, otherwise: _Part) -> _Part:
        text = f"if {_as_condition(condition)} then {then.text} else {otherwise.text}"
        return _Part(text, logical=then.logical and otherwise.logical, atom=False)

    def either(self) -> _Part:
        parts = [self.both()]
        while self.take("||", "or"):
            parts.append(self.both())
        return _joined(parts, "or")

    def both(self) -> _Part:
        parts = [self.negated()]
        while self.take("&&", "and"):
            parts.append(self.negated())
        return _joined(parts, "and")

    def negated(self) -> _Part:
        if self.take("!", "not"):
            return _Part(f"not({_as_condition(self.negated())})", logical=True)
        if self.take("empty"):
            inner = self.sum().inside()
            return _Part(f'({inner} = null or {inner} = "" or {inner} = [])', logical=True)
        return self.compared()

    def compared(self) -> _Part:
        left = self.sum()
        if sign := self.take(*_COMPARED):
            right = self.sum()
            return _Part(f"{left.inside()} {_COMPARED[sign]} {right.inside()}", logical=True, atom=False)
        if self.take("is"):
            sign = "!=" if self.take("not") else "="
            return _Part(f"{left.inside()} {sign} {self.sum().inside()}", logical=True, atom=False)
        if self.take("in"):
            return _Part(f"list contains({self.sum().text}, {left.text})", logical=True)
        if self.word == "not" and self.tokens[self.at + 1] == ("name", "in"):
            self.at += 2
            return _Part(f"not(list contains({self.sum().text}, {left.text}))", logical=True)
        return left

    def sum(self) -> _Part:
        made = self.product()
        while sign := self.take("+", "-"):
            made = _Part(f"{made.text} {sign} {self.product().inside()}", atom=False)
        return made

    def product(self) -> _Part:
        made = self.signed()
        while sign := self.take("*", "/", "div", "%", "mod"):
            right = self.signed()
            if sign in {"%", "mod"}:
                made = _Part(f"modulo({made.text}, {right.text})")
            else:
                made = _Part(f"{made.inside()} {'*' if sign == '*' else '/'} {right.inside()}", atom=False)
        return made

    def signed(self) -> _Part:
        if self.take("-"):
            return _Part(f"-{self.signed().inside()}")
        return self.reached()

    def reached(self) -> _Part:
        made = self.value()
        while True:
            if self.take("."):
                made = self._member(made)
            elif self.take("["):
                index = self.choice()
                self.need("]")
                made = _at(made, index, self.text)
            else:
                return made

    def _member(self, of: _Part) -> _Part:
        if self.kind != "name":
            raise NotTranslated(self.text)
        name = self._name_only()
        if not self.take("("):
            return _Part(f"{of.inside()}.{name}", path=True)
        arguments = self._arguments()
        if of.text in {"execution", "task", "delegateExecution"} and name == "getVariable" and len(arguments) == 1:
            return _Part(_name_in(arguments[0], self.text), path=True)
        form = _METHODS.get((name, len(arguments)))
        if form is None:
            raise NotTranslated(self.text)
        made = form.format(of.inside(), *(each.inside() for each in arguments))
        return _Part(made, logical=name in _LOGICAL_METHODS, atom=name not in {"equals", "equalsIgnoreCase"})

    def _arguments(self) -> list[_Part]:
        found: list[_Part] = []
        if self.take(")"):
            return found
        found.append(self.choice())
        while self.take(","):
            found.append(self.choice())
        self.need(")")
        return found

    def _name_only(self) -> str:
        name = self.tokens[self.at][1]
        self.at += 1
        return name

    def value(self) -> _Part:
        kind, text = self.tokens[self.at]
        if kind == "number":
            self.at += 1
            return _Part(text)
        if kind == "text":
            self.at += 1
            return _Part(_quoted(_unescaped(text[1:-1])), logical=False)
        if self.take("("):
            inner = self.choice()
            self.need(")")
            return _Part(f"({inner.text})", logical=inner.logical, path=False) if not inner.path else inner
        if self.take("["):
            found = []
            while not self.take("]"):
                found.append(self.choice().text)
                if self.word != "]":
                    self.need(",")
            return _Part(f"[{', '.join(found)}]")
        if kind == "name":
            return self._named()
        raise NotTranslated(self.text)

    def _named(self) -> _Part:
        name = self._name_only()
        if name in _CONSTANTS:
            return _Part(_CONSTANTS[name], logical=_CONSTANTS[name] != "null")
        if name in _WORDS:
            raise NotTranslated(self.text)
        if self.take("("):
            arguments = self._arguments()
            form = _FUNCTIONS.get((name, len(arguments)))
            if form is None:
                raise NotTranslated(self.text)
            return _Part(form.format(*(each.text for each in arguments)))
        # names of several words, as some tools let people write them, are one name with lines between
        while self.kind == "name" and self.word not in _WORDS:
            name = f"{name}_{self._name_only()}"
        return _Part(name, path=True)


def _joined(parts: list[_Part], word: str) -> _Part:
    if len(parts) == 1:
        return parts[0]
    return _Part(f" {word} ".join(_operand(each) for each in parts), logical=True, atom=False)


def _operand(part: _Part) -> str:
    if part.path:
        return f"{part.text} = true"
    # "or" inside of "and" needs its brackets; comparisons do not
    return f"({part.text})" if not part.atom and (" or " in part.text or part.text.startswith("if ")) else part.text


def _at(of: _Part, index: _Part, text: str) -> _Part:
    """Return the member of a map or the item of a list; lists of FEEL begin with 1."""
    if index.text.startswith('"'):
        name = json.loads(index.text)
        if re.fullmatch(r"[^\W\d]\w*", name):
            return _Part(f"{of.inside()}.{name}", path=True)
        return _Part(f"get value({of.text}, {index.text})", path=True)
    if index.text.isdecimal():
        return _Part(f"{of.inside()}[{int(index.text) + 1}]", path=True)
    raise NotTranslated(text)


def _name_in(argument: _Part, text: str) -> str:
    name = json.loads(argument.text) if argument.text.startswith('"') else ""
    if not re.fullmatch(r"[^\W\d]\w*", name):
        raise NotTranslated(text)
    return str(name)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text, flags=re.DOTALL)
