"""
Take the pictures of the README anew: `python -m tests.e2e.pictures` writes docs/pictures/*.png.

They show the installation of the journeys with invented people: Finnish, light, 1280 px wide.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import need_browser
from tests.e2e.conftest import OPTIONS
from tests.e2e.journeys.furnished import furnish
from tests.e2e.journeys.office import Office, choose_language, scenario

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
#: picture -> page of the furnished office
PICTURES = {
    "worklist": "worklist-all",
    "task": "task",
    "case": "case",
    "monitor": "instance",
    "studio": "studio-diagram",
}
MOST_BYTES = 250_000


#: further calls, so that the worklist is one of a working day: story, steps done
CALLS = (("matti_25", 1), ("matti_55", 2), ("kiireellinen", 1), ("turvallisuushuoli", 1), ("matti_24", 2))


def add_calls(office: Office) -> None:
    """Let the telephone ring some more."""
    for name, steps in CALLS:
        story = scenario("tyky_ajanvaraus", name)
        office.begin_call()
        for step in story["steps"][:steps]:
            if step.get("task") in office.world.open_tasks():
                office.world.complete(step["task"], step["by"], step["answers"])


def take(folder: Path) -> None:
    """Furnish an office and take the pictures into the folder."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        office = Office(Path(place))
        found = furnish(office)
        add_calls(office)
        browser = playwright.chromium.launch(executable_path=need_browser(), args=OPTIONS)
        for picture, name in PICTURES.items():
            role, path = found.pages[name]
            context = browser.new_context(
                locale="fi-FI", viewport={"width": 1280, "height": 860}, color_scheme="light", reduced_motion="reduce"
            )
            page = office.sign_in(context.new_page(), role)
            choose_language(page, "fi")
            office.open(page, path)
            page.evaluate("document.fonts.ready.then(() => true)")
            page.screenshot(path=folder / f"{picture}.png")
            context.close()
        browser.close()
        office.close()


def main() -> int:
    """Take the pictures, and say how heavy they are."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    take(FOLDER)
    sizes = {path.name: path.stat().st_size for path in sorted(FOLDER.glob("*.png"))}
    print(sizes)
    return 1 if max(sizes.values()) > MOST_BYTES else 0


if __name__ == "__main__":
    sys.exit(main())
