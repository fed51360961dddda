"""
State of an instance <-> bytes: live tokens and open scopes only, in msgpack, with a version stamp.

Specs are apart (the published version names them); finished branches are not there. A state written by any build since
the first is opened by every later one: golden files under tests/conformance/golden prove it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from app.domain.errors import StateUnreadable
from app.engine.completed import CompletedRecord
from app.engine.scopes import ScopeRecord
from app.engine.tokens import NO_ITEMS, Wait

VERSION = 4
#: what states are stamped with that need less, so that earlier builds open them: without compensation, without a pool
#: of values that called processes were given, and without called processes
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


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StateRecord)


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
