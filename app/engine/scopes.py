"""
Variables: they live in scopes of our own, one per process, sub-process, multi-instance body and turn, and one per
element with variables of its own (input mappings).

A write goes to the nearest scope that declares the name, else to the root. Values that a step does not touch stay the
bytes that they were: they are neither decoded nor encoded again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from app.domain.errors import ExpressionError, StateUnreadable
from app.engine.expressions import CONTEXTS
from app.engine.feel.values import from_state, to_state

if TYPE_CHECKING:
    from app.engine.seam import Value, Variables

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


#: a value of fewer bytes costs less than its name in the pool
SMALLEST_POOLED = 32
#: a place in the pool that nothing points at: null
_FREE = msgspec.Raw(b"\xc0")


class ScopeRecord(msgspec.Struct, array_like=True, gc=False):
    """A scope as it is stored: values are msgpack bytes of `feel.values.to_state`."""

    key: int
    parent: int
    #: r: the process, p: a sub-process, e: variables of one element (told only while the element lives),
    #: c: a called process, which sees nothing outside itself
    kind: str
    variables: dict[str, msgspec.Raw]
    #: of a called process: what the caller gave and nobody has written since
    lent: list[str] = []
    #: variables whose value is in the state's pool, by its place there
    pooled: dict[str, int] = {}


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

    __slots__ = ("is_new", "key", "kind", "lent", "parent", "process", "stored", "unchanged", "values")

    def __init__(self, record: ScopeRecord, stored: dict[str, msgspec.Raw], *, process: int, is_new: bool) -> None:
        self.key = record.key
        #: the record that it was made from, until something is written
        self.unchanged: ScopeRecord | None = record
        self.parent = record.parent
        self.kind = record.kind
        self.lent = set(record.lent)
        #: key of the process that the scope is of
        self.process = process
        self.stored = stored
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
        self.unchanged = None

    def record(self, pool: Mapping[int, int]) -> ScopeRecord:
        """Return the scope as it is stored; `pool`: the places of the values that are kept once, by their identity."""
        if self.unchanged is not None:
            return self.unchanged
        lent = sorted(self.lent)
        pooled = {name: pool[id(raw)] for name, raw in self.stored.items() if id(raw) in pool} if pool else {}
        if not pooled:
            return ScopeRecord(self.key, self.parent, self.kind, self.stored, lent)
        own = {name: raw for name, raw in self.stored.items() if name not in pooled}
        return ScopeRecord(self.key, self.parent, self.kind, own, lent, pooled)


class Scopes:
    """All scopes of an instance, and what a step wrote into them."""

    def __init__(self, records: Iterable[ScopeRecord], pool: Sequence[msgspec.Raw] = ()) -> None:
        self._scopes: dict[int, Scope] = {}
        self._pool = pool
        self.put_back(records)
        self.written: dict[tuple[int, str], Value] = {}
        #: by scope that was written into: the process that it is of
        self.processes: dict[int, int] = {}
        self.closed: list[int] = []
        #: names that were written since the conditions were last looked at; the contexts may change between steps
        self.changed: set[str] = set(CONTEXTS)

    def __contains__(self, key: int) -> bool:
        return key in self._scopes

    def __getitem__(self, key: int) -> Scope:
        return self._scopes[key]

    def _add(self, record: ScopeRecord, stored: dict[str, msgspec.Raw], *, is_new: bool) -> None:
        process = self._scopes[record.parent].process if record.parent else record.key
        self._scopes[record.key] = Scope(record, stored, process=process, is_new=is_new)

    def put_back(self, records: Iterable[ScopeRecord]) -> None:
        """Put stored scopes back. :raises LookupError: a parent or a place in the pool is not there"""
        # parents stand before their children: scopes are stored in the order in which they were opened
        for record in records:
            self._add(record, variables_of(record, self._pool), is_new=False)

    def open(self, key: int, *, parent: int, kind: str) -> None:
        """Open a scope below the parent scope (0: nothing outside is seen), unless it is open already."""
        if key not in self._scopes:
            record = ScopeRecord(key, parent, kind, {})
            self._add(record, record.variables, is_new=True)

    def restore(self, key: int, variables: Mapping[str, msgspec.Raw], *, parent: int, kind: str) -> None:
        """Open a scope with variables as they were stored before."""
        self.open(key, parent=parent, kind=kind)
        scope = self._scopes[key]
        scope.stored.update(variables)
        scope.unchanged = None
        for name in variables:
            self._note(scope, name, scope[name])

    def lend(self, giver: int, taker: int, *, only_here: bool) -> None:
        """Copy what the giving scope sees (or only what is declared there) into the taking one, as it is stored."""
        outer, target = self._scopes[giver], self._scopes[taker]
        chain = [outer] if only_here else self._chain(outer)
        for scope in reversed(chain):
            target.stored.update(scope.stored)
        target.lent.update(target.stored)
        target.unchanged = None
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
        self.changed.add(name)

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
            scope.unchanged = None
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

    def records(self, *, kept: Collection[int] | None = None) -> tuple[list[ScopeRecord], list[msgspec.Raw]]:
        """
        Return every open scope as it is stored, and the pool of values that several of them hold.

        What a caller gives to its calls is the same value in each of them until one writes it: three hundred calls that
        see a list of three hundred keep it once. Where turns are folded, `kept` are the places in the pool that they
        point at: those values stay where they are, and what calls were given goes into the pool at the first of them.
        """
        lent = Counter(
            id(scope.stored[name]) for scope in self._scopes.values() for name in scope.lent if name in scope.stored
        )
        scopes = self._scopes.values() if lent else ()
        stored = [raw for scope in scopes for raw in scope.stored.values() if len(raw) >= SMALLEST_POOLED]
        if kept is None:
            pool = list({id(raw): raw for raw in stored if lent[id(raw)] > 1}.values())
        else:
            pool = self._pool_beside(kept, stored, lent)
        if [id(raw) for raw in pool] != [id(raw) for raw in self._pool]:
            # what is kept once has changed, and with it where each scope finds it
            for scope in self._scopes.values():
                scope.unchanged = None
        places = {id(raw): place for place, raw in enumerate(pool)}
        return [scope.record(places) for scope in self._scopes.values()], pool

    def _pool_beside(
        self, kept: Collection[int], stored: Sequence[msgspec.Raw], lent: Counter[int]
    ) -> list[msgspec.Raw]:
        """Return the pool with every kept value in its place and the others of this step in what is free."""
        held = Counter(map(id, stored))
        pool = [raw if place in kept or lent[id(raw)] else _FREE for place, raw in enumerate(self._pool)]
        present = {id(raw) for raw in pool}
        wanted = {id(raw): raw for raw in stored if lent[id(raw)] and held[id(raw)] > 1 and id(raw) not in present}
        free = iter([place for place, raw in enumerate(pool) if raw is _FREE])
        for raw in wanted.values():
            place = next(free, None)
            if place is None:
                pool.append(raw)
            else:
                pool[place] = raw
        while pool and pool[-1] is _FREE:
            pool.pop()
        return pool


def variables_of(record: ScopeRecord, pool: Sequence[msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """Return the scope's variables, those in the pool too. :raises LookupError: the pool has no such place"""
    if not record.pooled:
        return record.variables
    return record.variables | {name: pool[place] for name, place in record.pooled.items()}


def decode_variables(record: ScopeRecord, pool: Sequence[msgspec.Raw]) -> Mapping[str, Value]:
    """Return the values of a stored scope. :raises StateUnreadable: they make no sense"""
    try:
        variables = variables_of(record, pool)
    except LookupError:
        raise StateUnreadable("state_unreadable", "a stored variable is not in the pool") from None
    return {name: _value(raw) for name, raw in variables.items()}


def _value(raw: msgspec.Raw) -> Value:
    try:
        return from_state(_decode(raw))
    except (ExpressionError, msgspec.DecodeError, LookupError, TypeError, ValueError) as error:
        raise StateUnreadable("state_unreadable", f"a stored variable makes no sense: {type(error).__name__}") from None
