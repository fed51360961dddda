"""An office in a browser: the whole installation behind a live server, people at their browsers, machines by hand."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect
from werkzeug.serving import make_server

from app.commands.load_demo import load_demo_people
from app.settings import Settings
from app.storage.database import Database
from app.storage.monitor import InstanceFilters
from app.web import create_app
from tests.scenarios.world import PEOPLE, PROCESSES, World, text_of
from tests.servers import free_port

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def scenario(process_id: str, name: str) -> dict[str, Any]:
    """Return a story of the pathway's folder."""
    found: dict[str, Any] = json.loads((PROCESSES / process_id / "scenarios" / f"{name}.json").read_text("utf-8"))
    return found


def answers_of(story: Mapping[str, Any], task: str) -> dict[str, Any]:
    """Return what the story answers in the task."""
    return next(dict(step["answers"]) for step in story["steps"] if step.get("task") == task)


class Office:
    """The installation in a folder, and its address; `world` holds clock, workers and scheduler."""

    def __init__(self, folder: Path, *, clock: str = "2026-03-02T09:00:00+02:00") -> None:
        self.database = Database(f"sqlite:///{folder / 'office.db'}")
        self.world = World(self.database, clock=datetime.fromisoformat(clock))
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        settings = Settings.load({}, data_folder=folder, public_url=self.address, web_port=port)
        app = create_app(self.world.executor, settings, clock=lambda: self.world.clock)
        self._server = make_server("127.0.0.1", port, app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.database.close()

    def sign_in(self, page: Page, who: str) -> Page:
        """Sign in the demo's person of the role, or with the user name, by a press as the demo offers."""
        page.goto(f"{self.address}/sign-in")
        page.locator(f"button[name=person][value='{PEOPLE.get(who, who)}']").click()
        page.wait_for_url("**/worklist")
        return page

    def begin_call(self) -> str:
        """Start a first contact a second after whatever was before, and return the address of its first task."""
        self.world.clock += timedelta(seconds=1)
        return self.world.start_by_hand("r_ajanvaraaja", "tyky_ajanvaraus", "a0_yhteydenotto")

    def another_person(self, role: str, username: str = "toini.toinen") -> str:
        """Hire a second person for the role, and return the user name."""
        person = {
            "username": username,
            "name": "Toini Toinen",
            "language": "fi",
            "positions": [{"unit": "u_keski_suomi_sote", "roles": [role]}],
        }
        self.world.executor.run(load_demo_people, people=[person], now=self.world.clock)
        return username

    def open(self, page: Page, path: str) -> Page:
        """Open a page of the product and wait until its diagrams are drawn."""
        page.goto(self.address + path)
        wait_for_diagrams(page)
        return page

    def take(self, page: Page, task: str) -> None:
        """Take the group's task with the name from the worklist, which opens it."""
        self.open(page, "/worklist?tab=groups")
        page.get_by_role("row", name=task).get_by_role("button", name="Ota käsittelyyn").first.click()
        page.get_by_role("heading", level=1, name=task).wait_for()

    def finish(self, page: Page, answers: Mapping[str, Any]) -> None:
        """Fill the open task in and complete it; then the machines do what is due."""
        fill(page, answers)
        press_done(page)
        page.get_by_role("heading", name="Tehtävä on valmis").wait_for()
        self.world.work()

    def instance_of_case(self, number: str) -> int:
        """Follow the instance of the case with the number from now on."""
        lines = self.world.executor.read(lambda uow: uow.monitor.instances(_all_filters(number), after=None, limit=10))
        self.world.instance = lines[0].key
        return int(lines[0].key)


def _all_filters(number: str) -> InstanceFilters:
    return InstanceFilters(case_number=number)


def wait_for_diagrams(page: Page) -> None:
    """Wait until the page is whole and every diagram of it is drawn."""
    page.wait_for_function(
        "() => document.readyState === 'complete'"
        " && [...document.querySelectorAll('[data-diagram]')].every(d => d.dataset.shown)"
    )


def press_done(page: Page) -> None:
    """Press the button that completes the task."""
    page.locator(".k-done button[value=complete]").click()


def fill(page: Page, answers: Mapping[str, Any]) -> None:
    """Answer the form's questions one after the other, as somebody would with mouse and keyboard."""
    for key, value in answers.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, row in enumerate(value):
                if not page.locator(f'[name="{key}-{number}-_row"]').count():
                    page.locator(f'button[name=_action][value="add:{key}"]').click()
                for inner, item in row.items():
                    answer(page, f"{key}-{number}-{inner}", item)
        elif isinstance(value, list):
            for item in value:
                answer(page, key, item)
        else:
            answer(page, key, value)


def answer(page: Page, name: str, value: Any) -> None:
    """Answer one question."""
    inputs: Locator = page.locator(f'[name="{name}"]')
    kind = inputs.first.evaluate("element => element.type")
    text = as_written(text_of(value))
    if kind in {"radio", "checkbox"}:
        page.locator(f'input[name="{name}"][value="{text_of(value)}"]').check()
    elif kind == "select-one":
        inputs.select_option(text_of(value))
    else:
        inputs.fill(text)


def as_written(text: str) -> str:
    """Return a date as people write it: 2.3.2026."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        day = date.fromisoformat(text)
        return f"{day.day}.{day.month}.{day.year}"
    return text


def choose_language(page: Page, language: str) -> None:
    """Choose the language in the person's menu."""
    page.locator("button.k-person").click()
    page.locator(f"#k-person button[name=language][value={language}]").click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    wait_for_diagrams(page)
