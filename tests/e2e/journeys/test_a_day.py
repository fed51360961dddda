"""A day at the desk: notices, the morning's list, a form that a telephone call interrupts, a colleague, leaving."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from app.domain.calendar import local_date, written_day
from tests.e2e.journeys.office import answers_of, fill, press_done, scenario

pytestmark = pytest.mark.e2e

MATTI = scenario("tyky_ajanvaraus", "matti_35")
CONTACT = answers_of(MATTI, "a1_yhteydenotto")
INDICATORS = answers_of(MATTI, "a3_indikaattorit")
TITLE = "Tarkista hälytysindikaattorit"
SHORT = {"width": 1280, "height": 720}


@pytest.fixture
def colleague(office):
    """A second person of Anni's unit and role."""
    return office.another_person("r_ajanvaraaja")


def new_call(office):
    """Write a contact down, and return the address of the free task that comes next."""
    office.begin_call()
    office.world.complete("a1_yhteydenotto", "r_ajanvaraaja", CONTACT)
    return f"/tasks/{office.world.open_tasks()['a3_indikaattorit']}"


def said(page, text):
    """Wait until the page says the text."""
    expect(page.locator("#main").get_by_text(text).first).to_be_visible()


def opened(page, title):
    """Open what is folded away under the title."""
    page.locator("summary", has_text=title).first.click()


def comment(page, text, *, mention=""):
    opened(page, "Kirjoita kommentti")
    page.locator("#comment").fill(text)
    page.locator("#comment_group").select_option(index=1)
    if mention:
        page.get_by_label(mention).check()
    page.get_by_role("button", name="Tallenna kommentti").click()
    said(page, "Kommentti on tallennettu.")


def follow_up(page, day):
    opened(page, "Jatka myöhemmin")
    page.locator("#follow_up").fill(written_day(day))
    page.get_by_role("button", name="Tallenna päivä").click()
    said(page, "Seurantapäivä on tallennettu.")


def leave(page, first, last, substitute):
    page.locator("#first_day").fill(first.isoformat())
    page.locator("#last_day").fill(last.isoformat())
    page.locator("#substitute").select_option(substitute)
    page.get_by_role("button", name="Tallenna poissaolo").click()
    said(page, "Poissaolo on merkitty.")


def number_of(page):
    """Return the number of the case that the task belongs to."""
    return re.search(r"\d{4}-\d{5}", page.locator("#case-title").inner_text())[0]


def choose_the_list_of_the_morning(office, anni):
    """Read what is new, keep a list under a name, and return the number of the case that a colleague asked about."""
    office.open(anni, "/notices")
    anni.get_by_role("link", name="Sinut mainittiin kommentissa").first.click()
    said(anni, "Voisitko katsoa tämän tänään?")
    asked_about = number_of(anni)
    office.open(anni, "/worklist?tab=groups&process=tyky_ajanvaraus")
    anni.get_by_role("link", name="Tallenna näkymä").click()
    anni.get_by_label("Nimi").fill("Aamun puhelut")
    anni.get_by_role("button", name="Tallenna", exact=True).click()
    expect(anni.get_by_role("link", name="Aamun puhelut")).to_have_attribute("aria-current", "true")
    return asked_about


def begin_and_be_interrupted(office, anni, begun, *, number, other):
    """Take a task from the list and begin it; the telephone rings about another; come back to what was begun."""
    anni.locator("[data-row]", has=anni.locator(f'a[href="{begun}"]')).get_by_role("button").click()
    anni.get_by_role("heading", level=1, name=TITLE).wait_for()
    with anni.expect_response(lambda answer: answer.url.endswith("/draft")):
        anni.locator("[name=kaynnit_12kk]").fill("4")
        anni.keyboard.press("Tab")
    said(anni, "Luonnos tallennettu")
    anni.keyboard.press("Control+k")
    anni.get_by_role("combobox", name="Siirry tai tee").fill(number)
    expect(anni.locator("#k-palette").get_by_role("option").first).to_contain_text(number)
    anni.keyboard.press("Enter")
    anni.get_by_role("heading", level=1).filter(has_text=number).wait_for()
    anni.locator(f'a[href="{other}"]').first.click()
    anni.get_by_role("button", name="Ota käsittelyyn").click()
    comment(anni, "Soitin: asiakas tulee huomenna.", mention="Toini Toinen")
    follow_up(anni, local_date(office.world.clock) + timedelta(days=3))
    office.open(anni, "/worklist")
    anni.locator("[data-row]", has=anni.get_by_text("Luonnos")).get_by_role("link").first.click()
    expect(anni.locator("[name=kaynnit_12kk]"), "nothing is lost").to_have_value("4")


