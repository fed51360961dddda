"""
The seal of the audit: rows get numbers and a chain of keyed digests, so that an edit, a deletion or a new order shows.

`mac_n = HMAC-SHA256(key, mac_{n-1} | n | row key | canonical row)`. A cut tail shows only against an anchor kept
outside (the last number and mac), which `verify` takes (reliability.md 8.2).
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: what stands before the first row of a chain
FIRST_MAC = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """A row of a log before it is sealed: its key in the table and all that is sealed of it."""

    key: int
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The place of a row in the chain."""

    key: int
    sequence: int
    mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRow:
    """A row as it stands in the table."""

    row: AuditRow
    sequence: int
    mac: str


class BreakKind(enum.StrEnum):
    """What is wrong with a chain."""

    ALTERED = "altered"  # the row or one before it is not what was sealed
    MISSING = "missing"  # numbers are left out: rows are gone or reordered
    CUT = "cut"  # the chain ends before the anchor
    FORGED = "forged"  # what says that the log was cut was not written by who holds the key


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A place where the chain does not hold."""

    kind: BreakKind
    sequence: int
    key: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a chain: what the anchor outside keeps."""

    sequence: int = 0
    mac: str = FIRST_MAC


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The beginning of a log has been cut off, because its time was over (R-11): the chain begins after `head`."""

    head: Head
    written_before: datetime
    lines: int


def prove(cut: Cut, *, log: str, secret: bytes) -> str:
    """Return the keyed digest by which a cut is known as ours: without the key nobody can hide lines behind one."""
    content = {
        "log": log,
        "sequence": cut.head.sequence,
        "mac": cut.head.mac,
        "written_before": cut.written_before,
        "lines": cut.lines,
    }
    return hmac.new(secret, b"cut|" + canonical(content), hashlib.sha256).hexdigest()


def canonical(content: Mapping[str, Any]) -> bytes:
    """
    Return the one byte form of a row: JSON with sorted names, no spaces, UTF-8; moments in UTC with microseconds.

    :raises TypeError: a value is none that a log may hold
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain).encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(f"a log holds no {type(value).__name__}")


def seal(rows: Iterable[AuditRow], *, secret: bytes, head: Head) -> Iterator[Seal]:
    """Return the seals of rows that come after the head, in the order given."""
    sequence, mac = head.sequence, head.mac
    for row in rows:
        sequence += 1
        mac = _mac(row, sequence=sequence, previous=mac, secret=secret)
        yield Seal(key=row.key, sequence=sequence, mac=mac)


def verify(
    rows: Iterable[SealedRow], *, secret: bytes, start: Head = Head(), anchor: Head | None = None
) -> Iterator[Break]:
    """
    Find where a chain does not hold; nothing found means that every row from `start` to the end is as it was sealed.

    `rows` come in the order of their numbers; `anchor` is a head that was kept outside and must be met on the way.
    """
    sequence, mac = start.sequence, start.mac
    anchor_met = anchor is None or anchor == start
    for sealed in rows:
        if sealed.sequence != sequence + 1:
            yield Break(kind=BreakKind.MISSING, sequence=sequence + 1)
        expected = _mac(sealed.row, sequence=sealed.sequence, previous=mac, secret=secret)
        if not hmac.compare_digest(expected, sealed.mac):
            yield Break(kind=BreakKind.ALTERED, sequence=sealed.sequence, key=sealed.row.key)
        # go on from the stored digest, so that one altered row is reported once
        sequence, mac = sealed.sequence, sealed.mac
        anchor_met = anchor_met or Head(sequence=sequence, mac=mac) == anchor
    if not anchor_met and anchor is not None:
        yield Break(kind=BreakKind.CUT, sequence=anchor.sequence)


def _mac(row: AuditRow, *, sequence: int, previous: str, secret: bytes) -> str:
    message = b"|".join((previous.encode(), str(sequence).encode(), str(row.key).encode(), canonical(row.content)))
    return hmac.new(secret, message, hashlib.sha256).hexdigest()
