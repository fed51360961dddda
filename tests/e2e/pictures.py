"""
Take the pictures of the README anew: `python -m tests.e2e.pictures` writes docs/pictures/*.png.

They show the installation of the journeys with invented people in Finnish: light and 1280 px wide, some of them dark
or as on a telephone.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from app.commands.ask_consultation import ask_consultation
from app.commands.lead_consultation import open_session, take_item
from app.domain.actor import Actor
from app.domain.consultation import Part, SessionStatus
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
#: the same once more -> page, colours, size of the window
DESKTOP, TELEPHONE = (1280, 860), (390, 780)
ALSO = {
    "worklist-dark": ("worklist-all", "dark", DESKTOP),
    "worklist-telephone": ("worklist-all", "light", TELEPHONE),
    "task-telephone": ("task", "dark", TELEPHONE),
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


#: who brings what to the hour: person, profession, organisation, age group, topic, situation, question
MATTERS = (
    (
        "sari.testinen",
        "sosiaalityontekija",
        "o_sosiaali",
        "40-49",
        "hyotyyko_tiimista",
        "Pitkään toimeentulotuella, epävarma siitä, miten edetä.",
        "Auttaisiko tiimi?",
    ),
    (
        "tero.terveydenhoitaja",
        "terveydenhoitaja",
        "o_sote_keskus",
        "50-59",
        "sairaudenhoito_vai_terveydenhoito",
        "Selkä oireilee, työ on päättynyt.",
        "Kumpaan ohjaisin?",
    ),
)
#: the group of the hour
EXPERTS = ("sari.testinen", "tero.terveydenhoitaja", "kaisa.koe", "sanna.ohjaaja")
READY = ("tarve_kartoitettu", "ryhma_nimetty", "etaymparisto", "ajat_sovittu", "vetajat_sovittu", "aloitusinfo_pidetty")


def hold_hour(office: Office) -> str:
    """Let Olli set up the hour, two bring a matter and Olli take the first in hand; return the session's page."""
    world = office.world
    run = world.executor.run
    world.start_by_hand("r_asiakasvastaava_te", "tyky_konsultaatio_kayttoonotto", "c31_alku")
    chairs = {"fasilitaattori": "olli.demo", "varafasilitaattori": "sari.testinen"}
    world.complete("c32_tarkistuslista", "r_asiakasvastaava_te", dict.fromkeys(READY, True) | chairs)

    def actor(username: str) -> Actor:
        return world.executor.read(lambda uow: uow.accounts.actor_of(username))

    experts = [key for key in (actor(name).user_key for name in EXPERTS) if key is not None]
    run(lambda uow: uow.consultation.put_members("keski_suomi", Part.EXPERT, experts))
    for person, profession, organisation, age, topic, situation, question in MATTERS:
        asked = {
            "aihe": [topic],
            "ikaryhma": [age],
            "tilanne": [situation],
            "mita_tehty": ["Palveluohjausta."],
            "kysymys": [question],
            "tuojan_ammatti": [profession],
            "tuojan_org": [organisation],
            "vakuutus": ["true"],
        }
        sent = run(
            ask_consultation,
            area_id="keski_suomi",
            actor=actor(person),
            fields=asked,
            page_names=frozenset(),
            language="fi",
            confirmed="",
            ticket="",
            now=world.clock,
        )
        assert sent.number, sent.checked
    session, *_ = world.executor.read(
        lambda uow: uow.consultation.sessions(["keski_suomi"], statuses=(SessionStatus.PLANNED,))
    )
    world.clock = session.starts_at
    olli = actor("olli.demo")
    run(open_session, session_key=session.key, rules_read=True, actor=olli, now=world.clock)
    first, *_ = world.executor.read(lambda uow: uow.consultation_items.queue(session.key))
    run(take_item, session_key=session.key, item_key=first.key, actor=olli)
    return f"/consultation/sessions/{session.key}"


def take_one(
    office: Office,
    browser: Browser,
    role: str,
    path: str,
    picture: Path,
    *,
    colours: str = "light",
    size: tuple[int, int] = DESKTOP,
) -> None:
    """Take the picture of one page as a person of the role sees it."""
    context = browser.new_context(
        locale="fi-FI",
        viewport={"width": DESKTOP[0], "height": DESKTOP[1]},
        color_scheme="dark" if colours == "dark" else "light",
        reduced_motion="reduce",
    )
    page = office.sign_in(context.new_page(), role)
    choose_language(page, "fi")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    office.open(page, path)
    page.evaluate("document.fonts.ready.then(() => true)")
    page.screenshot(path=picture)
    context.close()


def take(folder: Path) -> None:
    """Furnish an office and take the pictures into the folder."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        office = Office(Path(place))
        found = furnish(office)
        add_calls(office)
        browser = playwright.chromium.launch(executable_path=need_browser(), args=OPTIONS)
        for picture, name in PICTURES.items():
            role, path = found.pages[name]
            take_one(office, browser, role, path, folder / f"{picture}.png")
        for picture, (name, colours, size) in ALSO.items():
            role, path = found.pages[name]
            take_one(office, browser, role, path, folder / f"{picture}.png", colours=colours, size=size)
        take_one(office, browser, "r_asiakasvastaava_te", hold_hour(office), folder / "consultation.png")
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