def ask_and_give(office, asking, holding, task):
    """The colleague asks for the task and gets it."""
    office.open(asking, task)
    asking.get_by_role("button", name="Pyydä tehtävää").click()
    said(asking, "Pyyntö on lähetetty")
    office.open(holding, task)
    holding.get_by_role("button", name="Anna hänelle").click()
    said(holding, "Tehtävä on annettu toiselle.")


def complete_and_go_on(office, anni, task, *, following):
    """Complete the task and take the next without looking for it; "back" shows what is done and sends nothing again."""
    office.open(anni, task)
    fill(anni, INDICATORS)
    press_done(anni)
    anni.get_by_role("heading", name="Tehtävä on valmis").wait_for()
    expect(anni.locator("h1")).to_be_focused()
    anni.go_back()
    said(anni, "Anni Näyte")
    expect(anni.locator(".k-done")).to_have_count(0)
    expect(anni.locator("[name=kaynnit_12kk]")).to_be_disabled()
    anni.go_forward()
    anni.get_by_role("button", name=re.compile(f"^Ota käsittelyyn.*{TITLE}")).first.click()
    anni.get_by_role("heading", level=1, name=TITLE).wait_for()
    assert anni.url.endswith(following)


def test_a_day_of_a_social_worker(office, desk, colleague):
    first, second, third = (new_call(office) for _ in range(3))
    toini = office.open(desk(colleague), second)
    comment(toini, "Voisitko katsoa tämän tänään?", mention="Anni Näyte")
    anni = desk("r_ajanvaraaja", viewport=SHORT)
    number = choose_the_list_of_the_morning(office, anni)
    begin_and_be_interrupted(office, anni, first, number=number, other=second)
    ask_and_give(office, toini, anni, second)
    complete_and_go_on(office, anni, first, following=third)
    tomorrow = local_date(office.world.clock) + timedelta(days=1)
    office.open(anni, "/absences")
    leave(anni, tomorrow, tomorrow, colleague)
    office.open(toini, "/absences")
    said(toini, "Olet sijaisena: Anni Näyte")


def test_a_supervisor_moves_several_due_dates_and_takes_it_back(office, desk):
    for _ in range(2):
        new_call(office)
    erkki = office.open(desk("r_esihenkilo"), "/worklist?tab=unit")
    rows = erkki.locator("[data-row]", has_text=TITLE)
    for number in range(2):
        rows.nth(number).locator("[data-mark]").check()
    before = rows.nth(0).locator("[data-label=Määräaika]").text_content()
    erkki.locator("#handling-day").select_option(index=2)
    erkki.get_by_role("button", name="Siirrä", exact=True).click()
    expect(erkki.locator("[data-row]", has_text="Määräaika siirretty")).to_have_count(2)
    erkki.get_by_role("button", name="Peru äskeinen").click()
    expect(erkki.locator("[data-row]", has_text="Peruttu")).to_have_count(2)
    office.open(erkki, "/worklist?tab=unit")
    expect(rows.nth(0).locator("[data-label=Määräaika]")).to_have_text(before)


def test_the_same_forms_without_scripts(office, desk, colleague):
    address = new_call(office)
    anni = desk("r_ajanvaraaja", java_script_enabled=False)
    anni.goto(office.address + address)
    anni.get_by_role("button", name="Ota käsittelyyn").click()
    anni.locator("[name=kaynnit_12kk]").fill("9")
    anni.get_by_role("button", name="Tallenna luonnos").click()
    said(anni, "Luonnos tallennettu")
    comment(anni, "Ilman skriptejä.", mention="Toini Toinen")
    follow_up(anni, local_date(office.world.clock) + timedelta(days=3))
    expect(anni.locator("[name=kaynnit_12kk]")).to_have_value("9")
    press_done(anni)
    expect(anni).to_have_title(re.compile("^Virhe: "))
    fill(anni, INDICATORS)
    press_done(anni)
    said(anni, "Tehtävä on valmis")
    anni.goto(f"{office.address}/absences")
    tomorrow = local_date(office.world.clock) + timedelta(days=1)
    anni.locator("#first_day").fill(tomorrow.isoformat())
    anni.get_by_role("button", name="Tallenna poissaolo").click()
    expect(anni).to_have_title(re.compile("^Virhe: "))
    leave(anni, tomorrow, tomorrow, colleague)
