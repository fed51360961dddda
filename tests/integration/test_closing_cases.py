"""A case is closed when the last of its pathways has ended, with what they have come to; then nothing begins in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from app.commands.cancel_instance import cancel_instance
from app.commands.claim_task import claim_task
from app.commands.close_case import close_case
from app.commands.jobs import claim_jobs, finish_job
from app.commands.messages import deliver, publish_message
from app.commands.pause_instance import pause_instance
from app.commands.prepare_notification import prepare_notification
from app.commands.run_local_job import run_local_job
from app.commands.start_instance import start_instance
from app.domain.access import Purpose
from app.domain.actor import SYSTEM
from app.domain.errors import CaseClosed, Concealed
from app.domain.keys import new_key
from app.domain.outcomes import BROKEN_OFF, Outcome, concluded, waits_for_others
from app.domain.sharing import DataGroup
from app.queries.case_page import case_page
from app.queries.catalogue import startable_in_case
from app.storage.tables.care import consent_grant
from app.storage.tables.instances import incident
from app.storage.tables.people import audit, user_account
from tests.factories import AREA, START, chain, diagram, job_step, make_place, user_step
from tests.integration.test_care_jobs import answer
from tests.integration.test_escalation import LEASE, work
from tests.races.test_commands import open_case


def ending(outcome: str, *, process_id: str = "test_process", goes_on: str = "") -> bytes:
    """Return a process of one task whose end says what the case has come to."""
    mapping = f'<zeebe:ioMapping><zeebe:input source="={goes_on}" target="jatkuu"/></zeebe:ioMapping>'
    header = f'<zeebe:taskHeaders><zeebe:header key="outcome" value="{outcome}"/></zeebe:taskHeaders>'
    return diagram(
        '<bpmn:startEvent id="begin"/>'
        + user_step("first")
        + '<bpmn:endEvent id="over"><bpmn:extensionElements><zeebe:taskDefinition type="close_case" retries="3"/>'
        + (header if outcome else "")
        + (mapping if goes_on else "")
        + "</bpmn:extensionElements><bpmn:messageEventDefinition/></bpmn:endEvent>"
        + chain("begin", "first", "over"),
        process_id=process_id,
    )


#: a process of one task that ends without a word
SILENT = diagram(
    '<bpmn:startEvent id="begin"/>'
    + user_step("first")
    + '<bpmn:endEvent id="done"/>'
    + chain("begin", "first", "done"),
    process_id="silent",
)


@pytest.fixture
def place(database):
    return make_place(database)


def case_of(place, key):
    return place.executor.read(lambda uow: uow.care.cases.get(key))


def finish(place, instance):
    """Complete the one task and let the workers do the rest."""
    place.complete(place.open_tasks(instance)["first"])
    work(place)


def test_the_end_of_the_only_pathway_closes_the_case(place):
    place.publish(ending("OMAHOIDOSSA"))
    case_key = open_case(place)
    instance = place.start(case_key=case_key)
    assert case_of(place, case_key).is_open
    place.later(days=84)
    finish(place, instance)
    case = case_of(place, case_key)
    assert (case.is_open, case.outcome, case.closed_at) == (False, "OMAHOIDOSSA", place.now)
    with place.executor.database.engine.connect() as connection:
        [line] = connection.execute(select(audit).where(audit.c.action == "case_closed")).all()
    assert (line.details, line.instance_key) == ({"outcome": "OMAHOIDOSSA"}, instance)


def test_the_last_of_several_pathways_closes_it_whichever_it_is(place):
    place.publish(ending("OMAHOIDOSSA"), SILENT)
    for first, last in (("test_process", "silent"), ("silent", "test_process")):
        case_key = open_case(place)
        instances = [place.start(name, case_key=case_key) for name in (first, last)]
        finish(place, instances[0])
        assert case_of(place, case_key).is_open
        finish(place, instances[1])
        case = case_of(place, case_key)
        assert (case.is_open, case.outcome) == (False, "OMAHOIDOSSA")


#: goes beside the care of a case, until that ends
WATCH = (
    diagram(
        '<bpmn:startEvent id="begin"/>'
        + user_step("first")
        + '<bpmn:endEvent id="done"/>'
        + chain("begin", "first", "done")
        + '<bpmn:subProcess id="ends" triggeredByEvent="true"><bpmn:startEvent id="ended">'
        '<bpmn:messageEventDefinition messageRef="case_ended"/></bpmn:startEvent><bpmn:endEvent id="over"/>'
        + chain("ended", "over")
        + "</bpmn:subProcess>",
        process_id="watch",
    )
    .replace(
        b'<bpmn:startEvent id="begin"/>',
        b'<bpmn:extensionElements><zeebe:properties><zeebe:property name="kyky.besideCase" value="true"/>'
        b'</zeebe:properties></bpmn:extensionElements><bpmn:startEvent id="begin"/>',
        1,
    )
    .replace(
        b"</bpmn:definitions>",
        b'<bpmn:message id="case_ended" name="asia_paattyi"><bpmn:extensionElements>'
        b'<zeebe:subscription correlationKey="=asia_id"/></bpmn:extensionElements></bpmn:message></bpmn:definitions>',
    )
)


def test_what_goes_beside_the_care_neither_keeps_the_case_open_nor_outlives_it(place):
    place.publish(ending("OMAHOIDOSSA"), WATCH)
    case_key = open_case(place)
    watch, care = place.start("watch", case_key=case_key), place.start(case_key=case_key)
    finish(place, care)
    assert not case_of(place, case_key).is_open
    for delivery in place.executor.read(lambda uow: uow.messages.pending_deliveries(limit=10)):
        place.run(deliver, delivery_key=delivery)
    assert place.open_tasks(watch) == {}


def test_what_goes_beside_the_care_closes_no_case_of_which_nothing_was_said(place):
    place.publish(WATCH, SILENT)
    case_key = open_case(place)
    place.start("watch", case_key=case_key)
    finish(place, place.start("silent", case_key=case_key))
    assert case_of(place, case_key).is_open


#: takes over by message, once in a case
TAKER = (
    diagram(
        '<bpmn:startEvent id="begin"><bpmn:messageEventDefinition messageRef="taken"/></bpmn:startEvent>'
        + user_step("first")
        + '<bpmn:endEvent id="done"/>'
        + chain("begin", "first", "done"),
        process_id="taker",
    )
    .replace(
        b'<bpmn:startEvent id="begin">',
        b'<bpmn:extensionElements><zeebe:properties><zeebe:property name="kyky.oncePerCase" value="true"/>'
        b'</zeebe:properties></bpmn:extensionElements><bpmn:startEvent id="begin">',
        1,
    )
    .replace(b"</bpmn:definitions>", b'<bpmn:message id="taken" name="halytys"/></bpmn:definitions>')
)


def test_a_message_joins_what_runs_once_in_a_case(place):
    place.publish(TAKER)
    case_key = open_case(place)
    started = []
    for _ in range(2):
        sent = place.run(
            publish_message,
            name="halytys",
            correlation_key=str(case_key),
            variables={"asia_id": str(case_key)},
            actor=place.people["owner"],
        )
        started += [place.run(deliver, delivery_key=key) for key in sent.delivery_keys]
    assert len([each for each in started if each is not None]) == 1
    assert len(started) == 2


def test_an_instance_that_an_admin_cancels_may_be_the_last_one(place):
    place.publish(ending("PERUTTU"), SILENT)
    case_key = open_case(place)
    ended, stuck = place.start(case_key=case_key), place.start("silent", case_key=case_key)
    finish(place, ended)
    place.run(cancel_instance, instance_key=stuck, actor=place.people["admin"], reason="koe")
    assert case_of(place, case_key).outcome == "PERUTTU"
    assert not case_of(place, case_key).is_open


def test_an_instance_with_several_open_jobs_is_cancelled_with_all_of_them(place):
    place.publish(
        diagram(
            '<bpmn:startEvent id="begin"/><bpmn:parallelGateway id="split"/>'
            + job_step("one")
            + job_step("other")
            + chain("begin", "split", "one")
            + chain("split", "other")
        )
    )
    instance = place.start()
    assert len(place.open_jobs(instance)) == 2
    place.run(cancel_instance, instance_key=instance, actor=place.people["admin"], reason="koe")
    assert place.open_jobs(instance) == {}


def test_a_pathway_that_says_nothing_leaves_the_case_with_its_owner(place):
    place.publish(SILENT)
    case_key = open_case(place)
    finish(place, place.start("silent", case_key=case_key))
    assert case_of(place, case_key).is_open


def test_a_pathway_whose_caller_goes_on_says_nothing(place):
    place.publish(ending("OMAHOIDOSSA", goes_on="true"))
    case_key = open_case(place)
    finish(place, place.start(case_key=case_key))
    assert (case_of(place, case_key).is_open, case_of(place, case_key).outcome) == (True, "")


#: a person closes what the client has broken off, on the form of the task
CLOSED_BY_PERSON = ending("PERUTTU").replace(
    b'<zeebe:header key="outcome" value="PERUTTU"/></zeebe:taskHeaders>',
    b'<zeebe:header key="outcome" value="PERUTTU"/><zeebe:header key="task" value="first"/>'
    b'<zeebe:header key="notification" value="n_asia_paattyi"/><zeebe:header key="recipient" value="named"/>'
    b'</zeebe:taskHeaders><zeebe:executionListeners><zeebe:executionListener eventType="end"'
    b' type="send_notification" retries="3"/></zeebe:executionListeners>',
)


def close_by_person(place, case_key, outcome):
    """Let a person choose the outcome in the one pathway; return the others' instances: care, watch, paused."""
    with place.executor.database.transaction() as connection:
        connection.execute(update(user_account).values(email=user_account.c.username + "@demo.invalid"))
        connection.commit()
    closer = place.start(case_key=case_key)
    others = [place.start(name, case_key=case_key) for name in ("silent", "watch", "paused")]
    place.run(pause_instance, instance_key=others[2], actor=place.people["admin"], reason="koe")
    place.run(claim_task, task_key=place.open_tasks(others[0])["first"], actor=place.people["colleague"])
    task = place.open_tasks(closer)["first"]
    answer(place, case_key, "f_sulkeminen", task_key=task, lopputulos=outcome)
    place.complete(task)
    [close] = place.run(claim_jobs, keys=list(place.open_jobs(closer).values()), owner="w", lease=LEASE)
    place.run(run_local_job, job_key=close.key, fence=close.fence, local_work=close_case)
    [listener] = place.run(claim_jobs, keys=list(place.open_jobs(closer).values()), owner="w", lease=LEASE)
    notice = place.executor.run(prepare_notification, listener, place.now)
    for delivery in place.executor.read(lambda uow: uow.messages.pending_deliveries(limit=10)):
        place.run(deliver, delivery_key=delivery)
    place.run(finish_job, job_key=listener.key, fence=listener.fence, variables={})
    for delivery in place.executor.read(lambda uow: uow.messages.pending_deliveries(limit=10)):
        place.run(deliver, delivery_key=delivery)
    return others, {recipient.address.partition("@")[0] for recipient in notice.recipients}


