"""A team with three clients on today's agenda, of which one has let everybody hear; for races and the browser."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, update

from app.commands.hold_meeting import add_to_meeting, open_meeting
from app.domain.calendar import local_date
from app.domain.client import Identity, ServiceNeeds
from app.domain.keys import new_key
from app.storage.database import Database
from app.storage.tables.care import consent_grant
from app.storage.tables.people import position, role, user_account
from app.storage.tables.work import task_offer, user_task
from tests.factories import AREA, START, Place, chain, diagram, make_place, user_step
from tests.scenarios.world import PROCESSES

FORM = (PROCESSES / "shared/forms/f_tiimikokous.json").read_bytes()
PROCESS = diagram(
    '<bpmn:startEvent id="alku"/>'
    + user_step("kokous", groups="r_tiimikoordinaattori", form_id="f_tiimikokous")
    + user_step("jatko", groups="r_tiimikoordinaattori")
    + '<bpmn:endEvent id="loppu"/>'
    + chain("alku", "kokous", "jatko", "loppu"),
    process_id="tyky_kokous",
)
NAMES = ("Aino Alku", "Eero Esimerkki", "Iida Ilmi")
LEADERS = ("tiina", "toni")


@dataclasses.dataclass
class Team:
    """The place, its open meeting and the tasks that are the clients' turns, in their order."""

    place: Place
    meeting: int
    tasks: list[int]
    cases: list[int]

    def lead(self, command: Any, person: str = "tiina", **values: Any) -> Any:
        """Run a command of the meeting as one of its coordinators."""
        return self.place.run(command, meeting_key=self.meeting, actor=self.place.people[person], **values)


def make_team(database: Database) -> Team:
    """Fill an empty database; somebody of employment services takes part, and only the second client has let them."""
    place = make_place(database)
    with database.transaction() as connection:
        connection.execute(
            insert(role), [{"id": "r_tiimikoordinaattori", "name": {"fi": "koordinaattori"}, "permissions": {}}]
        )
        for name in LEADERS:
            key = new_key()
            person = {"key": key, "username": name, "name": name.title(), "settings": {}, "created_at": START}
            connection.execute(insert(user_account).values(**person, demo=True))
            connection.execute(
                insert(position).values(user_key=key, role_id="r_tiimikoordinaattori", unit_id="unit_sote")
            )
            place.people[name] = dataclasses.replace(
                place.people["counsellor"], user_key=key, name=name, roles=frozenset({"r_tiimikoordinaattori"})
            )
        connection.commit()
    place.publish(PROCESS, resources={"f_tiimikokous.json": FORM})
    cases = [_open_case(place, name) for name in NAMES]
    tasks = [place.open_tasks(place.start("tyky_kokous", case_key=case))["kokous"] for case in cases]
    with database.transaction() as connection:
        for number, task in enumerate(tasks):
            due = place.now + timedelta(minutes=20 * number)
            connection.execute(update(user_task).where(user_task.c.key == task).values(due_at=due))
            connection.execute(update(task_offer).where(task_offer.c.task_key == task).values(due_at=due))
        for organisation in ("o_tyollisyys", "o_sote_keskus"):
            for group in ("perustiedot", "suunnitelma"):
                connection.execute(insert(consent_grant).values(_grant(place, cases[1], organisation, group)))
        # the coordinator's own house, so that they know whom they speak of
        for case in (cases[0], cases[2]):
            for group in ("perustiedot", "suunnitelma"):
                connection.execute(insert(consent_grant).values(_grant(place, case, "o_sote_keskus", group)))
        connection.commit()
    meeting = place.run(open_meeting, day=local_date(place.now), actor=place.people["tiina"])
    team = Team(place, meeting, tasks, cases)
    guest = place.people["employment"]
    team.lead(add_to_meeting, seat=f"{guest.user_key}:r_asiakasvastaava_te:unit_employment", guest={})
    return team


def _open_case(place: Place, name: str) -> int:
    def add(uow: Any) -> int:
        client = uow.care.clients.add(
            key=new_key(),
            identity=Identity(name=name),
            needs=ServiceNeeds(),
            area_id=AREA,
            controller_organisation_id="o_sote_keskus",
            now=place.now,
        )
        return int(
            uow.care.cases.add(
                key=new_key(),
                client_key=client.key,
                area_id=AREA,
                controller_organisation_id="o_sote_keskus",
                unit_id="unit_sote",
                owner_key=None,
                now=place.now,
            ).key
        )

    return int(place.executor.run(add))


def _grant(place: Place, case: int, organisation: str, group: str) -> dict[str, Any]:
    return {
        "key": new_key(),
        "case_key": case,
        "consent_key": new_key(),
        "organisation_id": organisation,
        "data_group": group,
        "purpose": "care",
        "valid_from": place.now - timedelta(days=1),
        "valid_until": place.now + timedelta(days=30),
    }
