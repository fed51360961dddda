"""P18 as it is drawn: everybody of the hour is asked, nobody is known, all are reminded, the round is counted."""

from __future__ import annotations

from sqlalchemy import select

from app.commands.anonymous_answers import answer_survey
from app.commands.jobs import claim_jobs, finish_job
from app.commands.prepare_notification import prepare_notification
from app.storage.tables.instances import process_instance
from app.storage.tables.surveys import survey, survey_answer, survey_ticket
from tests.integration.test_consultation import LEASE, fire, make_hour, publish_pathways, work

ANSWER = {
    "rooli": ["r_fasilitaattori"],
    "merkitys": ["melko_suuri"],
    "tiimin_tarve": ["kylla"],
    "osaaminen_edistyi": ["kylla"],
    "juurtuminen": ["osin"],
}


def sent(place, instance):
    """Do what a worker does with the notification that the instance waits for, and return what goes out."""
    [claimed] = place.run(claim_jobs, keys=list(place.open_jobs(instance).values()), owner="w", lease=LEASE)
    notice = place.executor.run(prepare_notification, claimed, place.now)
    place.run(finish_job, job_key=claimed.key, fence=claimed.fence, variables={})
    return notice


def rows(place, table):
    with place.executor.database.engine.connect() as connection:
        return list(connection.execute(select(table)).all())


def test_the_evaluation_from_its_links_to_its_numbers(database):
    place = make_hour(database)
    publish_pathways(place, "tyky_loppuarviointi")
    instance = place.start("tyky_loppuarviointi")
    work(place, instance)
    asked = sent(place, instance)
    tokens = [recipient.answer_token for recipient in asked.recipients]
    assert len(set(tokens)) == len(tokens) == 6
    for token in tokens[:5]:
        place.run(answer_survey, token=token, fields=ANSWER, page_names=frozenset(), language="fi")
    fire(place, instance, "y3_viikko")
    reminder = sent(place, instance)
    assert reminder.notification == "n_loppuarviointi_muistutus"
    assert [recipient.answer_token for recipient in reminder.recipients] == [""] * 6
    name = "survey:tiimin_tarve"
    assert place.executor.read(lambda uow: uow.statistics.material({name})).events == ()
    fire(place, instance, "y3_toinen_viikko")
    events = place.executor.read(lambda uow: uow.statistics.material({name})).events
    assert [(event.value, event.day.day, event.case_key) for event in events] == [("kylla", 1, None)] * 5
    [row] = rows(place, survey)
    assert (row.closed, row.invited, row.answered) == (True, 6, 5)
    assert (row.closes_on - row.opens_on).days == 15
    assert rows(place, survey_ticket) == []
    assert len(rows(place, survey_answer)) == 5 * len(ANSWER)
    assert [each.status for each in rows(place, process_instance) if each.key == instance] == ["completed"]
