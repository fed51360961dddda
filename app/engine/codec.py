"""
State of an instance <-> bytes: live tokens and open scopes only, in msgpack, with a version stamp.

Specs are apart (the published version names them); finished branches are not there. A state written by any build since
the first is opened by every later one: golden files under tests/conformance/golden prove it.
"""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from app.domain.errors import StateUnreadable
from app.engine.completed import CompletedRecord
from app.engine.scopes import ScopeRecord
from app.engine.tokens import NO_ITEMS, Wait

#: folded turns are deflated; in version 5 they were not, and are opened as they are
VERSION = 6
#: what states are stamped with that need less, so that earlier builds open them: without folded turns, without
#: compensation, without a pool of values that called processes were given, and without called processes
VERSION_WITHOUT_FOLDS = 4
VERSION_WITHOUT_COMPENSATION = 3
VERSION_WITHOUT_POOL = 2
VERSION_WITHOUT_CALLS = 1


# the garbage collector would look at thousands of records in a wide state again and again; none is in a circle
class TokenRecord(msgspec.Struct, array_like=True, gc=False):
    """A live token; `parent` is 0 for the process itself."""

    key: int
    parent: int
    spec: str
    state: int
    waits: list[Wait] = []
    data: dict[str, Any] = {}
    items: msgspec.Raw = NO_ITEMS


class CalledRecord(msgspec.Struct, array_like=True, gc=False):
    """A live called process: the key of its token and scope, and the version that it runs."""

    key: int
    #: name of the spec: <process id>@<content hash>
    spec: str
    definition_key: int
    version: int


class FoldedTurn(msgspec.Struct, array_like=True, gc=False):
    """A turn of a wide multi-instance: it stays bytes until something inside moves (app.engine.folding)."""

    #: of its token, and of the body that it is a turn of
    key: int
    body: int
    #: its place among the turns of the body, of which some may not be folded
    place: int
    #: a TurnRecord, deflated into bytes; as written by builds before version 6 the record itself
    content: msgspec.Raw
    #: keys of all waits inside
    waits: list[int] = []
    #: names of the signals that something inside waits for
    signals: list[str] = []
    #: places in the pool that something inside points at
    pooled: list[int] = []


class TurnRecord(msgspec.Struct, array_like=True, gc=False):
    """What is inside a folded turn, its own token first."""

    tokens: list[TokenRecord]
    scopes: list[ScopeRecord]
    #: called processes: key, and key of the definition (StateRecord.versions)
    called: list[tuple[int, int]] = []
    turns: list[FoldedTurn] = []


class VersionRecord(msgspec.Struct, array_like=True, gc=False):
    """A version that runs in called processes of folded turns."""

    definition_key: int
    #: name of the spec: <process id>@<content hash>
    spec: str


class StateRecord(msgspec.Struct, array_like=True):
    """All that is stored of an instance."""

    version: int
    process_id: str
    content_hash: str
    status: str
    root: int
    tokens: list[TokenRecord] = []
    scopes: list[ScopeRecord] = []
    called: list[CalledRecord] = []
    #: values that several scopes hold alike, once
    pool: list[msgspec.Raw] = []
    #: what has completed and can be compensated
    completed: list[CompletedRecord] = []
    turns: list[FoldedTurn] = []
    versions: list[VersionRecord] = []
    #: what folded turns have in common, which each of them leaves out: a turn without its values
    sample: bytes = b""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StateRecord)
_turn_decoder = msgspec.msgpack.Decoder(TurnRecord)
_bytes_decoder = msgspec.msgpack.Decoder(bytes)
#: the first byte of bytes in msgpack, by their length; a record begins with that of a list
_BYTES = (b"\xc4", b"\xc5", b"\xc6")


def encode(record: StateRecord) -> bytes:
    """Return the record as bytes."""
    return _encoder.encode(record)


def decode(state: bytes) -> StateRecord:
    """
    Return the stored state.

    :raises StateUnreadable: broken, or of a later build
    """
    try:
        record = _decoder.decode(state)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StateUnreadable("state_unreadable", f"the stored state cannot be read: {type(error).__name__}") from None
    if record.version > VERSION:
        raise StateUnreadable("state_of_later_build", f"the stored state has version {record.version}")
    return record


def sample_of(record: TurnRecord) -> bytes:
    """Return what turns like this one have in common: everything but variables, items and what is kept of events."""
    tokens = [
        msgspec.structs.replace(
            token, items=NO_ITEMS, data={name: value for name, value in token.data.items() if isinstance(value, int)}
        )
        for token in record.tokens
    ]
    scopes = [
        msgspec.structs.replace(scope, variables=dict.fromkeys(scope.variables, NO_ITEMS)) for scope in record.scopes
    ]
    return _encoder.encode(TurnRecord(tokens, scopes, record.called))


def deflate_turn(turn: FoldedTurn, record: TurnRecord, sample: bytes) -> None:
    """Put what is inside into the turn, without what the sample and the turn itself say already."""
    deflater = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=_known(turn, sample))
    content = deflater.compress(_encoder.encode(record)) + deflater.flush()
    turn.content = msgspec.Raw(_encoder.encode(content))


def inflate_turn(turn: FoldedTurn, sample: bytes) -> TurnRecord:
    """Return what is inside the turn. :raises StateUnreadable: broken"""
    try:
        content = bytes(turn.content)
        if content[:1] in _BYTES:
            inflater = zlib.decompressobj(-zlib.MAX_WBITS, zdict=_known(turn, sample))
            content = inflater.decompress(_bytes_decoder.decode(content))
        return _turn_decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, zlib.error) as error:
        raise StateUnreadable("state_unreadable", f"a folded turn cannot be read: {type(error).__name__}") from None


def _known(turn: FoldedTurn, sample: bytes) -> bytes:
    return sample + _encoder.encode([turn.body, turn.waits, turn.key])


def decode_all(state: bytes) -> StateRecord:
    """
    Return the stored state with every folded turn opened: all tokens, scopes and called processes, parents first.

    :raises StateUnreadable: broken, or of a later build
    """
    record = decode(state)
    specs = {version.definition_key: version.spec for version in record.versions}
    while record.turns:
        turns, record.turns = record.turns, []
        for turn in turns:
            inside = inflate_turn(turn, record.sample)
            record.tokens += inside.tokens
            record.scopes += inside.scopes
            record.called += [CalledRecord(key, specs.get(each, ""), each, 0) for key, each in inside.called]
            record.turns += inside.turns
    return record
