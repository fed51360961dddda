"""How the work of a unit is spread, in numbers; only for who supervises it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.commands.absences import Leave, begin_absence
from app.commands.claim_task import claim_task
from app.commands.delegate_task import set_follow_up
from app.commands.direct_task import TaskChange, change_task
from app.domain.calendar import local_date
from app.domain.errors import NotAllowed
from app.queries.workload import workload
from app.settings import Settings
from app.web import create_app
from tests.factories import WORK, make_place
from tests.web import Visitor

BOTH = pytest.mark.parametrize("place", ["sqlite_database", "postgresql_database"], indirect=True)


@pytest.fixture
def place(request):
    """Four tasks: the counsellor holds one late, one due soon and one put off; one late one is free."""
    place = make_place(request.getfixturevalue(getattr(request, "param", "sqlite_database")))
    place.publish(WORK)
    late, soon, put_off, free = (place.open_tasks(place.start())["first"] for _ in range(4))
    counsellor = place.people["counsellor"]
    for task in (late, soon, put_off):
        place.run(claim_task, task_key=task, actor=counsellor)
    for task, days in ((late, -1), (free, -2), (soon, 7)):
        change = TaskChange(due_at=place.now + timedelta(days=days))
        place.run(change_task, task_key=task, change=change, actor=place.people["admin"])
    day = (local_date(place.now) + timedelta(days=3)).isoformat()
    place.run(set_follow_up, task_key=put_off, day=day, actor=counsellor)
    return place


@BOTH
def test_people_and_roles_have_their_numbers(place):
    today = local_date(place.now)
    days = {"first_day": today.isoformat(), "last_day": (today + timedelta(days=2)).isoformat()}
    leave = Leave(substitute="colleague", **days)
    place.run(begin_absence, leave=leave, actor=place.people["counsellor"])
    found = place.executor.read(workload, actor=place.people["supervisor"], now=place.now)
    people = {each.name: each for each in found.people}
    busy = people["Counsellor"]
    assert (busy.open, busy.overdue, busy.soon, busy.put_off) == (3, 1, 1, 1)
    assert (busy.away_until, busy.substitute) == (today + timedelta(days=2), "Colleague")
    assert (people["Colleague"].open, people["Colleague"].away_until) == (0, None)
    assert "Employment" not in people
    [group] = found.groups
    assert (group.role_id, group.free, group.overdue) == ("r_palveluohjaaja", 1, 1)


def test_nobody_else_sees_them(place):
    for person in ("counsellor", "admin", "doctor"):
        with pytest.raises(NotAllowed):
            place.executor.read(workload, actor=place.people[person], now=place.now)


def test_the_page_leads_from_the_list_and_back(place, tmp_path):
    settings = Settings.load({}, data_folder=tmp_path, public_url="http://localhost")
    app = create_app(place.executor, settings, clock=lambda: place.now)
    supervisor, other = Visitor(app), Visitor(app)
    supervisor.sign_in("supervisor")
    other.sign_in("counsellor")
    assert "/worklist/workload" in supervisor.get("/worklist").text
    assert "/worklist/workload" not in other.get("/worklist").text
    page = supervisor.get("/worklist/workload").text
    assert "Counsellor" in page
    assert "tab=unit&amp;group=r_palveluohjaaja" in page
    refused = other.get("/worklist/workload")
    assert refused.status_code == 403
    assert "Työkuorman näkee vain yksikön esihenkilö." in refused.text
