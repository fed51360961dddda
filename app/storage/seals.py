"""The chain over the two logs: which rows are not sealed yet, where the chain ends, what it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, func, select, text, update

from app.domain.audit import FIRST_MAC, AuditRow, Head, Seal, SealedRow
from app.storage.tables.people import access_log, audit

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
        return Head() if row is None else Head(sequence=row.sequence, mac=row.mac or FIRST_MAC)

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
