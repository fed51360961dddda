"""The sealed audit shows what was done to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.audit import AuditRow, BreakKind, Head, SealedRow, canonical, seal, verify

SECRET = b"s" * 32
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)


START = Head()


def chain(count, *, head=START):
    rows = [
        AuditRow(key=100 + number, content={"action": "task.completed", "number": number}) for number in range(count)
    ]
    return [
        SealedRow(row=row, sequence=one.sequence, mac=one.mac)
        for row, one in zip(rows, seal(rows, secret=SECRET, head=head), strict=True)
    ]


def kinds(rows, **options):
    return [one.kind for one in verify(rows, secret=SECRET, **options)]


def test_an_untouched_chain_holds():
    rows = chain(5)
    assert [row.sequence for row in rows] == [1, 2, 3, 4, 5]
    assert kinds(rows, anchor=Head(sequence=4, mac=rows[3].mac)) == []


def test_a_chain_goes_on_from_its_head():
    first = chain(3)
    more = chain(2, head=Head(sequence=3, mac=first[-1].mac))
    assert kinds([*first, *more]) == []


@given(st.integers(2, 8), st.data())
def test_every_edit_deletion_and_exchange_shows(count, data):
    rows = chain(count)
    place = data.draw(st.integers(0, count - 2))
    edited = rows.copy()
    edited[place] = SealedRow(
        row=AuditRow(key=rows[place].row.key, content={"action": "nothing"}),
        sequence=rows[place].sequence,
        mac=rows[place].mac,
    )
    assert BreakKind.ALTERED in kinds(edited)
    assert BreakKind.MISSING in kinds(rows[:place] + rows[place + 1 :])
    exchanged = rows.copy()
    exchanged[place], exchanged[place + 1] = (
        SealedRow(row=rows[place + 1].row, sequence=rows[place].sequence, mac=rows[place].mac),
        SealedRow(row=rows[place].row, sequence=rows[place + 1].sequence, mac=rows[place + 1].mac),
    )
    assert BreakKind.ALTERED in kinds(exchanged)


def test_one_altered_row_is_reported_once():
    rows = chain(5)
    rows[2] = SealedRow(row=AuditRow(key=102, content={}), sequence=3, mac=rows[2].mac)
    breaks = list(verify(rows, secret=SECRET))
    assert [(one.kind, one.sequence, one.key) for one in breaks] == [(BreakKind.ALTERED, 3, 102)]


def test_a_cut_tail_shows_against_the_anchor_only():
    rows = chain(5)
    anchor = Head(sequence=5, mac=rows[-1].mac)
    assert kinds(rows[:3]) == []
    assert kinds(rows[:3], anchor=anchor) == [BreakKind.CUT]
    assert kinds([], anchor=anchor) == [BreakKind.CUT]


def test_who_has_not_the_secret_cannot_seal():
    rows = [AuditRow(key=1, content={"a": 1})]
    forged = [
        SealedRow(row=rows[0], sequence=one.sequence, mac=one.mac) for one in seal(rows, secret=b"x" * 32, head=Head())
    ]
    assert kinds(forged) == [BreakKind.ALTERED]


def test_a_row_has_one_form_whatever_the_order_and_the_time_zone():
    helsinki = timezone(timedelta(hours=2))
    one = canonical({"b": 1, "a": AT, "c": "ä"})
    assert one == canonical({"c": "ä", "a": AT.astimezone(helsinki), "b": 1})
    assert one == '{"a":"2026-03-02T10:00:00.000000+00:00","b":1,"c":"ä"}'.encode()


def test_a_log_holds_plain_values_only():
    with pytest.raises(TypeError):
        canonical({"a": b"bytes"})
