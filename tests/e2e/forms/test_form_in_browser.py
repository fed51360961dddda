from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"


def radios(page, name):
    return page.get_by_role("radiogroup", name=name)


def fill(page):
    radios(page, "Henkilötunnus puuttuu").get_by_label("Ei", exact=True).check()
    page.locator("#f-hetu").fill("140590-903d")
    page.locator("#f-nimi").fill("Matti Meikäläinen")
    page.locator("#f-puhelin").fill("040 123 4567")
    page.get_by_label("suomi").check()
    page.locator("#f-yhteydenoton_syy").fill("Flunssa")
    page.get_by_label("Työtön", exact=True).check()
    page.locator("#f-tyottomyys_alkanut").fill("1.10.2024")
    page.locator("#f-tyokyky").fill("7,5")
    page.get_by_label("Toimeentulo").check()
    radios(page, "Kiireellisen hoidon tarve").get_by_label("Ei", exact=True).check()
    radios(page, "Mikä on riittävä tuki").get_by_label("Tiimi").check()


def fill_row(page, number, *, lasts):
    row = page.get_by_role("group", name=f"Toimenpiteet, rivi {number}")
    row.get_by_label("Toimenpide", exact=True).fill(f"Toimi {number}")
    radios(row, "Voimassa toistaiseksi").get_by_label("Kyllä" if lasts else "Ei", exact=True).check()
    return row


def test_a_form_is_filled_with_script_and_without(any_page, server):
    server.accepted.clear()
    any_page.goto(server.url)
    fill(any_page)
    fill_row(any_page, 1, lasts=True)
    any_page.get_by_role("button", name="Lisää rivi: Toimenpiteet").click()
    row = fill_row(any_page, 2, lasts=False)
    row.get_by_role("textbox", name="Valmis viimeistään").fill("1.4.2026")
    any_page.get_by_role("button", name="Valmis", exact=True).click()
    any_page.get_by_role("heading", name="Tallennettu").wait_for()
    [answers] = server.accepted
    assert answers.values["hetu"] == "140590-903D"
    assert "syntymaaika" not in answers.values
    assert [row["toimenpide"] for row in answers.values["toimenpiteet"]] == ["Toimi 1", "Toimi 2"]
    assert answers.values["toimenpiteet"][1]["valmis"] == date(2026, 4, 1)
    assert "valmis" not in answers.values["toimenpiteet"][0]


def test_problems_take_the_focus_and_lead_to_their_fields(any_page, server):
    any_page.goto(server.url)
    any_page.locator("#f-tyokyky").fill("kahdeksan")
    any_page.get_by_role("button", name="Valmis", exact=True).click()
    expect(any_page).to_have_title("Virhe: Yhteydenotto ja suunnitelma")
    expect(any_page.locator("#kyky-errors")).to_be_focused()
    any_page.get_by_role("link", name="Täytä kohta ”Nimi”.").click()
    expect(any_page.locator("#f-nimi")).to_be_focused()
    any_page.get_by_role("link", name="Valitse vaihtoehto kohdassa ”Työtilanne”.").click()
    expect(any_page.get_by_label("Työssä, työterveyshuolto on")).to_be_focused()
    any_page.get_by_role("link", name="Lisää vähintään yksi rivi kohtaan ”Toimenpiteet”.").click()
    expect(any_page.get_by_role("button", name="Lisää rivi: Toimenpiteet")).to_be_focused()
    expect(any_page.locator("#f-tyokyky")).to_have_value("kahdeksan")


def test_a_row_can_be_removed(any_page, server):
    any_page.goto(server.url)
    any_page.get_by_role("button", name="Lisää rivi: Toimenpiteet").click()
    fill_row(any_page, 2, lasts=True)
    any_page.get_by_role("button", name="Poista rivi 1: Toimenpiteet").click()
    expect(any_page.get_by_role("group", name="Toimenpiteet, rivi 2")).to_have_count(0)
    row = any_page.get_by_role("group", name="Toimenpiteet, rivi 1")
    expect(row.get_by_label("Toimenpide", exact=True)).to_have_value("Toimi 2")
    expect(any_page.get_by_role("button", name="Lisää rivi: Toimenpiteet")).to_be_focused()


