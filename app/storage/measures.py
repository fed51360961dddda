"""Measures of clients' work ability and functioning; the scores are encrypted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select

from app.domain.measure import Measure
from app.storage.encryption import Cipher
from app.storage.tables.care import measure


class Measures:
    """What was measured in a case, and when."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, measured: Measure, *, controller_organisation_id: str, now: datetime) -> None:
        """Insert the measure."""
        scores = msgspec.json.encode(dict(measured.scores))
        self._connection.execute(
            insert(measure).values(
                key=measured.key,
                case_key=measured.case_key,
                controller_org_id=controller_organisation_id,
                occasion=measured.occasion,
                measured_on=measured.measured_on,
                may_be_used=measured.may_be_used,
                scores=self._cipher.encrypt(scores, table="measure", key=measured.key, field="scores"),
                recorded_at=now,
            )
        )

    def of_case(self, case_key: int) -> list[Measure]:
        """Return the measures of the case, the oldest first."""
        rows = self._connection.execute(
            select(measure)
            .where(measure.c.case_key == case_key)
            .order_by(measure.c.measured_on, measure.c.recorded_at, measure.c.key)
        )
        return [self.read(row) for row in rows]

    def exists(self, case_key: int) -> bool:
        """Tell whether the case has a measure; decrypts nothing."""
        query = select(measure.c.key).where(measure.c.case_key == case_key).limit(1)
        return self._connection.scalar(query) is not None

    def read(self, row: Row[Any]) -> Measure:
        """Return the measure of a row of the table, decrypted."""
        scores = self._cipher.decrypt(row.scores, table="measure", key=row.key, field="scores")
        return Measure(
            key=row.key,
            case_key=row.case_key,
            occasion=row.occasion,
            measured_on=row.measured_on,
            scores=msgspec.json.decode(scores),
            may_be_used=row.may_be_used,
        )
