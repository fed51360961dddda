"""The studio in a browser: a table and a deadline are changed, a problem is seen beside its element and mended."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from app.storage.tables.models import model_draft
from tests.e2e.journeys.office import answers_of, scenario

pytestmark = pytest.mark.e2e

PATHWAY = "tyky_ajanvaraus"
MATTI = scenario(PATHWAY, "matti_35")


@pytest.fixture
def owner(desk):
    return desk("r_prosessinomistaja", viewport={"width": 1400, "height": 1000})


def open_diagram(office, page, path=f"/studio/processes/{PATHWAY}/edit"):
    office.open(page, path)
    expect(page.locator("[data-canvas]")).to_have_attribute("data-shown", "yes")


def problems(page):
    return page.locator("[data-problems]").inner_text()


def save(page):
    with page.expect_response(re.compile(r"/studio/drafts/")) as answer:
        page.keyboard.press("Control+s")
    return answer.value


def answer_questions(office):
    """Answer the steps before the table is asked."""
    for task in ("a1_yhteydenotto", "a3_indikaattorit"):
        step = next(step for step in MATTI["steps"] if step.get("task") == task)
        office.world.complete(task, step["by"], answers_of(MATTI, task))


def proposal(office):
    return office.world.variables()["ohjaus"]


def due_of(office, element_id):
    key = office.world.open_tasks()[element_id]
    return office.world.executor.read(lambda uow: uow.tasks.get(key)).due_at


def test_a_table_and_a_deadline_change_for_new_cases_only(office, owner):
    office.begin_call()
    running, before = office.world.instance, due_of(office, "a1_yhteydenotto")
    change_deadline(office, owner)
    was = change_cell(office, owner, '"KOE_OHJAUS"')
    publish_both(office, owner)

    # the running case keeps deadline and table, a new one has the new
    assert due_of(office, "a1_yhteydenotto") == before
    answer_questions(office)
    old = proposal(office)
    office.begin_call()
    assert office.world.instance != running
    assert due_of(office, "a1_yhteydenotto") != before
    answer_questions(office)
    assert (old, proposal(office)) == (was.strip('"'), "KOE_OHJAUS")


def change_deadline(office, owner):
    """Write a deadline, wrong at first: the problem stands in the list, in the picture and beside its field."""
    open_diagram(office, owner)
    owner.locator("[data-steps] button[data-element=a1_yhteydenotto]").click()
    field = owner.get_by_label("Määräaika")
    field.fill('=now() + duration("P9D"')
    field.press("Tab")
    owner.locator("#panel-TaskSchedule\\.dueDate[aria-invalid=true]").wait_for()
    expect(owner.locator("#panel-TaskSchedule\\.dueDate-error")).to_contain_text("FEEL-lauseketta ei voi lukea")
    expect(owner.locator("[data-canvas] [data-element-id=a1_yhteydenotto].k-studio-error")).to_have_count(1)
    assert "Kirjaa yhteydenotto" in problems(owner)
    assert "estää julkaisemisen" in problems(owner)
    assert save(owner).ok, "a draft may be wrong"
    owner.locator("[data-publish]").click()
    owner.get_by_role("button", name="Julkaise").click()
    owner.get_by_text("Estää julkaisun").first.wait_for()

    # the way back leads to the element
    owner.locator("[data-problems-list] a").first.click()
    owner.wait_for_selector("[data-canvas][data-shown=yes]")
    field.fill('=now() + duration("P9D")')
    field.press("Enter")
    owner.locator("[data-problems-count]", has_text="Mikään ei estä julkaisemista").wait_for()
    assert save(owner).ok
    expect(owner.locator("[data-draft-state]")).to_contain_text("Luonnos tallennettu 9.00")


def change_cell(office, owner, text):
    """Write a cell of the table by keyboard, wrong at first; return what stood there."""
    office.open(owner, "/studio/tables/dmn_halytys")
    cell = owner.locator("[id='cell.1.5']")
    was = cell.input_value()
    assert was != text
    cell.focus()
    owner.keyboard.press("Control+a")
    owner.keyboard.type('"TARJOA')
    owner.keyboard.press("Enter")
    owner.locator("[id='cell.1.5'][aria-invalid=true]").wait_for()
    expect(owner.locator("[id='cell.1.5-problem']")).to_contain_text("ei voi lukea")
    owner.locator("[data-problems-list] a").first.click()
    expect(owner.locator("[id='cell.1.5']")).to_be_focused()
    owner.keyboard.press("Control+a")
    owner.keyboard.type(text)
    owner.keyboard.press("Enter")
    owner.locator("[data-problems-count]", has_text="Mikään ei estä julkaisemista").wait_for()
    return was


def publish_both(office, owner):
    """Publish diagram and table together; what changes is said first."""
    office.open(owner, f"/studio/processes/{PATHWAY}")
    owner.get_by_role("link", name="Julkaise…").click()
    owner.get_by_role("button", name="Julkaise").wait_for()
    text = owner.locator("main").inner_text()
    assert "Yksi käynnissä oleva prosessi jatkaa vanhalla versiollaan" in text
    assert "dueDate" in text
    assert "KOE_OHJAUS" in text
    owner.get_by_role("button", name="Julkaise").click()
    said = owner.locator("#k-notices", has_text="Julkaistu: Ajanvaraus ja hälytysindikaattorit, versio 2.")
    said.wait_for()


def test_nothing_is_lost_by_opening_and_saving(office, owner):
    """Undo takes one change back whole, and what the panel does not know stays."""
    open_diagram(office, owner, "/studio/processes/tyky_omahoito/edit")
    owner.locator("[data-steps] button").first.click()
    name = owner.get_by_label("Nimi ruotsiksi").first
    was = name.input_value()
    name.fill("Ett annat namn")
    name.press("Tab")
    owner.locator("[data-act=undo]").click()
    expect(name).to_have_value(was)
    expect(owner.locator("[data-act=undo]")).to_be_disabled()
    assert save(owner).ok
    office.open(owner, "/studio")
    drafts = office.world.executor.read(lambda uow: uow.model_drafts.lines(seen_by=None))
    draft = next(line for line in drafts if line.model_id == "tyky_omahoito")
    office.open(owner, f"/studio/publish?draft={draft.key}")
    expect(owner.locator("main")).to_contain_text("Luonnos on sama kuin julkaistu versio")


def test_the_second_of_two_owners_compares_and_keeps_theirs(office, owner, desk):
    office.another_person("r_prosessinomistaja")
    second = desk("toini.toinen")
    for page in (owner, second):
        open_diagram(office, page, "/studio/processes/tyky_terveystarkastus/edit")
        page.locator("[data-steps] button").first.click()
    for page, text in ((owner, "Ensimmäinen"), (second, "Toinen")):
        field = page.get_by_label("Nimi suomeksi").first
        field.fill(text)
        field.press("Tab")
    assert save(owner).ok
    assert save(second).status == 409
    dialog = second.get_by_role("dialog")
    expect(dialog).to_contain_text("Outi Näyte tallensi luonnoksen")
    dialog.get_by_role("button", name="Vertaa").click()
    dialog.get_by_text("Muutettu").first.wait_for()
    expect(second.get_by_label("Nimi suomeksi").first).to_have_value("Toinen")
    dialog.get_by_role("button", name="Tallenna omana kopiona").click()
    second.wait_for_url("**/edit?copy=1")
    second.wait_for_selector("[data-canvas][data-shown=yes]")
    toini = office.world.executor.read(lambda uow: uow.accounts.named(["toini.toinen"]))["toini.toinen"]
    lines = office.world.executor.read(lambda uow: uow.model_drafts.lines(seen_by=toini))
    owners = [line.owner_key for line in lines if line.model_id == "tyky_terveystarkastus"]
    assert sorted(owners) == [0, toini]


def test_a_diagram_is_drawn_by_keyboard(office, owner):
    open_diagram(office, owner, "/studio/processes/tyky_omahoito/edit")
    step = owner.locator("[data-steps] button").first
    count = owner.locator("[data-steps] button").count()
    step.focus()
    owner.keyboard.press("Enter")
    expect(owner.locator("[data-panel]:focus")).to_have_count(1)
    choice = owner.get_by_label("Mitä lisätään tämän jälkeen")
    choice.focus()
    choice.select_option("bpmn:UserTask")
    owner.get_by_role("button", name="Lisää jälkeen").press("Enter")
    expect(owner.locator("#panel-name")).to_be_focused()
    owner.keyboard.type("Uusi vaihe")
    owner.keyboard.press("Tab")
    expect(owner.locator("[data-steps] button")).to_have_count(count + 1)
    owner.locator("[data-steps] button", has_text="Uusi vaihe").wait_for()
    owner.get_by_role("button", name="Poista tämä").press("Enter")
    expect(owner.locator("[data-steps] button")).to_have_count(count)


#: a moment after the last change (app/web/assets/js/studio); the page's clock is set on, nobody waits
QUIET = 5_100


def draft_of(office, model_id):
    """Return the line of the shared draft and its content."""
    drafts = office.world.executor.read(lambda uow: uow.model_drafts.lines(seen_by=None))
    draft = next(line for line in drafts if line.model_id == model_id)
    return draft, office.world.executor.read(lambda uow: uow.model_drafts.get(draft.key)).content


def somebody_else_saves(office, draft):
    with office.world.executor.database.engine.begin() as connection:
        connection.execute(
            update(model_draft).where(model_draft.c.key == draft.key).values(revision=draft.revision + 1)
        )


def pass_quietly(page):
    """Let the page's clock run until what was changed is saved by itself."""
    with page.expect_response(re.compile(r"/studio/")) as answer:
        page.clock.fast_forward(QUIET)
    return answer.value


