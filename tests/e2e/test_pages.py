"""Every page template with a full view-model: accessible in light and dark, at 320 px, by keyboard, without scripts."""

import gzip

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def open_sample(page, site, name):
    page.goto(f"{site}/samples/{name}")
    for diagram in page.locator("[data-diagram]").all():
        diagram.wait_for()
        page.wait_for_function("() => [...document.querySelectorAll('[data-diagram]')].every(d => d.dataset.shown)")


def go_dark(page):
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_function("matchMedia('(prefers-color-scheme: dark)').matches")
    # drawn once in the new colours, so that nothing reads the old ones
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


#: what the pages of an office in full swing (journeys/test_every_page.py) do not show
STATES = [
    "worklist",
    "worklist-clients",
    "worklist-filtered",
    "task",
    "task-conflict",
    "task-group",
    "case-hidden",
    "instance",
    "incidents-none",
    "outbox-none",
]


@pytest.mark.parametrize("name", STATES)
def test_a_page_is_accessible_in_both_schemes_and_fits_a_narrow_screen(staff, site, axe, name):
    open_sample(staff, site, name)
    assert axe(staff) == []
    go_dark(staff)
    assert axe(staff, only="color-contrast") == []
    for width in (640, 320):
        staff.set_viewport_size({"width": width, "height": 800})
        assert staff.evaluate(SIDEWAYS) <= 0, f"sideways at {width}"


@pytest.mark.parametrize("name", ["sign-in", "accessibility"])
def test_pages_of_nobody_are_accessible(page, site, axe, name):
    page.goto(f"{site}/{name}")
    assert axe(page) == []
    go_dark(page)
    assert axe(page) == []
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate(SIDEWAYS) <= 0


def test_the_person_s_menu_and_the_narrow_menu_are_accessible(staff, site, axe):
    open_sample(staff, site, "worklist")
    staff.get_by_role("button", name="Pekka Pääkäyttäjä").click()
    staff.get_by_text("Tiheys").wait_for()
    assert axe(staff) == []
    staff.keyboard.press("Escape")
    staff.set_viewport_size({"width": 360, "height": 700})
    staff.get_by_role("button", name="Valikko").click()
    staff.get_by_role("link", name="Lähtevä posti").wait_for()
    assert [line for line in axe(staff) if not line.startswith("landmark-")] == []


def test_forced_colours_keep_what_matters_visible(open_context, sign_in, site):
    page = open_context(forced_colors="active").new_page()
    sign_in(page)
    open_sample(page, site, "worklist")
    current = page.locator(".k-tab[aria-current]")
    assert current.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    other = page.locator(".k-tab:not([aria-current])").first
    line, ground = other.evaluate(
        "element => [getComputedStyle(element).borderBlockEndColor, getComputedStyle(document.body).backgroundColor]"
    )
    assert line == ground, "only the chosen one has a line"


def test_a_printed_task_shows_its_form_and_case_and_nothing_to_press(staff, site):
    open_sample(staff, site, "task")
    staff.emulate_media(media="print", color_scheme="dark")
    expect(staff.locator("#f-syy")).to_be_visible()
    expect(staff.get_by_role("heading", name="Asia 2026")).to_be_visible()
    for hidden in (".k-done", ".k-side", ".k-head__actions", "[aria-labelledby=handling-title]", ".k-diagram__tools"):
        expect(staff.locator(hidden).first).to_be_hidden()
    assert staff.locator("main").evaluate("element => getComputedStyle(element).color") != "rgb(255, 255, 255)"


def walk(page, steps):
    """Press Tab and tell what has focus each time."""
    found = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        found.append(
            page.evaluate(
                "() => { const e = document.activeElement; const s = getComputedStyle(e);"
                " return [e.tagName, (e.innerText || e.getAttribute('aria-label') || e.name || '').trim(),"
                " s.outlineStyle !== 'none' || s.boxShadow !== 'none'] }"
            )
        )
    return found


def test_every_control_of_the_worklist_is_reached_by_tab_with_visible_focus(staff, site):
    open_sample(staff, site, "worklist")
    found = walk(staff, 90)
    names = [name for _, name, _ in found]
    assert names[0] == "Siirry sisältöön"
    for wanted in ("Työlista", "Pekka Pääkäyttäjä", "Rajaa", "Kysy hälytysindikaattorit", "Seuraavat"):
        assert any(wanted in name for name in names), wanted
    assert [name for tag, name, visible in found if tag != "BODY" and not visible] == []


def test_the_skip_link_leads_to_the_content(staff, site):
    open_sample(staff, site, "worklist")
    staff.keyboard.press("Tab")
    staff.keyboard.press("Enter")
    expect(staff.locator("#main")).to_be_focused()


