"""A county at work: five thousand people with twelve roles each, and as many open tasks as asked for."""

from __future__ import annotations

import psycopg

from tests.bench.installation import Installation
from tests.factories import AREA

#: what one person may hold, and how many of it there are
GROUPS = 12
ALL_GROUPS = 48
PEOPLE = 5_000
UNITS = 100
#: so many tasks belong to one case and one instance
TASKS_OF_CASE = 5
#: tasks that the measured person holds, whatever else there is
OWN = 60
#: what every twentieth task is called
RARE = "Suunnittele seuranta"


def fill(place: Installation, tasks: int) -> None:
    """
    Insert people, cases and open tasks shaped as real ones; the counsellor is in 12 of 48 groups and one of 5 areas.

    Of the tasks a third has a holder, a third is offered to two groups, a tenth has no due date, a twentieth is urgent.
    They have twenty names in three languages and belong to the processes that are published.
    """
    (counsellor,) = place.sql("SELECT key FROM user_account WHERE username = 'counsellor'")
    values = {
        "tasks": tasks,
        "area": AREA,
        "person": counsellor[0],
        "own": OWN,
        "rare": RARE,
        "people": PEOPLE,
        "units": UNITS,
        "groups": ALL_GROUPS,
        "each": GROUPS,
        "of_case": TASKS_OF_CASE,
    }
    with psycopg.connect(place.dsn) as connection:
        connection.execute("SET synchronous_commit = off")
        for statement in (_UNITS, _ROLES, _PEOPLE, _POSITIONS, _OWN_POSITIONS, _PROCESSES, _CLIENTS, _CASES):
            connection.execute(statement, values)
        for statement in (_INSTANCES, _TASKS, _OFFERS, _SECOND_OFFERS):
            connection.execute(statement, values)
        connection.commit()
    with psycopg.connect(place.dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


_UNITS = """
INSERT INTO unit (id, organisation_id, area_id, name)
SELECT 'unit_' || i, 'o_sote_keskus', %(area)s, jsonb_build_object('fi', 'Yksikkö ' || i)
FROM generate_series(1, %(units)s) i"""
_ROLES = """
INSERT INTO role (id, name, permissions)
SELECT 'r_bench_' || i, jsonb_build_object('fi', 'Rooli ' || i, 'sv', 'Roll ' || i, 'en', 'Role ' || i), '{}'
FROM generate_series(0, %(groups)s - 1) i"""
_PEOPLE = """
INSERT INTO user_account (key, username, name, sort_key, settings, created_at)
SELECT 4000000000 + i, 'person' || i, 'Henkilö ' || i, 'henkilö ' || i, '{}', now()
FROM generate_series(1, %(people)s) i"""
_POSITIONS = """
INSERT INTO position (user_key, role_id, unit_id)
SELECT 4000000000 + i, 'r_bench_' || ((i + n * 4) %% %(groups)s), 'unit_' || (1 + i %% %(units)s)
FROM generate_series(1, %(people)s) i, generate_series(0, %(each)s - 1) n"""
_OWN_POSITIONS = """
INSERT INTO position (user_key, role_id, unit_id)
SELECT %(person)s, 'r_bench_' || (n * 4), 'unit_sote' FROM generate_series(0, %(each)s - 1) n"""
#: the definitions by number, for the rows below
_PROCESSES = """
CREATE TEMPORARY TABLE bench_process ON COMMIT DROP AS
SELECT key, process_id, row_number() OVER (ORDER BY process_id) - 1 AS place FROM process_definition"""
_AREA = "CASE c %% 5 WHEN 0 THEN %(area)s ELSE 'area_' || (c %% 5) END"
_OF_CASES = "FROM generate_series(0, (%(tasks)s - 1) / %(of_case)s) c"
_CLIENTS = f"""
INSERT INTO client (key, area_id, controller_org_id, identity, created_at)
SELECT 5000000000 + c, {_AREA}, 'o_sote_keskus', decode(repeat('00', 200), 'hex'), now() {_OF_CASES}"""
_CASES = f"""
INSERT INTO care_case (key, number, client_key, area_id, controller_org_id, unit_id, owner_key, status, opened_at)
SELECT 6000000000 + c, '2026-' || lpad(c::text, greatest(5, length(c::text)), '0'), 5000000000 + c, {_AREA},
  'o_sote_keskus', 'unit_sote',
  4000000001 + c %% %(people)s, 'open', now() - c %% 300 * interval '1 day' {_OF_CASES}"""
_INSTANCES = f"""
INSERT INTO process_instance (key, process_definition_key, process_id, version, case_key, area_id, organisation_id,
  unit_id, business_id, status, state, revision, history_count, started_at)
SELECT 1000000000 + c, p.key, p.process_id, 1, 6000000000 + c, {_AREA}, 'o_sote_keskus', 'unit_sote', '', 'active', '',
  1, 0, now() {_OF_CASES} JOIN bench_process p ON p.place = c %% (SELECT count(*) FROM bench_process)"""  # noqa: S608
#: i: number of the task, c: of its case, h: a number that says nothing of the others
_TASKS = """
INSERT INTO user_task (key, instance_key, process_definition_key, process_id, element_instance_key, element_id, name,
  form_id, status, candidate_groups, candidate_users, case_key, area_id, organisation_id, unit_id, priority, due_at,
  follow_up_at, assignee, claimed_at, properties, created_at)
SELECT 2000000000 + i, n.key, n.process_definition_key, n.process_id, 3000000000 + i, 'vaihe_' || i %% 20,
  CASE WHEN i %% 20 = 7
    THEN jsonb_build_object('fi', %(rare)s::text, 'sv', 'Planera uppföljningen', 'en', 'Plan the follow-up')
    ELSE jsonb_build_object('fi', 'Tarkista hälytysindikaattorit ' || i %% 20, 'sv', 'Kontrollera indikatorerna '
      || i %% 20, 'en', 'Check the alarm indicators ' || i %% 20) END,
  'f_koe', 'open',
  CASE WHEN i %% 3 = 0
    THEN jsonb_build_array('r_bench_' || h %% %(groups)s, 'r_bench_' || (h + 5) %% %(groups)s)
    ELSE jsonb_build_array('r_bench_' || h %% %(groups)s) END,
  '[]', n.case_key, n.area_id, 'o_sote_keskus',
  CASE WHEN i %% 25 = 0 THEN 'unit_sote' ELSE 'unit_' || 1 + h %% %(units)s END,
  CASE WHEN i %% 20 = 3 THEN 80 WHEN i %% 20 = 11 THEN 20 ELSE 50 END,
  CASE WHEN i %% 10 = 9 THEN '9999-12-31 00:00:00+00'::timestamptz
    ELSE now() - interval '20 days' + h * interval '13 seconds' END,
  CASE WHEN i %% 20 = 5 THEN now() + h %% 30 * interval '1 day' END,
  CASE WHEN i < %(own)s THEN %(person)s WHEN h %% 3 = 0 THEN 4000000001 + h %% %(people)s END,
  CASE WHEN i < %(own)s OR h %% 3 = 0 THEN now() END, '{}', now() - h * interval '17 seconds'
FROM (SELECT i, i * 7919 %% 1000003 AS h FROM generate_series(0::bigint, %(tasks)s - 1) i) t
JOIN process_instance n ON n.key = 1000000000 + i / %(of_case)s"""
_OFFERS = """
INSERT INTO task_offer (group_id, area_id, due_at, task_key, assignee)
SELECT candidate_groups ->> 0, area_id, due_at, key, assignee FROM user_task WHERE key >= 2000000000"""
_SECOND_OFFERS = """
INSERT INTO task_offer (group_id, area_id, due_at, task_key, assignee)
SELECT candidate_groups ->> 1, area_id, due_at, key, assignee FROM user_task
WHERE key >= 2000000000 AND jsonb_array_length(candidate_groups) > 1"""
