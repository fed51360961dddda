"""Anonymous questions from the mail to the numbers: answered once, by nobody who could be told (SQLite, PostgreSQL)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.commands.anonymous_answers import answer_survey
from app.commands.prepare_notification import prepare_notification
from app.commands.prune import Retention, prune
from app.connectors.contract import Call
from app.connectors.mail import MailConnector
from app.domain.surveys import FEEDBACK_DAYS, feedback_round
from app.storage.tables import metadata
from app.storage.tables.people import access_log, audit
from app.storage.tables.surveys import survey, survey_answer, survey_ticket
from tests.factories import chain, diagram
from tests.own_door import open_own_door
from tests.races.test_commands import race
from tests.web import Visitor

FORM = Path(__file__).parents[2] / "processes/shared/forms/f_asiakaspalaute.json"
ANSWER = {"kuulluksi": "4", "seuraavaksi": "2", "tieto_asiakasvastaavasta": "5", "vapaa": "Aikaa oli tarpeeksi."}
KEEP = Retention(ended_sessions=timedelta(days=7), submissions=timedelta(days=30), pending_uploads=timedelta(days=30))
ASKING = diagram(
    '<bpmn:startEvent id="a"/><bpmn:serviceTask id="mail"><bpmn:extensionElements>'
    '<zeebe:taskDefinition type="send_notification"/><zeebe:taskHeaders>'
    '<zeebe:header key="notification" value="n_asiakaspalaute"/><zeebe:header key="recipient" value="client"/>'
    '<zeebe:header key="form" value="f_asiakaspalaute"/>'
    '</zeebe:taskHeaders></bpmn:extensionElements></bpmn:serviceTask><bpmn:endEvent id="b"/>' + chain("a", "mail", "b"),
    process_id="ask_feedback",
)


@pytest.fixture
def door(database, tmp_path):
    door = open_own_door(database, tmp_path / "data")
    door.place.publish(ASKING, resources={FORM.name: FORM.read_bytes()})
    return door


def mailed(door, client="matti"):
    """Do what a worker does with the request for feedback, and return its mail."""
    instance = door.place.start("ask_feedback", case_key=door.cases[client])
    job = door.place.executor.read(lambda uow: uow.jobs.get(door.place.open_jobs(instance)["mail"]))
    notice = door.place.executor.run(prepare_notification, job=job, now=door.place.now)
    mails = []
    public = "https://tyky.example.fi"
    connector = MailConnector(mails.append, sign_in_url=public, client_url=f"{public}/oma", message_domain="x.fi")
    connector(Call(idempotency_key="1", type="send_notification", attempt=1, now=door.place.now, request=notice))
    [mail] = mails
    assert re.search(r"/answer/(\S+)", mail.body)[1] not in repr(notice)
    return mail


def token_of(mail):
    return re.search(r"https://tyky\.example\.fi/answer/([A-Za-z0-9_-]{22})\n", mail.body)[1]


def send(door, token, fields=None, *, visitor=None):
    visitor = visitor or door.visitor()
    return visitor.post(f"/answer/{token}", fields or ANSWER)


def rows(door, table):
    with door.place.executor.database.engine.connect() as connection:
        return list(connection.execute(select(table)).all())


def close_rounds(door):
    door.place.now += timedelta(days=60)
    return door.place.run(prune, retention=KEEP).surveys


def counted(door, name):
    return door.place.executor.read(lambda uow: uow.statistics.material({name})).events


def test_the_link_of_the_mail_leads_to_the_questions_and_is_used_up_by_the_answers(door):
    mail = mailed(door)
    assert "/oma" not in mail.body
    assert not {"Matti", "terve", "työky"} & set(re.findall(r"\w+", mail.subject + mail.body))
    token, visitor = token_of(mail), door.visitor()
    for _ in range(2):
        page = visitor.get(f"/answer/{token}")
        assert page.status_code == 200
        assert 'name="tieto_asiakasvastaavasta"' in page.text
    answered = send(door, token, visitor=visitor)
    assert (answered.status_code, answered.headers["Location"]) == (303, "/answer")
    assert "Kiitos vastauksestasi" in visitor.get("/answer").text
    for answer in (visitor.get(f"/answer/{token}"), send(door, token)):
        assert answer.status_code == 410
        assert "Linkki ei ole enää voimassa" in answer.text
    [row] = rows(door, survey)
    assert (row.form_id, row.invited, row.answered) == ("f_asiakaspalaute", 1, 1)
    assert rows(door, survey_ticket) == []


def test_nothing_that_is_kept_says_who_answered_or_when(door):
    token = token_of(mailed(door))
    before = {table.name: len(rows(door, table)) for table in metadata.sorted_tables}
    assert send(door, token).status_code == 303
    grown = {table.name for table in metadata.sorted_tables if len(rows(door, table)) != before[table.name]}
    assert grown == {"survey_ticket", "survey_answer"}
    own = {survey, survey_ticket, survey_answer}
    columns = {column.name for table in own for column in table.columns}
    assert not [name for name in columns if name.endswith("_at")]
    assert {key.column.table for table in own for key in table.foreign_keys} == {survey}
    assert not [
        key
        for table in metadata.sorted_tables
        if table not in own
        for key in table.foreign_keys
        if key.column.table in own
    ]
    known = {str(value) for value in (*door.clients.values(), *door.cases.values(), *door.instances.values())}
    for table in own:
        for row in rows(door, table):
            assert not known & {str(value) for value in row}
    # each answer stands by itself, and what was written freely cannot be read in the database
    kept = rows(door, survey_answer)
    assert len({row.key for row in kept}) == len(kept) == 4
    assert [row.written for row in kept if row.written and b"Aikaa" in row.written] == []
    assert token not in repr(rows(door, audit)) + repr(rows(door, access_log))


def test_a_member_of_staff_who_is_signed_in_leaves_no_line_by_answering(door):
    token, visitor = token_of(mailed(door)), Visitor(door.app)
    door.place.executor.run(
        lambda uow: uow.accounts.put_person(
            username="counsellor", name="C", email="c@x.fi", language="fi", now=door.place.now
        )
    )
    assert visitor.sign_in("counsellor").status_code == 303
    lines, actions = len(door.access_lines()), len(door.audit_actions())
    assert send(door, token, visitor=visitor).status_code == 303
    assert (len(door.access_lines()), len(door.audit_actions())) == (lines, actions)


def test_wrong_answers_are_told_in_words_and_nothing_typed_is_lost(door):
    token = token_of(mailed(door))
    for fields, field in (
        ({**ANSWER, "kuulluksi": "6"}, "kuulluksi"),
        ({**ANSWER, "vapaa": "Soita minulle 131052-308T"}, "vapaa"),
        ({"vapaa": "Vain tämä"}, "seuraavaksi"),
    ):
        page = send(door, token, fields)
        assert page.status_code == 422
        assert f'href="#f-{field}' in page.text
        assert fields["vapaa"] in page.text
    assert rows(door, survey_answer) == []
    assert send(door, token).status_code == 303


def test_a_form_from_elsewhere_is_no_answer(door):
    token = token_of(mailed(door))
    assert door.visitor().post(f"/answer/{token}", ANSWER, token="0" * 64).status_code == 403
    assert rows(door, survey_answer) == []


def test_when_the_round_is_over_its_links_are_gone_and_its_answers_count(door):
    used, unused = token_of(mailed(door)), token_of(mailed(door, "maija"))
    assert send(door, used).status_code == 303
    assert counted(door, "feedback:kuulluksi") == ()
    opened = door.place.now.date().replace(day=1)
    assert close_rounds(door) == 1
    assert send(door, unused).status_code == 410
    assert rows(door, survey_ticket) == []
    [event] = counted(door, "feedback:kuulluksi")
    assert (event.value, event.day, event.case_key, event.organisation_id) == (4, opened, None, "")
    assert counted(door, "feedback:vapaa") == ()
    assert counted(door, "survey:kuulluksi") == ()
    assert close_rounds(door) == 0


def test_a_round_that_nobody_has_closed_yet_takes_no_answers_when_its_time_is_over(door):
    token = token_of(mailed(door))
    door.place.now += timedelta(days=60)
    assert door.visitor().get(f"/answer/{token}").status_code == 410
    assert send(door, token).status_code == 410


@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2099, 12, 1)))
def test_whoever_is_asked_has_two_weeks_at_least(day):
    opens_on, closes_on = feedback_round(day)
    assert opens_on.day == 1
    assert opens_on <= day
    assert timedelta(days=FEEDBACK_DAYS) < closes_on - day < timedelta(days=31 + FEEDBACK_DAYS + 1)
    assert feedback_round(opens_on) == (opens_on, closes_on)


def test_two_who_bring_one_link_are_one_answer(door):
    for number in range(1, 4):
        token = token_of(mailed(door))

        def bring(token=token):
            fields = {name: [value] for name, value in ANSWER.items()}
            door.place.run(answer_survey, token=token, fields=fields, page_names=frozenset(), language="fi")

        assert race(bring, bring) == ["AnswerLinkDead", "done"]
        with door.place.executor.database.engine.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(survey_answer)) == 4 * number
    assert [row.answered for row in rows(door, survey)] == [3]


def test_two_first_links_of_a_month_share_its_round(door):
    def ask():
        mailed(door)

    assert race(ask, ask) == ["done", "done"]
    [row] = rows(door, survey)
    assert row.invited == 2
    assert {row.survey_key for row in rows(door, survey_ticket)} == {row.key}
