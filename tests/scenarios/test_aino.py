"""
Aino's path in Rovaniemi (domain.md 7.2): the consultation hour, the team of social services, Kykyviisari, her log.

Every pathway that takes part runs as itself; time passes by the injected clock.
"""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta

from sqlalchemy import select

from app.domain.consultation import SessionStatus
from app.queries.consultation import consultation_page
from app.storage.tables.consultation import consultation_item
from app.storage.tables.people import access_log
from tests.scenarios.hour import ASK, EXPERTS, arrange_the_hour, bring, sessions, ways_to_the_items
from tests.scenarios.lives import (
    COACH,
    STARTED,
    begin_known,
    consent,
    do,
    figures,
    figures_of_five,
    mails,
    story,
    tasks,
    team,
)
from tests.scenarios.world import form_fields


def ask_the_hour(life):
    """Sari brings the matter to the hour as the third: the code is stopped, the age has to be confirmed."""
    arrange_the_hour(life)
    item = tasks("tyky_konsultaatio_tapaus", "tunniste_estetaan_ja_asia_kasitellaan")["c1_kirjoita_asia"]["answers"]
    asked = form_fields(item) | {"area": life.area, "act": "send"}
    for role in ("r_palveluohjaaja", "r_terveydenhoitaja"):
        earlier = life.person(role)
        plain = asked | {"tilanne": "Tuki ei ole riittänyt", "kysymys": "Mikä auttaisi?", "mita_tehty": ""}
        assert earlier.post(ASK, plain, page=earlier.get(f"{ASK}?area={life.area}")).status_code == 303
    bring(life, "r_sosiaalityontekija", text="42-vuotias, pitkään toimeentulotuella", age_group="40-49")
    actor = life.executor.read(lambda uow: uow.accounts.actor_of("sari.testinen"))
    page = life.executor.read(lambda uow: consultation_page(uow, area_id=life.area, actor=actor, now=life.clock))
    assert [own.number for own in page.own] == [3]


ANSWER = {
    "ratkaisu": "Tiimi ja terveystarkastus.",
    "suositus": "tyokyvyn_tuen_tiimi",
    "suositellut_palvelut": "sv_terveystarkastus",
    "osallistujat": "r_sosiaaliohjaaja",
    "kesto_min": "15",
}


def hold_the_hour(life, session):
    """Olli opens it when it begins; three are heard as they came, then the walk-in; it is closed within the hour."""
    olli, address = life.person(COACH), f"/consultation/sessions/{session.key}"
    page = olli.get(address)
    assert "Pelisäännöt" in page.text
    assert olli.post(f"{address}/open", {"rules": "read"}, page=page).status_code == 303
    present = [str(life.people()[name]) for name in EXPERTS]
    assert olli.post(f"{address}/present", {"present": present}, page=page).status_code == 303
    assert olli.post(f"{address}/walk-in", {"topics": "tarvitseeko_arviointia"}, page=page).status_code == 303
    queue = life.executor.read(lambda uow: uow.consultation_items.queue(session.key))
    assert [item.walk_in for item in queue] == [False, False, False, True]
    for item in queue:
        olli.post(f"{address}/take", {"item": str(item.key)}, page=page)
        answered = olli.post(f"{address}/answer", ANSWER | {"item": str(item.key)}, page=page)
        assert answered.status_code == 303
        life.clock += timedelta(minutes=14)
    assert olli.post(f"{address}/close", {"learnt": "Tiimi ajoissa."}, page=page).status_code == 303


