"""
`make soak`: everything is killed again and again for about ten minutes, and ten thousand timers at once (F32, F27).

A run prints its seed; FAULT_SEED=n repeats it. FAULT_MINUTES sets how long (10).
"""

from __future__ import annotations

import os
import secrets
import time

import psycopg
import pytest

from app.storage.database import Database
from tests.faults.conftest import place_of_today
from tests.faults.diagrams import load_process
from tests.faults.embedded import Embedded, processes_folder
from tests.faults.outside import Outside, Reply
from tests.faults.processes import Parts
from tests.faults.test_load import PEOPLE, run_load
from tests.faults.timers import fire_with_two_schedulers, tell_with_two_schedulers

TIMERS = 10_000
RECEIVERS = 5_000


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_loads_survive_kills_at_random_on_both_databases(tmp_path, own_postgresql):
    """Loads of a hundred instances, three rounds of kills each, by turns on SQLite and PostgreSQL."""
    first = int(os.environ.get("FAULT_SEED") or secrets.randbelow(1_000_000))
    ends = time.monotonic() + 60 * float(os.environ.get("FAULT_MINUTES", "10"))
    runs = 0
    while runs == 0 or time.monotonic() < ends:
        outside = Outside(lambda _call, _number: Reply(silence=0.1))
        home = tmp_path / f"run{runs}"
        folder = processes_folder(home / "processes", {"load": load_process(f"{outside.origin}/effect")}, PEOPLE)
        settings = {"KYKYPOLKU_PROCESSES_FOLDER": str(folder), "KYKYPOLKU_CONNECTOR_HOSTS": outside.allowed}
        if runs % 2:
            name = f"soak{runs}"
            with psycopg.connect(own_postgresql.dsn(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
            settings["KYKYPOLKU_DATABASE_URL"] = own_postgresql.dsn(name).replace("postgresql:", "postgresql+psycopg:")
        embedded = Embedded(home / "data", settings)
        try:
            run_load(embedded, outside, seed=first + runs, rounds=3, instances=100)
        finally:
            embedded.stop()
            outside.close()
        runs += 1
    print(f"{runs} loads, seeds {first} to {first + runs - 1}")


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_ten_thousand_timers_due_at_once_with_one_of_two_schedulers_killed(
    database: Database, database_url: str, own_valkey, tmp_path
):
    """F27"""
    place = place_of_today(database)
    parts = Parts(tmp_path, database_url=database_url, valkey_url=own_valkey.url, settings={})
    try:
        took = fire_with_two_schedulers(place, parts, TIMERS, seconds=900)
    finally:
        parts.stop_all()
    print(f"\n{TIMERS} timers in {took:.1f} s on {database_url.partition(':')[0]}")


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_a_signal_to_five_thousand_with_one_of_two_schedulers_killed(
    database: Database, database_url: str, own_valkey, tmp_path
):
    place = place_of_today(database)
    parts = Parts(tmp_path, database_url=database_url, valkey_url=own_valkey.url, settings={})
    try:
        took = tell_with_two_schedulers(place, parts, RECEIVERS, seconds=900)
    finally:
        parts.stop_all()
    print(f"\n{RECEIVERS} deliveries in {took:.1f} s on {database_url.partition(':')[0]}")
