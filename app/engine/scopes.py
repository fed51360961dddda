"""
Variables: they live in scopes of our own, one per process, sub-process, multi-instance body and turn, and one per
element with variables of its own (input mappings).

A write goes to the nearest scope that declares the name, else to the root. Values that a step does not touch stay the
bytes that they were: they are neither decoded nor encoded again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from app.domain.errors import ExpressionError, StateUnreadable
from app.engine.feel.values import from_state, to_state

if TYPE_CHECKING:
    from app.engine.seam import Value, Variables

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class ScopeRecord(msgspec.Struct, array_like=True):
    """A scope as it is stored: values are msgpack bytes of `feel.values.to_state`."""

    key: int
    parent: int
    #: r: the process, p: a sub-process, e: variables of one element (told only while the element lives),
    #: c: a called process, which sees nothing outside itself
    kind: str
    variables: dict[str, msgspec.Raw]
    #: of a called process: what the caller gave and nobody has written since
    lent: list[str] = []


def pack(value: Value) -> msgspec.Raw:
    """Return the value as the bytes of state."""
    written = to_state(value)
    try:
        return msgspec.Raw(_encode(written))
    except OverflowError:
        return msgspec.Raw(_encode(_within_64_bits(written)))


def storable(value: Value) -> Any:
    """Return the value as plain data that the state can hold inside other data."""
    return _within_64_bits(to_state(value))


def _within_64_bits(written: Any) -> Any:
    """FEEL's numbers are doubles: a whole number beyond 64 bits is one."""
    if isinstance(written, dict):
        return {key: _within_64_bits(item) for key, item in written.items()}
    if isinstance(written, list):
        return [_within_64_bits(item) for item in written]
    if isinstance(written, int) and not -(2**63) <= written < 2**64:
        return float(written)
    return written


class Scope:
    """A scope while a step runs."""

    __slots__ = ("is_new", "key", "kind", "lent", "parent", "process", "stored", "values")

    def __init__(self, record: ScopeRecord, *, process: int, is_new: bool) -> None:
        self.key = record.key
        self.parent = record.parent
        self.kind = record.kind
        self.lent = set(record.lent)
        #: key of the process that the scope is of
        self.process = process
        self.stored = record.variables
        self.values: dict[str, Value] = {}
        self.is_new = is_new

    def __contains__(self, name: str) -> bool:
        return name in self.values or name in self.stored

    def __getitem__(self, name: str) -> Value:
        if name not in self.values:
            self.values[name] = _value(self.stored[name])
        return self.values[name]

    def names(self) -> Iterable[str]:
        """Return the names declared here."""
        return self.values.keys() | self.stored.keys()

    def write(self, name: str, value: Value) -> None:
        """Declare or overwrite the name here."""
        self.stored[name] = pack(value)
        self.values[name] = value
        self.lent.discard(name)

    def record(self) -> ScopeRecord:
        """Return the scope as it is stored."""
        return ScopeRecord(self.key, self.parent, self.kind, self.stored, sorted(self.lent))


