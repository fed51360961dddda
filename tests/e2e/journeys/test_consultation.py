"""A matter is brought to the consultation hour, dealt with and answered, in the browser; light, dark and narrow."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from werkzeug.serving import make_server

from app.settings import Settings
from app.storage.database import Database
from app.storage.tables import metadata
from app.web import create_app
from tests.factories import Place
from tests.integration.test_consultation import TEXTS, ask, make_hour, sessions
from tests.servers import free_port

#: pictures to look at are written there where it is set
PICTURES = os.environ.get("KYKYPOLKU_PICTURES", "")


@dataclass
class Hour:
    """An area with its hour behind a live server."""

    place: Place
    address: str

    def sign_in(self, page: Page, person: str) -> Page:
        """Sign somebody in by a press, as the demo allows."""
        page.goto(f"{self.address}/sign-in?next=/accessibility")
        page.locator(f"button[name=person][value={person}]").click()
        page.wait_for_url("**/accessibility")
        return page


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hour]:
    folder = tmp_path_factory.mktemp("hour")
    database = Database(f"sqlite:///{folder / 'hour.db'}")
    metadata.create_all(database.engine)
    place = make_hour(database)
    port = free_port()
    settings = Settings.load({}, data_folder=folder, public_url=f"http://127.0.0.1:{port}", web_port=port)
    app = create_app(place.executor, settings, clock=lambda: place.now)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Hour(place, f"http://127.0.0.1:{port}")
    server.shutdown()
    thread.join()
    database.close()


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def no_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_a_matter_is_brought_and_answered(
    hour: Hour, open_context: Callable[..., BrowserContext], axe: Callable[..., list[str]]
) -> None:
    sari = hour.sign_in(open_context().new_page(), "sari")
    bring(hour, sari, axe)
    [session, _] = sessions(hour.place)
    ask(hour.place, "nurse")
    ask(hour.place, "sini")
    hour.place.now = session.starts_at
    fanni = hour.sign_in(open_context(color_scheme="dark").new_page(), "fanni")
    lead(hour, fanni, axe)

    narrow = hour.sign_in(open_context(viewport={"width": 320, "height": 700}).new_page(), "sari")
    narrow.goto(f"{hour.address}/consultation")
    expect(narrow.get_by_text("Tiimi ja terveystarkastus.")).to_be_visible()
    picture(narrow, "index-320")
    assert no_sideways_scroll(narrow)
    narrow.goto(f"{hour.address}/consultation/ask?area=keski_suomi")
    assert no_sideways_scroll(narrow)
    narrow = hour.sign_in(open_context(viewport={"width": 320, "height": 700}).new_page(), "fanni")
    for path in (f"sessions/{session.key}", "group?area=keski_suomi"):
        narrow.goto(f"{hour.address}/consultation/{path}")
        assert no_sideways_scroll(narrow)
    picture(narrow, "group-320")


def bring(hour: Hour, sari: Page, axe: Callable[..., list[str]]) -> None:
    """Write a matter with what identifies, see it found, stopped and asked about, and send it."""
    sari.goto(f"{hour.address}/consultation")
    sari.get_by_role("link", name="Tuo asia tunnille").click()
    sari.get_by_label("Epävarmuus etenemisestä").check()
    sari.get_by_role("radio", name="40-49").check()
    sari.get_by_label("Tilanne tunnisteettomasti").fill("Asiakas 230284-912J, 42-vuotias, asuu Sodankylässä.")
    sari.get_by_label("Kysymys ryhmälle").fill(TEXTS["kysymys"])
    sari.get_by_role("radiogroup", name="Vakuutan").get_by_label("Kyllä").check()
    # found while writing, without a press
    expect(sari.locator("[data-found] mark")).to_have_count(3)
    picture(sari, "ask-light")
    assert axe(sari) == []
    sari.get_by_role("button", name="Lähetä jonoon").click()
    expect(sari.get_by_role("heading", name="Tekstiä ei voi lähettää")).to_be_visible()
    picture(sari, "ask-stopped")
    sari.get_by_label("Tilanne tunnisteettomasti").fill("42-vuotias, pitkään toimeentulotuella.")
    sari.get_by_role("button", name="Lähetä jonoon").click()
    sari.get_by_label("Olen katsonut merkityt kohdat").check()
    sari.get_by_role("button", name="Lähetä jonoon").click()
    expect(sari.get_by_text("Asia on jonossa numerona 1.")).to_be_visible()
    picture(sari, "index-requester")
    assert axe(sari) == []


def lead(hour: Hour, fanni: Page, axe: Callable[..., list[str]]) -> None:
    """Open the hour, deal with the first matter, close."""
    fanni.goto(f"{hour.address}/consultation")
    picture(fanni, "index-facilitator-dark")
    fanni.get_by_role("region", name="Istunnot").get_by_role("link").first.click()
    fanni.get_by_label("Pelisäännöt on käyty läpi").check()
    fanni.get_by_role("button", name="Avaa tunti").click()
    fanni.get_by_label("Kela").check()
    fanni.get_by_role("button", name="Kirjaa läsnäolo").click()
    fanni.get_by_role("button", name="Ota käsittelyyn").first.click()
    expect(fanni.get_by_text("15 min jäljellä")).to_be_visible()
    picture(fanni, "session-dark")
    assert axe(fanni) == []
    fanni.get_by_label("Ryhmän näkemys").fill("Tiimi ja terveystarkastus.")
    fanni.locator("select[name=suositus]").select_option("tyokyvyn_tuen_tiimi")
    fanni.locator("input[name=osallistujat]").first.check()
    fanni.get_by_role("button", name="Kirjaa vastaus").click()
    expect(fanni.get_by_text("Vastaus on kirjattu")).to_be_visible()
    fanni.get_by_label("Mitä opimme").fill("Tiimi kannattaa kutsua ajoissa.")
    fanni.get_by_role("button", name="Sulje tunti").click()
    expect(fanni.get_by_role("heading", name="Yhteenveto")).to_be_visible()
    picture(fanni, "session-held-dark")