def test_a_person_who_closes_a_broken_off_case_ends_its_other_pathways_and_those_concerned_are_told(place):
    place.publish(CLOSED_BY_PERSON, SILENT, SILENT.replace(b'id="silent"', b'id="paused"'), WATCH)
    case_key = open_case(place)
    others, told = close_by_person(place, case_key, "EI_TAVOITETTU")
    assert [place.status(each) for each in others] == ["terminated", "completed", "terminated"]
    assert (case_of(place, case_key).is_open, case_of(place, case_key).outcome) == (False, "EI_TAVOITETTU")
    assert told == {"counsellor", "colleague"}
    with place.executor.database.engine.connect() as connection:
        ended = connection.execute(select(audit.c.instance_key).where(audit.c.action == "instance_ended_with_case"))
        assert set(ended.scalars()) == {others[0], others[2]}


def test_another_choice_of_the_person_ends_nothing_else_and_tells_nobody(place):
    place.publish(CLOSED_BY_PERSON, SILENT, SILENT.replace(b'id="silent"', b'id="paused"'), WATCH)
    case_key = open_case(place)
    others, told = close_by_person(place, case_key, "TARVE_PAATTYNYT")
    assert [place.status(each) for each in others] == ["active"] * 3
    assert case_of(place, case_key).is_open
    assert told == set()


