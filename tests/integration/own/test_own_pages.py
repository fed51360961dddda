"""The pages of the client's own door: the path, forms, what they can tell and start, what is kept of them."""

from __future__ import annotations

import re
from datetime import date

import pytest

from app.commands.claim_task import claim_task
from app.commands.open_emergency import Emergency, open_emergency
from app.domain.plan import Action, ActionState, Plan
from app.domain.steps import DecisionEvaluated
from tests.own_door import kept_own_door, open_own_door
from tests.web import Visitor


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with kept_own_door(tmp_path_factory.mktemp("own")) as made:
        yield made


@pytest.fixture
def door(made):
    made.put_back()
    return made


@pytest.fixture
def matti(door):
    return door.come_in("matti")


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_the_path_says_where_who_what_and_until_when(door, matti):
    page = text_of(matti.get("/oma"))
    assert "Odotamme sinun vastaustasi" in page
    assert "Kerro voinnistasi" in page
    assert "Counsellor" in page
    assert "Koeyksikkö" in page
    assert "112" in page
    assert "Tehtävä arvio" not in page
    matti.send_form(f"/oma/tasks/{door.task('matti')}", {"vointi": "Hyvin", "action": "complete"})
    after = text_of(matti.get("/oma"))
    assert "Kiitos. Vastauksesi on lähetetty." in after
    assert "Työntekijä hoitaa asiaasi" in after
    assert "Sinun ei tarvitse tehdä nyt mitään" in after
    # words for professionals stay theirs; what has words for clients is told as done
    assert "Tehtävä arvio" not in after
    assert "Valmista: Kerro voinnistasi" in after


def test_the_way_is_drawn_with_what_can_come_and_told_in_words_as_well(door, matti):
    page = matti.get("/oma").text
    drawing = page.partition('<svg class="k-way"')[2].partition("</svg>")[0]
    assert 'role="img" aria-label="Polkusi kuvana' in drawing
    assert ("k-way__here" in drawing, "Kerro voinnistasi" in drawing) == (True, True)
    assert "Odotamme sinun</text>" in drawing
    words = text_of(matti.get("/oma")).partition("Sama sanoina")[2]
    assert "Nyt: Kerro voinnistasi" in words
    assert "Tehtävä arvio" not in page, "a step without words for clients is not told ahead either"


def test_the_client_s_language_comes_first_and_another_can_be_chosen(door):
    secret, visitor = door.link("maija"), door.visitor()
    assert "Ditt födelsedatum" in visitor.get(f"/oma/link/{secret}").text
    visitor.answer_link(secret, "2.1.1971")
    page = visitor.get("/oma")
    assert '<html lang="sv"' in page.text
    assert "Berätta hur du mår" in page.text
    assert visitor.post("/oma/preferences", {"language": "en", "next": "/oma"}).headers["Location"] == "/oma"
    assert '<html lang="en"' in visitor.get("/oma").text


def test_a_form_that_does_not_fit_comes_back_with_what_was_typed(door, matti):
    address = f"/oma/tasks/{door.task('matti')}"
    answer = matti.send_form(address, {"vointi": "", "action": "complete"})
    assert answer.status_code == 422
    assert "<title>Virhe" in answer.text
    kept = matti.post(f"{address}/draft", {"vointi": "Jaksan", "action": "draft"})
    assert kept.headers["Location"] == address
    assert "Jaksan" in matti.get(address).text
    assert "tallessa" in text_of(matti.get("/oma"))


def test_a_form_sent_twice_counts_once(door, matti):
    address = f"/oma/tasks/{door.task('matti')}"
    fields = {"vointi": "Hyvin", "action": "complete", "submission_id": "one-and-the-same"}
    assert matti.post(address, fields).status_code == 303
    assert matti.post(address, fields).status_code == 303
    assert door.audit_actions().count("task_completed") == 1


def test_a_worker_who_fills_the_form_in_with_the_client_goes_first(door, matti):
    task = door.task("matti")
    door.place.run(claim_task, task_key=task, actor=door.place.people["counsellor"])
    assert "Työntekijä täyttää kanssasi" in text_of(matti.get("/oma"))
    page = matti.get(f"/oma/tasks/{task}")
    assert "Lähetä vastaukset" not in page.text
    answer = matti.post(f"/oma/tasks/{task}", {"vointi": "Minusta hyvin", "action": "complete"})
    assert answer.status_code == 409
    assert "Minusta hyvin" in answer.text
    assert "Counsellor" not in answer.text


def test_what_can_be_told_is_asked_once_more_and_reaches_the_case(door, matti):
    address = re.search(r'href="(/oma/tell/\d+)"', matti.get("/oma").text)[1]
    assert "Työntekijä soittaa sinulle." in matti.get(address).text
    assert door.place.open_tasks(door.instances["matti"]).keys() == {"kysely"}
    assert matti.post(address).headers["Location"] == "/oma"
    assert "Tieto on mennyt perille" in text_of(matti.get("/oma"))
    assert door.place.open_tasks(door.instances["matti"]).keys() == {"kysely", "soita"}


