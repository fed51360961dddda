"""What is asked past SQLAlchemy's execution is answered alike, sees the same transaction and fails alike."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, event, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError

from app.storage.database import Database, RetryTransaction
from app.storage.encryption import Cipher
from app.storage.reads import find_row, find_rows
from app.storage.tables.people import audit, organisation
from app.storage.unit_of_work import unit_of_work
from app.storage.writes import write

ADD = insert(organisation).inline()
FIND = select(organisation).where(organisation.c.id == bindparam("sought"))
FIND_TESTS = select(organisation.c.id).where(organisation.c.type == "o_test").order_by(organisation.c.id)
FIND_AUDIT = select(audit).where(audit.c.action == bindparam("sought"))
RENAME = (
    update(organisation).where(organisation.c.id == bindparam("sought")).values(type="o_new").returning(organisation)
)
ADD_AUDIT = insert(audit).inline()
CIPHER = Cipher(data_keys=[b"d" * 32], index_key=b"i" * 32)
#: enough for the driver to have the statement prepared
REPEATED = 12


def row(organisation_id: str, name: object = None) -> dict[str, object]:
    return {"id": organisation_id, "type": "o_test", "name": name or {"fi": "Koe"}}


@pytest.mark.parametrize("value", [{"fi": "ä'%(x)s\\ %s :a $1"}, [1, None, True, 0.5], "text", None])
def test_a_row_is_found_as_sqlalchemy_would_find_it(database, value):
    moment = datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=UTC)
    line = {"at": moment, "action": "a % $1 b", "subject": "ö\n", "subject_key": 2**62, "details": {"value": value}}
    with database.transaction() as connection:
        write(connection, ADD_AUDIT, [line])
        for _ in range(REPEATED):
            ours = find_row(connection, FIND_AUDIT, sought="a % $1 b")
            theirs = connection.execute(FIND_AUDIT, {"sought": "a % $1 b"}).one()
            assert ours._asdict() == dict(theirs._mapping)
            assert ours.at.tzinfo is UTC
        connection.commit()


def test_what_is_noted_down_is_written_before_the_question(database):
    with database.transaction() as connection:
        for number in range(REPEATED):
            write(connection, ADD, [row(f"{number:02}")])
            assert [found.id for found in find_rows(connection, FIND_TESTS)] == [f"{n:02}" for n in range(number + 1)]
            assert find_row(connection, FIND, sought=f"{number + 1:02}") is None


def test_what_an_update_gives_back_is_a_row(database):
    with database.transaction() as connection:
        write(connection, ADD, [row("a"), row("b")])
        changed = find_row(connection, RENAME, sought="a")
        assert changed is not None
        assert (changed.id, changed.type) == ("a", "o_new")
        assert find_row(connection, RENAME, sought="x") is None


def test_more_than_one_row_by_a_key_is_a_fault(database):
    with database.transaction() as connection:
        write(connection, ADD, [row("a"), row("b")])
        with pytest.raises(AssertionError):
            find_row(connection, FIND_TESTS)


def test_what_the_server_refuses_undoes_all_of_the_transaction(postgresql_database):
    def ask_for_nonsense() -> None:
        with postgresql_database.transaction() as connection:
            connection.execute(ADD, row("undone"))
            find_row(connection, FIND, sought="\0")

    with pytest.raises(DataError):
        ask_for_nonsense()

    def write_one_twice() -> None:
        with postgresql_database.transaction() as connection:
            write(connection, ADD, [row("a"), row("a")])
            find_row(connection, FIND, sought="a")

    with pytest.raises(IntegrityError):
        write_one_twice()
    assert _names(postgresql_database) == []


def test_a_pool_of_connections_that_broke_is_given_up_at_the_first(postgresql_database):
    database = postgresql_database

    def ask_four_at_once(attempt: int) -> None:
        with database.transaction() as a, database.transaction() as b, database.transaction() as c:
            for connection in (a, b, c):
                assert find_row(connection, FIND, sought="x") is None, attempt

    ask_four_at_once(1)
    with database.transaction() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        connection.execute(text(f"{others} WHERE pid <> pg_backend_pid() AND datname = current_database()"))
    with pytest.raises(RetryTransaction):
        # the pool gives the longest unused last
        ask_four_at_once(2)
    ask_four_at_once(3)


def test_reading_keeps_what_the_server_has_prepared_and_cannot_write(postgresql_database):
    database = postgresql_database
    sent: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda _c, _r, sql, *_: sent.append(sql))
    for _ in range(REPEATED):
        with unit_of_work(database, CIPHER, writing=False) as uow:
            assert find_row(uow.connection, FIND, sought="x") is None
    assert len(sent) == REPEATED
    with database.transaction(writing=False) as connection:
        prepared = connection.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
    assert prepared >= 1

    def write_while_reading() -> None:
        with unit_of_work(database, CIPHER, writing=False) as uow:
            write(uow.connection, ADD, [row("a")])

    with pytest.raises(Exception, match="read-only transaction"):
        write_while_reading()
    with database.transaction() as connection:
        write(connection, ADD, [row("b")])
        connection.commit()
    assert _names(database) == ["b"]


def _names(database: Database) -> list[str]:
    with database.transaction(writing=False) as connection:
        return [found.id for found in find_rows(connection, FIND_TESTS)]
