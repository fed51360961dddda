"""Incidents hold an element until they are retried; states of other builds and versions are refused."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import NotFound, StateUnreadable
from app.engine import run
from app.engine.codec import StateRecord, decode, encode
from app.engine.instance import STEP_BUDGET
from app.engine.seam import IncidentOpened, JobCompleted, TimerFired, TimerOpened, UserTaskCompleted, UserTaskOpened
from tests.unit.engine.drawing import boundary, diagram, element, end, io, script, start, timer, user, xor
from tests.unit.engine.walk import Walk


def test_an_assignment_that_makes_no_sense_is_an_incident_on_the_task():
    xml = diagram(
        start(), user(extensions='<zeebe:assignmentDefinition candidateGroups="=ryhma"/>'), end(), flow="s u; u e"
    )
    walk = Walk(xml, {"ryhma": 5})
    assert walk.incidents == ["candidates_value"]
    walk.set(ryhma=["r_a"])
    walk.retry()
    assert walk.one(UserTaskOpened).candidate_groups == ("r_a",)


def test_a_timer_on_a_failing_task_still_runs():
    xml = diagram(
        start(),
        user(extensions='<zeebe:priorityDefinition priority="=p"/>'),
        boundary("late", "u", timer("timeDuration", "P1D")),
        user("x"),
        end(),
        flow="s u; u e; late x",
    )
    walk = Walk(xml, {"p": 999})
    assert walk.incidents == ["priority_value"]
    walk.fire("late")
    assert walk.tasks == ["x"]
    assert walk.incidents == []


def test_retrying_after_the_fault_stays_opens_a_new_incident():
    walk = Walk(diagram(start(), xor("g"), user("a"), user("b"), flow="s g; g a [=x = 1]; g b [=x = 2]"), {"x": 0})
    first = walk.one(IncidentOpened).key
    walk.retry()
    assert walk.one(IncidentOpened).key != first


def test_an_incident_message_holds_no_values_of_variables():
    walk = Walk(
        diagram(start(), user(extensions='<zeebe:priorityDefinition priority="=nimi"/>'), flow="s u"),
        {"nimi": "Matti Meikäläinen"},
    )
    assert "Matti" not in walk.one(IncidentOpened).message


def test_the_step_budget_leaves_a_state_that_can_go_on():
    loop = element("task", "k")
    walk = Walk(diagram(start(), xor("g"), loop, flow="s g; g k; k g"))
    assert walk.incidents == ["step_budget"]
    assert len(walk.step.history) < 3 * STEP_BUDGET + 10
    walk.retry()
    assert walk.incidents == ["step_budget"]
    walk.cancel()


def test_a_trigger_of_another_kind_does_not_wake_a_wait():
    xml = diagram(start(), user(), boundary("late", "u", timer("timeDuration", "P1D")), end(), flow="s u; u e; late e")
    walk = Walk(xml)
    task, alarm = walk.one(UserTaskOpened).key, walk.one(TimerOpened).key
    for wrong in (
        JobCompleted(key=task, variables={}),
        TimerFired(key=task),
        UserTaskCompleted(key=alarm, variables={}),
    ):
        with pytest.raises(NotFound):
            walk.advance(wrong)


def test_a_broken_state_and_a_state_of_a_later_build_are_refused():
    walk = Walk(diagram(start(), user(), flow="s u"))
    trigger = UserTaskCompleted(key=walk.one(UserTaskOpened).key, variables={})
    later = encode(StateRecord(99, "p", walk.process.content_hash, "active", 1))
    other = encode(StateRecord(1, "p", "another", "active", 1))
    for state in (b"", b"rubbish", walk.step.state[:-3], later, other):
        with pytest.raises(StateUnreadable):
            run.advance(walk.process, state, trigger, surroundings=walk.surroundings)


DAMAGED = Walk(
    diagram(start(), user("u"), user("w"), user("v"), flow="s u; s w; w v"),
    {"n": 1, "text": "ä", "list": [1, {"x": None}], "day": date(2026, 1, 1)},
)


@given(st.lists(st.tuples(st.integers(0, len(DAMAGED.step.state) - 1), st.integers(0, 255)), max_size=4), st.data())
def test_whatever_bytes_of_a_state_are_changed_it_opens_or_is_refused_as_unreadable(changes, data):
    state = bytearray(DAMAGED.step.state)
    for place, byte in changes:
        state[place] = byte
    if data.draw(st.booleans()):
        del state[data.draw(st.integers(0, len(state) - 1)) :]
    with contextlib.suppress(StateUnreadable):
        run.ensure_readable(DAMAGED.process, bytes(state), DAMAGED.surroundings)


def test_a_wait_of_an_element_that_is_not_there_and_a_token_without_its_parent_are_refused():
    trigger = UserTaskCompleted(key=DAMAGED.one(UserTaskOpened, "u").key, variables={})
    record = decode(DAMAGED.step.state)
    [wait] = [wait for token in record.tokens for wait in token.waits if wait.key == trigger.key]
    wait.element = "nowhere"
    orphan = decode(DAMAGED.step.state)
    orphan.tokens[-1].parent = 4_711
    for broken in (record, orphan):
        with pytest.raises(StateUnreadable):
            run.advance(DAMAGED.process, encode(broken), trigger, surroundings=DAMAGED.surroundings)


def test_a_state_refers_to_elements_of_its_own_version_only():
    first = Walk(diagram(start(), user(), flow="s u"))
    second = Walk(diagram(start(), user(), end(), flow="s u; u e"))
    with pytest.raises(StateUnreadable):
        run.advance(
            second.process, first.step.state, UserTaskCompleted(key=2, variables={}), surroundings=first.surroundings
        )


def test_a_script_that_fails_waits_for_corrected_variables():
    walk = Walk(
        diagram(
            start(), script("k", '=n < date("2026-01-01")', "t", extensions=io({"apu": "=1"})), user(), flow="s k; k u"
        ),
        {"n": "eilen"},
    )
    assert walk.incidents == ["feel_types"]
    walk.set(n=date(2025, 12, 31))
    walk.retry()
    assert walk.tasks == ["u"]
    assert walk.happened() == ["s", "k"]
    assert walk.root()["t"] is True


def test_an_expression_without_end_is_an_incident_and_the_other_branch_goes_on():
    endless = "=count(for a in 1..100000, b in 1..100000 return a * b)"
    walk = Walk(
        diagram(start(), element("parallelGateway", "f"), script("k", endless, "n"), user(), flow="s f; f u; f k")
    )
    assert walk.tasks == ["u"]
    assert walk.incidents in (["feel_budget"], ["feel_memory"], ["feel_size"])
    walk.complete("u")
    assert walk.tasks == []
