"""Writes that are noted down: in order for every reader, whole or not at all, alike on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, delete, event, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from app.domain.errors import StaleVersion, Unavailable
from app.storage.database import Database, RetryTransaction
from app.storage.statements import insert_many_new, upsert
from app.storage.tables.people import audit, organisation
from app.storage.writes import write

ADD = insert(organisation).inline()
RENAME = update(organisation).where(organisation.c.id == bindparam("old"))
REMOVE = delete(organisation).where(organisation.c.id == bindparam("gone"))
ADD_AUDIT = insert(audit).inline()


def row(organisation_id: str, name: object = None) -> dict[str, object]:
    return {"id": organisation_id, "type": "o_test", "name": name or {"fi": "Koe"}}


def names(database: Database) -> list[str]:
    with database.transaction(writing=False) as connection:
        return list(connection.scalars(select(organisation.c.id).order_by(organisation.c.id)))


def test_whoever_asks_finds_what_was_written_before(database):
    with database.transaction() as connection:
        write(connection, ADD, [row("a"), row("b")])
        assert connection.scalar(select(func.count()).select_from(organisation)) == 2
        write(connection, RENAME, [{"old": "a", "id": "c"}])
        assert connection.execute(update(organisation).where(organisation.c.id == "c").values(type="o_x")).rowcount == 1
        connection.commit()
    assert names(database) == ["b", "c"]


def test_a_row_is_inserted_changed_and_removed_in_this_order(database):
    with database.transaction() as connection:
        write(connection, ADD, [row("a"), row("b"), row("c")])
        write(connection, RENAME, [{"old": "a", "id": "d"}])
        write(connection, RENAME, [{"old": "d", "id": "e"}])
        write(connection, REMOVE, [{"gone": "b"}])
        write(connection, ADD, [row("f")])
        connection.commit()
    assert names(database) == ["c", "e", "f"]


def test_lines_of_a_log_keep_their_order_whatever_is_written_between(database):
    with database.transaction() as connection:
        for number in range(6):
            write(connection, ADD_AUDIT, [_line(f"{number}")])
            write(connection, ADD, [row(f"{number}")])
        connection.commit()
    with database.transaction(writing=False) as connection:
        assert list(connection.scalars(select(audit.c.action).order_by(audit.c.key))) == list("012345")


def test_all_that_is_noted_down_is_one_statement(postgresql_database):
    sent: list[str] = []
    event.listen(postgresql_database.engine, "before_cursor_execute", lambda _c, _r, sql, *_: sent.append(sql))
    with postgresql_database.transaction() as connection:
        write(connection, ADD, [row("a"), row("b")])
        write(connection, ADD, [row("c")])
        write(connection, ADD_AUDIT, [_line("one"), _line("two")])
        connection.commit()
    assert len(sent) == 1
    assert names(postgresql_database) == ["a", "b", "c"]


def _line(action: str) -> dict[str, object]:
    return {
        "at": datetime(2026, 3, 2, 9, tzinfo=UTC),
        "action": action,
        "subject": "x",
        "subject_key": 2**62,
        "details": {},
    }


@pytest.mark.parametrize("value", [{"fi": "ä'%(x)s\\ %s :a"}, [1, None, True, 0.5], "text", 7, None])
def test_values_come_back_as_they_were_written(database, value):
    moment = datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=UTC)
    line = {**_line("a % b"), "at": moment, "details": {"value": value}, "reason": "line\nbreak", "case_key": None}
    with database.transaction() as connection:
        write(connection, ADD_AUDIT, [line])
        found = connection.execute(select(audit)).one()
        connection.commit()
    assert {name: getattr(found, name) for name in line} == line


def test_a_json_null_is_no_missing_value(database):
    with database.transaction() as connection:
        write(connection, ADD_AUDIT, [{**_line("a"), "details": None}])
        connection.execute(insert(audit).values({**_line("b"), "details": None}))
        first, second = connection.execute(select(audit.c.details, audit.c.details.is_(None)).order_by(audit.c.action))
        assert tuple(first) == tuple(second)


def test_a_moment_without_a_zone_is_refused(database):
    with database.transaction() as connection, pytest.raises((ValueError, Exception), match="time zone"):
        write(connection, ADD_AUDIT, [{**_line("a"), "at": datetime(2026, 3, 2, 9)}])  # noqa: DTZ001


def test_one_that_fails_undoes_all_of_the_transaction(database):
    def write_one_twice() -> None:
        with database.transaction() as connection:
            connection.execute(insert(organisation).inline(), row("before"))
            write(connection, ADD, [row("a"), row("a"), row("b")])
            connection.commit()

    with pytest.raises(IntegrityError):
        write_one_twice()
    assert names(database) == []


def test_a_write_that_finds_no_row_raises_what_it_was_told_to(database):
    def rename_what_is_not_there() -> None:
        with database.transaction() as connection:
            write(connection, ADD, [row("a")])
            write(connection, RENAME, [{"old": "x", "id": "y"}], otherwise=StaleVersion("organisation", "x"))
            connection.commit()

    with pytest.raises(StaleVersion):
        rename_what_is_not_there()
    assert names(database) == []


def test_a_row_that_is_there_is_left_changed_or_told(database):
    with database.transaction() as connection:
        write(connection, ADD, [row("a")])
        insert_many_new(connection, organisation, [row("a", {"fi": "uusi"}), row("b")], keys=("id",))
        upsert(connection, organisation, [row("b", {"fi": "uusi"})], keys=("id",), changes=("name",))
        connection.commit()
    with database.transaction() as connection:
        found = connection.execute(select(organisation.c.id, organisation.c.name).order_by(organisation.c.id))
        assert [tuple(each) for each in found] == [("a", {"fi": "Koe"}), ("b", {"fi": "uusi"})]

    def insert_again() -> None:
        with database.transaction() as connection:
            told = StaleVersion("organisation", "a")
            insert_many_new(connection, organisation, [row("a")], keys=("id",), otherwise=told)
            connection.commit()

    with pytest.raises(StaleVersion):
        insert_again()


def test_what_is_not_committed_never_reaches_another_transaction(database):
    for _ in range(12):
        with database.transaction() as connection:
            write(connection, ADD, [row("undone")])
    with database.transaction() as connection:
        write(connection, ADD, [row("undone")])
        connection.rollback()
    for _ in range(12):
        assert names(database) == []


def test_a_server_that_goes_away_is_unavailable_and_the_pool_recovers(postgresql_database):
    database = postgresql_database

    def write_while_it_goes() -> None:
        with database.transaction() as connection:
            own = connection.scalar(text("SELECT pg_backend_pid()"))
            write(connection, ADD, [row("a")])
            with database.transaction() as other:
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
