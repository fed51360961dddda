"""A client at their own door: by a link and by strong sign-in, with and without scripts, on a narrow screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.commands.client_sign_in import make_client_link
from tests.e2e.journeys.office import SIDEWAYS, answers_of, scenario

pytestmark = pytest.mark.e2e

STORY = scenario("tyky_terveystarkastus", "ilman_laakaria")
CONTACT = answers_of(scenario("tyky_ajanvaraus", "matti_35"), "a1_yhteydenotto")


@pytest.fixture(scope="module")
def examined(office):
    """A client whose health examination is booked, and who is asked for pre-information; returns the case."""
    office.world.start(STORY)
    return office.world.case_key()


def link_of(office, case_key):
    def make(uow):
        client = uow.care.clients.get(uow.care.cases.get(case_key).client_key)
        return make_client_link(uow, client=client, now=office.world.clock)

    return office.world.executor.run(make)


def come_in(page, office, case_key, answer="14.5.2000"):
    page.goto(f"{office.address}/oma/link/{link_of(office, case_key)}")
    page.get_by_label("Syntymäaikasi").fill(answer)
    page.get_by_role("button", name="Jatka").click()
    return page


def ensure_accessible(page, axe):
    """Check the page in light, in dark and at 320 px."""
    try:
        assert axe(page) == []
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        assert axe(page, only="color-contrast") == []
        page.set_viewport_size({"width": 320, "height": 800})
        assert page.evaluate(SIDEWAYS) <= 0
    finally:
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        page.set_viewport_size({"width": 1280, "height": 900})


def test_from_the_link_to_the_form_and_who_has_looked(office, examined, open_context, axe):
    page = come_in(open_context().new_page(), office, examined, answer="1.1.2000")
    expect(page.locator("#answer-error")).to_contain_text("ei ole sama kuin meillä")
    expect(page.locator("#answer")).to_be_focused()
    ensure_accessible(page, axe)
    page.get_by_label("Syntymäaikasi").fill("14.5.2000")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Oma polkuni").wait_for()
    ensure_accessible(page, axe)
    page.get_by_role("link", name="Vastaa").click()
    page.get_by_role("heading", level=1, name="Kerro terveydestäsi").wait_for()
    ensure_accessible(page, axe)
    page.locator("[name=esitiedot]").fill("Nukun huonosti.")
    page.get_by_text("Luonnos tallennettu").wait_for()
    page.get_by_role("button", name="Lähetä vastaukset").click()
    page.locator("#k-notices").get_by_text("Kiitos. Vastauksesi on lähetetty.").wait_for()
    expect(page.get_by_role("link", name="Vastaa")).to_have_count(0)
    for name in (
        "Suunnitelmani",
        "Asiakirjani",
        "Antamani luvat",
        "Miten päätettiin",
        "Kuka on katsonut tietojani",
        "Oikeutesi",
    ):
        page.get_by_role("link", name=name, exact=True).click()
        page.get_by_role("heading", level=1, name=name).wait_for()
        ensure_accessible(page, axe)
    page.get_by_role("button", name="Kirjaudu ulos").click()
    page.get_by_role("heading", level=1, name="Oma polkuni: tule sisään").wait_for()
    ensure_accessible(page, axe)


def test_without_scripts_a_client_tells_that_they_want_to_stop(office, open_context):
    office.world.start(STORY)
    case_key = office.world.case_key()
    page = come_in(open_context(java_script_enabled=False).new_page(), office, case_key)
    page.get_by_role("link", name="Haluan lopettaa").click()
    expect(page.locator("main")).to_contain_text("Voit lopettaa milloin tahansa")
    page.get_by_role("button", name="Kyllä, kerro tämä").click()
    expect(page.locator("main")).to_contain_text("Tieto on mennyt perille")
    expect(page.get_by_role("link", name="Haluan lopettaa")).to_have_count(0)
    assert "v2_esitiedot" not in office.world.open_tasks()


def test_strong_sign_in_by_the_demo_s_own_provider(office, open_context, axe):
    office.begin_call()
    office.world.complete("a1_yhteydenotto", "r_ajanvaraaja", CONTACT)
    page = open_context().new_page()
    page.goto(f"{office.address}/oma")
    page.get_by_role("link", name="Tunnistaudu").click()
    page.get_by_role("heading", level=1, name="Testitunnistus").wait_for()
    ensure_accessible(page, axe)
    page.get_by_label("Muu henkilötunnus").fill(CONTACT["hetu"])
    page.get_by_role("button", name="Jatka").click()
    page.get_by_role("heading", level=1, name="Oma polkuni").wait_for()
    expect(page.locator("main")).to_contain_text(CONTACT["nimi"])
    page.get_by_role("button", name="Svenska").click()
    page.get_by_role("heading", level=1, name="Min väg").wait_for()


def test_somebody_who_is_no_client_asks_for_a_call(office, open_context, axe):
    page = open_context().new_page()
    page.goto(f"{office.address}/oma/strong")
    page.get_by_label("Muu henkilötunnus").fill("010190-900P")
    page.get_by_role("button", name="Jatka").click()
    page.get_by_role("heading", level=1, name="Pyydä, että soitamme sinulle").wait_for()
    page.get_by_role("button", name="Jatka").click()
    expect(page.locator("#municipality-error")).to_contain_text("Valitse kunta")
    ensure_accessible(page, axe)
    page.get_by_label("Missä kunnassa asut?").select_option(label="Jyväskylä")
    page.get_by_role("button", name="Jatka").click()
    page.get_by_role("heading", level=2, name="Mitä tapahtuu, kun lähetät pyynnön").wait_for()
    ensure_accessible(page, axe)
    for name, text in (("nimi", "Uuno Uusi"), ("puhelin", "040 555 5555")):
        page.locator(f"[name={name}]").fill(text)
    page.get_by_label("Aamupäivällä").check()
    page.locator("[name=kieli]").select_option("fi")
    for name in ("tulkki", "viittomakieli", "turvakielto"):
        page.locator(f"[name={name}][value=false]").check()
    page.get_by_role("button", name="Lähetä pyyntö").click()
    page.get_by_role("heading", level=1, name="Oma polkuni").wait_for()
    expect(page.locator("#k-notices")).to_contain_text("Pyyntösi on perillä")
    expect(page.locator("main")).to_contain_text("Sinulle soitetaan")
