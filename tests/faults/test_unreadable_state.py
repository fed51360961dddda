"""
Somebody runs into a state that cannot be read (F34): one incident, a calm answer, and a way back.

Through the pages and through /v2, on both databases.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msgspec
import pytest
from sqlalchemy import select, update

from app.commands.messages import publish_message
from app.commands.resolve_incident import resolve_incident
from app.settings import Settings
from app.storage.tables.instances import incident, job, process_instance
from app.storage.tables.work import draft, user_task
from app.web import create_app
from tests.factories import Place, chain, diagram, job_step, user_step
from tests.faults.invariants import ensure_each_step_once, ensure_sound, open_incident_codes
from tests.faults.test_corrupt_state import DAMAGES, runner
from tests.faults.test_submits import DEFINITION, FORM
from tests.faults.timers import WAITING
from tests.programs import Door
from workers.rounds import delivery_round, timer_round

NOTING = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:parallelGateway id="fork"/>'
    + user_step("note", form_id=FORM)
    + job_step("work", retries=2)
    + chain("begin", "fork", "note")
    + chain("fork", "work")
)


@dataclass
class Broken:
    """An instance whose state is damaged, and its state as it was."""

    place: Place
    key: int
    whole: bytes

    @property
    def task(self) -> int:
        return self.place.open_tasks(self.key)["note"]

    def write(self, state: bytes) -> None:
        with self.place.executor.database.engine.begin() as connection:
            connection.execute(update(process_instance).where(process_instance.c.key == self.key).values(state=state))

    def incidents(self, status: str = "open"):
        with self.place.executor.database.engine.connect() as connection:
            return connection.execute(
                select(incident).where(incident.c.instance_key == self.key, incident.c.status == status)
            ).all()

    def counted(self) -> int:
        with self.place.executor.database.engine.connect() as connection:
            return connection.scalar(
                select(process_instance.c.open_incidents).where(process_instance.c.key == self.key)
            )


def break_state(place: Place, damage: str = "cut") -> Broken:
    place.publish(NOTING, resources={f"{FORM}.json": msgspec.json.encode(DEFINITION)})
    key = place.start()
    with place.executor.database.engine.connect() as connection:
        state = connection.scalar(select(process_instance.c.state).where(process_instance.c.key == key))
    broken = Broken(place, key, state)
    broken.write(DAMAGES[damage](state))
    return broken


def says(page: str) -> str:
    """Return the text of a page without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize("damage", ["empty", "cut", "another version"])
def test_who_completes_is_told_calmly_keeps_what_was_typed_and_can_go_on_once_it_is_repaired(site, damage):
    broken = break_state(site.place, damage)
    browser, path = site.browser("counsellor"), f"/tasks/{broken.task}"
    submission = browser.get(path).submission_id
    for _ in range(3):
        answer = browser.post(path, submission_id=submission, action="complete", teksti="4711")
        assert answer.status == 409, answer.text
        told = says(answer.text)
        assert "Tehtävää ei voi juuri nyt merkitä valmiiksi" in told
        assert "Mitään ei kadonnut" in told
        assert "Kirjoittamasi on tallessa luonnoksena" in told
        assert 'value="4711"' in answer.text
    [opened] = broken.incidents()
    assert opened.code in ("state_unreadable", "state_of_other_version")
    assert broken.counted() == 1
    again = browser.get(path)
    assert again.status == 200
    assert 'value="4711"' in again.text, "the draft"

    # the administrator sees cause and way out, and "retry" changes nothing while it is broken
    admin = site.browser("admin")
    groups = admin.get("/monitor/incidents")
    assert groups.status == 200
    assert "Koeprosessi" in says(groups.text)
    page = admin.get(f"/monitor/instances/{broken.key}")
    assert page.status == 200
    assert "varmuuskopiosta" in says(page.text)
    address = f"/monitor/incidents/{opened.key}/retry"
    assert admin.post(address, instance=str(broken.key), decision="retry").status == 303
    assert "ei vieläkään voi lukea" in says(admin.get(f"/monitor/instances/{broken.key}").text)
    assert [line.key for line in broken.incidents()] == [opened.key]

    broken.write(broken.whole)
    assert admin.post(address, instance=str(broken.key), decision="retry", note="Palautettu").status == 303
    assert broken.incidents() == []
    assert broken.counted() == 0
    answer = browser.post(path, submission_id=submission, action="complete", teksti="4711")
    assert answer.status == 303, answer.text
    ensure_sound(site.place.executor.database)


