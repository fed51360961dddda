"""The directory of services through its door: found by word and by need, changed by process owners, kept on reload."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select

from app.cli import read_reference
from app.commands.load_reference import load_reference
from app.commands.publish import publish
from app.domain.actor import SYSTEM
from app.storage.tables.people import audit
from tests.factories import chain
from tests.scenarios.world import PROCESSES, hidden
from tests.security.doors.office import PROBE

ADDRESS = "/services/sv_tyokokeilu"
DESCRIPTION = "Asiakas kokeilee työtä työpaikalla ja selvittää, sopiiko ala tai palaako työkyky."


def names(page):
    return [html.unescape(name) for name in re.findall(r'href="/services/sv_\w+">([^<]*)<', page.text)]


@pytest.mark.parametrize(
    ("query", "found", "total"),
    [
        ("text=kokeilee+ty%C3%B6t%C3%A4", ["Työkokeilu"], 1),
        ("text=starttirah", ["Starttiraha", "Yrittäjäksi kouluttautuminen"], None),
        ("need=N22", ["Nuorten palvelut"], 1),
        ("need=N19&provider=o_tyoelakelaitos", ["Kuntoutustuki"], 1),
        ("category=elake", ["Työkyvyttömyyseläke"], 3),
        ("text=ei+sellaista", [], 0),
        ("", ["Alkupalvelu", "Avoimet työmarkkinat"], 54),
    ],
)
def test_staff_find_a_service_by_word_need_group_and_provider(office, query, found, total):
    listed = names(office.people["jaana.jarjesto"].get(f"/services?{query}"))
    assert set(found) <= set(listed)
    assert total is None or len(listed) == total


def test_the_page_of_a_service_says_what_it_is_who_gives_it_and_how_to_get_in(office):
    page = office.people["olli.demo"].get("/services/sv_kuntoutus_ammatillinen").text
    for text in ("Kela", "Vakuutusyhtiö", "566/2005", "Ammatillinen kuntoutus, työeläkelaitos", "Lääkärinlausunto"):
        assert text in page, text
    assert "<textarea" not in page, "whoever may not change it has no form"
    assert office.people["olli.demo"].client.get("/services/sv_none").status_code == 404
    assert "Vastaa yhteydenottoon" in office.people["olli.demo"].get("/services/roles").text


def sent(page, **changes):
    """Return the form as it stands on the page, changed."""
    fields = {
        name: html.unescape(text)
        for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', page.text)
    }
    owners = re.findall(r'name="owners" value="(\w+)" checked', page.text)
    return {**fields, "owners": owners, "was": hidden(page.text, "was"), **changes}


def test_a_process_owner_changes_a_service_and_new_files_do_not_undo_it(office):
    owner = office.people["outi.omistaja"]
    page = owner.get(ADDRESS)
    assert DESCRIPTION in page.text
    missing = owner.post(ADDRESS, sent(page, **{"description.sv": " ", "description.fi": "Uusi <kuvaus>."}), page=page)
    assert missing.status_code == 422
    assert "Täytä kohta ”Mitä palvelu on, ruotsiksi”." in missing.text
    assert "Uusi &lt;kuvaus&gt;." in missing.text, "what was typed stays"
    changed = sent(page, **{"description.fi": "Uusi kuvaus.", "owners": ["o_eskoo", "o_kela"]})
    assert owner.post(ADDRESS, changed, page=page).status_code == 303
    late = owner.post(ADDRESS, {**changed, "description.fi": "Toinen kuvaus."}, page=page)
    assert late.status_code == 409
    assert "Toinen kuvaus." in late.text
    office.executor.run(load_reference, files=read_reference(PROCESSES), now=office.world.clock)
    seen = office.people["olli.demo"].get(ADDRESS).text
    assert "Uusi kuvaus." in seen
    assert seen.index("Kela") < seen.index("Eskoo"), "who gave it before is asked first"
    [line] = office.rows(select(audit).where(audit.c.action == "service_changed"))
    assert line.details["service"] == "sv_tyokokeilu"
    assert owner.post(ADDRESS, sent(owner.get(ADDRESS)), page=page).status_code == 303
    assert len(office.rows(select(audit).where(audit.c.action == "service_changed"))) == 1


def test_an_organisation_that_there_is_not_gives_no_service(office):
    owner = office.people["outi.omistaja"]
    page = owner.get(ADDRESS)
    refused = owner.post(ADDRESS, sent(page, owners=["o_none"]), page=page)
    assert refused.status_code == 422
    assert "Valitse kohdassa" in refused.text


def test_the_chart_of_the_whole_is_drawn_from_the_published_pathways_and_says_the_same_in_a_table(office):
    page = office.people["jaana.jarjesto"].get("/services/pathways").text
    names = {line.name["fi"] for line in office.executor.read(lambda uow: uow.monitor.definitions(latest_only=True))}
    table = html.unescape(page.partition("<table")[2])
    assert {name for name in names if name not in table} == set()
    assert page.count('class="k-chart__box"') == len(names)
    assert page.count('marker-end="url(#arrow)"') > len(names), "they hang together"
    # published anew, the drawing changes with it
    called = PROBE.replace(
        b'<bpmn:endEvent id="loppu"/>',
        b'<bpmn:endEvent id="loppu"/><bpmn:callActivity id="kutsu"><bpmn:extensionElements>'
        b'<zeebe:calledElement processId="tyky_omahoito"/></bpmn:extensionElements></bpmn:callActivity>',
    ).replace(b'targetRef="loppu"', b'targetRef="kutsu"')
    called = called.replace(b"</bpmn:process>", chain("kutsu", "loppu").encode() + b"</bpmn:process>")
    assert "Osana polkua Koeprosessi" not in page
    office.executor.run(publish, resources={"koe.bpmn": called}, actor=SYSTEM, now=office.world.clock)
    assert "Osana polkua Koeprosessi" in office.people["jaana.jarjesto"].get("/services/pathways").text


def test_one_pathway_is_shown_alone_with_links_to_those_beside_it(office):
    person, address = office.people["jaana.jarjesto"], "/services/pathways"
    assert f'href="{address}?pathway=tyky_tiimi_ydin"' in person.get(address).text
    page = person.get(f"{address}?pathway=tyky_tiimi_ydin").text
    assert page.count("k-chart__box--chosen") == 1
    assert 'value="tyky_tiimi_ydin" selected' in page
    # called by P04, and on to the examinations
    for beside in ("tyky_tiimi", "tyky_terveystarkastus"):
        assert f'href="{address}?pathway={beside}"' in page
    assert page.count("<tr") == 2
    assert person.client.get(f"{address}?pathway=ei_ole").status_code == 404
