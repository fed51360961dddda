"""A signal to many: receivers that are locked, end by themselves or hear twice, and a sender that is cancelled."""

from __future__ import annotations

from threading import Event

import pytest
from sqlalchemy import func, select

from app.commands.cancel_instance import cancel_instance
from app.commands.messages import broadcast_signal
from app.storage.tables.instances import delivery, history
from app.storage.unit_of_work import UnitOfWork
from tests.factories import Place, chain, diagram, flow, make_place, user_step
from tests.faults.processes import within
from tests.races.test_commands import HEARS, ROUNDS, ensure_each_step_once, pending, race
from workers.rounds import delivery_round

ROOTS = '<bpmn:signal id="s" name="merkki"/>'
SIGNAL = '<bpmn:signalEventDefinition signalRef="s"/>'
#: waits for the signal beside its task as often as it comes, and ends with the task
LISTENS = diagram(
    '<bpmn:startEvent id="begin"/>'
    + user_step("work")
    + '<bpmn:endEvent id="done"/><bpmn:subProcess id="beside" triggeredByEvent="true">'
    f'<bpmn:startEvent id="hears" isInterrupting="false">{SIGNAL}</bpmn:startEvent><bpmn:endEvent id="heard"/>'
    + flow("hears", "heard")
    + "</bpmn:subProcess>"
    + chain("begin", "work", "done"),
    roots=ROOTS,
)
SENDS = diagram(
    '<bpmn:startEvent id="begin"/>'
    + user_step("before")
    + f'<bpmn:intermediateThrowEvent id="tell">{SIGNAL}</bpmn:intermediateThrowEvent>'
    + user_step("later")
    + chain("begin", "before", "tell", "later"),
    process_id="sender",
    roots=ROOTS,
)


@pytest.fixture
def place(database):
    return make_place(database)


def carry(place: Place) -> None:
    """Do what a scheduler does until nothing is on its way."""
    go_round = delivery_round(place.executor, lambda: place.now)
    for _ in range(50):
        if not go_round(place.now) and not pending(place):
            return


def broadcast(place: Place) -> None:
    place.run(broadcast_signal, name="merkki", actor=place.people["owner"])


def times(place: Place, element_id: str, event: str = "completed") -> dict[int, int]:
    """Return how often the element came to that in each instance."""
    query = select(history.c.instance_key, func.count()).where(
        history.c.element_id == element_id, history.c.event == event
    )
    with place.executor.database.engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query.group_by(history.c.instance_key))}


def test_two_signals_at_once_are_both_heard_by_everyone_who_goes_on_listening(place):
    place.publish(LISTENS)
    instances = [place.start() for _ in range(12)]
    assert race(lambda: broadcast(place), lambda: broadcast(place)) == ["done", "done"]
    race(lambda: carry(place), lambda: carry(place))
    carry(place)
    assert times(place, "heard") == dict.fromkeys(instances, 2)
    assert all(place.status(each) == "active" for each in instances)


def test_who_ends_meanwhile_has_heard_it_or_never_does_and_nothing_is_left_on_its_way(place):
    place.publish(LISTENS)
    instances = [place.start() for _ in range(12)]
    tasks = {each: place.open_tasks(each)["work"] for each in instances}
    broadcast(place)

    def end_half() -> None:
        for each in instances[::2]:
            place.complete(tasks[each])

    assert race(lambda: carry(place), lambda: carry(place), end_half) == ["done"] * 3
    carry(place)
    assert pending(place) == 0
    heard = times(place, "heard")
    assert set(heard.values()) == {1}
    assert set(instances[1::2]) <= heard.keys()
    assert [place.status(each) for each in instances] == ["completed", "active"] * 6
    with place.executor.database.engine.connect() as connection:
        assert set(connection.scalars(select(delivery.c.status))) <= {"done", "dropped"}


def test_a_receiver_that_is_locked_hears_it_when_it_is_free_and_holds_up_no_other(place):
    place.publish(HEARS)
    instances = [place.start() for _ in range(8)]
    broadcast(place)
    locked, free = Event(), Event()

    def hold(uow: UnitOfWork) -> None:
        uow.instances.lock(instances[0])
        locked.set()
        free.wait(5)

    def go() -> None:
        locked.wait(5)
        delivery_round(place.executor, lambda: place.now)(place.now)

    def let_go_when_the_others_have_heard() -> bool:
        locked.wait(5)
        # on SQLite one write waits for another, whatever it writes
        others = place.executor.database.is_sqlite or within(4, lambda: len(times(place, "wait")) == len(instances) - 1)
        free.set()
        return others

    runners = (lambda: place.executor.run(hold), go, let_go_when_the_others_have_heard)
    assert race(*runners) == ["done"] * 3, "the others waited for the one that is locked"
    carry(place)
    assert pending(place) == 0
    for each in instances:
        assert list(place.open_tasks(each)) == ["after"]
        ensure_each_step_once(place, each)


def test_a_sender_that_is_cancelled_has_told_everyone_or_nobody(place):
    place.publish(HEARS)
    place.publish(SENDS)
    for _ in range(ROUNDS):
        receivers = [place.start() for _ in range(3)]
        sender = place.start("sender")
        task = place.open_tasks(sender)["before"]
        race(
            lambda task=task: place.complete(task),
            lambda sender=sender: place.run(
                cancel_instance, instance_key=sender, actor=place.people["admin"], reason="race"
            ),
        )
        assert place.status(sender) == "terminated"
        carry(place)
        told = sender in times(place, "tell")
        assert [list(place.open_tasks(each)) for each in receivers] == [["after"] if told else []] * 3
        broadcast(place)
        carry(place)
