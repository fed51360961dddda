"""Anonymous questions: rounds, links that have not been used, answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from app.domain.keys import new_key
from app.domain.surveys import Survey
from app.storage.encryption import Cipher
from app.storage.statements import insert_new
from app.storage.tables.surveys import survey, survey_answer, survey_ticket
from app.storage.types import AnyRow


class Surveys:
    """Rounds with what was answered in them; nothing here says by whom or when."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    # -- rounds --------------------------------------------------------------------------------------------------

    def open(self, *, form_id: str, area_id: str, opens_on: date, closes_on: date) -> Survey:
        """Return the round of the form that opens in the area on that day; it is made by whoever comes first."""
        row = {
            "key": new_key(),
            "form_id": form_id,
            "area_id": area_id,
            "opens_on": opens_on,
            "closes_on": closes_on,
            "closed": False,
            "invited": 0,
            "answered": 0,
        }
        insert_new(self._connection, survey, row, keys=["form_id", "area_id", "opens_on"])
        columns = survey.c
        return _survey(
            self._connection.execute(
                select(survey).where(
                    columns.form_id == form_id, columns.area_id == area_id, columns.opens_on == opens_on
                )
            ).one()
        )

    def find(self, key: int) -> Survey | None:
        """Return the round, None where there is none."""
        row = self._connection.execute(select(survey).where(survey.c.key == key)).one_or_none()
        return None if row is None else _survey(row)

    def all(self) -> list[Survey]:
        """Return every round, the newest first."""
        columns = survey.c
        query = select(survey).order_by(columns.opens_on.desc(), columns.form_id, columns.area_id)
        return [_survey(row) for row in self._connection.execute(query)]

    def close(self, key: int) -> None:
        """End the round: the links that nobody has used are forgotten."""
        # the round is locked before its links: who answers at this moment comes wholly before or finds it closed
        self._connection.execute(update(survey).where(survey.c.key == key).values(closed=True))
        self._connection.execute(delete(survey_ticket).where(survey_ticket.c.survey_key == key))

    def over(self, *, on: date, limit: int) -> list[int]:
        """Return up to `limit` rounds whose time is over and which are not closed, locked."""
        query = select(survey.c.key).where(survey.c.closed.is_(False), survey.c.closes_on <= on).limit(limit)
        return list(self._connection.scalars(query.with_for_update(skip_locked=True)))

    # -- links ---------------------------------------------------------------------------------------------------

    def add_ticket(self, *, digest: str, survey_key: int) -> None:
        """Insert a link of the round, and count who is asked."""
        self._connection.execute(insert(survey_ticket).values(digest=digest, survey_key=survey_key))
        self._connection.execute(update(survey).where(survey.c.key == survey_key).values(invited=survey.c.invited + 1))

    def find_by_ticket(self, digest: str) -> Survey | None:
        """Return the round of the link, None where the link is none or was used."""
        query = select(survey).join(survey_ticket, survey_ticket.c.survey_key == survey.c.key)
        row = self._connection.execute(query.where(survey_ticket.c.digest == digest)).one_or_none()
        return None if row is None else _survey(row)

    def use_ticket(self, digest: str, *, survey_key: int) -> bool:
        """Forget the link and count the answer; of two who bring it at once the second is told False."""
        # the round first, as closing does: the other order would deadlock with it
        self._connection.execute(
            update(survey).where(survey.c.key == survey_key).values(answered=survey.c.answered + 1)
        )
        return self._connection.execute(delete(survey_ticket).where(survey_ticket.c.digest == digest)).rowcount == 1

    # -- answers -------------------------------------------------------------------------------------------------

    def add_answers(self, survey_key: int, *, coded: Mapping[str, Sequence[Any]], written: Mapping[str, str]) -> None:
        """Insert the codes and numbers by field, and what was written by field; each under a random key of its own."""
        rows: list[dict[str, Any]] = [
            {"key": new_key(), "survey_key": survey_key, "field": field, "value": value, "written": None}
            for field, values in coded.items()
            for value in values
        ]
        for field, text in written.items():
            key = new_key()
            sealed = self._cipher.encrypt(text.encode(), table="survey_answer", key=key, field="written")
            rows.append({"key": key, "survey_key": survey_key, "field": field, "value": None, "written": sealed})
        # in the order of their keys, which is none: not as they stand in the form of one person
        for row in sorted(rows, key=lambda each: each["key"]):
            self._connection.execute(insert(survey_answer).values(**row))

    def coded(self, survey_key: int) -> Iterator[tuple[str, Any]]:
        """Yield field and value of every code and number of the round."""
        query = select(survey_answer.c.field, survey_answer.c.value).where(
            survey_answer.c.survey_key == survey_key, survey_answer.c.written.is_(None)
        )
        for row in self._connection.execute(query.order_by(survey_answer.c.key)):
            yield row.field, row.value

    def written(self, survey_key: int) -> Iterator[tuple[str, str]]:
        """Yield field and text of all that was written in the round, in the order of random keys."""
        query = select(survey_answer.c.key, survey_answer.c.field, survey_answer.c.written).where(
            survey_answer.c.survey_key == survey_key, survey_answer.c.written.is_not(None)
        )
        for row in self._connection.execute(query.order_by(survey_answer.c.key)):
            plain = self._cipher.decrypt(row.written, table="survey_answer", key=row.key, field="written")
            yield row.field, plain.decode()


def _survey(row: AnyRow) -> Survey:
    return Survey(
        key=row.key,
        form_id=row.form_id,
        area_id=row.area_id,
        opens_on=row.opens_on,
        closes_on=row.closes_on,
        closed=row.closed,
        invited=row.invited,
        answered=row.answered,
    )
