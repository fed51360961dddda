"""Answers of cases: each encrypted on its own with its data group; the latest of a key is the one that holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, literal, select, update

from app.domain.answers import RecordAnswer
from app.domain.errors import NotFound
from app.domain.facts import Answer
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.storage.encryption import Cipher
from app.storage.tables.care import case_answer
from app.storage.writes import write

_ADD = insert(case_answer).inline()

#: where a form has forgotten to say it, the strictest group holds
STRICTEST = DataGroup.HEALTH
_TAG = "$type"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer with the key of its row; `is_latest`: no later one to the same question."""

    key: int
    answer: Answer = field(repr=False)
    is_latest: bool


class CaseAnswers:
    """What clients and workers have answered in a case."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(
        self,
        case_key: int,
        records: Sequence[RecordAnswer],
        *,
        form_id: str,
        controller_organisation_id: str,
        task_key: int | None,
        answered_by: int | None,
        now: datetime,
    ) -> None:
        """Insert the answers; earlier ones of the same keys stay as the history of the case."""
        if records:
            write(
                self._connection,
                _ADD,
                [
                    self._row(record, new_key())
                    | {
                        "case_key": case_key,
                        "form_id": form_id,
                        "controller_org_id": controller_organisation_id,
                        "task_key": task_key,
                        "answered_at": now,
                        "answered_by": answered_by,
                    }
                    for record in records
                ],
            )

    def latest(
        self,
        case_key: int,
        *,
        fields: Collection[str] | None = None,
        visible: Collection[tuple[DataGroup, str]] | None = None,
    ) -> dict[str, Answer]:
        """
        Return the latest answer of each key, decrypted; only those of the named keys, groups and registers.

        `visible` are the (data group, controller) pairs that the reader may see; None is for the system's own facts
        and never for a page. What is not visible is never decrypted, and a hidden answer does not bring back an older
        visible one: the latest answer decides.
        """
        query = (
            select(case_answer)
            .where(case_answer.c.case_key == case_key)
            .order_by(case_answer.c.answered_at, case_answer.c.key)
        )
        if fields is not None:
            query = query.where(case_answer.c.field.in_(fields))
        latest = {row.field: row for row in self._connection.execute(query)}
        return {
            field: self.read(row)
            for field, row in latest.items()
            if visible is None or (DataGroup(row.data_group), row.controller_org_id) in visible
        }

    def given(
        self, case_key: int, *, fields: Collection[str], visible: Collection[tuple[DataGroup, str]]
    ) -> list[Answer]:
        """Return every answer that people gave to the questions, the oldest first; only those of the visible pairs."""
        rows = self._connection.execute(
            select(case_answer)
            .where(
                case_answer.c.case_key == case_key,
                case_answer.c.field.in_(fields),
                case_answer.c.task_key.is_not(None),
            )
            .order_by(case_answer.c.answered_at, case_answer.c.key)
        )
        return [self.read(row) for row in rows if (DataGroup(row.data_group), row.controller_org_id) in visible]

    def form_ids(self, case_key: int) -> list[str]:
        """Return the ids of the forms, and of the decisions that were noted, of which the case has answers."""
        rows = self._connection.scalars(
            select(case_answer.c.form_id).where(case_answer.c.case_key == case_key).distinct()
        )
        return sorted(rows)

    def of_form(self, case_key: int, form_id: str) -> dict[str, Answer]:
        """Return the answers with which the form was sent last in the case, by key; none where it never was."""
        of_it = (case_answer.c.case_key == case_key, case_answer.c.form_id == form_id)
        last = self._connection.execute(
            select(case_answer.c.task_key, case_answer.c.answered_at)
            .where(*of_it)
            .order_by(case_answer.c.answered_at.desc())
            .limit(1)
        ).one_or_none()
        if last is None:
            return {}
        rows = self._connection.execute(
            select(case_answer).where(
                *of_it,
                case_answer.c.answered_at == literal(last.answered_at, case_answer.c.answered_at.type),
                case_answer.c.task_key.is_not_distinct_from(last.task_key),
            )
        )
        return {row.field: self.read(row) for row in rows}

    def of_task(
        self, case_key: int, task_key: int, *, visible: Collection[tuple[DataGroup, str]] | None = None
    ) -> dict[str, Answer]:
        """
        Return the answers with which one task was completed last, by key; it may have been opened again in between.

        `visible` is as in `latest`.
        """
        rows = self._connection.execute(
            select(case_answer)
            .where(case_answer.c.case_key == case_key, case_answer.c.task_key == task_key)
            .order_by(case_answer.c.answered_at, case_answer.c.key)
        )
        last = {row.field: row for row in rows}
        return {
            field: self.read(row)
            for field, row in last.items()
            if visible is None or (DataGroup(row.data_group), row.controller_org_id) in visible
        }

    def groups_and_controllers(self, case_key: int) -> set[tuple[DataGroup, str]]:
        """Return in which data groups and whose registers the case has answers; decrypts nothing."""
        rows = self._connection.execute(
            select(case_answer.c.data_group, case_answer.c.controller_org_id)
            .where(case_answer.c.case_key == case_key)
            .distinct()
        )
        return {(DataGroup(row.data_group), row.controller_org_id) for row in rows}

    def get(self, key: int) -> Answer:
        """Return one answer. :raises NotFound: no such answer"""
        row = self._connection.execute(select(case_answer).where(case_answer.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("answer", key)
        return self.read(row)

    def history(self, case_key: int, *, visible: Collection[tuple[DataGroup, str]]) -> list[KeptAnswer]:
        """
        Return every answer of the case in these (data group, controller) pairs, decrypted, the oldest first.

        Which is the latest of its question is told by all of them, the hidden ones too.
        """
        rows = self._connection.execute(
            select(case_answer)
            .where(case_answer.c.case_key == case_key)
            .order_by(case_answer.c.answered_at, case_answer.c.key)
        ).all()
        latest = {row.field: row.key for row in rows}
        return [
            KeptAnswer(key=row.key, answer=self.read(row), is_latest=latest[row.field] == row.key)
            for row in rows
            if (DataGroup(row.data_group), row.controller_org_id) in visible
        ]

    def correct(self, kept: KeptAnswer, *, value: Any, fact: Any) -> None:
        """Write another value in the place of the answer's, with the fact that is made of it."""
        content = msgspec.json.encode({"value": _tagged(value), "fact": _tagged(fact)})
        sealed = self._cipher.encrypt(content, table="case_answer", key=kept.key, field="value")
        self._connection.execute(update(case_answer).where(case_answer.c.key == kept.key).values(value=sealed))

    def _row(self, record: RecordAnswer, key: int) -> dict[str, Any]:
        content = msgspec.json.encode({"value": _tagged(record.value), "fact": _tagged(record.fact)})
        return {
            "key": key,
            "field": record.key,
            "data_group": record.data_group or STRICTEST,
            "value": self._cipher.encrypt(content, table="case_answer", key=key, field="value"),
        }

    def read(self, row: Row[Any]) -> Answer:
        """Return the answer of a row of the table, decrypted."""
        plain = self._cipher.decrypt(row.value, table="case_answer", key=row.key, field="value")
        content = msgspec.json.decode(plain)
        return Answer(
            field=row.field,
            value=_untagged(content["value"]),
            fact=_untagged(content["fact"]),
            data_group=DataGroup(row.data_group),
            answered_at=row.answered_at,
            controller_organisation_id=row.controller_org_id,
            form_id=row.form_id,
            task_key=row.task_key,
        )


def _tagged(value: Any) -> Any:
    """Write dates, moments and decimals so that they come back as what they were."""
    match value:
        case datetime():
            return {_TAG: "dateTime", "value": value.isoformat()}
        case date():
            return {_TAG: "date", "value": value.isoformat()}
        case Decimal():
            return {_TAG: "decimal", "value": str(value)}
        case list() | tuple():
            return [_tagged(item) for item in value]
        case dict():
            return {key: _tagged(item) for key, item in value.items()}
        case _:
            return value


_READERS: Mapping[str, Callable[[str], Any]] = {
    "dateTime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
}


def _untagged(written: Any) -> Any:
    if isinstance(written, list):
        return [_untagged(item) for item in written]
    if isinstance(written, dict):
        reader = _READERS.get(written.get(_TAG, ""))
        if reader is not None:
            return reader(written["value"])
        return {key: _untagged(item) for key, item in written.items()}
    return written
