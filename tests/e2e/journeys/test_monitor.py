"""The monitor in a browser: trouble is found, put right with changed data, or ended with a reason."""

import pytest
from playwright.sync_api import expect

from app.commands.publish import publish
from app.commands.resolve_incident import set_variables
from app.domain.actor import SYSTEM
from tests.e2e.journeys.furnished import broken, start_broken
from tests.e2e.journeys.office import choose_language, wait_for_diagrams

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", autouse=True)
def published(office):
    office.world.executor.run(publish, resources=broken(), actor=SYSTEM, now=office.world.clock)


@pytest.fixture
def admin(desk):
    page = desk("r_yllapitaja")
    choose_language(page, "fi")
    return page


def variables(office, key):
    office.world.instance = key
    return office.world.variables()


def test_an_incident_is_found_by_its_cause_and_retried_with_changed_data(office, admin):
    key = start_broken(office)
    office.open(admin, "/monitor/incidents")
    group = admin.locator(".k-trouble", has_text="Paljonko?")
    expect(group).to_contain_text("Lauseke vertaa keskenään erilaisia arvoja")
    group.get_by_role("link", name=str(key)).click()
    wait_for_diagrams(admin)
    drawn = admin.locator("[data-diagram]")
    expect(drawn).to_have_attribute("data-shown", "yes")
    expect(drawn.locator("[data-element-id=valinta].k-trouble-here")).to_have_count(1)
    expect(drawn.locator(".k-overlay[data-color=danger]")).to_have_text("! 1")

    admin.get_by_text("Muuta tietoja").click()
    field = admin.locator("textarea[name='variable.maara']")
    field.fill("{")
    admin.get_by_role("button", name="Yritä uudelleen").click()
    admin.locator("textarea[aria-invalid=true]").wait_for()
    expect(field, "what was typed is kept").to_have_value("{")
    field.fill("11")
    admin.get_by_label("Mitä korjattiin").fill("Määrä oli sana")
    with admin.expect_request(lambda request: request.url.endswith("/retry")):
        admin.get_by_role("button", name="Yritä uudelleen").click()
    admin.locator(".k-notice[data-color=success]").wait_for()
    assert admin.url.endswith(f"/monitor/instances/{key}")
    wait_for_diagrams(admin)
    expect(drawn.locator("[data-element-id=paljon].k-here"), "the token has moved on").to_have_count(1)
    assert variables(office, key) == {"maara": 11, "toinen": [1, 2]}
    expect(admin.locator("main")).to_contain_text("Määrä oli sana")


def test_what_was_not_changed_is_not_sent_over_what_somebody_else_has_changed(office, admin):
    key = start_broken(office)
    office.open(admin, f"/monitor/instances/{key}")
    change_elsewhere(office, key, toinen="uusi")
    admin.get_by_text("Muuta tietoja").click()
    admin.locator("textarea[name='variable.maara']").fill("3")
    admin.get_by_role("button", name="Yritä uudelleen").click()
    admin.locator(".k-notice[data-color=success]").wait_for()
    assert variables(office, key) == {"maara": 3, "toinen": "uusi"}


def change_elsewhere(office, key, **values):
    """Let an admin at another screen change variables meanwhile."""
    office.world.executor.run(
        set_variables,
        instance_key=key,
        scope_key=key,
        variables=values,
        actor=office.world.executor.read(lambda uow: uow.accounts.actor_of("paavo.paakayttaja")),
        now=office.world.clock,
    )


def test_an_instance_is_cancelled_with_a_reason(office, admin):
    key = start_broken(office)
    office.open(admin, f"/monitor/instances/{key}")
    admin.get_by_role("link", name="Keskeytä").click()
    dialog = admin.locator("dialog#cancel")
    dialog.wait_for()
    dialog.get_by_label("Syy").fill("   ")
    dialog.get_by_role("button", name="Keskeytä").click()
    admin.locator("#cancel-error").wait_for()
    dialog.get_by_label("Syy").fill("Aloitettu vahingossa")
    dialog.get_by_role("button", name="Keskeytä").click()
    admin.locator(".k-notice[data-color=success]").wait_for()
    assert office.world.executor.read(lambda uow: uow.monitor.find_instance(key)).status == "terminated"
    expect(admin.locator("main")).to_contain_text("Aloitettu vahingossa")
