"""R-23: anybody gives feedback on accessibility, somebody owes an answer within 14 days, the address is forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.commands.accessibility_feedback import MOST_IN_AN_HOUR, send_feedback
from app.commands.complete_task import Submission, complete_task
from app.commands.jobs import claim_jobs, finish_job
from app.commands.prepare_notification import prepare_notification
from app.connectors.contract import Call
from app.connectors.mail import MailConnector
from app.domain.errors import InvalidSubmission
from app.settings import Settings
from app.storage.tables.feedback import accessibility_feedback
from app.storage.tables.instances import process_instance, variable
from app.storage.tables.work import user_task
from app.web import create_app
from tests.factories import make_place
from tests.integration.test_consultation import LEASE, add_person, limits, publish_pathways, work
from tests.web import Visitor

PROCESS = "tyky_saavutettavuuspalaute"
WRITTEN = {
    "missa": "Lomake",
    "palaute": "Ruudunlukija ei lue päivämäärää. 140590-903D",
    "sahkoposti": "matti@esimerkki.invalid",
}


@pytest.fixture
def place(database):
    place = make_place(database)
    limits(place)
    publish_pathways(place, PROCESS)
    add_person(place, "paavo", organisation_id="o_sote_keskus", roles={"r_yllapitaja"})
    return place


def visitor(place, folder):
    settings = Settings.load({}, data_folder=folder, public_url="http://localhost")
    return Visitor(create_app(place.executor, settings, clock=lambda: place.now))


def rows(place, table):
    with place.executor.database.engine.connect() as connection:
        return list(connection.execute(select(table)).all())


def send(place, **changes):
    fields = {key: [value] for key, value in {**WRITTEN, **changes}.items() if value}
    place.run(send_feedback, fields=fields, page_names=frozenset(), language="fi")


def test_from_the_public_page_to_the_answer_within_fourteen_days(place, tmp_path):
    somebody = visitor(place, tmp_path)
    assert "/accessibility/feedback" in somebody.get("/accessibility").text
    assert "Älä kirjoita tähän henkilötietoja" in somebody.get("/accessibility/feedback").text
    sent = somebody.post("/accessibility/feedback", WRITTEN, token=somebody.token("/accessibility/feedback"))
    assert (sent.status_code, sent.headers["Location"]) == (303, "/accessibility/feedback/sent")
    assert "14 päivän kuluessa" in somebody.get("/accessibility/feedback/sent").text

    [task] = rows(place, user_task)
    assert (task.element_id, task.case_key, task.due_at) == ("q2_vastaa", None, place.now + timedelta(days=14))
    # what was written is no variable and stands nowhere in clear
    [kept] = rows(place, accessibility_feedback)
    assert b"Ruudunlukija" not in kept.content
    assert {row.name: row.value for row in rows(place, variable)} == {"palaute_id": str(kept.key)}

    worker = visitor(place, tmp_path)
    worker.sign_in("paavo")
    page = worker.get(f"/tasks/{task.key}").text
    assert "Ruudunlukija ei lue päivämäärää. [***]" in page
    assert "matti@esimerkki.invalid" not in page

    instance = task.instance_key
    answer = Submission(submission_id="vastaus", fields={"vastaus": ["Korjaamme kentän kesäkuussa."]}, language="fi")
    place.run(complete_task, task_key=task.key, actor=place.people["paavo"], submission=answer)
    assert work(place, instance) == {"send_notification"}
    mails = []
    mailer = MailConnector(mails.append, sign_in_url="http://s", client_url="http://s/oma", message_domain="s")
    [claimed] = place.run(claim_jobs, keys=list(place.open_jobs(instance).values()), owner="w", lease=LEASE)
    notice = place.executor.run(prepare_notification, claimed, place.now)
    mailer(
        Call(
            idempotency_key="1",
            type="send_notification",
            attempt=1,
            now=place.now,
            headers={},
            variables={},
            request=notice,
        )
    )
    [mail] = mails
    assert mail.recipient == "matti@esimerkki.invalid"
    assert "Korjaamme kentän kesäkuussa." in mail.body
    assert "Ruudunlukija" not in mail.body
    place.run(finish_job, job_key=claimed.key, fence=claimed.fence, variables={})
    work(place, instance)
    [kept] = rows(place, accessibility_feedback)
    assert kept.address is None
    assert kept.answered_at == place.now
    assert [row.status for row in rows(place, process_instance)] == ["completed"]


def test_who_leaves_no_address_is_answered_without_a_mail(place):
    send(place, sahkoposti="")
    [task] = rows(place, user_task)
    answer = Submission(submission_id="vastaus", fields={"vastaus": ["Kiitos."]}, language="fi")
    place.run(complete_task, task_key=task.key, actor=place.people["paavo"], submission=answer)
    work(place, task.instance_key)
    keys = list(place.open_jobs(task.instance_key).values())
    [claimed] = place.run(claim_jobs, keys=keys, owner="w", lease=LEASE)
    assert place.executor.run(prepare_notification, claimed, place.now).recipients == ()


@pytest.mark.parametrize(
    ("language", "said"),
    [("fi", "Tarkista"), ("sv", "Respons om tillgängligheten"), ("en", "Feedback on accessibility")],
)
def test_what_cannot_be_taken_comes_back_as_it_was_typed(place, tmp_path, language, said):
    somebody = visitor(place, tmp_path)
    somebody.post("/preferences", {"language": language, "next": "/accessibility/feedback"})
    token = somebody.token("/accessibility/feedback")
    answer = somebody.post(
        "/accessibility/feedback", {**WRITTEN, "palaute": "", "sahkoposti": "ei osoite"}, token=token
    )
    assert answer.status_code == 422
    assert 'value="ei osoite"' in answer.text
    assert said in answer.text
    assert rows(place, accessibility_feedback) == []


def test_a_flood_is_asked_to_come_later(place):
    for _ in range(MOST_IN_AN_HOUR):
        place.executor.run(
            lambda uow: uow.feedback.add(written={"palaute": "x"}, address="", language="fi", now=place.now)
        )
    with pytest.raises(InvalidSubmission) as refused:
        send(place)
    assert [problem.code for problem in refused.value.problems] == ["feedback_too_many"]
    place.now += timedelta(hours=1, minutes=1)
    send(place)