@pytest.mark.parametrize(("outcome", "closed"), [("OMAHOIDOSSA", False), ("PERUTTU", True)])
def test_a_message_that_hands_over_keeps_the_case_open_unless_the_client_has_stopped(place, outcome, closed):
    place.publish(ending(outcome))
    case_key = open_case(place)
    instance = place.start(case_key=case_key)
    place.run(
        publish_message,
        name="halytys",
        correlation_key=str(case_key),
        time_to_live=timedelta(days=30),
        actor=place.people["owner"],
    )
    finish(place, instance)
    assert case_of(place, case_key).is_open is not closed


def test_an_unknown_outcome_is_an_incident_and_closes_nothing(place):
    place.publish(ending("EI_TOIMENPIDETTA"))
    case_key = open_case(place)
    instance = place.start(case_key=case_key)
    finish(place, instance)
    assert case_of(place, case_key).is_open
    with place.executor.database.engine.connect() as connection:
        codes = connection.execute(select(incident.c.code).where(incident.c.instance_key == instance)).scalars().all()
    assert codes == ["closing_headers_invalid"]


def closed_case(place, outcome="EI_TAVOITETTU"):
    """Return a case that its only pathway has closed."""
    place.publish(ending(outcome))
    case_key = open_case(place)
    finish(place, place.start(case_key=case_key))
    assert not case_of(place, case_key).is_open
    return case_key