def test_marked_rows_bring_the_buttons_below_the_rows_which_stay_where_they_are(staff, site, axe):
    open_sample(staff, site, "worklist")
    form = staff.locator("#handling")
    expect(form).to_be_hidden()
    row = staff.locator("[data-row]").first
    place = row.bounding_box()
    staff.keyboard.press("j")
    staff.keyboard.press("x")
    form.get_by_text("1 tehtävä valittuna").wait_for()
    staff.get_by_role("status").filter(has_text="1 tehtävä valittuna").wait_for()
    assert row.bounding_box() == place
    assert axe(staff) == []
    staff.get_by_role("checkbox", name="Valitse kaikki tämän sivun tehtävät").check()
    form.get_by_text("9 tehtävää valittuna").wait_for()
    expect(staff.locator("[data-mark]:checked")).to_have_count(9)
    staff.get_by_role("checkbox", name="Valitse kaikki tämän sivun tehtävät").uncheck()
    expect(form).to_be_hidden()


def test_letters_move_in_the_list_and_can_be_switched_off(staff, site):
    open_sample(staff, site, "worklist")
    staff.keyboard.press("j")
    staff.keyboard.press("j")
    expect(staff.locator(":focus")).to_have_text("Ota työkyky puheeksi")
    staff.keyboard.press("k")
    expect(staff.locator(":focus")).to_have_text("Kysy hälytysindikaattorit")
    staff.keyboard.press("/")
    staff.keyboard.type("jkt")
    expect(staff.locator("#filter-text")).to_have_value("jkt")
    staff.get_by_role("button", name="Pekka Pääkäyttäjä").click()
    staff.locator("button[name=shortcuts][value=off]").click()
    staff.wait_for_load_state()
    open_sample(staff, site, "worklist")
    staff.keyboard.press("j")
    assert staff.evaluate("document.activeElement.tagName") == "BODY"


def test_the_palette_is_a_combobox_that_leads_by_keys_alone(staff, site, axe):
    open_sample(staff, site, "worklist")
    # also while somebody types
    staff.locator("#filter-text").focus()
    staff.keyboard.press("Control+k")
    box = staff.get_by_role("combobox", name="Siirry tai tee")
    staff.get_by_role("option", name="Työlista").wait_for()
    expect(box).to_be_focused()
    assert axe(staff) == []
    box.fill("tumma")
    staff.get_by_role("option", name="Tumma", exact=True).wait_for()
    box.fill("2026-00012")
    first = staff.locator("#k-palette").get_by_role("option").first
    expect(first).to_have_text("Avaa asia numerolla: 2026-00012")
    expect(box).to_have_attribute("aria-activedescendant", first.get_attribute("id"))
    staff.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "false")
    staff.keyboard.press("ArrowUp")
    staff.keyboard.press("Enter")
    staff.wait_for_url("**/cases?number=2026-00012&open=1")
    staff.keyboard.press("Control+k")
    box.wait_for()
    staff.keyboard.press("Escape")
    expect(staff.locator("#k-palette")).to_be_hidden()


@pytest.mark.parametrize("name", ["task", "case", "instance"])
def test_the_diagram_is_drawn_and_marks_where_we_are_within_the_policy(staff, site, name):
    open_sample(staff, site, name)
    drawn = staff.locator("[data-diagram]").first
    expect(drawn).to_have_attribute("data-shown", "yes")
    expect(drawn.locator(".k-here").first).to_be_attached()
    expect(drawn.locator(".k-overlay").first).to_be_attached()
    expect(drawn.locator(".bjs-powered-by")).to_be_visible()
    expect(staff.locator("[data-element=indikaattorit]").first, "the same is told by a list").to_be_visible()


def test_the_diagram_opens_in_the_whole_window_and_comes_back(staff, site):
    open_sample(staff, site, "task")
    staff.get_by_role("button", name="Avaa koko ikkunaan").click()
    dialog = staff.locator("#diagram-dialog")
    dialog.locator(".k-here").wait_for()
    assert dialog.locator(".k-diagram").bounding_box()["width"] > 1000
    dialog.get_by_role("button", name="Sulje").click()
    staff.locator("aside .k-diagram").wait_for()
    expect(staff.locator("[data-act=enlarge]:focus")).to_have_count(1)


def test_a_draft_is_saved_while_one_writes_and_the_line_says_so(staff, site):
    open_sample(staff, site, "task")
    with staff.expect_request(lambda request: request.url.endswith("/samples/draft")) as sent:
        staff.locator("#f-syy").fill("Selkä on parempi.")
    body = sent.value.post_data_buffer.decode()
    assert "Selkä on parempi." in body
    assert 'name="csrf_token"' in body
    staff.get_by_text("Luonnos tallennettu 10.42").wait_for()


