"""The migrations lead to exactly the tables of this build, and back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError

from app.storage.database import Database
from app.storage.schema import current_revision, downgrade, newest_revision, upgrade
from app.storage.tables import metadata
from app.storage.tables.people import audit
from app.storage.tables.rights import log_cut

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database(request, tmp_path):
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'bare.db'}")
        yield database
    else:
        database = Database(request.getfixturevalue("clean_postgresql_url"))
        with database.engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        yield database
        with database.engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        metadata.create_all(database.engine)
    database.close()


# an index with a direction cannot be read back from SQLite, which has none; PostgreSQL's is compared
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_migrations_give_the_tables_of_this_build(bare_database):
    upgrade(bare_database)
    assert current_revision(bare_database) == newest_revision()
    with bare_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_migrations_go_down_to_nothing_and_up_again(bare_database):
    upgrade(bare_database)
    downgrade(bare_database)
    assert set(inspect(bare_database.engine).get_table_names()) <= {"alembic_version"}
    upgrade(bare_database)
    upgrade(bare_database)
    assert current_revision(bare_database) == newest_revision()


@pytest.mark.parametrize(
    "statement",
    [delete(audit), update(audit).values(action="other"), update(audit).values(sequence=2)],
    ids=["delete", "change", "seal_twice"],
)
def test_the_database_refuses_to_change_the_audit(bare_database, statement):
    upgrade(bare_database)
    with bare_database.engine.begin() as connection:
        connection.execute(
            insert(audit).values(at=NOW, action="published", subject="deployment", subject_key=1, details={})
        )
        connection.execute(update(audit).values(sequence=1, mac="m"))
    with pytest.raises(DBAPIError, match="append-only"), bare_database.engine.begin() as connection:
        connection.execute(statement)


def test_the_database_lets_go_of_a_line_of_the_logs_only_behind_a_cut(bare_database):
    upgrade(bare_database)
    line = {"at": NOW, "action": "x", "subject": "case", "subject_key": 1, "details": {}}
    with bare_database.engine.begin() as connection:
        connection.execute(insert(audit), [line, line])
        for number, key in enumerate(connection.scalars(select(audit.c.key).order_by(audit.c.key)).all(), 1):
            connection.execute(update(audit).where(audit.c.key == key).values(sequence=number, mac="m"))
        connection.execute(
            insert(log_cut).values(log="audit", sequence=1, mac="m", written_before=NOW, cut_at=NOW, lines=1, proof="p")
        )
        connection.execute(delete(audit).where(audit.c.sequence == 1))
    with pytest.raises(DBAPIError, match="append-only"), bare_database.engine.begin() as connection:
        connection.execute(delete(audit))
    with bare_database.engine.connect() as connection:
        assert connection.scalars(select(audit.c.sequence)).all() == [2]