def test_the_hour_hears_four_matters_in_order_and_the_next_one_without_a_matter_is_cancelled(live):
    life = live("rovaniemi")
    ask_the_hour(life)
    first, second = sessions(life, SessionStatus.PLANNED)
    assert (first.day.isoformat(), second.day.isoformat()) == ("2026-03-05", "2026-03-12")
    # three wait on the day before, so that the hour is held
    life.clock = datetime.fromisoformat("2026-03-04T12:00:00+02:00")
    life.work()
    assert first.key in {each.key for each in sessions(life, SessionStatus.PLANNED)}
    life.clock = datetime.fromisoformat("2026-03-05T13:00:00+02:00")
    life.work()
    hold_the_hour(life, first)
    [held] = sessions(life, SessionStatus.HELD)
    assert (held.handled, held.carried, held.walk_ins) == (4, 0, 1)
    assert life.clock <= datetime.fromisoformat("2026-03-05T14:00:00+02:00")
    sari = life.person("r_sosiaalityontekija").get("/consultation").text
    assert "Tiimi ja terveystarkastus." in sari
    # nobody has brought anything for the next one: it is cancelled on the day before, and everybody is told
    assert mails(life, "n_istunto_peruttu") == set()
    life.clock = datetime.fromisoformat("2026-03-11T12:00:00+02:00")
    life.work()
    assert [each.key for each in sessions(life, SessionStatus.CANCELLED)] == [second.key]
    assert {"olli.demo", "sari.testinen", *EXPERTS} <= mails(life, "n_istunto_peruttu")
    counted = figures(life, "M03", "M12", "M13")
    assert counted["M03", "organisaatiot"].value == 4
    assert (counted["M12", "pidetyt"].value, counted["M12", "perutut"].value) == (1, 1)
    assert (counted["M13", "kasitellyt"].value, counted["M13", "siirtyneet"].value) == (4, 0)


def take_kela_out(life):
    """The client says that Kela is not to see any more, and sends the form; no worker runs after it."""
    life.tell("Haluan perua", "r_palveluohjaaja")
    aino = life.client_at_own_door()
    address = f"/oma/tasks/{life.open_tasks()['z8_peru']}"
    sent = aino.post(address, form_fields({"laajuus": "tahot", "tahot": ["o_kela"]}), page=aino.get(address))
    assert sent.status_code == 303


def plan_for_aino(life):
    """From the social worker's recognition to the plan that Aino approves."""
    begin_known(life, "tyky_tiimi_sosiaali", "aino_tiimiin", {"name": "Aino Esimerkki"})
    variant = ("tyky_tiimi_sosiaali", "aino_tiimiin")
    do(life, *variant, "g1_tunnistus_a3_tunnista", "g1_taustatiedot")
    parties = ("o_sosiaali", "o_sote_keskus", "o_kela", "o_tyollisyys", "o_erikoissairaanhoito")
    # the social worker asks for the permission in a case of the health centre: its form is written all the same
    consent(life, by="r_sosiaalityontekija", parties=parties, groups=("perustiedot", "suunnitelma", "etuus"))
    do(life, *variant, "g3_sosiaalinen_tilanne")
    examination = ("v2_esitiedot", "v4_hoitajan_vastaanotto", "v5_arvio", "v7_jatko_ohjaus")
    do(life, "tyky_terveystarkastus", "laboratorio_ja_laakari", *examination)
    do(life, *variant, "g5_arvio", "g5_lausunto")
    assert not {"o_jarjesto"} & set(life.grants())
    assert life.person("r_jarjesto").client.get(f"/cases/{life.case}").status_code == 404
    # the project of an NGO needs a permission of its own
    life.begin_in_case("tyky_suostumus", "z0_alku")
    consent(life, by="r_palveluohjaaja", parties=(*parties, "o_jarjesto"), groups=("perustiedot", "suunnitelma"))
    team(
        life,
        deputy="sari.testinen",
        actions=[
            ("Ammatillinen kuntoutus", "sv_kuntoutus_ammatillinen", "kaisa.koe", "o_kela"),
            ("Kuntoutusohjaus", "sv_sosiaalis_ammatillinen", "jaana.jarjesto", "o_jarjesto"),
            ("Tuettu työllistyminen", "sv_tuettu_tyollistyminen", "olli.demo", "o_tyollisyys"),
            ("Velkaneuvonta", "sv_kuntoutus_sosiaalinen", "sari.testinen", "o_sosiaali"),
        ],
    )


def begin_services(life):
    """Services begin late, somebody is told of it, and the first one brings Kykyviisari."""
    assert {"r_kela_ratkaisu", "r_psykiatria"} <= set(life.facts("kutsuttavat_ehdotus")["kutsuttavat_ehdotus"])
    # rehabilitation was to begin on 4.5.: fifteen days later somebody has been told
    assert "n2_eskaloi" not in life.history()
    life.go_to("2026-05-19T09:00:00+03:00")
    assert life.history().count("n2_eskaloi") == 4
    assert "olli.demo" in mails(life, "n_eskalaatio")
    for role in (COACH, "r_kela_ratkaisu", "r_sosiaalityontekija", "r_jarjesto"):
        life.complete("n2_aloita", role, STARTED)
    assert "tyky_kykyviisari" in life.processes()