def test_enter_in_a_field_sends_the_form_and_adds_no_row(any_page, server):
    any_page.goto(server.url)
    any_page.locator("#f-nimi").fill("Matti")
    any_page.locator("#f-nimi").press("Enter")
    expect(any_page.locator("#kyky-errors")).to_be_visible()
    expect(any_page.get_by_role("group", name="Toimenpiteet, rivi 2")).to_have_count(0)


def test_fields_come_and_go_with_their_conditions(page, server):
    page.goto(server.url)
    hetu, born = page.locator("#f-hetu"), page.locator("#f-syntymaaika")
    expect(hetu).to_be_hidden()
    expect(hetu).to_be_disabled()
    radios(page, "Henkilötunnus puuttuu").get_by_label("Kyllä").check()
    expect(born).to_be_visible()
    expect(born).to_be_enabled()
    expect(born).to_have_attribute("aria-required", "true")
    expect(hetu).to_be_hidden()
    radios(page, "Henkilötunnus puuttuu").get_by_label("Ei", exact=True).check()
    expect(hetu).to_be_visible()
    expect(born).to_be_hidden()
    page.get_by_label("Muu", exact=True).check()
    expect(page.get_by_label("Mikä muu tarve")).to_be_visible()


def test_a_condition_in_a_new_row_looks_at_its_own_row(page, server):
    page.goto(server.url)
    fill_row(page, 1, lasts=False)
    page.get_by_role("button", name="Lisää rivi: Toimenpiteet").click()
    expect(page.locator("#f-toimenpiteet-1-toimenpide")).to_be_focused()
    expect(page.locator("#f-toimenpiteet-0-valmis")).to_be_visible()
    expect(page.locator("#f-toimenpiteet-1-valmis")).to_be_hidden()
    fill_row(page, 2, lasts=False)
    expect(page.locator("#f-toimenpiteet-1-valmis")).to_be_visible()


def test_a_group_takes_no_more_rows_than_it_may_have(page, server):
    page.goto(server.url)
    add = page.get_by_role("button", name="Lisää rivi: Toimenpiteet")
    for _ in range(4):
        add.click()
    expect(page.get_by_role("group", name="Toimenpiteet, rivi 5")).to_be_visible()
    expect(add).to_be_hidden()


def test_what_only_the_server_can_tell_is_asked_from_it(page, server):
    page.goto(server.url)
    page.get_by_label("Työtön", exact=True).check()
    page.locator("#f-tyottomyys_alkanut").fill("1.10.2024")
    expect(page.locator("#f-pitkaaikaistyoton")).to_have_text("Kyllä")
    page.locator("#f-tyottomyys_alkanut").fill("1.2.2026")
    expect(page.locator("#f-pitkaaikaistyoton")).to_have_text("Ei")


def test_the_calendar_writes_the_date_as_people_do(page, server):
    page.goto(server.url)
    page.get_by_label("Työtön", exact=True).check()
    field = page.locator("[data-kyky-field=tyottomyys_alkanut]")
    expect(field.get_by_role("button", name="Valitse päivä kalenterista: Työttömyys alkanut")).to_be_visible()
    pick = "calendar => { calendar.value = '2026-03-09'; calendar.dispatchEvent(new Event('change')); }"
    field.locator("input[type=date]").evaluate(pick)
    expect(page.locator("#f-tyottomyys_alkanut")).to_have_value("9.3.2026")
    page.locator("#f-aika").fill("1.1.2026 klo 13.00")
    page.locator("[data-kyky-field=aika] input[type=date]").evaluate(pick)
    expect(page.locator("#f-aika")).to_have_value("9.3.2026 klo 13.00")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_passes_the_automatic_accessibility_checks(page, server, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for send in (False, True):
        page.goto(server.url)
        page.evaluate("scheme => document.documentElement.dataset.colorScheme = scheme", scheme)
        if send:
            page.get_by_role("button", name="Valmis", exact=True).click()
            page.locator("#kyky-errors").wait_for()
            page.evaluate("scheme => document.documentElement.dataset.colorScheme = scheme", scheme)
        # read into the page as a test's own script, past the page's policy
        page.evaluate(AXE.read_text())
        found = page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
            ".then(result => result.violations.map(each => [each.id, each.nodes.map(node => node.html)]))"
        )
        assert found == []


def test_the_form_fits_a_narrow_screen(page, server):
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(server.url)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