def test_what_clients_start_belongs_to_those_who_serve_them(door, matti):
    address = re.search(r'href="(/oma/start/[^"]+)"', matti.get("/oma").text)[1].replace("&amp;", "&")
    page = matti.get(address)
    submission = re.search(r'name="submission_id" value="([^"]+)"', page.text)[1]
    first = matti.post(address, {"submission_id": submission})
    assert first.headers["Location"].startswith("/oma/tasks/")
    assert matti.post(address, {"submission_id": submission}).headers["Location"] == first.headers["Location"]
    task = door.place.executor.read(lambda uow: uow.tasks.get(int(first.headers["Location"].rpartition("/")[2])))
    assert (task.unit_id, task.organisation_id, task.assignee) == ("unit_sote", "o_sote_keskus", None)
    assert task.case_key == door.cases["matti"]


def test_the_log_tells_who_looked_and_why_but_not_the_client_s_own_visits(door, matti):
    task = door.task("matti")
    staff = Visitor(door.app)
    staff.sign_in("counsellor")
    assert staff.get(f"/tasks/{task}").status_code == 200
    matti.get("/oma")
    page = text_of(matti.get("/oma/log"))
    assert page.count("Counsellor") == 1
    assert "Katsoi tietojasi" in page
    assert "asiasi yhden vaiheen hoitaminen" in page
    assert "Sote-keskus" in page
    assert "Matti" not in page
    door.place.later(days=740)
    late = door.come_in("matti")
    assert "Counsellor" not in late.get("/oma/log").text


def test_own_documents_and_permissions(door, matti):
    assert "Sinulla ei ole vielä asiakirjoja" in matti.get("/oma/documents").text
    assert "Kenelläkään muulla ei ole nyt lupaa" in matti.get("/oma/permissions").text


def test_own_data_is_read_on_postgresql_behind_its_wall(database, tmp_path):
    door = open_own_door(database, tmp_path / "data")
    visitor = door.come_in("matti")
    assert "Matti Esimerkki" in visitor.get("/oma").text
    address = f"/oma/tasks/{door.task('matti')}"
    assert visitor.send_form(address, {"vointi": "Hyvin", "action": "complete"}).status_code == 303
    assert visitor.get("/oma/documents").status_code == visitor.get("/oma/permissions").status_code == 200


def test_the_plan_in_force_is_told_with_who_and_when(door, matti):
    assert "Sinulla ei ole vielä suunnitelmaa" in matti.get("/oma/plan").text
    moment = door.place.now

    def approve(uow):
        action = Action(
            key=1,
            position=1,
            service_id="sv_omahoito",
            organisation_id="o_tyollisyys",
            person_key=door.place.people["employment"].user_key,
            starts_on=date(2026, 3, 9),
            ends_on=None,
            review_on=date(2026, 6, 1),
            until_further_notice=True,
            parallel=True,
            predecessor_key=None,
            state=ActionState.RUNNING,
            texts={"toimenpide": "Työkokeilu kahvilassa"},
        )
        plan = Plan(key=5, case_key=door.cases["matti"], version=1, approved_at=moment, actions=(action,))
        uow.care.plans.add(plan, controller_organisation_id="o_sote_keskus")

    door.place.executor.run(approve)
    page = text_of(matti.get("/oma/plan"))
    for told in ("Työkokeilu kahvilassa", "Employment, Työllisyyspalvelut", "9.3.2026 alkaen", "1.6.2026", "Käynnissä"):
        assert told in page
    assert door.access_lines()[-1].data_groups == ["suunnitelma"]
    assert "Työkokeilu" not in door.come_in("maija").get("/oma/plan").text


def test_the_client_sees_what_tables_proposed_and_that_nobody_was_asked_of_others(door, matti):
    asked = DecisionEvaluated(
        element_instance_key=1,
        element_id="e",
        decision_id="dmn_halytys",
        content_hash="gone",
        inputs={"summa": 4, "toivoo_ohjausta": True},
        output={"halytys": True},
        matched_rules=(("dmn_halytys", 1),),
    )
    door.place.executor.run(
        lambda uow: uow.care.decisions.add(
            asked, instance_key=door.instances["matti"], case_key=door.cases["matti"], now=door.place.now
        )
    )
    page = text_of(matti.get("/oma/decisions"))
    assert "Tietokone ei päätä asioistasi" in page
    assert "Versiota ei enää ole" in page
    assert "Kyllä" in page
    assert [line.purpose for line in door.access_lines()][-1] == "own_data"
    assert "Datorn har inte föreslagit något" in text_of(door.come_in("maija").get("/oma/decisions"))


def test_an_emergency_stands_in_the_log_by_its_name(door, matti):
    case_number = door.place.executor.read(lambda uow: uow.care.get_case(door.cases["matti"]).number)
    opened = Emergency(sought=case_number, cause="life", reason="Asiakas on tajuttomana, lääkitys selvitettävä.")
    door.place.run(open_emergency, emergency=opened, actor=door.place.people["nurse"])
    page = text_of(matti.get("/oma/log"))
    assert "Avasi tietosi hätätilanteessa" in page
    assert "hätätilanne, jonka työntekijä on perustellut ja joka tarkastetaan" in page
    assert "tajuttomana" not in page
