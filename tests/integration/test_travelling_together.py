"""Writes that travel together keep their order, fail as one by one, and leave a connection that can be used."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from app.domain.errors import Unavailable
from app.storage.database import Database, RetryTransaction, sent_together
from app.storage.tables.people import organisation


def row(organisation_id: str) -> dict[str, object]:
    return {"id": organisation_id, "type": "o_test", "name": {"fi": "Koe"}}


def names(database: Database) -> list[str]:
    with database.transaction(writing=False) as connection:
        return list(connection.scalars(select(organisation.c.id).order_by(organisation.c.id)))


def test_what_travels_together_is_there_when_the_block_ends(database):
    with database.transaction() as connection:
        with sent_together(connection):
            connection.execute(insert(organisation).inline(), row("a"))
            connection.execute(organisation.update().where(organisation.c.id == "a").values(id="b"))
            connection.execute(insert(organisation).inline(), [row("c"), row("d")])
        assert connection.scalar(select(organisation.c.id).where(organisation.c.id == "b")) == "b"
        connection.commit()
    assert names(database) == ["b", "c", "d"]


def test_one_that_fails_undoes_all_of_the_transaction(database):
    def write_one_twice() -> None:
        with database.transaction() as connection:
            connection.execute(insert(organisation).inline(), row("before"))
            with sent_together(connection):
                connection.execute(insert(organisation).inline(), row("a"))
                connection.execute(insert(organisation).inline(), row("a"))
                connection.execute(insert(organisation).inline(), row("b"))
            connection.commit()

    with pytest.raises(IntegrityError):
        write_one_twice()
    assert names(database) == []


def test_a_server_that_goes_away_meanwhile_is_unavailable_and_the_pool_recovers(postgresql_database):
    database = postgresql_database

    def write_while_it_goes() -> None:
        with database.transaction() as connection:
            own = connection.scalar(text("SELECT pg_backend_pid()"))
            with sent_together(connection), database.transaction() as other:
                connection.execute(insert(organisation).inline(), row("a"))
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
                other.commit()
            connection.commit()

    with pytest.raises((Unavailable, RetryTransaction)):
        write_while_it_goes()
    assert names(database) == []


def test_a_look_up_leaves_the_connection_as_writing_needs_it(database):
    for _ in range(3):
        with database.transaction(writing=False, single=True) as connection:
            assert connection.scalar(select(organisation.c.id)) is None
    with database.transaction() as connection:
        connection.execute(insert(organisation), row("undone"))
    assert names(database) == []
