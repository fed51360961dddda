"""The consultation hour (P03): scenario 7.2 of domain.md, and that nothing leads from an item to a client."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from app.commands.arrange_consultation import arrange_consultation
from app.commands.ask_consultation import ask_consultation, check_consultation, withdraw_consultation
from app.commands.claim_task import claim_task
from app.commands.delegate_task import ask_for_task, delegate_task, return_task, set_follow_up
from app.commands.direct_task import assign_task, unassign_task
from app.commands.fire_timer import fire_timer
from app.commands.jobs import claim_jobs, finish_job
from app.commands.lead_consultation import (
    add_walk_in,
    answer_item,
    close_session,
    note_present,
    open_session,
    pass_over_item,
    take_item,
)
from app.commands.local_jobs import LOCAL_JOBS
from app.commands.plan_consultation import forget_consultation, plan_consultation
from app.commands.prepare_notification import prepare_notification
from app.commands.run_local_job import run_local_job
from app.commands.start_instance import start_instance
from app.commands.write_comment import Written, write_comment
from app.domain.actor import Actor
from app.domain.anonymity import Kind
from app.domain.consultation import ItemStatus, Part, SessionStatus
from app.domain.errors import Conflict, InvalidInput, InvalidSubmission, NotAllowed, NotFound
from app.domain.keys import new_key
from app.queries.catalogue import startable_processes
from app.storage.tables import metadata
from app.storage.tables.consultation import consultation_item, consultation_secret, consultation_session
from app.storage.tables.instances import job, variable
from app.storage.tables.people import organisation, position, reference_data, role, unit, user_account
from app.storage.tables.work import user_task
from tests.factories import AREA, chain, diagram, make_place, user_step

PROCESSES = Path(__file__).parents[2] / "processes"
LEASE = timedelta(seconds=60)
TEXTS = {
    "tilanne": "Pitkään toimeentulotuella, epävarma siitä miten edetä.",
    "mita_tehty": "Palveluohjausta.",
    "kysymys": "Hyötyisikö työkyvyn tuen tiimistä?",
}
PAGE = frozenset({"csrf_token"})


def publish_forms(place):
    """Publish the forms of the hour with a drawing as small as can be."""
    drawn = diagram(
        '<bpmn:extensionElements><zeebe:properties><zeebe:property name="kyky.drawnOnly" value="true"/>'
        '</zeebe:properties></bpmn:extensionElements><bpmn:startEvent id="begin"/>'
        + user_step("ask", form_id="f_konsultaatio")
        + user_step("answer", form_id="f_konsultaatio_vastaus")
        + '<bpmn:endEvent id="done"/>'
        + chain("begin", "ask", "answer", "done"),
        process_id="tyky_konsultaatio_tapaus",
    )
    forms = (PROCESSES / "tyky_konsultaatio_tapaus" / "forms").glob("*.json")
    place.publish(drawn, resources={path.name: path.read_bytes() for path in forms})


def publish_pathways(place, *folders):
    """Publish pathways of the hour as they are drawn, with their forms and the rules that they take in."""
    files = {path.name: path.read_bytes() for path in PROCESSES.glob("shared/rules/*.bpmn")}
    for folder in folders:
        for path in (PROCESSES / folder).rglob("*"):
            if path.suffix in {".bpmn", ".json"} and path.parent.name != "scenarios":
                files[path.name] = path.read_bytes()
    place.publish(resources=files)


def limits(place):
    """Write the limits of the hour, and let the area hold it."""
    rows = json.loads((PROCESSES / "shared/reference/time_limits.json").read_text())["rows"]
    values = [("limit", "", row["id"], row["value"]) for row in rows]
    values.append(("area", AREA, "konsultaatiotapa", "TUNTI"))
    with place.executor.database.engine.begin() as connection:
        connection.execute(
            insert(reference_data),
            [
                {"kind": kind, "area_id": area, "id": name, "value": value, "changed_at": place.now}
                for kind, area, name, value in values
            ],
        )


def add_person(place, name, *, organisation_id, roles):
    """Add somebody who works for the organisation in the area."""
    key, unit_id = new_key(), f"unit_{organisation_id}"
    with place.executor.database.engine.begin() as connection:
        if connection.scalar(select(organisation.c.id).where(organisation.c.id == organisation_id)) is None:
            connection.execute(
                insert(organisation).values(id=organisation_id, type=organisation_id, name={"fi": organisation_id})
            )
        if connection.scalar(select(unit.c.id).where(unit.c.id == unit_id)) is None:
            connection.execute(
                insert(unit).values(id=unit_id, organisation_id=organisation_id, area_id=AREA, name={"fi": unit_id})
            )
        for each in roles:
            if connection.scalar(select(role.c.id).where(role.c.id == each)) is None:
                connection.execute(insert(role).values(id=each, name={"fi": each}, permissions={}))
        connection.execute(
            insert(user_account).values(
                key=key,
                username=name,
                name=name.title(),
                email=f"{name}@demo.invalid",
                settings={},
                created_at=place.now,
                demo=True,
            )
        )
        connection.execute(
            insert(position), [{"user_key": key, "role_id": each, "unit_id": unit_id} for each in sorted(roles)]
        )
    place.people[name] = Actor(
        user_key=key,
        name=name,
        organisation_id=organisation_id,
        organisation_type=organisation_id,
        unit_id=unit_id,
        roles=frozenset(roles),
        areas=frozenset({AREA}),
    )
    return place.people[name]


def make_hour(database, *pathways):
    """Return a place whose area holds the hour: many may bring items, two lead, three experts of three kinds."""
    place = make_place(database)
    limits(place)
    publish_forms(place)
    if pathways:
        publish_pathways(place, *pathways)
    for name in ("sari", "satu", "sini"):
        add_person(place, name, organisation_id="o_sosiaali", roles={"r_sosiaalityontekija"})
    add_person(place, "kela", organisation_id="o_kela", roles={"r_kela_ratkaisu"})
    add_person(place, "fanni", organisation_id="o_sosiaali", roles={"r_fasilitaattori"})
    add_person(place, "ville", organisation_id="o_sosiaali", roles={"r_fasilitaattori"})

    def group(uow):
        uow.consultation.add_hour(AREA)
        uow.consultation.put_members(AREA, Part.FACILITATOR, [key_of(place, "fanni"), key_of(place, "ville")])
        experts = [key_of(place, name) for name in ("satu", "nurse", "kela")]
        uow.consultation.put_members(AREA, Part.EXPERT, experts)

    place.executor.run(group)
    place.run(plan_consultation, area_id=AREA)
    return place


def key_of(place, name):
    return place.people[name].user_key


@pytest.fixture
def place(database):
    return make_hour(database)


def sessions(place, *statuses):
    wanted = statuses or (SessionStatus.PLANNED,)
    return place.executor.read(lambda uow: uow.consultation.sessions([AREA], statuses=wanted))


def queue(place, session):
    return place.executor.read(lambda uow: uow.consultation_items.queue(session.key))


def fields(**changed):
    given = {
        "aihe": ["epavarmuus_etenemisesta"],
        "ikaryhma": ["40-49"],
        "tuojan_ammatti": ["sosiaalityontekija"],
        "tuojan_org": ["o_sosiaali"],
        "vakuutus": ["true"],
        **{name: [text] for name, text in TEXTS.items()},
    }
    return given | {name: [value] if isinstance(value, str) else value for name, value in changed.items()}


def ask(place, person="sari", *, confirmed="", ticket="", **changed):
    return place.run(
        ask_consultation,
        area_id=AREA,
        actor=place.people[person],
        fields=fields(**changed),
        page_names=PAGE,
        language="fi",
        confirmed=confirmed,
        ticket=ticket,
    )


ANSWER = {
    "ratkaisu": ["Tiimi ja terveystarkastus."],
    "suositus": ["tyokyvyn_tuen_tiimi"],
    "osallistujat": ["r_sosiaalityontekija"],
    "kesto_min": ["15"],
}


def answer(place, session, item, person="fanni", **changed):
    return place.run(
        answer_item,
        session_key=session.key,
        item_key=item.key,
        actor=place.people[person],
        fields=ANSWER | changed,
        page_names=PAGE,
        language="fi",
        confirmed="",
    )


def lead(place, command, session, person="fanni", **values):
    return place.executor.run(command, session_key=session.key, actor=place.people[person], **values)


def open_hour(place, session):
    place.now = session.starts_at
    lead(place, open_session, session, rules_read=True, now=place.now)


def own_items(place, person):
    def read(uow):
        return uow.consultation_items.of_requester(key_of(place, person), uow.consultation.living_secrets())

    return place.executor.read(read)


# -- asking ----------------------------------------------------------------------------------------------------------


def test_sessions_are_planned_a_week_ahead_and_led_by_turn(place):
    first, second = sessions(place)
    assert [each.day for each in (first, second)] == [date(2026, 3, 5), date(2026, 3, 12)]
    assert first.starts_at == datetime(2026, 3, 5, 11, tzinfo=UTC)
    assert (first.facilitator_key, first.deputy_key) == (key_of(place, "fanni"), key_of(place, "ville"))
    assert (second.facilitator_key, second.deputy_key) == (key_of(place, "ville"), key_of(place, "fanni"))
    assert place.run(plan_consultation, area_id=AREA) == 0


def test_an_item_joins_the_queue_once_and_in_the_order_of_arrival(place):
    [session, _] = sessions(place)
    assert [ask(place, person).number for person in ("sari", "nurse", "employment")] == [1, 2, 3]
    assert ask(place, "sini", ticket="page").number == 4
    assert ask(place, "sini", ticket="page").number == 4
    assert [item.arrival for item in queue(place, session)] == [1, 2, 3, 4]
    [own] = own_items(place, "sari")
    assert own.asked["tilanne"] == TEXTS["tilanne"]
    assert "vakuutus" not in own.asked
    assert own_items(place, "satu") == []


def test_what_identifies_is_stopped_and_what_may_has_to_be_confirmed(place):
    [session, _] = sessions(place)
    stopped = ask(place, tilanne="Asiakas 230284-912J on epävarma.")
    assert stopped.number == 0
    assert [finding.kind for each in stopped.checked for finding in each.findings] == [Kind.IDENTITY_CODE]
    assert stopped.mark == ""
    asked = ask(place, tilanne="42-vuotias nainen on epävarma.")
    assert (asked.number, [each.key for each in asked.checked]) == (0, ["tilanne"])
    assert ask(place, tilanne="43-vuotias nainen on epävarma.", confirmed=asked.mark).number == 0
    assert ask(place, tilanne="42-vuotias nainen on epävarma.", confirmed=asked.mark).number == 1
    with place.executor.database.engine.connect() as connection:
        assert connection.scalar(select(consultation_item.c.confirmed)) == ["age"]
        refused = select(consultation_session.c.refused).where(consultation_session.c.key == session.key)
        assert connection.scalar(refused) == 3


def test_the_check_while_typing_keeps_nothing(place):
    checked = place.run(
        check_consultation,
        area_id=AREA,
        actor=place.people["sari"],
        fields={"kysymys": ["Soitanko numeroon 040 123 4567?"], "aihe": ["x"]},
    )
    assert [(each.key, each.findings[0].kind) for each in checked] == [("kysymys", Kind.PHONE)]
    with place.executor.database.engine.connect() as connection:
        assert connection.execute(select(consultation_session.c.refused)).scalars().all() == [0, 0]


def test_only_those_may_ask_who_bring_items_and_physicians_where_the_county_says_so(place):
    for person in ("booker", "kela", "fanni", "owner", "doctor"):
        with pytest.raises(NotAllowed):
            ask(place, person)
    with place.executor.database.engine.begin() as connection:
        connection.execute(
            reference_data.update().where(reference_data.c.id == "konsultaatio").values(value={"laakarit_mukana": True})
        )
    assert ask(place, "doctor", tuojan_ammatti="laakari").number == 1
    with pytest.raises(InvalidSubmission):
        ask(place, vakuutus="false")
    with pytest.raises(NotFound):
        place.run(
            ask_consultation,
            area_id="espoo",
            actor=place.people["sari"],
            fields=fields(),
            page_names=PAGE,
            language="fi",
            confirmed="",
            ticket="",
        )


def test_an_own_item_that_waits_can_be_taken_back_and_is_forgotten_at_once(place):
    ask(place)
    [item] = own_items(place, "sari")
    with pytest.raises(NotFound):
        place.executor.run(withdraw_consultation, item_key=item.key, actor=place.people["sini"])
    place.executor.run(withdraw_consultation, item_key=item.key, actor=place.people["sari"])
    assert own_items(place, "sari") == []
    with place.executor.database.engine.connect() as connection:
        row = connection.execute(select(consultation_item)).one()
    assert (row.status, row.asked, row.requester, row.profession) == ("withdrawn", None, None, "sosiaalityontekija")


# -- the hour --------------------------------------------------------------------------------------------------------


def test_an_hour_is_held_as_in_scenario_7_2(place):
    [session, following] = sessions(place)
    for person in ("nurse", "employment", "sari"):
        ask(place, person)
    with pytest.raises(Conflict):
        lead(place, open_session, session, rules_read=True, now=place.now)
    place.now = session.starts_at - timedelta(minutes=10)
    with pytest.raises(InvalidSubmission):
        lead(place, open_session, session, rules_read=False, now=place.now)
    with pytest.raises(NotAllowed):
        lead(place, open_session, session, "sari", rules_read=True, now=place.now)
    # whoever stands in may open as well
    lead(place, open_session, session, "ville", rules_read=True, now=place.now)
    lead(place, note_present, session, present=[key_of(place, "satu"), key_of(place, "kela")], now=place.now)
    lead(place, add_walk_in, session, topics=["tarvitseeko_arviointia"])
    first, second, third, walk_in = queue(place, session)
    assert walk_in.walk_in

    lead(place, take_item, session, item_key=second.key)
    lead(place, take_item, session, item_key=first.key)  # the second waits again
    with pytest.raises(Conflict):
        answer(place, session, second)
    assert answer(place, session, first).written
    lead(place, pass_over_item, session, item_key=second.key, now=place.now)
    lead(place, take_item, session, item_key=third.key)
    stopped = answer(place, session, third, ratkaisu=["Asiakas 230284-912J tiimiin"])
    assert not stopped.written
    assert answer(place, session, third, suositus=["uusi_konsultaatio"]).written

    assert not lead(place, close_session, session, learnt="Soita 040 123 4567", now=place.now).closed
    closed = lead(place, close_session, session, learnt="Tiimi kannattaa kutsua ajoissa.", now=place.now)
    assert (closed.handled, closed.carried) == (2, 1)
    [held] = sessions(place, SessionStatus.HELD)
    assert (held.handled, held.carried, held.walk_ins) == (2, 1, 1)
    assert held.organisations == ("o_kela", "o_sosiaali")
    assert held.learnt == "Tiimi kannattaa kutsua ajoissa."
    # the walk-in keeps its place before the one passed over and the one to be heard again
    first_there, *behind = queue(place, following)
    assert first_there.key == walk_in.key
    assert second.key in {item.key for item in behind}
    [answered, again] = sorted(own_items(place, "sari"), key=lambda item: item.status)
    assert (answered.status, again.status) == (ItemStatus.ANSWERED, ItemStatus.WAITING)
    assert answered.answer["ratkaisu"] == "Tiimi ja terveystarkastus."
    assert own_items(place, "employment")[0].passed == 1


def test_more_than_fit_keep_their_places_in_the_next_hour(place):
    [session, following] = sessions(place)
    for number, person in enumerate(("sari", "nurse", "employment", "sini", "counsellor"), start=1):
        assert ask(place, person).number == number
    waiting = [item.key for item in queue(place, session)]
    open_hour(place, session)
    for key in waiting[:2]:
        lead(place, take_item, session, item_key=key)
        answer(place, session, queue(place, session)[0])
    lead(place, close_session, session, learnt="", now=place.now)
    place.later(days=1)
    assert ask(place, "satu").number == 4
    assert [item.key for item in queue(place, following)][:3] == waiting[2:]
    assert [item.carried for item in queue(place, following)] == [1, 1, 1, 0]
    assert len(own_items(place, "counsellor")) == 1


def test_a_session_that_everybody_forgot_leaves_no_item_behind(place):
    [session, following] = sessions(place)
    ask(place)
    place.now = session.ends_at + timedelta(hours=13)
    place.run(plan_consultation, area_id=AREA)
    assert [each.key for each in sessions(place, SessionStatus.MOVED)] == [session.key]
    assert len(queue(place, following)) == 1


def test_no_session_in_the_summer_break_on_ascension_day_and_its_like(place):
    place.now = datetime(2026, 5, 8, 8, tzinfo=UTC)
    place.run(plan_consultation, area_id=AREA)
    place.now = datetime(2026, 6, 18, 12, tzinfo=UTC)
    place.run(plan_consultation, area_id=AREA)
    days = [each.day for each in sessions(place, *SessionStatus)]
    assert date(2026, 5, 14) not in days
    assert date(2026, 5, 21) in days
    assert [day for day in days if date(2026, 6, 19) < day] == [date(2026, 8, 6)]


def test_the_group_is_arranged_by_those_who_lead(place):
    def arrange(person, **changed):
        values = {
            "facilitators": [key_of(place, "ville")],
            "experts": [key_of(place, "kela")],
            "remote_link": "https://kokous.example/tunti",
        }
        place.run(arrange_consultation, area_id=AREA, actor=place.people[person], **(values | changed))

    with pytest.raises(NotAllowed):
        arrange("sari")
    for wrong in ({"facilitators": []}, {"experts": [4711]}, {"remote_link": "javascript:alert(1)"}):
        with pytest.raises(InvalidInput):
            arrange("fanni", **wrong)
    arrange("fanni")
    members = place.executor.read(lambda uow: uow.consultation.members(AREA))
    assert [(member.name, member.part) for member in members] == [("Kela", Part.EXPERT), ("Ville", Part.FACILITATOR)]
    assert place.executor.read(lambda uow: uow.consultation.hours())[0].remote_link == "https://kokous.example/tunti"


# -- the process beside the session ----------------------------------------------------------------------------------


SESSION_PATHWAY = "tyky_konsultaatio_istunto"


@pytest.fixture
def hour_with_pathway(database):
    return make_hour(database, SESSION_PATHWAY)


def instances_of(place):
    """Return the running pathways of sessions, by the key of the session."""
    with place.executor.database.engine.connect() as connection:
        rows = connection.execute(
            select(variable.c.value, variable.c.instance_key).where(variable.c.name == "istunto_id")
        ).all()
    return {int(row.value): row.instance_key for row in rows}


def work(place, instance):
    """Carry out the local jobs of the instance that are due, and those that follow."""
    while True:
        with place.executor.database.engine.connect() as connection:
            rows = connection.execute(
                select(job.c.key, job.c.type).where(job.c.instance_key == instance, job.c.status == "ready")
            ).all()
        mine = {row.key: row.type for row in rows if row.type in LOCAL_JOBS}
        if not mine:
            return {row.type for row in rows}
        for claimed in place.run(claim_jobs, keys=list(mine), owner="w", lease=LEASE):
            local_work = LOCAL_JOBS[mine[claimed.key]]
            place.run(run_local_job, job_key=claimed.key, fence=claimed.fence, local_work=local_work)


def fire(place, instance, element_id):
    """Let the timer of the instance fall due."""
    key, due_at = place.open_timers(instance)[element_id]
    place.now = max(place.now, due_at)
    place.run(fire_timer, timer_key=key)
    return work(place, instance)


def test_an_empty_hour_is_cancelled_on_the_working_day_before(hour_with_pathway):
    place = hour_with_pathway
    [session, following] = sessions(place)
    instance = instances_of(place)[session.key]
    assert fire(place, instance, "d2_tarkistushetki") == {"send_notification"}
    assert place.now == datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert [each.key for each in sessions(place, SessionStatus.CANCELLED)] == [session.key]
    assert ask(place).session_key == following.key
    notice = notice_of(place, instance)
    assert (notice.notification, len(notice.recipients)) == ("n_istunto_peruttu", 6)


def notice_of(place, instance):
    """Return what the notification that the instance waits for says, and to whom."""
    [claimed] = place.run(claim_jobs, keys=list(place.open_jobs(instance).values()), owner="w", lease=LEASE)
    return place.executor.run(prepare_notification, claimed, place.now)


def test_experts_say_whether_they_come_and_the_hour_is_held(hour_with_pathway):
    place = hour_with_pathway
    [session, _] = sessions(place)
    ask(place)
    instance = instances_of(place)[session.key]
    fire(place, instance, "d2_tarkistushetki")
    with place.executor.database.engine.connect() as connection:
        asked = connection.execute(
            select(user_task.c.key, user_task.c.assignee).where(user_task.c.instance_key == instance)
        ).all()
    assert {row.assignee for row in asked} == {key_of(place, name) for name in ("satu", "nurse", "kela")}
    names = {key_of(place, name): name for name in ("satu", "nurse", "kela")}
    for row in asked:
        place.complete(row.key, names[row.assignee], lasnaolo="tulen")
    work(place, instance)
    fire(place, instance, "d3_tunnin_aamu")
    assert len(notice_of(place, instance).recipients) == 4
    place.run(finish_job, job_key=place.open_jobs(instance)["d3_muistuta_tunnista"], fence=1, variables={})
    open_hour(place, session)
    place.deliver_messages()
    lead(place, close_session, session, learnt="", now=place.now)
    place.deliver_messages()
    assert place.status(instance) == "completed"
    assert ("loppu_pidetty", "completed") in place.events(instance)


def test_the_checklist_takes_the_hour_into_use(database):
    place = make_place(database)
    limits(place)
    publish_forms(place)
    publish_pathways(place, "tyky_konsultaatio_kayttoonotto")
    for name in ("fanni", "ville"):
        add_person(place, name, organisation_id="o_sosiaali", roles={"r_fasilitaattori"})
    with place.executor.database.engine.begin() as connection:
        connection.execute(reference_data.delete().where(reference_data.c.id == "konsultaatiotapa"))
    instance = place.run(
        start_instance, process_id="tyky_konsultaatio_kayttoonotto", actor=place.people["fanni"]
    ).instance_key
    points = ("tarve_kartoitettu", "ryhma_nimetty", "etaymparisto", "ajat_sovittu", "vetajat_sovittu")
    chairs = {"fasilitaattori": str(key_of(place, "fanni")), "varafasilitaattori": str(key_of(place, "ville"))}
    task = place.open_tasks(instance)["c32_tarkistuslista"]
    place.complete(task, "fanni", **dict.fromkeys(points, True), aloitusinfo_pidetty=False, **chairs)
    task = place.open_tasks(instance)["c32_tarkistuslista"]
    place.complete(task, "fanni", **dict.fromkeys(points, True), aloitusinfo_pidetty=True, **chairs)
    work(place, instance)
    assert place.status(instance) == "completed"
    assert [each.facilitator_key for each in sessions(place)] == [key_of(place, "fanni"), key_of(place, "ville")]


def test_nobody_starts_a_process_that_is_only_drawn(place):
    assert "tyky_konsultaatio_tapaus" not in {
        item.process_id for item in place.executor.run(startable_processes, actor=place.people["owner"])
    }
    with pytest.raises(NotAllowed):
        place.run(start_instance, process_id="tyky_konsultaatio_tapaus", actor=place.people["owner"])


# -- forgetting ------------------------------------------------------------------------------------------------------


def held_with_answer(place):
    [session, _] = sessions(place)
    ask(place)
    open_hour(place, session)
    [item] = queue(place, session)
    lead(place, take_item, session, item_key=item.key)
    answer(place, session, item)
    lead(place, close_session, session, learnt="Opittu.", now=place.now)
    return session, item


def test_requesters_are_forgotten_after_30_days_and_texts_after_90(place):
    session, _ = held_with_answer(place)
    place.now = session.starts_at + timedelta(days=29)
    assert place.run(forget_consultation).secrets == 0
    assert own_items(place, "sari")
    place.later(days=2)
    assert place.run(forget_consultation).secrets == 1
    assert own_items(place, "sari") == []
    with place.executor.database.engine.connect() as connection:
        assert connection.scalars(select(consultation_secret.c.session_key)).all() != [session.key]
        assert connection.scalar(select(consultation_item.c.requester)) is None
    place.now = session.starts_at + timedelta(days=91)
    done = place.run(forget_consultation)
    assert (done.texts, done.minutes) == (1, 1)
    with place.executor.database.engine.connect() as connection:
        row = connection.execute(select(consultation_item)).one()
    assert (row.asked, row.answer, row.arrival, row.ticket) == (None, None, None, None)
    assert (row.profession, row.recommendation, row.minutes) == ("sosiaalityontekija", "tyokyvyn_tuen_tiimi", 15)
    [held] = sessions(place, SessionStatus.HELD)
    assert (held.handled, held.learnt) == (1, "")


def test_no_other_table_holds_the_key_of_an_item_and_no_item_a_key_of_others(hour_with_pathway):
    place = hour_with_pathway
    _, item = held_with_answer(place)
    place.deliver_messages()
    own = {table for name, table in metadata.tables.items() if name.startswith("consultation_")}
    with place.executor.database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for name, value in row.items():
                    if (table.name, name) != ("consultation_item", "key"):
                        shown = value.hex() if isinstance(value, bytes) else repr(value)
                        assert str(item.key) not in shown, (table.name, name)
                        assert f"{item.key:016x}" not in shown, (table.name, name)
    keys = {column.name for column in consultation_item.columns}
    assert not {name for name in keys if name.endswith("_at") or name in {"case_key", "client_key", "task_key"}}
    assert {key.column.table for table in own for key in table.foreign_keys} <= {*own, user_account}
    others = [table for table in metadata.sorted_tables if table not in own]
    assert not [key for table in others for key in table.foreign_keys if key.column.table in own]


def test_steps_around_the_hour_note_no_time_finer_than_the_week(database):
    place = make_place(database)
    step = user_step("take_to_the_hour").replace(
        "</bpmn:extensionElements>",
        '<zeebe:properties><zeebe:property name="kyky.noteTime" value="week"/></zeebe:properties>'
        "</bpmn:extensionElements>",
    )
    reminder = (
        '<bpmn:boundaryEvent id="reminder" attachedToRef="write_result" cancelActivity="false">'
        '<bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">P3D</bpmn:timeDuration>'
        "</bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    )
    body = '<bpmn:startEvent id="begin"/>' + step + user_step("write_result") + reminder + '<bpmn:endEvent id="done"/>'
    ends = chain("begin", "take_to_the_hour", "write_result", "done") + '<bpmn:endEvent id="reminded"/>'
    place.publish(diagram(body + ends + chain("reminder", "reminded")))
    instance = place.start()
    # Wednesday, 13.37 in Finland
    place.now = datetime(2026, 3, 4, 11, 37, 12, tzinfo=UTC)
    task = place.open_tasks(instance)["take_to_the_hour"]

    def do(command, person="counsellor", **values):
        place.run(command, task_key=task, actor=place.people[person], **values)

    do(assign_task, "supervisor", username="colleague", may_replace=True)
    do(ask_for_task)
    do(delegate_task, "colleague", username="counsellor", returns=True)
    do(return_task)
    do(set_follow_up, "colleague", day="2026-03-20")
    do(write_comment, written=Written(text="Otetaan torstaina.", data_group="sosiaali", mentioned=("colleague",)))
    do(unassign_task, "colleague")
    do(claim_task)
    place.complete(task)
    monday, following = datetime(2026, 3, 1, 22, tzinfo=UTC), datetime(2026, 3, 8, 22, tzinfo=UTC)
    assert place.open_timers(instance)["reminder"][1] == following + timedelta(days=3)
    moments = []
    with place.executor.database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                moments += [(table.name, name, value) for name, value in row.items() if isinstance(value, datetime)]
    assert ("user_task", "ended_at", monday) in moments
    assert [found for found in moments if found[2] == place.now] == []
