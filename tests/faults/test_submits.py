"""The same form twice (F14), two people at one task (F15), one nudge twenty times (F13)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec

from app.storage.tables.instances import variable
from app.web.language import Formats
from tests.factories import chain, diagram, user_step
from tests.faults.browser import Answer, Browser
from tests.faults.diagrams import job_process
from tests.faults.invariants import ensure_sound
from workers.handlers import Handlers, Outside
from workers.heartbeat import Heartbeat
from workers.run_jobs import JobRunner

FORM = "f_muistio"
DEFINITION = {
    "id": FORM,
    "title": {"fi": "Muistio", "sv": "Anteckning", "en": "Note"},
    "dataGroup": "perustiedot",
    "sections": [
        {
            "key": "muistio",
            "title": {"fi": "Muistio", "sv": "Anteckning", "en": "Note"},
            "fields": [
                {
                    "key": "teksti",
                    "type": "integer",
                    "label": {"fi": "Teksti", "sv": "Text", "en": "Text"},
                    "required": True,
                    "variable": "teksti",
                }
            ],
        }
    ],
}
NOTES = diagram(
    '<bpmn:startEvent id="begin"/>'
    + user_step("note", form_id=FORM)
    + user_step("after")
    + '<bpmn:endEvent id="done"/>'
    + chain("begin", "note", "after", "done")
)


def at_once(*works: Callable[[], Answer]) -> Sequence[Answer]:
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], Answer]) -> Answer:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def publish_notes(place) -> None:
    place.publish(NOTES, resources={f"{FORM}.json": msgspec.json.encode(DEFINITION)})


def test_a_form_sent_four_times_at_once_counts_once(site):
    publish_notes(site.place)
    browser = site.browser("counsellor")
    for _ in range(3):
        instance = site.place.start()
        path = f"/tasks/{site.place.open_tasks(instance)['note']}"
        form = browser.get(path).submission_id

        def send(path=path, form=form):
            return browser.post(path, submission_id=form, action="complete", teksti="4711")

        answers = at_once(send, send, send, send)
        assert {(answer.status, answer.location) for answer in answers} == {(303, f"{path}/done")}
        # back in the browser, and sent again much later
        site.place.later(minutes=20)
        assert (send().status, send().location) == (303, f"{path}/done")
        assert list(site.place.open_tasks(instance)) == ["after"]
    ensure_sound(site.place.executor.database)


def test_of_two_people_one_wins_and_the_other_keeps_what_was_typed_and_hears_who_and_when(site):
    """I7: nobody sees another's success as their own."""
    publish_notes(site.place)
    aila, bertta = site.browser("counsellor"), site.browser("colleague")
    for number in range(3):
        instance = site.place.start()
        key = site.place.open_tasks(instance)["note"]
        path = f"/tasks/{key}"

        def send(browser: Browser, text: str, path=path):
            form = browser.get(path).submission_id
            return lambda: browser.post(path, submission_id=form, action="complete", teksti=text)

        texts = [str(47_110 + number), str(13_370 + number)]
        answers = at_once(send(aila, texts[0]), send(bertta, texts[1]))
        assert sorted(answer.status for answer in answers) == [303, 409]
        loser = next(index for index, answer in enumerate(answers) if answer.status == 409)
        page = answers[loser].text
        winner = ["Colleague", "Counsellor"][loser]
        assert winner in page
        assert Formats("fi").moment(site.place.now) in page
        assert texts[loser] in page
        assert texts[1 - loser] not in page
        # and it is still there for the one who typed it, as a draft of theirs; the winner's text is what counts
        with site.place.executor.database.engine.connect() as connection:
            values = connection.execute(variable.select().where(variable.c.instance_key == instance)).all()
        assert [row.value for row in values if row.name == "teksti"] == [int(texts[1 - loser])]
        assert list(site.place.open_tasks(instance)) == ["after"]
    ensure_sound(site.place.executor.database)


def test_one_nudge_delivered_twenty_times_at_once_is_one_call(place):
    """F13"""
    place.publish(job_process(("test_work", 3)))
    instance = place.start("jobs")
    [key] = place.open_jobs(instance).values()
    calls = []

    class Connector:
        idempotent = True

        def __call__(self, call):
            calls.append(call.idempotency_key)
            return {}

    def run(number: int) -> int:
        handlers = Handlers(outside={"test_work": Outside(Connector())})
        heartbeat = Heartbeat(place.executor, lease=timedelta(seconds=60), every=30.0, clock=lambda: place.now)
        worker = JobRunner(
            place.executor,
            handlers,
            heartbeat,
            owner=f"w{number}",
            lease=timedelta(seconds=60),
            clock=lambda: place.now,
        )
        return worker.run([key], seconds=30)

    with ThreadPoolExecutor(20) as pool:
        claimed = list(pool.map(run, range(20)))
    assert sum(claimed) == 1
    assert calls == [str(key)]
    assert list(place.open_tasks(instance)) == ["after"]
    ensure_sound(place.executor.database)
