"""A coordinator leads a team's meeting from one screen, in the browser: wall, door, minutes, the next one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect
from werkzeug.serving import make_server

from app.settings import Settings
from app.storage.database import Database
from app.storage.tables import metadata
from app.web import create_app
from tests.e2e.journeys.office import SIDEWAYS, fill
from tests.races.test_meeting import MINUTES
from tests.servers import free_port
from tests.team import NAMES, Team, make_team

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Team, str]]:
    folder = tmp_path_factory.mktemp("team")
    database = Database(f"sqlite:///{folder / 'team.db'}")
    metadata.create_all(database.engine)
    made = make_team(database)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = Settings.load({}, data_folder=folder, public_url=address, web_port=port)
    app = create_app(made.place.executor, settings, clock=lambda: made.place.now)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made, address
    server.shutdown()
    thread.join()
    database.close()


def test_a_meeting_from_the_first_client_to_the_next(
    team: tuple[Team, str], open_context: Callable[..., BrowserContext], axe: Callable[..., list[str]]
) -> None:
    made, address = team
    page: Any = open_context().new_page()
    page.goto(f"{address}/sign-in?next=/accessibility")
    page.locator("button[name=person][value=tiina]").click()
    page.wait_for_url("**/accessibility")
    page.goto(f"{address}/meetings/{made.meeting}")
    expect(page.get_by_role("listitem").filter(has_text="Poistuu asian ajaksi (ei lupaa): Employment")).to_have_count(2)
    assert axe(page) == []
    for name in NAMES:
        expect(page.locator("body")).not_to_contain_text(name)
    # one key takes the first; the wall names nobody before the room is clear
    page.keyboard.press("n")
    expect(page.get_by_text("Pyydä poistumaan ennen kuin asia avataan")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text(NAMES[0])
    assert axe(page) == []
    page.get_by_role("button", name="He ovat poistuneet").click()
    expect(page.get_by_text(NAMES[0])).to_be_visible()
    # who has stayed stands in the minutes already
    expect(page.locator("input[value=Tiina]")).to_have_count(1)
    expect(page.locator("input[value=Employment]")).to_have_count(0)
    fill(page, {key: value for key, value in MINUTES.items() if key != "osallistujat"})
    page.get_by_role("heading", level=1).click()
    expect(page.get_by_text("Luonnos tallennettu")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    assert axe(page, only="color-contrast") == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate(SIDEWAYS) <= 0
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Kirjaa ja päätä asia").last.click()
    expect(page.get_by_role("heading", name="Mitä asiasta seuraa")).to_be_visible()
    expect(page.get_by_role("link", name="jatko")).to_be_visible()
    # the next client has let everybody hear
    page.keyboard.press("n")
    expect(page.get_by_text(NAMES[1])).to_be_visible()
    expect(page.get_by_text("Ei läsnä, kun puhutaan terveydestä: Employment").first).to_be_visible()
