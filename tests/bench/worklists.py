"""The first page of the worklist among a thousand and among a million open tasks, in turns."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from tests.bench.clients import Person, send, sign_in
from tests.bench.installation import Installation
from tests.bench.measuring import Line, median, percentile
from tests.factories import AREA

SMALL = 1_000
LARGE = 1_000_000
#: without --full
SMALLER = 100_000
GROUPS = 12
ROUNDS = 12
PAGES = 15


def fill(place: Installation, tasks: int) -> None:
    """Insert open tasks offered to one of 24 groups in one of 5 areas; the person is in 12 and in one area."""
    (definition,) = place.sql("SELECT key FROM process_definition WHERE process_id = 'completion'")
    with psycopg.connect(place.dsn) as connection:
        connection.execute("SET synchronous_commit = off")
        values = {"definition": definition[0], "tasks": tasks, "area": AREA}
        connection.execute(_INSTANCES, values)
        connection.execute(_TASKS, values)
        connection.execute(_OFFERS, values)
        connection.commit()
    with psycopg.connect(place.dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE process_instance, user_task, task_offer")
        user = place.place.people["counsellor"].user_key
        for number in range(GROUPS):
            connection.execute(_ROLE, (f"r_bench_{number}",))
            connection.execute(
                "INSERT INTO position (user_key, role_id, unit_id) VALUES (%s, %s, 'unit_sote')",
                (user, f"r_bench_{number}"),
            )


_ROLE = """INSERT INTO role (id, name, permissions) VALUES (%s, '{"fi": "Rooli"}', '{}')"""
_AREA = "CASE i %% 5 WHEN 0 THEN %(area)s ELSE 'area_' || (i %% 5) END"
_INSTANCES = f"""
INSERT INTO process_instance (key, process_definition_key, process_id, version, area_id, organisation_id, unit_id,
  business_id, status, state, revision, history_count, started_at)
SELECT 1000000000 + i, %(definition)s, 'completion', 1, {_AREA}, 'o_sote_keskus', 'unit_sote', '', 'active', '', 1, 0,
  now() FROM generate_series(0, %(tasks)s - 1, 10) i"""  # noqa: S608 # constants
_TASKS = f"""
INSERT INTO user_task (key, instance_key, process_definition_key, process_id, element_instance_key, element_id, name,
  form_id, status, candidate_groups, candidate_users, area_id, organisation_id, unit_id, priority, due_at, properties,
  created_at)
SELECT 2000000000::bigint + i, 1000000000 + i / 10 * 10, %(definition)s, 'completion', 3000000000::bigint + i, 'kysy',
  '{{"fi": "Tehtävä"}}', 'f_koe', 'open',
  jsonb_build_array('r_bench_' || (i / 5 %% 24)), '[]', {_AREA}, 'o_sote_keskus',
  'unit_sote', 50, now() + (i::bigint * 7919 %% 1000003) * interval '1 minute', '{{}}', now()
FROM generate_series(0, %(tasks)s - 1) i"""  # noqa: S608 # constants
_OFFERS = """
INSERT INTO task_offer (group_id, area_id, due_at, task_key)
SELECT candidate_groups ->> 0, area_id, due_at, key FROM user_task WHERE key >= 2000000000"""


def first_page(small: Installation, large: Installation, tasks: int) -> Iterator[Line]:
    """Fill both installations and ask each in turn for the page of the person's groups."""
    places = {SMALL: small, tasks: large}
    people: dict[int, Person] = {}
    times: dict[int, list[float]] = {SMALL: [], tasks: []}
    medians: dict[int, list[float]] = {SMALL: [], tasks: []}
    for number, place in places.items():
        fill(place, number)
        place.start("web")
        people[number] = sign_in(place.port, "counsellor")
        send(place.port, [people[number].get("/worklist?tab=groups")] * 30, status=200)
    for _ in range(ROUNDS):
        for number, place in places.items():
            sent = send(place.port, [people[number].get("/worklist?tab=groups")] * PAGES, status=200)
            times[number] += sent.times
            medians[number].append(median(sent.times))
    ratio = median([many / few for few, many in zip(medians[SMALL], medians[tasks], strict=True)])
    name = f"worklist's first page, {tasks:,} open tasks, {GROUPS} groups"
    note = f"{median(times[SMALL]):.1f} ms among {SMALL:,}, {median(times[tasks]):.1f} ms among {tasks:,}"
    yield Line(f"{name}, against {SMALL:,}", f"{ratio:.2f}x", "<= 1.5x", ratio <= 1.5, note)
    slow = percentile(times[tasks], 0.95)
    yield Line(f"{name}, p95", f"{slow:.0f} ms", "<= 50 ms", slow <= 50, f"{len(times[tasks])} pages")
