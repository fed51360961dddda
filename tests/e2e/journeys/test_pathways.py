"""Whole pathways in a browser: the first call with its booking, self-care to its first check, a health examination."""

import pytest
from playwright.sync_api import expect

from tests.e2e.journeys.office import answers_of, choose_language, fill, press_done, scenario

pytestmark = pytest.mark.e2e

MATTI = scenario("tyky_ajanvaraus", "matti_35")
SELF_CARE = scenario("tyky_omahoito", "omahoidossa")
EXAMINATION = scenario("tyky_terveystarkastus", "laboratorio_ja_laakari")


def case_number(page):
    return page.locator(".k-crumbs a, h2 a", has_text="Asia 2026-").first.inner_text().removeprefix("Asia ")


def test_the_call_of_matti_35_becomes_a_case_with_its_booking_and_its_offer(office, desk):
    page = desk("r_ajanvaraaja")
    page.get_by_role("link", name="Aloita uusi").first.click()
    page.get_by_role("button", name="Aloita Yhteydenotto").click()
    page.get_by_role("heading", level=1, name="Kirjaa yhteydenotto").wait_for()
    office.finish(page, answers_of(MATTI, "a1_yhteydenotto"))

    # what comes next in the same case is offered at once, and is taken with one press
    page.reload()
    page.get_by_role("button", name="Ota käsittelyyn Tarkista hälytysindikaattorit").click()
    expect(page.get_by_text("Matti Esimerkki")).to_be_visible()
    number = case_number(page)
    office.finish(page, answers_of(MATTI, "a3_indikaattorit"))
    office.instance_of_case(number)
    assert office.world.variables()["indikaattorisumma"] == MATTI["expect"]["sum"]

    office.take(page, "Kysy asiakkaalta")
    expect(page.get_by_text("Missä mennään")).to_be_visible()
    office.finish(page, answers_of(MATTI, "a6_kysy_asiakkaalta"))

    # the case page: both times, the confirmations as PDF, what has happened
    page.get_by_role("link", name=f"Asia {number}").click()
    appointments = page.get_by_role("region", name="Ajanvaraukset").get_by_role("listitem")
    expect(appointments).to_have_count(2)
    expect(appointments.first).to_contain_text("Varattu")
    document = page.get_by_role("link", name="Ajanvarausvahvistus").first
    answer = page.request.get(office.address + document.get_attribute("href"))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-")
    history = page.get_by_role("region", name="Mitä on tapahtunut").inner_text()
    assert history.index("Kysy asiakkaalta") < history.index("Tarkista hälytysindikaattorit"), "newest first"
    expect(page.locator(".k-diagram .k-been").nth(5)).to_be_attached()

    # the same page in Swedish and in English: texts, dates, names of steps in list and diagram
    case = page.url
    choose_language(page, "sv")
    assert page.url == case
    page.get_by_role("heading", level=1, name=f"Ärende {number}").wait_for()
    # two pathways have begun at the same moment of the test's clock: either may stand first
    expect(page.locator(".k-diagram", has_text="Kontrollera")).to_have_count(1)
    choose_language(page, "en")
    page.get_by_role("heading", level=1, name=f"Case {number}").wait_for()
    expect(page.locator("main")).to_contain_text("Mar 2026")
    choose_language(page, "fi")


def test_self_care_is_started_from_the_case_and_its_first_check_answered(office, desk):
    case_key = office.world.open_case(SELF_CARE["case"])
    page = desk("r_palveluohjaaja")
    office.open(page, "/start")
    expect(page.get_by_role("heading", name="Omahoito"), "it needs a case").to_have_count(0)
    office.open(page, f"/cases/{case_key}")
    page.get_by_role("link", name="Aloita uusi palvelu").click()
    page.get_by_role("button", name="Aloita Omahoito alkaa").click()
    page.get_by_role("heading", level=1, name="Suunnittele omahoito").wait_for()
    office.finish(page, answers_of(SELF_CARE, "o1_suunnittele"))
    page.goto(f"{office.address}/cases/{case_key}")
    expect(page.get_by_role("region", name="Asiakirjat").get_by_role("link")).to_have_count(1)

    office.instance_of_case(page.locator("h1").inner_text().removeprefix("Asia "))
    office.world.pass_time("o3_tarkistusaika", None)
    assert office.world.clock.date().isoformat() == "2026-03-30"
    key = office.world.open_tasks()["o3_tarkista"]
    page = desk("r_palveluohjaaja")
    office.open(page, f"/tasks/{key}")
    emergency = page.locator(".k-notice", has_text="soita 112")
    expect(emergency, "the area's own number, not one written in the form").to_contain_text("116117")
    fill(page, answers_of(SELF_CARE, "o3_tarkista"))
    press_done(page)
    page.get_by_role("heading", name="Tehtävä on valmis").wait_for()
    office.world.work()
    assert "o4_seuraava_kierros" in office.world.history()


def test_a_health_examination_goes_from_person_to_person(office, desk):
    case_key = office.world.open_case(EXAMINATION["case"])
    guide = desk("r_palveluohjaaja")
    office.open(guide, f"/start?case={case_key}")
    guide.get_by_role("button", name="Aloita Oma varaus tai kutsuttu").click()
    guide.wait_for_load_state()
    office.open(guide, f"/cases/{case_key}")
    office.instance_of_case(guide.locator("h1").inner_text().removeprefix("Asia "))
    office.world.work()

    assert "v2_esitiedot" in office.world.open_tasks(), "pre-information is asked of the client"
    nurse = desk("r_terveydenhoitaja")
    office.open(nurse, f"/tasks/{office.world.open_tasks()['v2_esitiedot']}")
    office.finish(nurse, answers_of(EXAMINATION, "v2_esitiedot"))
    due = office.world.open_timers()
    while "v4_hoitajan_vastaanotto" not in office.world.open_tasks():
        office.world.clock = min(moment for moment in due.values() if moment > office.world.clock)
        office.world.work()
    nurse = desk("r_terveydenhoitaja")
    office.take(nurse, "Hoitajan vastaanotto")
    office.finish(nurse, answers_of(EXAMINATION, "v4_hoitajan_vastaanotto"))

    doctor = desk("r_laakari")
    choose_language(doctor, "fi")
    office.open(doctor, f"/tasks/{office.world.open_tasks()['v5_arvio']}")
    beside = doctor.get_by_role("complementary", name="Asian tiedot")
    expect(beside, "the nurse's form stands beside the doctor's").to_contain_text("128/82")
    expect(beside).to_contain_text("Lausunnon tarkistuslista")
    office.finish(doctor, answers_of(EXAMINATION, "v5_arvio"))
    assert "v7_jatko_ohjaus" in office.world.open_tasks()