def test_a_draft_is_saved_by_itself_and_tells_a_conflict_without_asking(office, owner):
    """A listener is added in the panel; what is drawn is saved without a key, and never over somebody else's draft."""
    owner.clock.install()
    open_diagram(office, owner)
    owner.locator("[data-steps] button[data-element=a1_yhteydenotto]").click()
    owner.get_by_role("button", name="Lisää: Tehtävän kuuntelijat").click()
    owner.get_by_label("Milloin 1").select_option("canceling")
    owner.get_by_label("Työn tyyppi 1").fill("kerro_perutusta")
    owner.get_by_label("Työn tyyppi 1").press("Tab")
    owner.clock.fast_forward(QUIET)
    owner.locator("[data-draft-state]", has_text="Luonnos tallennettu 9.00").wait_for()
    draft, content = draft_of(office, PATHWAY)
    [listener] = re.findall(rb"<zeebe:taskListener [^>]*>", content)
    assert b'eventType="canceling"' in listener
    assert b'type="kerro_perutusta"' in listener
    somebody_else_saves(office, draft)
    owner.get_by_label("Nimi suomeksi").first.fill("Toisen jälkeen")
    owner.get_by_label("Nimi suomeksi").first.press("Tab")
    owner.clock.fast_forward(QUIET)
    owner.locator("[data-draft-state]", has_text="tallensi luonnoksen").wait_for()
    expect(owner.get_by_role("dialog")).to_be_hidden()
    assert save(owner).status == 409
    owner.get_by_role("dialog").get_by_role("button", name="Vertaa").wait_for()


