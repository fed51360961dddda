"""What decision tables were asked about a client and what they answered: kept so that it can be told (R-22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.domain.steps import DecisionEvaluated
from app.storage.answers import STRICTEST
from app.storage.encryption import Cipher
from app.storage.tables.care import decision_record


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDecision:
    """One asking of a decision: `inputs` and `output` as JSON has them, `matched_rules` (decision, number from 1)."""

    key: int
    instance_key: int
    decision_id: str
    content_hash: str
    inputs: Mapping[str, Any] = field(repr=False)
    output: Any = field(repr=False)
    matched_rules: tuple[tuple[str, int], ...]
    data_group: DataGroup
    at: datetime


class DecisionRecords:
    """The decisions about clients; both what was asked and what was answered is encrypted."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, decision: DecisionEvaluated, *, instance_key: int, case_key: int | None, now: datetime) -> None:
        """
        Keep what a decision was asked and what it answered.

        Inputs may be facts of any group, so the record is of the strictest.
        """
        key = new_key()
        self._connection.execute(
            insert(decision_record).values(
                key=key,
                instance_key=instance_key,
                case_key=case_key,
                element_instance_key=decision.element_instance_key,
                element_id=decision.element_id,
                decision_id=decision.decision_id,
                content_hash=decision.content_hash,
                inputs=self._sealed(key, "inputs", decision.inputs),
                output=self._sealed(key, "output", decision.output),
                matched_rules=[list(rule) for rule in decision.matched_rules],
                data_group=STRICTEST,
                at=now,
            )
        )

    def exist(self, case_key: int) -> bool:
        """Tell whether any decision of the case was kept; decrypts nothing."""
        query = select(decision_record.c.key).where(decision_record.c.case_key == case_key).limit(1)
        return self._connection.scalar(query) is not None

    def of_case(self, case_key: int) -> list[KeptDecision]:
        """Return the decisions of the case, the newest first."""
        rows = self._connection.execute(
            select(decision_record)
            .where(decision_record.c.case_key == case_key)
            .order_by(decision_record.c.at.desc(), decision_record.c.key.desc())
        )
        return [
            KeptDecision(
                key=row.key,
                instance_key=row.instance_key,
                decision_id=row.decision_id,
                content_hash=row.content_hash,
                inputs=self._opened(row.inputs, row.key, "inputs") or {},
                output=self._opened(row.output, row.key, "output"),
                matched_rules=tuple((decision_id, number) for decision_id, number in row.matched_rules),
                data_group=DataGroup(row.data_group),
                at=row.at,
            )
            for row in rows
        ]

    def _sealed(self, key: int, name: str, value: Any) -> bytes:
        plain = msgspec.json.encode(value, enc_hook=str)
        return self._cipher.encrypt(plain, table="decision_record", key=key, field=name)

    def _opened(self, sealed: bytes, key: int, name: str) -> Any:
        return msgspec.json.decode(self._cipher.decrypt(sealed, table="decision_record", key=key, field=name))