def test_nothing_begins_in_a_closed_case(place):
    case_key = closed_case(place)
    with pytest.raises(CaseClosed, match="2026-00001"):
        place.start(case_key=case_key)
    with pytest.raises(CaseClosed):
        place.executor.read(startable_in_case, case=case_of(place, case_key), actor=place.people["counsellor"])


def test_what_may_come_after_a_case_is_started_in_a_closed_one_and_closes_nothing_again(place):
    after = SILENT.replace(b'id="silent"', b'id="after"').replace(
        b'<bpmn:startEvent id="begin"/>',
        b'<bpmn:extensionElements><zeebe:properties><zeebe:property name="kyky.afterCase" value="true"/>'
        b'</zeebe:properties></bpmn:extensionElements><bpmn:startEvent id="begin"/>',
        1,
    )
    place.publish(after)
    case_key = closed_case(place)
    closed_at = case_of(place, case_key).closed_at
    place.later(days=30)
    finish(place, place.start("after", case_key=case_key))
    assert (case_of(place, case_key).is_open, case_of(place, case_key).closed_at) == (False, closed_at)


def test_a_message_for_a_closed_case_starts_nothing(place):
    by_message = SILENT.replace(
        b'<bpmn:startEvent id="begin"/>',
        b'<bpmn:startEvent id="begin"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>',
    ).replace(b"<bpmn:process ", b'<bpmn:message id="m" name="ohjaus"/><bpmn:process ')
    place.publish(by_message)
    case_key = closed_case(place)
    for key in (case_key, open_case(place)):
        sent = place.run(
            publish_message,
            name="ohjaus",
            correlation_key=str(key),
            variables={"asia_id": str(key)},
            actor=place.people["owner"],
        )
        [delivery] = sent.delivery_keys
        place.run(deliver, delivery_key=delivery)
    assert place.executor.read(lambda uow: uow.monitor.totals())["active"] == 1
    with place.executor.database.engine.connect() as connection:
        [line] = connection.execute(select(audit).where(audit.c.action == "start_in_closed_case")).all()
    assert line.case_key == case_key


def test_consents_end_with_the_case(place):
    place.publish(ending("OMAHOIDOSSA"))
    case_key = open_case(place)
    with place.executor.database.transaction() as connection:
        connection.execute(
            insert(consent_grant).values(
                key=new_key(),
                case_key=case_key,
                consent_key=new_key(),
                organisation_id="o_tyollisyys",
                data_group=DataGroup.BASIC,
                purpose=Purpose.CARE,
                valid_from=START - timedelta(days=1),
                valid_until=START + timedelta(days=300),
            )
        )
        connection.commit()
    employment = place.people["employment"]
    assert place.run(case_page, case_key=case_key, actor=employment).client is not None
    finish(place, place.start(case_key=case_key))
    with pytest.raises(Concealed):
        place.run(case_page, case_key=case_key, actor=employment)


def test_owning_ends_with_the_case(place):
    place.publish(ending("EI_TARVETTA"))
    case_key = open_case(place)
    owner = place.people["counsellor"]
    elsewhere = replace(owner, organisation_id="o_tyollisyys", organisation_type="o_tyollisyys", roles=frozenset())
    assert place.run(case_page, case_key=case_key, actor=elsewhere).client is None
    finish(place, place.start(case_key=case_key))
    with pytest.raises(Concealed):
        place.run(case_page, case_key=case_key, actor=elsewhere)
    # who sees the case by role in its register sees how it ended
    assert place.run(case_page, case_key=case_key, actor=owner).outcome == "EI_TARVETTA"


def test_a_new_contact_may_open_a_new_case_beside_the_closed_one(place):
    case_key = closed_case(place)
    client_key = case_of(place, case_key).client_key
    assert place.executor.run(lambda uow: uow.care.cases.lock_open_case_of(client_key)) is None


def test_a_process_without_a_case_ends_as_before(place):
    place.publish(SILENT)
    instance = place.run(start_instance, process_id="silent", actor=SYSTEM, area_id=AREA).instance_key
    finish(place, instance)
    assert place.status(instance) == "completed"


@given(st.sampled_from(["", *Outcome]), st.sampled_from(list(Outcome)))
def test_what_pathways_conclude_is_never_lost_to_one_that_found_no_need(earlier, outcome):
    both = concluded(earlier, outcome)
    assert both in {earlier, outcome} - {""}
    assert both == outcome or outcome is Outcome.NO_NEED
    assert concluded(both, outcome) == both
    assert waits_for_others(outcome) is (outcome not in BROKEN_OFF)