@pytest.mark.parametrize(
    ("language", "title"), [("sv", "Uppgiften kan inte slutföras just nu"), ("en", "cannot be completed right now")]
)
def test_they_are_told_in_their_own_language(site, language, title):
    broken = break_state(site.place)
    browser = site.browser("counsellor")
    browser.post("/preferences", language=language, next="/worklist")
    page = browser.get(f"/tasks/{broken.task}")
    answer = browser.post(f"/tasks/{broken.task}", submission_id=page.submission_id, action="complete", teksti="4711")
    assert answer.status == 409
    assert title in says(answer.text)


def test_job_and_person_running_into_it_make_one_incident_and_the_retry_revives_the_job(site):
    place = site.place
    broken = break_state(place)
    [work] = place.open_jobs(broken.key).values()
    runner(place).run([work], seconds=10)
    browser = site.browser("counsellor")
    page = browser.get(f"/tasks/{broken.task}")
    answer = browser.post(f"/tasks/{broken.task}", submission_id=page.submission_id, action="complete", teksti="4711")
    assert answer.status == 409
    assert open_incident_codes(place.executor.database) == ["state_unreadable"]
    [opened] = broken.incidents()
    with place.executor.database.engine.connect() as connection:
        assert connection.scalar(select(job.c.status).where(job.c.key == work)) == "dead"

    broken.write(broken.whole)
    site.browser("admin").post(f"/monitor/incidents/{opened.key}/retry", instance=str(broken.key), decision="retry")
    assert runner(place).run([work], seconds=10) == 1
    assert place.open_jobs(broken.key) == {}
    place.complete(broken.task, teksti=4711)
    assert place.status(broken.key) == "completed"
    ensure_each_step_once(place.executor.database)


def test_a_timer_that_runs_into_it_shows_and_many_at_once_make_one_incident(site):
    place = site.place
    place.publish(WAITING)
    key = place.start()
    with place.executor.database.engine.begin() as connection:
        connection.execute(update(process_instance).where(process_instance.c.key == key).values(state=b"x"))
    place.later(hours=2)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: timer_round(place.executor, lambda: place.now)(place.now), range(4)))
    assert open_incident_codes(place.executor.database) == ["state_unreadable"]


HEARING = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:parallelGateway id="fork"/><bpmn:intermediateCatchEvent id="wait">'
    "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>"
    '</bpmn:intermediateCatchEvent><bpmn:receiveTask id="hears" messageRef="m"/>'
    + user_step("late")
    + user_step("heard")
    + chain("begin", "fork", "wait", "late")
    + chain("fork", "hears", "heard"),
    roots='<bpmn:message id="m" name="news"><bpmn:extensionElements>'
    '<zeebe:subscription correlationKey="=&quot;k&quot;"/></bpmn:extensionElements></bpmn:message>',
)


def test_timers_and_messages_go_on_at_once_when_it_is_put_right(place):
    place.publish(HEARING)
    key = place.start()
    with place.executor.database.engine.connect() as connection:
        whole = connection.scalar(select(process_instance.c.state).where(process_instance.c.key == key))
    broken = Broken(place, key, whole)
    place.run(publish_message, name="news", correlation_key="k", variables={}, actor=place.people["owner"])
    place.later(hours=2)
    broken.write(b"x")
    rounds = [make(place.executor, lambda: place.now) for make in (timer_round, delivery_round)]
    # by now they would rest for an hour
    for _ in range(12):
        place.later(hours=1)
        for each in rounds:
            each(place.now)
    assert set(place.open_tasks(key)) == set()
    [opened] = broken.incidents()
    broken.write(whole)
    for each in rounds:
        each(place.now)
    assert set(place.open_tasks(key)) == set(), "it is put right when an administrator says so"
    place.run(resolve_incident, incident_key=opened.key, actor=place.people["admin"])
    for each in rounds:
        each(place.now)
    assert set(place.open_tasks(key)) == {"late", "heard"}
    ensure_each_step_once(place.executor.database)