class Scopes:
    """All scopes of an instance, and what a step wrote into them."""

    def __init__(self, records: Iterable[ScopeRecord]) -> None:
        self._scopes: dict[int, Scope] = {}
        # parents stand before their children: scopes are stored in the order in which they were opened
        for record in records:
            self._add(record, is_new=False)
        self.written: dict[tuple[int, str], Value] = {}
        #: by scope that was written into: the process that it is of
        self.processes: dict[int, int] = {}
        self.closed: list[int] = []

    def __contains__(self, key: int) -> bool:
        return key in self._scopes

    def __getitem__(self, key: int) -> Scope:
        return self._scopes[key]

    def _add(self, record: ScopeRecord, *, is_new: bool) -> None:
        process = self._scopes[record.parent].process if record.parent else record.key
        self._scopes[record.key] = Scope(record, process=process, is_new=is_new)

    def open(self, key: int, *, parent: int, kind: str) -> None:
        """Open a scope below the parent scope (0: nothing outside is seen), unless it is open already."""
        if key not in self._scopes:
            self._add(ScopeRecord(key, parent, kind, {}), is_new=True)

    def lend(self, giver: int, taker: int, *, only_here: bool) -> None:
        """Copy what the giving scope sees (or only what is declared there) into the taking one, as it is stored."""
        outer, target = self._scopes[giver], self._scopes[taker]
        chain = [outer] if only_here else self._chain(outer)
        for scope in reversed(chain):
            target.stored.update(scope.stored)
        target.lent.update(target.stored)
        for name in target.stored:
            self._note(target, name, target[name])

    def own(self, key: int) -> dict[str, Value]:
        """Return the variables of this very scope that are not as they were lent to it."""
        scope = self._scopes[key]
        return {name: scope[name] for name in scope.stored if name not in scope.lent}

    def _chain(self, scope: Scope) -> list[Scope]:
        chain = [scope]
        while chain[-1].parent:
            chain.append(self._scopes[chain[-1].parent])
        return chain

    def _note(self, scope: Scope, name: str, value: Value) -> None:
        self.written[scope.key, name] = value
        self.processes[scope.key] = scope.process

    def close(self, key: int) -> None:
        """Close the scope; what this step wrote into it is not told if the scope is new or an element's own."""
        scope = self._scopes.pop(key, None)
        if scope is None:
            return
        if scope.kind == "e" or (scope.is_new and scope.kind != "r"):
            for place in [place for place in self.written if place[0] == key]:
                del self.written[place]
        if not scope.is_new or scope.kind == "r":
            self.closed.append(key)

    def forget(self, key: int, names: Iterable[str]) -> None:
        """Take the variables out of this very scope as if they had never been written."""
        scope = self._scopes.get(key)
        if scope is None:
            return
        for name in names:
            scope.stored.pop(name, None)
            scope.values.pop(name, None)
            self.written.pop((key, name), None)

    def write_here(self, key: int, variables: Variables) -> None:
        """Write the variables into this very scope."""
        scope = self._scopes[key]
        for name, value in variables.items():
            scope.write(name, value)
            self._note(scope, name, value)

    def write(self, key: int, variables: Variables) -> None:
        """Write each variable into the nearest scope that declares it, from `key` outwards, else into the root."""
        for name, value in variables.items():
            scope = self._scopes[key]
            while name not in scope and scope.parent:
                scope = self._scopes[scope.parent]
            scope.write(name, value)
            self._note(scope, name, value)

    def visible(self, key: int, names: Iterable[str] | None = None) -> dict[str, Value]:
        """Return the variables that the scope sees: all, or those of the names that are there."""
        chain = self._chain(self._scopes[key])
        found: dict[str, Value] = {}
        if names is None:
            for scope in reversed(chain):
                found.update((name, scope[name]) for name in scope.names())
            return found
        for name in names:
            for scope in chain:
                if name in scope:
                    found[name] = scope[name]
                    break
        return found

    def here(self, key: int) -> dict[str, Value]:
        """Return the variables declared in this very scope."""
        scope = self._scopes.get(key)
        return {} if scope is None else {name: scope[name] for name in scope.names()}

    def depth(self, key: int) -> int:
        """Return how many scopes are outside this one."""
        count, scope = 0, self._scopes[key]
        while scope.parent:
            count, scope = count + 1, self._scopes[scope.parent]
        return count

    def records(self) -> list[ScopeRecord]:
        """Return every open scope as it is stored."""
        return [scope.record() for scope in self._scopes.values()]


def decode_variables(record: ScopeRecord) -> Mapping[str, Value]:
    """Return the values of a stored scope."""
    return {name: _value(raw) for name, raw in record.variables.items()}


def _value(raw: msgspec.Raw) -> Value:
    try:
        return from_state(_decode(raw))
    except (ExpressionError, msgspec.DecodeError, LookupError, TypeError, ValueError) as error:
        raise StateUnreadable("state_unreadable", f"a stored variable makes no sense: {type(error).__name__}") from None
