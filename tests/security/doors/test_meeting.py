"""A team's meeting through the pages: who leads, who has to leave, what the wall shows, what the minutes do."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select

from app.commands.publish import publish
from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM
from app.domain.answers import RecordAnswer
from app.domain.forms import RecordKind, RecordTarget
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.storage.tables.care import care_case, case_answer, consent_grant
from app.storage.tables.meetings import team_meeting, team_meeting_attendee, team_meeting_turn
from app.storage.tables.work import draft, task_offer, user_task
from tests.factories import AREA, chain, diagram, user_step
from tests.scenarios.world import PROCESSES
from tests.security.doors.office import CANARIES, CLOCK

LEADER = "tiina.testinen"
FORM = (PROCESSES / "shared/forms/f_tiimikokous.json").read_bytes()
PLAN_FORM = (PROCESSES / "shared/forms/f_suunnitelma.json").read_bytes()
PROCESS = diagram(
    '<bpmn:startEvent id="alku"/>'
    + user_step("kokous", groups="r_tiimikoordinaattori", form_id="f_tiimikokous")
    + user_step("jatko", groups="r_tiimikoordinaattori", form_id="f_suunnitelma")
    + '<bpmn:endEvent id="loppu"/>'
    + chain("alku", "kokous", "jatko", "loppu"),
    process_id="tyky_kokous",
)
MINUTES = {
    "osallistujat-0-_row": "1",
    "osallistujat-0-rooli": "r_tiimikoordinaattori",
    "osallistujat-0-taho": "o_sote_keskus",
    "osallistujat-0-paikalla": "lasna",
    "asiakas_lasna": "ei",
    "asiakkaan_puheenvuoro": "Haluan työhön omaan tahtiin.",
    "yhteinen_ymmarrys": "Osa-aikainen työ onnistuu.",
    "jatkoselvitys": "false",
    "kiireellinen": "false",
    "turvallisuus_huoli": "ei",
}


@pytest.fixture
def meeting(office):
    """A meeting is going on: its leader and somebody of Kela are there, the client of the office is on the agenda."""
    run = office.executor.run
    resources = {"kokous.bpmn": PROCESS, "f_tiimikokous.json": FORM, "f_suunnitelma.json": PLAN_FORM}
    run(publish, resources=resources, actor=SYSTEM, now=CLOCK)
    started = run(start_instance, process_id="tyky_kokous", actor=SYSTEM, case_key=office.case, area_id=AREA, now=CLOCK)
    chosen = select(user_task.c.key).where(user_task.c.instance_key == started.instance_key)
    task = office.scalar(chosen)
    office.execute(user_task.update().where(user_task.c.key == task).values(due_at=CLOCK))
    office.execute(task_offer.update().where(task_offer.c.task_key == task).values(due_at=CLOCK))
    leader = office.anew(LEADER)
    address = office.send(leader, "/meetings", {"day": "2026-03-02"}).headers["Location"]
    seats = office.executor.read(lambda uow: uow.meetings.seats(AREA))
    kela = next(seat for seat in seats if seat.role_id == "r_kela_ratkaisu")
    answer = office.send(leader, f"{address}/attendees", {"seat": f"{kela.user_key}:{kela.role_id}:{kela.unit_id}"})
    assert answer.status_code == 303
    guest = office.scalar(select(team_meeting_attendee.c.key).where(team_meeting_attendee.c.user_key == kela.user_key))
    return SimpleNamespace(leader=leader, address=address, task=task, kela=kela, guest=guest)


def allow(office, organisation_id, *groups):
    for group in groups:
        office.execute(
            insert(consent_grant).values(
                key=new_key(),
                case_key=office.case,
                consent_key=new_key(),
                organisation_id=organisation_id,
                data_group=group,
                purpose="care",
                valid_from=CLOCK - timedelta(days=1),
                valid_until=CLOCK + timedelta(days=1),
            )
        )


def take(office, meeting):
    return office.send(meeting.leader, f"{meeting.address}/take", {"task": meeting.task})


def clear(office, meeting, *outside):
    return office.send(
        meeting.leader, f"{meeting.address}/clear", {"task": meeting.task, "outside": [str(key) for key in outside]}
    )


def minutes(office, meeting, **changes):
    fields = {**MINUTES, "submission_id": "kokous", **changes}
    return office.send(meeting.leader, f"{meeting.address}/minutes/{meeting.task}", fields)


def test_only_the_coordinators_of_the_unit_see_a_meeting(office, meeting):
    for name in ("kirsi.malli", "laura.laakari", "outi.omistaja", f"{LEADER}.rovaniemi"):
        person = office.anew(name)
        for address in ("/meetings", meeting.address) if name != f"{LEADER}.rovaniemi" else (meeting.address,):
            answer = person.client.get(address)
            assert answer.status_code == 403, (name, address)
            assert office.case_number not in answer.text
        for act in ("take", "clear", "leave", "close", f"minutes/{meeting.task}"):
            assert office.send(person, f"{meeting.address}/{act}", {"task": meeting.task}).status_code == 403
    assert office.rows(select(team_meeting_turn)) == []


def test_the_wall_names_no_client_and_says_who_will_leave(office, meeting):
    before = len(office.access_lines())
    page = meeting.leader.get(meeting.address).text
    assert office.case_number in page
    assert f"Poistuu asian ajaksi (ei lupaa): {meeting.kela.name}" in page
    assert not [text for text in CANARIES.values() if text in page]
    assert len(office.access_lines()) == before, "an agenda shows nothing of any client"


def test_nothing_of_a_client_is_shown_or_written_before_the_room_is_clear(office, meeting):
    allow(office, "o_sote_keskus", "perustiedot", "suunnitelma")
    assert take(office, meeting).status_code == 303
    page = meeting.leader.get(meeting.address).text
    assert "Pyydä poistumaan" in page
    assert CANARIES["name"] not in page
    assert 'name="asiakkaan_puheenvuoro"' not in page
    answer = minutes(office, meeting)
    assert answer.status_code == 409
    assert CANARIES["name"] not in answer.text
    assert office.rows(select(draft).where(draft.c.task_key == meeting.task)), "what was typed is kept"
    # nobody else than those who have to leave will do
    assert clear(office, meeting).status_code == 409
    assert clear(office, meeting, meeting.guest).status_code == 303
    before = len(office.access_lines())
    page = meeting.leader.get(meeting.address).text
    assert CANARIES["name"] in page
    assert 'name="asiakkaan_puheenvuoro"' in page
    [line] = office.access_lines()[before:]
    assert (line.action, line.case_key, line.purpose) == ("read", office.case, f"task:{meeting.task}")


def test_a_permission_that_is_taken_back_in_the_middle_closes_the_screen(office, meeting):
    allow(office, meeting.kela.organisation_id, "perustiedot", "suunnitelma")
    assert take(office, meeting).status_code == 303
    page = meeting.leader.get(meeting.address).text
    assert 'name="asiakkaan_puheenvuoro"' in page
    assert "Ei läsnä, kun puhutaan terveydestä" in page
    # whoever is there stands in the minutes already
    assert page.count(f'value="{meeting.kela.name}"') == 1
    office.execute(consent_grant.update().values(withdrawn_at=CLOCK))
    assert 'name="asiakkaan_puheenvuoro"' not in meeting.leader.get(meeting.address).text
    assert minutes(office, meeting).status_code == 409


def test_the_minutes_complete_the_task_and_what_follows_is_offered_at_once(office, meeting):
    office.send(meeting.leader, f"{meeting.address}/presence", {f"presence-{meeting.guest}": "este"})
    take(office, meeting)
    answer = minutes(office, meeting, asiakkaan_puheenvuoro="")
    assert answer.status_code == 422
    assert "Osa-aikainen työ onnistuu." in answer.text
    assert minutes(office, meeting).status_code == 303
    # the same form twice is written once
    assert minutes(office, meeting).status_code == 303
    found = select(case_answer).where(case_answer.c.field == "yhteinen_ymmarrys", case_answer.c.case_key == office.case)
    assert len(office.rows(found)) == 1
    page = meeting.leader.get(meeting.address).text
    assert "Mitä asiasta seuraa" in page
    following = office.scalar(select(user_task.c.key).where(user_task.c.element_id == "jatko"))
    assert f"/tasks/{following}" in page
    office.world.clock = CLOCK + timedelta(minutes=12)
    assert office.send(meeting.leader, f"{meeting.address}/close").status_code == 303
    page = meeting.leader.get(meeting.address).text
    assert "Käytetty 12 minuuttia" in page
    assert take(office, meeting).status_code == 409
    actions = [line.action for line in office.audit_lines() if line.subject == "team_meeting"]
    assert actions[-2:] == ["meeting_turn_taken", "meeting_closed"]


def plan(office, *wordings):
    """The client has a plan of these actions."""
    rows = [{"toimenpide": each, "palvelu": "sv_tyokokeilu", "vastuuorg": "o_sote_keskus"} for each in wordings]
    answer = RecordAnswer(
        target=RecordTarget(RecordKind.ANSWER), key="toimenpiteet", value=rows, fact=rows, data_group=DataGroup.PLAN
    )
    office.executor.run(
        lambda uow: uow.care.answers.add(
            office.case,
            [answer],
            form_id="f_suunnitelma",
            controller_organisation_id=office.scalar(select(care_case.c.controller_org_id).limit(1)),
            task_key=None,
            answered_by=None,
            now=CLOCK - timedelta(days=30),
        )
    )


def test_a_change_of_the_plan_stands_in_the_minutes_and_waits_in_the_plan_for_the_client(office, meeting):
    plan(office, "Työkokeilu kirjastossa", "Velkaneuvonta")
    allow(office, meeting.kela.organisation_id, "perustiedot", "suunnitelma")
    allow(office, "o_sote_keskus", "perustiedot", "suunnitelma")
    take(office, meeting)
    page = meeting.leader.get(meeting.address).text
    assert "Muutokset suunnitelmaan" in page
    ended = {
        "suunnitelman_muutokset-0-_row": "1",
        "suunnitelman_muutokset-0-muutos": "valmis",
        "suunnitelman_muutokset-0-kohde": "2",
    }
    answer = minutes(office, meeting, **{**ended, "suunnitelman_muutokset-0-kohde": "9"})
    assert answer.status_code == 422
    assert "1. Työkokeilu kirjastossa" in answer.text
    assert "Osa-aikainen työ onnistuu." in answer.text
    assert minutes(office, meeting, **ended).status_code == 303
    page = meeting.leader.get(meeting.address).text
    assert "Suunnitelmaan sovittiin 1 muutos" in page
    kept = office.executor.read(lambda uow: uow.care.answers.latest(office.case, fields=["suunnitelman_muutokset"]))
    # the minutes say which action, also when the plan has other numbers one day
    assert kept["suunnitelman_muutokset"].value[0]["toimenpide"] == "Velkaneuvonta"
    # nothing is in force: the form of the plan has it ready, and the client decides
    assert office.executor.read(lambda uow: uow.care.plans.in_force(office.case)) is None
    following = office.scalar(select(user_task.c.key).where(user_task.c.element_id == "jatko"))
    page = meeting.leader.get(f"/tasks/{following}").text
    assert "Suunnitelmaan on tuotu 1 tiimikokouksessa sovittu muutos" in page
    second = page.partition('id="f-toimenpiteet-1-tila"')[2].partition("</fieldset>")[0]
    assert re.search(r'value="valmis"\s+checked', second)


def test_a_day_without_clients_can_be_prepared_and_nothing_is_taken_before_it(office, meeting):
    address = office.send(meeting.leader, "/meetings", {"day": "2026-03-05"}).headers["Location"]
    page = meeting.leader.get(address).text
    assert "Päivälle ei ole asioita." in page
    assert "Asiat otetaan käsittelyyn kokouspäivänä." in page
    assert office.send(meeting.leader, f"{address}/take", {"task": meeting.task}).status_code == 409


def test_bad_input_is_said_and_what_was_typed_stays(office, meeting):
    answer = office.send(
        meeting.leader, f"{meeting.address}/attendees", {"guest_name": "Vieras <b>", "guest_role": "x"}
    )
    assert answer.status_code == 422
    assert "Vieras &lt;b&gt;" in answer.text
    assert "Valitse osallistujan rooli." in answer.text
    for day in ("", "2026-02-30", "2026-03-01", "2027-01-01"):
        assert office.send(meeting.leader, "/meetings", {"day": day}).status_code == 422
    assert len(office.rows(select(team_meeting))) == 1
    assert take(office, SimpleNamespace(**{**vars(meeting), "task": office.task})).status_code == 404
