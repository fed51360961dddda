"""
The state as it was before a step, to go on from: what the step ended lives again, under keys of its own.

An element instance ends once in the history. What goes on after that is another instance of the same element, as if the
process had come to it again; its waits keep their keys, because their rows go on as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from app.domain.errors import StateUnreadable
from app.engine.codec import decode

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class FoldedState(Exception):
    """The state holds folded turns, whose keys cannot be told without opening all of them."""


def rekeyed(state: bytes, keys: Collection[int], *, new_key: Callable[[], int]) -> tuple[bytes, Mapping[int, int]]:
    """
    Return the state with new keys for those of the element instances that live in it, and the new key of each.

    :raises FoldedState: it cannot be told where the keys stand
    :raises StateUnreadable: the state is broken, or of a later build
    """
    record = decode(state)
    if record.turns:
        raise FoldedState
    live = {token.key for token in record.tokens}
    given = {key: new_key() for key in keys if key in live}
    try:
        # keys are random numbers of 63 bits: no value of a variable is one of them by chance
        return _encode(_replaced(_decode(state), given)), given
    except msgspec.DecodeError as error:
        raise StateUnreadable("state_unreadable", f"the stored state cannot be read: {type(error).__name__}") from None


def _replaced(value: Any, keys: Mapping[int, int]) -> Any:
    if isinstance(value, list):
        return [_replaced(item, keys) for item in value]
    if isinstance(value, dict):
        return {_replaced(key, keys): _replaced(item, keys) for key, item in value.items()}
    return keys.get(value, value) if type(value) is int else value
