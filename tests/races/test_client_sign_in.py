"""One link, one sign-in on its way, one form: brought by two at the same moment, it counts once."""

from __future__ import annotations

import pytest

from app.commands.client_sign_in import begin_strong_sign_in, take_strong_sign_in, use_client_link
from app.commands.complete_task import Submission, complete_task
from tests.own_door import open_own_door
from tests.races.test_commands import ensure_each_step_once, race

ROUNDS = 4


@pytest.fixture
def door(database, tmp_path):
    return open_own_door(database, tmp_path / "data")


def test_two_bring_one_link(door):
    for number in range(ROUNDS):
        secret = door.link("matti")

        def bring(browser, secret=secret, number=number):
            id_hash = f"{number}-{browser}"
            values = {"secret": secret, "answer": "14.5.1990", "id_hash": id_hash, "replaces": None, "subject": "x"}
            return door.place.run(use_client_link, **values).is_in

        assert race(lambda: bring("one"), lambda: bring("other")) == ["LinkDead", "done"]
    assert door.audit_actions().count("client_signed_in") == ROUNDS


def test_two_guess_at_once_and_both_are_counted(door):
    secret = door.link("matti")

    def guess():
        values = {"secret": secret, "answer": "1.1.1999", "id_hash": "h", "replaces": None, "subject": "x"}
        return door.place.run(use_client_link, **values).is_in

    race(guess, guess)
    race(guess, guess)
    assert race(guess, guess) == ["LinkDead", "nothing"]


def test_two_come_back_with_one_state(door):
    for number in range(ROUNDS):
        state = f"state{number}"
        door.place.run(begin_strong_sign_in, state=state, browser="b", nonce="n", verifier="v")

        def come_back(state=state):
            return door.place.run(take_strong_sign_in, state=state, browser="b") is not None

        assert race(come_back, come_back) == ["done", "nothing"]


def test_the_client_and_a_worker_send_one_form(door):
    session = door.come_in("matti")
    found = door.place.executor.read(lambda uow: uow.client_sessions.find(session.session_hash()))
    task = door.task("matti")

    def send(actor):
        submission = Submission(fields={"vointi": ["Hyvin"]})
        door.place.run(complete_task, task_key=task, actor=actor, submission=submission)

    counsellor = door.place.people["counsellor"]
    assert race(lambda: send(found.actor), lambda: send(counsellor)) == ["TaskAlreadyClosed", "done"]
    ensure_each_step_once(door.place, door.instances["matti"])