def test_a_state_put_back_from_another_moment_is_found_out(site):
    """The state of the beginning does not wait for the task that is open by now."""
    place = site.place
    place.publish(
        diagram(
            '<bpmn:startEvent id="begin"/>' + user_step("first") + user_step("note") + chain("begin", "first", "note")
        )
    )
    key = place.start()
    with place.executor.database.engine.connect() as connection:
        state = connection.scalar(select(process_instance.c.state).where(process_instance.c.key == key))
    place.complete(place.open_tasks(key)["first"])
    with place.executor.database.engine.connect() as connection:
        whole = connection.scalar(select(process_instance.c.state).where(process_instance.c.key == key))
    broken = Broken(place, key, whole)
    broken.write(state)
    browser = site.browser("counsellor")
    page = browser.get(f"/tasks/{broken.task}")
    answer = browser.post(f"/tasks/{broken.task}", submission_id=page.submission_id, action="complete")
    assert answer.status == 409
    assert "luonnoksena" not in says(answer.text), "nothing was typed"
    [opened] = broken.incidents()
    assert opened.code == "state_without_wait"
    admin, address = site.browser("admin"), f"/monitor/incidents/{opened.key}/retry"
    admin.post(address, instance=str(key), decision="retry")
    assert len(broken.incidents()) == 1
    broken.write(whole)
    admin.post(address, instance=str(key), decision="retry")
    assert broken.incidents() == []
    place.complete(broken.task)
    ensure_sound(place.executor.database)


def test_an_instance_that_nobody_can_bring_back_is_cancelled_by_its_rows(site):
    place = site.place
    broken = break_state(place)
    browser, admin = site.browser("counsellor"), site.browser("admin")
    page = browser.get(f"/tasks/{broken.task}")
    browser.post(f"/tasks/{broken.task}", submission_id=page.submission_id, action="complete", teksti="4711")
    page_of_it = f"/monitor/instances/{broken.key}"
    admin.get(page_of_it)
    assert admin.post(f"{page_of_it}/cancel", reason="Tila on hukassa").status == 303
    assert place.status(broken.key) == "terminated"
    assert place.open_tasks(broken.key) == place.open_jobs(broken.key) == {}
    assert broken.incidents() == []
    assert broken.counted() == 0
    events = place.events(broken.key)
    assert events[-1] == ("test_process", "terminated")
    assert ("note", "terminated") in events
    assert admin.get(page_of_it).status == 200
    with place.executor.database.engine.connect() as connection:
        assert connection.scalars(select(user_task.c.status)).all() == ["cancelled"]
        assert connection.scalar(select(draft.c.task_key)) is not None, "what was typed is still there"
    ensure_each_step_once(place.executor.database)


def test_a_program_gets_a_problem_finds_the_incident_and_resolves_it(place, tmp_path):
    broken = break_state(place)
    settings = Settings.load({}, data_folder=tmp_path / "data", public_url="http://localhost")
    door = Door(place, create_app(place.executor, settings, clock=lambda: place.now))
    worker = door.program("prog-worker", "r_palveluohjaaja")
    admin = door.program("prog-admin", "r_yllapitaja")
    for language, words in (("", "Nothing was changed"), ("fi", "Mitään ei muutettu"), ("sv", "Ingenting har ändrats")):
        headers = {"Accept-Language": language} if language else {}
        answer = worker.post(f"/v2/user-tasks/{broken.task}/completion", {"variables": {"teksti": 4711}}, **headers)
        assert answer.status_code == 409, answer.text
        assert answer.mimetype == "application/problem+json"
        assert words in answer.get_json()["detail"]
    found = admin.search("incidents", filter={"processInstanceKey": str(broken.key), "state": "ACTIVE"})["items"]
    [line] = found
    assert "cannot be read" in line["errorMessage"]
    key = line["incidentKey"]
    assert admin.get(f"/v2/process-instances/{broken.key}").get_json()["hasIncident"] is True
    assert admin.post(f"/v2/incidents/{key}/resolution").status_code == 409
    broken.write(broken.whole)
    assert admin.post(f"/v2/incidents/{key}/resolution").status_code == 204
    answer = worker.post(f"/v2/user-tasks/{broken.task}/completion", {"variables": {"teksti": 4711}})
    assert answer.status_code == 204, answer.text
    assert broken.incidents() == []
    ensure_sound(place.executor.database)
