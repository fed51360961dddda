"""One task in a browser: what is wrong is said, nothing typed is lost, nobody overwrites anybody, keys are enough."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.journeys.office import answers_of, fill, press_done, scenario

pytestmark = pytest.mark.e2e

MATTI = scenario("tyky_ajanvaraus", "matti_35")
PLAN = answers_of(scenario("tyky_omahoito", "omahoidossa"), "o1_suunnittele")
CONTACT = answers_of(MATTI, "a1_yhteydenotto")
INDICATORS = answers_of(MATTI, "a3_indikaattorit")
TITLE = "Tarkista hälytysindikaattorit"


@pytest.fixture
def contact(office):
    """The address of a new first task, a contact to be written down by whoever started it."""
    return office.begin_call()


@pytest.fixture
def indicators(office, contact):
    """The address of a free task with a case."""
    office.world.complete("a1_yhteydenotto", "r_ajanvaraaja", CONTACT)
    return f"/tasks/{office.world.open_tasks()['a3_indikaattorit']}"


def test_what_is_wrong_is_said_first_and_leads_to_its_field_and_nothing_typed_is_lost(office, desk, contact):
    page = office.open(desk("r_ajanvaraaja"), contact)
    fill(page, {**CONTACT, "hetu": "140590-903X", "yhteydenoton_syy": ""})
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.status == 422):
        press_done(page)
    page.wait_for_function("document.activeElement.id === 'kyky-errors'")
    expect(page).to_have_title(re.compile("^Virhe: "))
    links = page.locator("#kyky-errors a")
    expect(links).to_have_count(2)
    expect(page.locator("[name=nimi]")).to_have_value("Matti Esimerkki")
    links.filter(has_text="Henkilötunnus").click()
    expect(page.locator("#f-hetu")).to_be_focused()
    described = page.locator("#f-hetu").get_attribute("aria-describedby")
    expect(page.locator(f"#{described.split()[-1]}")).not_to_be_empty()
    fill(page, {"hetu": CONTACT["hetu"], "yhteydenoton_syy": CONTACT["yhteydenoton_syy"]})
    press_done(page)
    page.get_by_role("heading", name="Tehtävä on valmis").wait_for()


def test_without_scripts_rows_are_added_and_removed_and_the_task_is_completed(office, desk):
    case_key = office.world.open_case({"client": {"birth_date": "2000-05-14"}})
    page = desk("r_palveluohjaaja", java_script_enabled=False)
    page.goto(f"{office.address}/start?case={case_key}")
    page.get_by_role("button", name="Aloita Omahoito alkaa").click()
    first, add = "omat_askeleet-0-askel", page.locator('button[value="add:omat_askeleet"]')
    if not page.locator(f'[name="{first}"]').count():
        add.click()
    page.locator(f'[name="{first}"]').fill("Kävelen")
    add.click()
    page.locator('[name="omat_askeleet-1-askel"]').fill("Turha")
    page.locator('button[value="remove:omat_askeleet:1"]').click()
    expect(page.locator(f'[name="{first}"]'), "what was typed is still there").to_have_value("Kävelen")
    expect(page.locator('[name="omat_askeleet-1-askel"]')).to_have_count(0)
    press_done(page)
    expect(page).to_have_title(re.compile("^Virhe: "))
    fill(page, PLAN)
    press_done(page)
    expect(page.get_by_role("heading", name="Tehtävä on valmis")).to_be_visible()


def test_the_slower_of_two_is_told_who_and_when_and_keeps_the_text(office, desk, indicators):
    slow, fast = desk("r_ajanvaraaja"), desk("r_ajanvaraaja")
    office.open(slow, indicators)
    fill(slow, {"kaynnit_12kk": 7})
    office.open(fast, indicators)
    office.finish(fast, INDICATORS)
    fill(slow, INDICATORS)
    press_done(slow)
    told = slow.get_by_role("alert")
    told.wait_for()
    expect(told).to_contain_text("Anni Näyte")
    expect(told).to_contain_text("2.3.2026 klo")
    expect(slow.locator("[name=kaynnit_12kk]")).to_have_value("7")
    expect(slow.locator("[name=kaynnit_12kk]"), "it can be copied").to_be_enabled()
    expect(slow.locator(".k-done")).to_have_count(0)
    office.open(slow, indicators)
    expect(slow.locator(".k-notice", has_text="Anni Näyte")).to_be_visible()
    expect(slow.locator("[name=kaynnit_12kk]"), "a closed task is to be read").to_be_disabled()


def test_somebody_else_s_task_is_shown_to_be_read_only(office, desk, indicators):
    page = office.open(desk("r_ajanvaraaja"), indicators)
    page.get_by_role("button", name="Ota käsittelyyn").click()
    page.get_by_role("button", name="Palauta").wait_for()
    other = office.another_person("r_ajanvaraaja")
    page = office.open(desk(other), indicators)
    expect(page.locator("[name=kaynnit_12kk]")).to_be_disabled()
    expect(page.get_by_text("Anni Näyte").first).to_be_visible()
    expect(page.locator(".k-done")).to_have_count(0)


def test_a_draft_survives_leaving_the_page(office, desk, contact):
    page = office.open(desk("r_ajanvaraaja"), contact)
    with page.expect_response(lambda answer: answer.url.endswith("/draft")):
        page.locator("[name=nimi]").fill("Puhelu kesken")
        page.locator("[name=puhelin]").focus()
    page.get_by_text("Luonnos tallennettu").wait_for()
    page.reload()
    expect(page.locator("[name=nimi]")).to_have_value("Puhelu kesken")
    office.open(page, "/worklist")
    expect(page.get_by_role("row", name="Kirjaa yhteydenotto").get_by_text("Luonnos").first).to_be_visible()


def test_the_end_of_the_session_is_told_and_what_was_typed_is_there_after_signing_in_again(
    office, desk, open_context, contact
):
    page = open_context().new_page()
    page.clock.install()
    office.sign_in(page, "r_ajanvaraaja")
    office.open(page, contact)
    page.locator("[name=nimi]").fill("Ennen istunnon loppua")
    with page.expect_response(lambda answer: answer.url.endswith("/draft")):
        page.clock.fast_forward("28:10")
    page.get_by_role("heading", name="Istunto päättyy pian").wait_for()
    page.get_by_role("button", name="Jatka", exact=True).click()
    page.locator("#k-session").wait_for(state="hidden")
    page = office.open(desk("r_ajanvaraaja"), contact)
    expect(page.locator("[name=nimi]")).to_have_value("Ennen istunnon loppua")


def tab_to(page, wanted, *, most=80):
    """Press Tab until the element with the selector has the focus; every stop on the way is visible."""
    for _ in range(most):
        page.keyboard.press("Tab")
        at, seen = page.evaluate(
            "wanted => { const e = document.activeElement; const s = getComputedStyle(e);"
            " const near = e.type === 'radio' ? e.parentElement : e; const n = getComputedStyle(near);"
            " return [e.matches(wanted), [s, n].some(x => x.outlineStyle !== 'none' || x.boxShadow !== 'none')] }",
            wanted,
        )
        assert seen or page.evaluate("document.activeElement === document.body"), page.evaluate(
            "document.activeElement.outerHTML"
        )
        if at:
            return
    raise AssertionError(f"{wanted} is not reached by Tab")


def test_a_task_is_found_taken_filled_in_and_completed_by_keys_alone(office, desk, indicators):
    page = desk("r_ajanvaraaja")
    office.open(page, "/worklist?tab=groups")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#main"), "the skip link leads to the content").to_be_focused()
    for _ in range(30):
        page.keyboard.press("j")
        if indicators in page.evaluate("document.activeElement.href ?? ''"):
            break
    page.keyboard.press("t")
    page.get_by_role("heading", level=1, name=TITLE).wait_for()
    tab_to(page, "[name=terveys_huoli]")
    page.keyboard.press("Space")
    tab_to(page, "[name=elamantilanne_huoli]")
    page.keyboard.press("ArrowRight")
    tab_to(page, "[name=tyokyky_0_10]")
    page.keyboard.type("6")
    tab_to(page, "[name=osatyokykyinen]")
    page.keyboard.press("ArrowRight")
    tab_to(page, ".k-done button[value=complete]")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Tehtävä on valmis").wait_for()
    expect(page.locator("h1"), "it is said aloud").to_be_focused()
