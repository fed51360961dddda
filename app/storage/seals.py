"""The chain over the two logs: which rows are not sealed yet, where the chain ends, what it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, delete, func, select, text, update

from app.domain.audit import FIRST_MAC, AuditRow, Cut, Head, Seal, SealedRow
from app.storage.statements import upsert
from app.storage.tables.people import access_log, audit
from app.storage.tables.rights import log_cut

#: logs that are sealed, by name; each has a chain of its own
LOGS: dict[str, Table] = {"audit": audit, "access_log": access_log}
_NOT_SEALED = frozenset({"key", "sequence", "mac"})
#: number of the lock by which PostgreSQL lets one sealer at a time work
_LOCKS = {"audit": 7_101, "access_log": 7_102}


class Seals:
    """The chain of one log."""

    def __init__(self, connection: Connection, log: str) -> None:
        self._connection = connection
        self._log = log
        self._table = LOGS[log]

    def lock(self) -> bool:
        """Become the only sealer until the transaction ends; return False where another is at work."""
        if self._connection.dialect.name != "postgresql":
            return True
        statement = text("SELECT pg_try_advisory_xact_lock(:lock)")
        return bool(self._connection.scalar(statement, {"lock": _LOCKS[self._log]}))

    def head(self) -> Head:
        """Return the end of the chain."""
        row = self._connection.execute(
            select(self._table.c.sequence, self._table.c.mac)
            .where(self._table.c.sequence.is_not(None))
            .order_by(self._table.c.sequence.desc())
            .limit(1)
        ).one_or_none()
        return self.start() if row is None else Head(sequence=row.sequence, mac=row.mac or FIRST_MAC)

    def start(self) -> Head:
        """Return what stands before the first line that is there: the end of what was cut off."""
        found = self.cut()
        return Head() if found is None else found[0].head

    def cut(self) -> tuple[Cut, str] | None:
        """Return how far the log has been cut, with its proof; None where it never was."""
        row = self._connection.execute(select(log_cut).where(log_cut.c.log == self._log)).one_or_none()
        if row is None:
            return None
        head = Head(sequence=row.sequence, mac=row.mac)
        return Cut(head=head, written_before=row.written_before, lines=row.lines), row.proof

    def last_written_before(self, moment: datetime, *, limit: int) -> Head | None:
        """Return the last of the first `limit` lines if these, and all before, were written before the moment."""
        start = self.start().sequence
        later = self._connection.scalar(
            select(func.min(self._table.c.sequence)).where(self._table.c.sequence > start, self._table.c.at >= moment)
        )
        end = start + limit if later is None else min(start + limit, later - 1)
        row = self._connection.execute(
            select(self._table.c.sequence, self._table.c.mac)
            .where(self._table.c.sequence > start, self._table.c.sequence <= end)
            .order_by(self._table.c.sequence.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else Head(sequence=row.sequence, mac=row.mac)

    def cut_off(self, cut: Cut, *, proof: str, now: datetime) -> None:
        """Delete the lines up to the cut; the database lets go of no line that is not behind one."""
        row = {
            "log": self._log,
            "sequence": cut.head.sequence,
            "mac": cut.head.mac,
            "written_before": cut.written_before,
            "cut_at": now,
            "lines": cut.lines,
            "proof": proof,
        }
        upsert(self._connection, log_cut, [row], keys=("log",), changes=tuple(set(row) - {"log"}))
        self._connection.execute(delete(self._table).where(self._table.c.sequence <= cut.head.sequence))

    def unsealed(self, *, limit: int) -> list[AuditRow]:
        """Return the rows that are not sealed yet, the oldest first."""
        rows = self._connection.execute(
            select(self._table).where(self._table.c.sequence.is_(None)).order_by(self._table.c.key).limit(limit)
        )
        return [_to_row(row) for row in rows]

    def write(self, seals: Sequence[Seal]) -> None:
        """Write the seals; a row that has one already keeps it."""
        if seals:
            self._connection.execute(
                update(self._table)
                .where(self._table.c.key == bindparam("row_key"), self._table.c.sequence.is_(None))
                .values(sequence=bindparam("new_sequence"), mac=bindparam("new_mac")),
                [{"row_key": seal.key, "new_sequence": seal.sequence, "new_mac": seal.mac} for seal in seals],
            )

    def chain(self, *, after: int = 0) -> Iterator[SealedRow]:
        """Give the sealed rows in the order of their numbers."""
        rows = self._connection.execution_options(yield_per=1000).execute(
            select(self._table).where(self._table.c.sequence > after).order_by(self._table.c.sequence)
        )
        for row in rows:
            yield SealedRow(row=_to_row(row), sequence=row.sequence, mac=row.mac or "")

    def count_unsealed(self) -> int:
        """Return how many rows wait for their seal."""
        return int(
            self._connection.scalar(
                select(func.count()).select_from(self._table).where(self._table.c.sequence.is_(None))
            )
            or 0
        )


def _to_row(row: Row[Any]) -> AuditRow:
    content = {name: value for name, value in row._mapping.items() if name not in _NOT_SEALED}  # noqa: SLF001 - SQLAlchemy's public name for it
    return AuditRow(key=row.key, content=content)
