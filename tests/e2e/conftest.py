"""A real browser against a real server: one browser a process, a context a test, no console error left unseen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from app.settings import Settings
from app.storage.database import Database
from app.storage.tables import metadata
from tests.browser import need_browser
from tests.e2e.samples.app import add_samples, make_app
from tests.e2e.samples.pages import NOW
from tests.people import add_people
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: generous, because a machine may be busy; nothing waits for it that works
WAIT = 20_000
expect.set_options(timeout=WAIT)
#: what the browser says of answers that tests ask for on purpose
EXPECTED = ("status of 4", "ERR_FAILED")

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need_browser(), args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with invented people, the sample pages, and a clock that stands still."""
    assert AXE.exists(), "the browser tests need the front-end packages: make assets"
    folder = tmp_path_factory.mktemp("site")
    database = Database(f"sqlite:///{folder / 'site.db'}")
    metadata.create_all(database.engine)
    add_people(database)
    port = free_port()
    settings = Settings.load({}, data_folder=folder, public_url=f"http://127.0.0.1:{port}", web_port=port)
    app = make_app(database, settings, clock=lambda: NOW)
    add_samples(app)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield settings.public_url
    server.shutdown()
    thread.join()
    server.server_close()
    database.close()


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make a browser context; afterwards nothing may have gone wrong in any of its pages."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"locale": "fi-FI", "viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(WAIT)
        context.on("page", watch)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert [trouble for trouble in troubles if not any(text in trouble for text in EXPECTED)] == []


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Page:
    """A page of nobody."""
    return open_context().new_page()


@pytest.fixture
def sign_in(site: str) -> Callable[..., None]:
    """Sign somebody in on a page: a press on the demo's person."""

    def press(page: Page, username: str = "pekka") -> None:
        page.goto(f"{site}/sign-in?next=/accessibility")
        page.locator(f"button[name=person][value={username}]").click()
        page.wait_for_url("**/accessibility")

    return press


@pytest.fixture
def staff(page: Page, sign_in: Callable[..., None]) -> Page:
    """A page of somebody who is signed in."""
    sign_in(page)
    return page


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[str]]:
    """
    Return what axe-core finds wrong with a page, each with its first place; read from the installed package.

    `only` names single rules. The drawing of a diagram is left out: it has a name, and its facts stand beside it.
    """
    script = AXE.read_text("utf-8")

    def run(page: Page, only: str = "") -> list[str]:
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(script)
        found = page.evaluate(
            "rules => axe.run({exclude: [['.djs-container svg']]}, {runOnly: rules, resultTypes: ['violations']})"
            ".then(result => result.violations"
            ".map(violation => `${violation.id}: ${violation.nodes[0].html} ${violation.nodes[0].failureSummary}`))",
            [only] if only else RULES,
        )
        return list(found)

    return run
