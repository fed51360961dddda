"""One's own completion is taken back while nothing has been built on it: all is as it was, and the history goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.commands import _way_back
from app.commands.absences import Leave, begin_absence
from app.commands.cancel_instance import cancel_instance
from app.commands.claim_task import claim_task
from app.commands.complete_task import Submission, complete_task
from app.commands.jobs import claim_jobs
from app.commands.pause_instance import pause_instance
from app.commands.prune import prune
from app.commands.reopen_task import reopen_task
from app.commands.save_draft import save_draft
from app.domain.actor import Actor
from app.domain.calendar import local_date
from app.domain.errors import InstancePaused, NotAllowed, NotReopenable
from app.domain.steps import InstanceStatus, JobOpened, Step, WaitClosed, WaitKind
from app.domain.way_back import Obstacle, Standing, obstacle_now, obstacle_of
from app.engine.codec import StateRecord, TokenRecord, encode
from app.engine.rekeying import rekeyed
from app.engine.run import inspect_state, read_variables
from app.queries.own_path import own_path
from app.queries.worklist import Tab, Wish, next_tasks, worklist
from app.storage.tables.instances import process_instance, variable
from app.storage.tables.people import audit
from app.storage.tables.work import task_offer, user_task, way_back
from tests.factories import START, WORK, chain, diagram, flow, make_place, user_step
from tests.integration.test_pending_uploads import Desk
from tests.integration.test_pruning import DAYS
from tests.races.test_commands import open_case, race

BOTH = pytest.mark.parametrize("place", ["sqlite_database", "postgresql_database"], indirect=True)
SAID = {"fi": "Jatkuu", "sv": "Fortgår", "en": "Goes on"}
FORM = {
    "id": "f_koe",
    "title": SAID,
    "dataGroup": "perustiedot",
    "sections": [
        {
            "key": "osa",
            "title": SAID,
            "fields": [{"key": "maara", "type": "integer", "label": SAID, "variable": "maara", "required": True}],
        }
    ],
}
#: a task in a sub-process that a timer watches; after it two tasks at once
NESTED = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:subProcess id="inside"><bpmn:startEvent id="inner_begin"/>'
    + user_step("first", form_id="f_koe")
    + '<bpmn:endEvent id="inner_done"/>'
    + chain("inner_begin", "first", "inner_done")
    + '</bpmn:subProcess><bpmn:boundaryEvent id="late" attachedToRef="inside"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    + user_step("reminder")
    + '<bpmn:parallelGateway id="fork"/>'
    + user_step("left")
    + user_step("right", groups="r_laakari")
    + '<bpmn:endEvent id="done"/>'
    + chain("begin", "inside", "fork", "left", "done")
    + chain("fork", "right", "done")
    + flow("late", "reminder")
)


@pytest.fixture
def place(request):
    place = make_place(request.getfixturevalue(getattr(request, "param", "sqlite_database")))
    place.publish(NESTED, resources={"f_koe.json": json.dumps(FORM).encode()})
    return place


def complete(place, task, person="counsellor", maara="7", **values):
    fields = {"maara": [maara]}
    submission = Submission(fields=fields, **values)
    return place.run(complete_task, task_key=task, actor=place.people[person], submission=submission)


def reopen(place, task, person="counsellor"):
    return place.run(reopen_task, task_key=task, actor=place.people[person])


def rows(place, query):
    with place.executor.database.engine.connect() as connection:
        return connection.execute(query).all()


def state_of(place, instance):
    return rows(place, select(process_instance.c.state).where(process_instance.c.key == instance))[0].state


def waits_of(place, instance):
    """Return element, kind and key of all that the state waits for."""
    return {
        (wait.element_id, wait.kind, wait.key)
        for each in inspect_state(state_of(place, instance))
        for wait in each.waits
    }


def named(place, instance):
    """Return the values that the monitor shows, by name."""
    return {row.name: row.value for row in rows(place, select(variable).where(variable.c.instance_key == instance))}


def refused(place, task, person="counsellor"):
    with pytest.raises(NotReopenable) as error:
        reopen(place, task, person)
    return error.value.obstacle


@BOTH
def test_all_is_as_it_was_and_the_history_tells_both(place):
    instance = place.start(variables={"maara": 1})
    task = place.open_tasks(instance)["first"]
    place.run(claim_task, task_key=task, actor=place.people["counsellor"])
    before, values, timers = (
        waits_of(place, instance),
        read_variables(state_of(place, instance)),
        place.open_timers(instance),
    )
    shown = named(place, instance)
    complete(place, task)
    assert set(place.open_tasks(instance)) == {"left", "right"}
    assert named(place, instance)["maara"] == 7
    place.later(minutes=59)
    opened = reopen(place, task)
    assert (opened.status, opened.assignee) == ("open", place.people["counsellor"].user_key)
    assert place.open_tasks(instance) == {"first": task}
    assert (waits_of(place, instance), place.open_timers(instance)) == (before, timers)
    assert read_variables(state_of(place, instance)).get(instance) == values.get(instance)
    assert named(place, instance) == shown
    told = place.events(instance)
    assert told[-5:] == [
        ("first", "withdrawn"),
        ("right", "terminated"),
        ("left", "terminated"),
        ("inside", "activated"),
        ("first", "activated"),
    ]
    draft, _ = place.executor.read(lambda uow: uow.tasks.find_draft(task, place.people["counsellor"].user_key))
    assert msgspec.json.decode(draft) == {"maara": ["7"]}
    # and all goes on as if for the first time
    complete(place, task, maara="8")
    assert named(place, instance)["maara"] == 8
    tasks = place.open_tasks(instance)
    complete(place, tasks["left"])
    complete(place, tasks["right"], "doctor")
    assert place.status(instance) == "completed"


@BOTH
def test_it_is_taken_back_once_and_against_whoever_goes_on(place):
    for rival in ("reopen", "claim", "complete"):
        instance = place.start()
        task = place.open_tasks(instance)["first"]
        complete(place, task)
        following = place.open_tasks(instance)["left"]
        rivals = {
            "reopen": lambda task=task: reopen(place, task),
            "claim": lambda key=following: place.run(claim_task, task_key=key, actor=place.people["colleague"]),
            "complete": lambda key=following: complete(place, key, "colleague"),
        }
        found = race(lambda task=task: reopen(place, task), rivals[rival])
        if rival == "reopen":
            assert found == ["done", "done"]
            assert place.events(instance).count(("first", "withdrawn")) == 1
        else:
            assert found in (["NotReopenable", "done"], ["TaskAlreadyClosed", "done"])


@BOTH
def test_a_job_is_either_begun_or_cancelled(place):
    place.publish(WORK)
    for claimed_first in (True, False, None):
        instance = place.start()
        task = place.open_tasks(instance)["first"]
        place.run(complete_task, task_key=task, actor=place.people["counsellor"], submission=Submission(fields={}))
        job = place.open_jobs(instance)["work"]

        def claim(job=job):
            return bool(place.run(claim_jobs, keys=[job], owner="w", lease=timedelta(seconds=60)))

        if claimed_first:
            assert claim()
            assert refused(place, task) == "job"
        elif claimed_first is False:
            reopen(place, task)
            assert not claim()
            assert place.open_jobs(instance) == {}
        else:
            found = race(claim, lambda task=task: reopen(place, task))
            assert found in (["NotReopenable", "done"], ["done", "nothing"])


def test_what_has_been_built_on_it_keeps_it_closed(place):
    def done(person="counsellor"):
        instance = place.start()
        task = place.open_tasks(instance)["first"]
        complete(place, task, person)
        return instance, task, place.open_tasks(instance)["left"]

    _, task, following = done()
    place.run(save_draft, task_key=following, actor=place.people["colleague"], fields={})
    assert refused(place, task) == "taken"
    _, task, following = done()
    complete(place, following, "colleague")
    assert refused(place, task) == "went_on"
    instance, task, _ = done()
    place.run(pause_instance, instance_key=instance, actor=place.people["admin"], reason="koe")
    with pytest.raises(InstancePaused):
        reopen(place, task)
    instance, task, _ = done()
    place.run(cancel_instance, instance_key=instance, actor=place.people["admin"], reason="koe")
    assert refused(place, task) == "went_on"
    _, task, _ = done()
    place.later(minutes=61)
    assert refused(place, task) == "late"


def test_nobody_else_takes_it_back_nor_who_has_lost_the_role(place):
    task = place.open_tasks(place.start())["first"]
    complete(place, task)
    for person in (
        place.people["colleague"],
        place.people["doctor"],
        replace(place.people["counsellor"], roles=frozenset()),
    ):
        with pytest.raises(NotAllowed):
            place.run(reopen_task, task_key=task, actor=person)


def test_of_a_wide_state_no_second_copy_is_kept(place, monkeypatch):
    monkeypatch.setattr(_way_back, "LARGEST_STATE", 10)
    task = place.open_tasks(place.start())["first"]
    complete(place, task)
    assert refused(place, task) == "wide"
    assert [row.content for row in rows(place, select(way_back.c.content))] == [None]


def test_what_a_substitute_did_is_open_again_for_who_is_away(place):
    task = place.open_tasks(place.start())["first"]
    place.run(claim_task, task_key=task, actor=place.people["counsellor"])
    today = local_date(place.now).isoformat()
    leave = Leave(first_day=today, last_day=today, substitute="colleague")
    place.run(begin_absence, leave=leave, actor=place.people["counsellor"])
    complete(place, task, "colleague")
    with pytest.raises(NotAllowed):
        reopen(place, task)
    assert reopen(place, task, "colleague").assignee == place.people["counsellor"].user_key
    assert place.executor.read(lambda uow: uow.tasks.find_draft(task, place.people["colleague"].user_key))
    complete(place, task, "colleague")


def test_the_client_is_not_told_that_it_has_been_done(place):
    named_step = user_step("first").replace(
        "</bpmn:extensionElements>",
        '<zeebe:properties><zeebe:property name="kyky.clientName" value="Arviointi"/></zeebe:properties>'
        "</bpmn:extensionElements>",
    )
    body = '<bpmn:startEvent id="begin"/>' + named_step + user_step("second") + '<bpmn:endEvent id="done"/>'
    place.publish(diagram(body + chain("begin", "first", "second", "done"), process_id="told"))
    case_key = open_case(place)
    task = place.open_tasks(place.start("told", case_key=case_key))["first"]
    client_key = place.executor.read(lambda uow: uow.care.cases.get(case_key).client_key)
    client = Actor(
        user_key=client_key,
        name="",
        roles=frozenset({"r_asiakas"}),
        client_key=client_key,
        case_keys=frozenset({case_key}),
    )

    def been():
        [stage] = place.run(own_path, actor=client).cases[0].stages
        return [name["fi"] for name in stage.been]

    complete(place, task)
    assert been() == ["Arviointi"]
    reopen(place, task)
    assert been() == []


def test_the_last_task_and_one_done_by_a_program_stay_done(place):
    instance = place.start()
    task = place.open_tasks(instance)["first"]
    place.run(
        complete_task, task_key=task, actor=place.people["counsellor"], submission=Submission(values={"maara": 1})
    )
    assert refused(place, task) == "went_on"
    tasks = place.open_tasks(instance)
    complete(place, tasks["left"])
    complete(place, tasks["right"], "doctor")
    assert refused(place, tasks["right"], "doctor") == "ended"


def test_of_a_task_noted_by_the_week_nothing_is_kept(place):
    noted = user_step("first").replace(
        "</bpmn:extensionElements>",
        '<zeebe:properties><zeebe:property name="kyky.noteTime" value="week"/></zeebe:properties>'
        "</bpmn:extensionElements>",
    )
    body = '<bpmn:startEvent id="begin"/>' + noted + user_step("second") + '<bpmn:endEvent id="done"/>'
    place.publish(diagram(body + chain("begin", "first", "second", "done"), process_id="by_week"))
    task = place.open_tasks(place.start("by_week"))["first"]
    complete(place, task)
    assert rows(place, select(way_back)) == []
    assert refused(place, task) == "week"


def test_it_is_offered_where_it_can_be_and_forgotten_in_time(place):
    instance = place.start()
    task = place.open_tasks(instance)["first"]
    complete(place, task)
    counsellor = place.people["counsellor"]

    def offered():
        page = place.executor.read(worklist, actor=counsellor, wish=Wish(tab=Tab.DONE), now=place.now)
        after = place.executor.read(next_tasks, task_key=task, actor=counsellor, now=place.now)
        return task in page.reopenable, after.obstacle

    assert offered() == (True, None)
    [kept] = rows(place, select(way_back.c.content))
    assert b"maara" not in kept.content
    following = place.open_tasks(instance)["left"]
    place.run(claim_task, task_key=following, actor=place.people["colleague"])
    assert offered()[1] is Obstacle.TAKEN
    assert place.run(prune, retention=DAYS).ways_back == 0
    place.later(minutes=61)
    assert offered() == (False, Obstacle.LATE)
    assert place.run(prune, retention=DAYS).ways_back == 1
    assert offered() == (False, Obstacle.WENT_ON)


def test_the_audit_says_it_and_the_offers_are_there_again(place):
    task = place.open_tasks(place.start())["first"]
    complete(place, task)
    reopen(place, task)
    [line] = rows(place, select(audit).where(audit.c.action == "task_reopened"))
    assert line.actor_key == place.people["counsellor"].user_key
    [offer] = rows(place, select(task_offer).where(task_offer.c.task_key == task))
    assert offer.assignee == place.people["counsellor"].user_key
    assert rows(place, select(func.count()).select_from(user_task).where(user_task.c.element_id == "first"))[0][0] == 1


def test_the_page_after_completing_and_the_list_of_done_tasks_offer_it(sqlite_database, tmp_path):
    desk = Desk(sqlite_database, tmp_path)
    desk.place.publish(NESTED, resources={"f_koe.json": json.dumps(FORM).encode()})
    task = desk.place.open_tasks(instance := desk.place.start())["first"]
    person = desk.person()
    assert desk.send(person, task, maara="7").headers["Location"].endswith("/done")
    for page in (f"/tasks/{task}/done", "/worklist?tab=done"):
        assert f'action="/tasks/{task}/reopen"' in person.get(page).text
    answer = desk.send(person, task, way="/reopen")
    assert answer.headers["Location"] == f"/tasks/{task}"
    page = person.get(f"/tasks/{task}").text
    assert 'value="7"' in page
    assert "valmistuminen peruttiin" in page
    desk.send(person, task, maara="8")
    desk.place.run(claim_task, task_key=desk.place.open_tasks(instance)["left"], actor=desk.place.people["colleague"])
    assert desk.send(person, task, way="/reopen").headers["Location"].endswith("/done")
    page = person.get(f"/tasks/{task}/done").text
    assert "joku on jo tarttunut seuraavaan tehtävään" in page
    assert "/reopen" not in page


# -- the rules by themselves -----------------------------------------------------------------------------------------


QUIET = Step(state=b"", status=InstanceStatus.ACTIVE)


@pytest.mark.parametrize(
    ("change", "obstacle"),
    [
        ({}, None),
        ({"status": InstanceStatus.COMPLETED}, Obstacle.ENDED),
        ({"calls": (object(),)}, Obstacle.CALLED),
        ({"calls_ended": (object(),)}, Obstacle.CALLED),
        ({"messages": (object(),)}, Obstacle.MESSAGE),
        ({"signals": (object(),)}, Obstacle.MESSAGE),
        ({"notes": (object(),), "decisions": (object(),)}, None),
        ({"closed": (WaitClosed(key=2, kind=WaitKind.USER_TASK, completed=False),)}, Obstacle.OTHERS),
        ({"closed": (WaitClosed(key=2, kind=WaitKind.JOB, completed=False),)}, Obstacle.OTHERS),
        ({"closed": (WaitClosed(key=2, kind=WaitKind.TIMER, completed=False),)}, None),
        ({"closed": (WaitClosed(key=1, kind=WaitKind.USER_TASK, completed=True),)}, None),
        (
            {
                "opened": (
                    JobOpened(
                        key=3, element_instance_key=4, element_id="a", type="t", retries=1, listener_event="creating"
                    ),
                )
            },
            Obstacle.LISTENERS,
        ),
    ],
)
def test_what_stands_in_the_way_from_the_first(change, obstacle):
    step = replace(QUIET, **change)
    assert obstacle_of(step, task_key=1, answers=None, opened_case=False) is obstacle
    assert obstacle_of(step, task_key=1, answers=None, opened_case=True) is not None


@given(
    minutes=st.integers(0, 120),
    latest=st.booleans(),
    untouched=st.booleans(),
    unbegun=st.booleans(),
    mailed=st.booleans(),
)
def test_every_thing_built_on_it_stands_in_the_way(minutes, latest, untouched, unbegun, mailed):
    standing = Standing(
        task_key=1, at=START, obstacle="", is_latest=latest, untouched=untouched, unbegun=unbegun, mailed=mailed
    )
    now = START + timedelta(minutes=minutes)
    found = obstacle_now(standing, task_key=1, properties={}, lasts=timedelta(hours=1), now=now)
    assert (found is None) is (minutes <= 60 and latest and untouched and unbegun and not mailed)
    assert obstacle_now(standing, task_key=2, properties={}, lasts=timedelta(hours=1), now=now) is Obstacle.WENT_ON


@given(st.sets(st.integers(1, 2**63 - 1), min_size=2, max_size=6), st.data())
def test_new_keys_take_the_place_of_old_ones_everywhere_and_nothing_else_changes(keys, data):
    root, *others = sorted(keys)
    ended = data.draw(st.sets(st.sampled_from([*others, 2**63])))
    tokens = [TokenRecord(key, root, f"e{number}", 1, data={"of": key}) for number, key in enumerate(others)]
    state = encode(StateRecord(1, "p", "hash", "active", root, [TokenRecord(root, 0, "p", 1), *tokens]))
    fresh = iter(range(-1, -100, -1))
    changed, given_ = rekeyed(state, ended, new_key=lambda: next(fresh))
    assert set(given_) == ended & set(others)
    back = changed
    for old, new in given_.items():
        back = msgspec.msgpack.encode(_swap(msgspec.msgpack.decode(back), new, old))
    assert msgspec.msgpack.decode(back) == msgspec.msgpack.decode(state)


def _swap(value, new, old):
    if isinstance(value, list):
        return [_swap(each, new, old) for each in value]
    if isinstance(value, dict):
        return {key: _swap(each, new, old) for key, each in value.items()}
    return old if value == new and type(value) is int else value
