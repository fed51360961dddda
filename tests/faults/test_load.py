"""
A hundred instances worked through over HTTP while everything is killed, one after the other and all at once.

SIGKILL to web, worker, scheduler and Valkey (parents or their children), then to the whole group, at seeded moments.
FAULT_SEED=n repeats a run.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.settings import Settings
from app.storage.database import Database
from app.storage.tables.instances import process_instance
from app.storage.tables.work import user_task
from tests.faults.diagrams import LOAD_STORY, load_process
from tests.faults.embedded import Embedded, processes_folder
from tests.faults.invariants import ensure_sound, open_incident_codes, stories
from tests.faults.load import Load
from tests.faults.outside import Outside, Reply
from tests.faults.processes import descendants, within

INSTANCES = 100
PEOPLE = 4
VICTIMS = ("web", "worker", "scheduler", "valkey")


@pytest.fixture
def outside() -> Iterator[Outside]:
    # slow enough that a kill finds calls under way
    outside = Outside(lambda _call, _number: Reply(silence=0.1))
    yield outside
    outside.close()


def strike(embedded: Embedded, victim: str, choice: random.Random, outside: Outside) -> None:
    """Kill the child or, one time in two, something below it; the worker in the middle of a call."""
    assert within(40, lambda: victim in embedded.children()), f"{victim} did not come back"
    pid = embedded.children()[victim]
    below = descendants(pid)
    if victim == "worker":
        within(3, lambda: outside.under_way, every=0.005)
    target = choice.choice(below) if below and choice.random() < 0.5 else pid
    try:
        os.kill(target, signal.SIGKILL)
    except ProcessLookupError:
        return


def plan(choice: random.Random, rounds: int) -> list[str]:
    """Return whom to kill in which order: each in every round (the worker twice), the whole group in its middle."""
    order: list[str] = []
    for _ in range(rounds):
        order += choice.sample([*VICTIMS, "worker"], len(VICTIMS) + 1)
        order.insert(len(order) - 2, "everybody")
    return order


def completed_instances(database: Database) -> int:
    with database.engine.connect() as connection:
        return len(
            connection.scalars(
                select(process_instance.c.key).where(
                    process_instance.c.process_id == "load", process_instance.c.status == "completed"
                )
            ).all()
        )


def run_load(embedded: Embedded, outside: Outside, *, seed: int, rounds: int, instances: int) -> None:
    choice = random.Random(seed)
    began = time.monotonic()
    embedded.start()
    load = Load(embedded.port, people=PEOPLE, instances=instances, seed=seed)
    try:
        order = plan(choice, rounds)
        for number, victim in enumerate(order, start=1):
            load.let(number * instances // len(order))
            time.sleep(choice.uniform(0.3, 1.5))
            if victim == "everybody":
                embedded.kill_everybody()
                embedded.start()
            else:
                strike(embedded, victim, choice, outside)
        load.let(instances)
        database = Database(Settings.load(embedded.environment).database_url)
        done = within(90, lambda: completed_instances(database) == instances or load.account.wrong, every=0.3)
        assert load.account.wrong == []
        assert done, (completed_instances(database), open_incident_codes(database), embedded.log.read_text()[-3000:])
    finally:
        load.stop()
    assert embedded.stop() == [], "processes are left"
    check(embedded, database, load, outside, instances)
    database.close()
    account = load.account
    print(
        f"\nseed {seed}: {len(order)} kills, {instances} instances, {len(account.completed)} completions told, "
        f"{account.repeated} requests sent again, {account.too_late} too late, "
        f"{len(outside.calls)} calls for {len(outside.effects)} effects, {time.monotonic() - began:.0f} s"
    )


def check(embedded: Embedded, database: Database, load: Load, outside: Outside, instances: int) -> None:
    told = stories(database, "load")
    assert len(told) == instances, "a start was lost, or counted twice"
    assert all(sorted(story) == sorted(LOAD_STORY) for story in told.values())
    with database.engine.connect() as connection:
        status = {row.key: row.status for row in connection.execute(select(user_task.c.key, user_task.c.status))}
    # I1: whatever somebody was told is done
    assert {status.get(key) for key in load.account.completed} == {"completed"}
    assert len(status) == 2 * instances
    # I3: one effect for each call outside, however often it was asked for
    assert len(outside.effects) == instances
    assert open_incident_codes(database) == []
    ensure_sound(database, secret=Settings.load(embedded.environment).key_bytes("audit_key"))


@pytest.mark.timeout(300)
def test_a_load_survives_the_death_of_every_process_and_of_all_at_once(tmp_path, outside) -> None:
    folder = processes_folder(tmp_path / "processes", {"load": load_process(f"{outside.origin}/effect")}, PEOPLE)
    embedded = Embedded(
        tmp_path / "data",
        {"KYKYPOLKU_PROCESSES_FOLDER": str(folder), "KYKYPOLKU_CONNECTOR_HOSTS": outside.allowed},
    )
    try:
        run_load(embedded, outside, seed=int(os.environ.get("FAULT_SEED", "20261122")), rounds=1, instances=INSTANCES)
    finally:
        embedded.stop()