def take_kela_out_of_the_plan(life):
    """It is closed with the form itself, before any worker has run; those concerned are told."""
    life.go_to("2026-09-01T09:00:00+03:00")
    kela, case = life.person("r_kela_ratkaisu"), f"/cases/{life.case}"
    assert "Aino Esimerkki" in kela.get(case).text
    take_kela_out(life)
    # what Kela itself has written is all that it finds: nothing of her, of her pathways or of others' services
    page = kela.get(case).text
    for hidden in ("Aino", "Suunnitelman seuranta", "Palvelut rinnakkain", "Kuntoutusohjaus", "Velkaneuvonta"):
        assert hidden not in page, hidden
    assert kela.client.get(f"/start?case={life.case}").status_code == 404
    life.work()
    assert mails(life, "n_suostumus_peruttu") == {"kaisa.koe", "olli.demo"}
    # the benefit is Aino's own now, and her coordinator records what she tells of it
    plan = life.executor.read(lambda uow: uow.care.plans.in_force(life.case))
    assert [each.organisation_id for each in plan.actions] == ["", "o_jarjesto", "o_tyollisyys", "o_sosiaali"]
    aino = life.client_at_own_door()
    assert "Vastaa: sinä itse" in aino.get("/oma/plan").text


def own_log(life):
    """Return all pages of what she reads of two years at her own door: who looked, and what was given to whom."""
    aino, address, read = life.client_at_own_door(), "/oma/log", ""
    while address:
        page = aino.get(address).text
        read += page
        following = re.search(r'href="(/oma/log\?after=[^"]+)"', page)
        address = html.unescape(following[1]) if following else ""
    return read


def measured(life, steps):
    """One measurement of Kykyviisari, with the scores of the story, is written down and gone through with her."""
    for step in steps:
        life.complete(step["task"], COACH, step["answers"])


def test_aino_is_asked_about_without_a_name_gets_her_plan_and_takes_kela_out_of_it(live):
    life = live("rovaniemi")
    ask_the_hour(life)
    plan_for_aino(life)
    begin_services(life)
    told = story("tyky_kykyviisari", "aino")
    steps = [step for step in told["steps"] if "task" in step]
    measured(life, steps[:3])
    take_kela_out_of_the_plan(life)
    # she is measured again in the autumn: what has changed is said in words, section by section
    life.go_to("2026-10-15T09:00:00+03:00")
    life.send("valmennus_etenee", {})
    measured(life, steps[3:])
    assert life.facts("kykyviisari_muutos") == told["expect"]["facts"]
    # what was lawfully read before stays in the log, and she is told of it
    with life.executor.database.engine.connect() as connection:
        lines = connection.execute(select(access_log.c.user_name, access_log.c.action)).all()
        items = connection.scalars(select(consultation_item.c.key)).all()
    logged = {tuple(line) for line in lines}
    assert {("kaisa.koe", "read"), ("tero.terveydenhoitaja", "read")} <= logged
    assert "disclosed" in {action for _, action in logged}
    life.begin_in_case("tyky_lokipyynto", "p0_alku")
    two_years = {"alkaen_pvm": "2024-10-15", "paattyen_pvm": "2026-10-14"}
    do(life, "tyky_lokipyynto", "aino_saa_lokin", "p1_pyyda", **two_years)
    do(life, "tyky_lokipyynto", "aino_saa_lokin", "p2_paata")
    assert {"p3_kokoa", "p4_ilmoita"} <= set(life.history())
    log = own_log(life)
    for told in ("Tero", "Kaisa Koe", "antamasi lupa", "Luovutti tietojasi"):
        assert told in log, told
    counted = figures(life, "M03", "M06", "M11", "M13")
    assert counted["M03", "organisaatiot"].value == 3
    # one client alone is no number: it is counted, and hidden
    assert counted["M06", "palvelut"].hidden
    assert counted["M11", "suunnitelmat"].hidden
    # of five like her there would be a plan each, with four services at four parties (Kela's is the client's own)
    assert figures_of_five(life, "M11")["suunnitelmat"].number.value == 5
    by_service, by_target, _ = figures_of_five(life, "M06")["palvelut"].breakdowns
    assert [row.number.value for row in (*by_service.rows, *by_target.rows)] == [5] * 8
    assert [row.key for row in by_target.rows] == ["", "o_jarjesto", "o_sosiaali", "o_tyollisyys"]
    assert life.incidents() == []
    assert len(items) == 3
    assert ways_to_the_items(life) == []
