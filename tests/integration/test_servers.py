"""The servers that the tests stand on are real, and nothing leaves this machine."""

from __future__ import annotations

import socket

import psycopg
import pytest
from sqlalchemy import func, inspect, select

from app.storage.database import Database
from app.storage.tables import metadata
from tests.servers import PostgresServer, ValkeyServer


def test_each_database_has_every_table_and_all_are_empty(database: Database) -> None:
    assert set(inspect(database.engine).get_table_names()) >= set(metadata.tables)
    with database.transaction(writing=False) as connection:
        for table in metadata.sorted_tables:
            assert connection.scalar(select(func.count()).select_from(table)) == 0, table.name


def test_what_postgresql_acknowledged_survives_a_kill(own_postgresql: PostgresServer) -> None:
    with psycopg.connect(own_postgresql.dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 500) AS number")
    own_postgresql.kill()
    own_postgresql.start()
    with psycopg.connect(own_postgresql.dsn()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (500,)


def test_valkey_asks_for_the_password_and_survives_a_kill(own_valkey: ValkeyServer) -> None:
    with own_valkey.client() as client:
        client.set("seen", "yes")
    own_valkey.kill()
    own_valkey.start()
    with own_valkey.client() as client:
        assert client.get("seen") == b"yes"


def test_a_connection_to_another_machine_is_refused() -> None:
    with pytest.raises(RuntimeError, match="wanted to reach"), socket.socket() as away:
        away.connect(("192.0.2.1", 80))
    with pytest.raises(RuntimeError, match="wanted to reach"):
        socket.getaddrinfo("example.org", 80)