def test_the_panel_writes_listeners_and_version_tags(office, owner):
    """The process's own tag, the tag that a step wants of its form, and a listener of the execution."""
    open_diagram(office, owner, "/studio/processes/tyky_terveystarkastus/edit")
    tag = owner.get_by_label("Oma versiomerkintä")
    tag.fill("2026-syksy")
    tag.press("Tab")
    owner.locator("[data-steps] button[data-element=v1_ohjaa_omaan]").click()
    owner.get_by_label("Mitä versiota käytetään").first.select_option("versionTag")
    wanted = owner.get_by_label("Versiotunniste")
    wanted.fill("hyväksytty")
    wanted.press("Tab")
    owner.get_by_role("button", name="Lisää: Vaiheen kuuntelijat").click()
    owner.get_by_label("Milloin 1").select_option("end")
    owner.get_by_label("Työn tyyppi 1").fill("kerro_lopusta")
    owner.get_by_label("Työn tyyppi 1").press("Tab")
    assert save(owner).ok
    _, content = draft_of(office, "tyky_terveystarkastus")
    assert re.search(rb'<zeebe:versionTag value="2026-syksy" ?/>', content)
    [definition] = re.findall(rb'<zeebe:formDefinition [^>]*bindingType="versionTag"[^>]*>', content)
    assert 'versionTag="hyväksytty"' in definition.decode()
    [listener] = re.findall(rb"<zeebe:executionListener [^>]*>", content)
    assert (b'eventType="end"' in listener, b'type="kerro_lopusta"' in listener) == (True, True)


def test_a_table_is_saved_by_itself_and_never_over_somebody_else(office, owner):
    owner.clock.install()
    office.open(owner, "/studio/tables/dmn_riittava_tuki")
    cell = owner.locator("textarea[name^='cell.1.']").last
    cell.fill("Itsestään tallennettu")
    expect(owner.locator("[data-draft-state]")).to_have_text("Tallentamattomia muutoksia")
    assert pass_quietly(owner).ok
    owner.locator("[data-draft-state]", has_text="Luonnos tallennettu").wait_for()
    draft, content = draft_of(office, "dmn_riittava_tuki")
    assert "Itsestään tallennettu" in content.decode()
    expect(owner.locator("[data-publish]")).to_be_visible()
    somebody_else_saves(office, draft)
    cell.fill("Toisen jälkeen")
    assert pass_quietly(owner).status == 409
    owner.locator("[data-draft-state]", has_text="tallensi luonnoksen").wait_for()
    assert "Toisen jälkeen" not in draft_of(office, "dmn_riittava_tuki")[1].decode()
    expect(cell).to_have_value("Toisen jälkeen")


def test_a_form_is_saved_by_itself_also_half_written(office, owner):
    owner.clock.install()
    office.open(owner, "/studio/forms/f_kuittaus")
    area = owner.locator("textarea[name=content]")
    written = area.input_value()
    area.fill(written.rstrip().removesuffix("}"))
    assert pass_quietly(owner).ok
    owner.locator("[data-draft-state]", has_text="Luonnos tallennettu").wait_for()
    assert draft_of(office, "f_kuittaus")[1].decode().rstrip() == written.rstrip().removesuffix("}").rstrip()
