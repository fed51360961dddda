"""Every page of an office in full swing: accessible, on narrow screens, wholly in the reader's language."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from lxml import etree, html
from playwright.sync_api import expect

from app.locale import Texts
from tests.e2e.conftest import EXPECTED
from tests.e2e.journeys.furnished import PAGES, furnish
from tests.e2e.journeys.office import SIDEWAYS, choose_language, fill, press_done, wait_for_diagrams
from tests.scenarios.world import PROCESSES

# the first page waits until everything is published, the office furnished and everybody signed in
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

KEYS = {key.split(".")[0] for key in Texts.load("fi") if "." in key}
KEY = re.compile(rf"\b(?:{'|'.join(sorted(KEYS))})\.[a-z_]+(?:\.[a-z_]+)*\b")
#: every text that somebody reads or hears: of elements, of attributes, of the picture
READ = r"""() => {
  const found = [document.title];
  const other = `[lang]:not(html, [lang=${document.documentElement.lang}])`;
  const names = ["title", "aria-label", "placeholder", "data-label"];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.closest(`script, style, template, noscript, textarea, ${other}`)) found.push(node.data);
  }
  for (const element of document.querySelectorAll(names.map(name => `[${name}]`).join(", "))) {
    if (!element.closest(other)) for (const name of names) found.push(element.getAttribute(name) ?? "");
  }
  for (const text of document.querySelectorAll("svg text")) {
    if (text.closest(other)) continue;
    found.push([...text.querySelectorAll("tspan")].map(part => part.textContent.trim()).join(" "));
  }
  return found.map(text => text.replace(/\s+/g, " ").trim()).filter(text => text);
}"""


@pytest.fixture(scope="module")
def furnished(office):
    found = furnish(office)
    assert sorted(found.pages) == PAGES
    return found


@pytest.fixture(scope="module")
def seats(browser, furnished):
    """A browser for each role, kept for the whole file; nothing may have gone wrong in any."""
    pages, troubles = {}, []

    def seat(role):
        if role not in pages:
            context = browser.new_context(locale="fi-FI", viewport={"width": 1280, "height": 900})
            page = pages[role] = context.new_page()
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
            # some people of the demo read another language
            choose_language(furnished.office.sign_in(page, role), "fi")
        return pages[role]

    yield seat
    for page in pages.values():
        page.context.close()
    assert [text for text in troubles if not any(expected in text for expected in EXPECTED)] == []


def open_page(furnished, seats, name):
    role, path = furnished.pages[name]
    return furnished.office.open(seats(role), path)


#: tables that stick out of their frames, which cut them off without making the page wider
CUT_OFF = """() => [...document.querySelectorAll(".k-table-frame:not(.k-table-scroll) table")]
  .filter(table => table.offsetWidth > table.parentElement.clientWidth + 1).length"""


def ensure_accessible(page, axe):
    """Check the page in light, in dark, at 200 % zoom and at 320 px."""
    try:
        assert axe(page) == []
        assert page.evaluate(CUT_OFF) == 0
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        assert axe(page, only="color-contrast") == []
        for width in (640, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(SIDEWAYS) <= 0, f"sideways at {width}"
            assert page.evaluate(CUT_OFF) == 0, f"a table is cut off at {width}"
    finally:
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_in_both_schemes_and_fits_narrow_screens(furnished, seats, axe, name):
    page = open_page(furnished, seats, name)
    expect(page.locator("h1")).to_have_count(1)
    # the page is open: its Finnish is read here, the other languages below
    assert foreign_texts(page, "fi", set()) == []
    ensure_accessible(page, axe)


def test_pages_with_something_wrong_are_accessible_too(furnished, seats, axe):
    page = open_page(furnished, seats, "task-mine")
    fill(page, {"nimi": "Virheellinen", "hetu": "1"})
    press_done(page)
    page.wait_for_function("document.activeElement.id === 'kyky-errors'")
    wait_for_diagrams(page)
    ensure_accessible(page, axe)
    page = open_page(furnished, seats, "instance-incident")
    page.locator(".k-trouble summary").click()
    page.locator("textarea[name='variable.maara']").fill("{")
    page.locator("button[value=retry]").click()
    page.locator("textarea[aria-invalid=true]").wait_for()
    wait_for_diagrams(page)
    ensure_accessible(page, axe)


def localised(thing):
    """Give every text of data in three languages."""
    if isinstance(thing, dict):
        if isinstance(thing.get("fi"), str):
            yield thing
        for inner in thing.values():
            yield from localised(inner)
    elif isinstance(thing, list):
        for inner in thing:
            yield from localised(inner)


def texts_of_data():
    for path in PROCESSES.rglob("*.json"):
        if "scenarios" not in path.parts and "demo" not in path.parts:
            yield from localised(json.loads(path.read_text("utf-8")))
    for path in PROCESSES.rglob("*.bpmn"):
        yield from texts_of_diagram(path)


def texts_of_diagram(path: Path):
    for element in etree.parse(path).iter("{*}*"):
        said = {item.get("name"): item.get("value") for item in element.findall("{*}extensionElements/{*}properties/*")}
        if element.get("name") and "kyky.name.sv" in said:
            yield {"fi": element.get("name"), "sv": said["kyky.name.sv"], "en": said.get("kyky.name.en", "")}


@cache
def finnish_only(language):
    """Return the Finnish texts of data and pages that are no words of the language as well."""
    data = list(texts_of_data())
    finnish, other = Texts.load("fi"), Texts.load(language)
    pairs = [(text["fi"], text.get(language, "")) for text in data]
    pairs += [(finnish(key), other(key)) for key in finnish if key in other]
    own = {text for _, text in pairs}
    return {" ".join(text.split()) for text, translated in pairs if text != translated and text not in own} - {""}


def foreign_texts(page, language, foreign):
    """Return what the page says with the words of another language, or with the names of texts."""
    expect(page.locator("html")).to_have_attribute("lang", language)
    return [text for text in page.evaluate(READ) if KEY.search(text) or text in foreign]


@pytest.fixture(scope="module", params=["sv", "en"])
def language(request, furnished, seats):
    """Everybody reads this language from now on."""
    for role in {role for role, _ in furnished.pages.values()}:
        choose_language(furnished.office.open(seats(role), "/worklist"), request.param)
    return request.param


#: what is not read, or is in another language and says so
UNREAD = ["script", "style", "template", "noscript", "textarea"]
HEARD = ["title", "aria-label", "placeholder", "data-label"]


def texts_of(document, language):
    """Return what `READ` finds, of a page as the server sends it."""
    root = html.fromstring(document)
    assert root.get("lang") == language
    for other in root.xpath("//*[@lang]"):
        if other is not root and other.get("lang") != language and other.getparent() is not None:
            other.drop_tree()
    for unread in root.xpath(" | ".join(f"//body//{name}" for name in UNREAD)):
        unread.drop_tree()
    found = [root.findtext("head/title"), *root.xpath("//body//text()")]
    found += root.xpath(" | ".join(f"//body//@{name}" for name in HEARD))
    return [text for each in found if (text := " ".join(each.split()))]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_speaks_one_language_and_shows_no_keys(furnished, seats, language, name):
    role, path = furnished.pages[name]
    document = seats(role).request.get(furnished.office.address + path).text()
    if "data-diagram" in document or path.startswith("/studio"):
        # the rest of it is made in the browser
        assert foreign_texts(open_page(furnished, seats, name), language, finnish_only(language)) == []
        return
    said, foreign = texts_of(document, language), finnish_only(language)
    assert len(said) > 10
    assert [text for text in said if KEY.search(text) or text in foreign] == []
