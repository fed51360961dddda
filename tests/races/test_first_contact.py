"""The same person sends twice at once, or while a worker records their call: one client, one case, one call back."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.commands.complete_task import Submission
from app.commands.first_contact import send_first_contact
from app.storage.tables.care import care_case, client
from app.storage.tables.work import user_task
from tests.own_contact import HERE, NEWCOMER, TOLD, take_contacts
from tests.own_door import open_own_door
from tests.races.test_commands import race

CODES = (NEWCOMER, "020190-901C", "030190-9022")


@pytest.fixture
def door(database, tmp_path):
    door = open_own_door(database, tmp_path / "data")
    take_contacts(door)
    return door


def counted(door, table, *where):
    with door.place.executor.database.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table).where(*where))


def test_the_same_person_sends_twice_at_once(door):
    clients, cases = counted(door, client), counted(door, care_case)
    for number, code in enumerate(CODES, start=1):

        def send(code=code):
            submission = Submission(fields={name: [value] for name, value in TOLD.items()})
            sent = door.place.run(send_first_contact, identity_code=code, municipality=HERE, submission=submission)
            return sent.is_new

        assert race(send, send) == ["done", "nothing"]
        assert counted(door, client) == clients + number
        assert counted(door, care_case) == cases + number
    assert counted(door, user_task, user_task.c.element_id == "soita") == len(CODES)
