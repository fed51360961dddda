"""A notification to a client carries a one-time link, and the link leads in; staff get none."""

from __future__ import annotations

import re

import pytest

from app.commands.prepare_notification import prepare_notification
from app.connectors.contract import Call
from app.connectors.mail import Audience, MailConnector
from tests.factories import chain, diagram
from tests.own_door import open_own_door


def telling(recipient):
    return diagram(
        '<bpmn:startEvent id="a"/><bpmn:serviceTask id="mail"><bpmn:extensionElements>'
        '<zeebe:taskDefinition type="send_notification"/><zeebe:taskHeaders>'
        f'<zeebe:header key="notification" value="n_x"/><zeebe:header key="recipient" value="{recipient}"/>'
        "</zeebe:taskHeaders></bpmn:extensionElements></bpmn:serviceTask>"
        '<bpmn:endEvent id="b"/>' + chain("a", "mail", "b"),
        process_id=f"tell_{recipient}",
    )


@pytest.fixture
def door(sqlite_database, tmp_path):
    door = open_own_door(sqlite_database, tmp_path / "data")
    door.place.publish(telling("client"), telling("owner"))
    return door


def send(door, recipient):
    """Do what a worker does with the notification, and return its mails."""
    instance = door.place.start(f"tell_{recipient}", case_key=door.cases["matti"])
    job = door.place.executor.read(lambda uow: uow.jobs.get(door.place.open_jobs(instance)["mail"]))
    notice = door.place.executor.run(prepare_notification, job=job, now=door.place.now)
    mails = []
    public = "https://tyky.example.fi"
    connector = MailConnector(
        mails.append, sign_in_url=public, client_url=f"{public}/oma", message_domain="tyky.example.fi"
    )
    connector(Call(idempotency_key="1", type="send_notification", attempt=1, now=door.place.now, request=notice))
    return notice, mails


def test_the_link_of_a_mail_leads_to_the_client_s_own_path(door):
    notice, [mail] = send(door, "client")
    secret = re.search(r"https://tyky\.example\.fi/oma/link/([A-Za-z0-9_-]{22})\n", mail.body)[1]
    assert secret not in repr(notice)
    for word in ("Matti", "terve", "työky", "2026-"):
        assert word not in mail.subject + mail.body
    visitor = door.visitor()
    assert visitor.answer_link(secret, "14.5.1990").status_code == 303
    assert "Matti Esimerkki" in visitor.get("/oma").text


def test_a_mail_sent_again_does_not_kill_the_link_of_the_first(door):
    secrets = [re.search(r"/link/(\S+)", send(door, "client")[1][0].body)[1] for _ in range(2)]
    assert len(set(secrets)) == 2
    for secret in secrets:
        assert door.visitor().answer_link(secret, "14.5.1990").status_code == 303


def test_staff_sign_in_and_get_no_link(door):
    door.place.executor.run(
        lambda uow: uow.accounts.put_person(
            username="counsellor", name="C", email="c@x.fi", language="fi", now=door.place.now
        )
    )
    notice, [mail] = send(door, "owner")
    assert [recipient.audience for recipient in notice.recipients] == [Audience.STAFF]
    assert "/oma" not in mail.body