def test_a_draft_that_cannot_be_saved_is_said_aloud(staff, site):
    open_sample(staff, site, "task")
    staff.route("**/samples/draft", lambda route: route.abort())
    staff.locator("#f-syy").fill("x")
    staff.get_by_role("status").filter(has_text="Luonnosta ei voitu tallentaa").wait_for()


def test_a_filter_changes_the_list_and_the_address_and_is_announced(staff, site):
    open_sample(staff, site, "worklist")
    staff.get_by_label("Määräaika").focus()
    staff.get_by_label("Määräaika").select_option("today")
    staff.wait_for_url("**/samples/worklist?**due=today**")
    staff.get_by_role("status").filter(has_text="9 tehtävää").wait_for()
    expect(staff.locator("#results tbody tr")).to_have_count(9)
    expect(staff.locator("#filter-due"), "focus stays").to_be_focused()
    staff.reload()
    assert "due=today" in staff.url


def test_the_session_s_end_is_told_in_time_and_can_be_put_off(open_context, sign_in, site):
    context = open_context()
    page = context.new_page()
    page.clock.install()
    sign_in(page)
    open_sample(page, site, "worklist")
    # the question for news must have its answer before the clock jumps again, else it is told as lost
    with page.expect_response("**/samples/news*"):
        page.clock.fast_forward("26:00")
    page.locator("#news.htmx-request").wait_for(state="detached")
    expect(page.locator("#k-session")).to_be_hidden()
    page.clock.fast_forward("01:10")
    page.get_by_role("heading", name="Istunto päättyy pian").wait_for()
    page.get_by_role("button", name="Jatka", exact=True).click()
    page.locator("#k-session").wait_for(state="hidden")


def test_a_browser_whose_clock_is_wrong_is_told_in_time_and_shows_the_server_s_times(open_context, sign_in, site):
    context = open_context()
    page = context.new_page()
    page.clock.install(time="2019-01-01T03:00:00")
    sign_in(page)
    open_sample(page, site, "task")
    page.evaluate("localStorage.setItem('kykypolku-seen', String(Date.now() + 86_400_000))")
    page.locator("#f-syy").fill("Selkä")
    page.locator("#f-syy").blur()
    page.get_by_text("Luonnos tallennettu 10.42").wait_for()
    page.clock.fast_forward("29:10")
    page.get_by_role("heading", name="Istunto päättyy pian").wait_for()


def test_after_the_end_what_was_typed_without_a_draft_goes_along(open_context, sign_in, site):
    page = open_context().new_page()
    page.clock.install()
    sign_in(page)
    open_sample(page, site, "start-form")
    page.locator("#f-syy").fill("Uusi asia")
    page.clock.fast_forward("30:10")
    page.get_by_role("heading", name="Istunto on päättynyt").wait_for()
    expect(page.locator("#f-syy"), "the page is hidden from whoever passes by").to_be_hidden()


@pytest.fixture
def plain(open_context, sign_in):
    """A page without JavaScript."""
    page = open_context(java_script_enabled=False).new_page()
    sign_in(page)
    return page


def test_everything_that_matters_works_without_scripts(plain, site):
    plain.goto(f"{site}/samples/worklist")
    plain.get_by_label("Määräaika").select_option("today")
    plain.get_by_role("button", name="Rajaa").click()
    assert "due=today" in plain.url
    plain.get_by_role("button", name="Pekka Pääkäyttäjä").click()
    plain.locator("button[name=colours][value=dark]").click()
    expect(plain.locator("html")).to_have_attribute("data-color-scheme", "dark")
    plain.goto(f"{site}/samples/instance-cancel")
    expect(plain.locator("#cancel-reason")).to_be_visible()
    plain.goto(f"{site}/samples/task")
    expect(plain.get_by_role("button", name="Tallenna luonnos")).to_be_visible()
    plain.get_by_role("button", name="Pekka Pääkäyttäjä").click()
    plain.locator("button[name=colours][value=auto]").click()


def test_a_page_weighs_little(staff, site):
    seen = set()
    staff.on("response", lambda answer: seen.add(answer.url) if "/assets/" in answer.url else None)
    staff.goto(f"{site}/samples/worklist")
    staff.wait_for_load_state("networkidle")
    files = {address.split("/")[-1]: gzip.compress(staff.request.get(address).body()) for address in sorted(seen)}
    assert not any("viewer" in name for name in files), "the viewer is for pages with a diagram"
    page = gzip.compress(staff.content().encode())
    assert sum(map(len, files.values())) + len(page) < 100_000
