"""
Lives beside Matti's (domain.md 7.2-7.4): Aino in Rovaniemi, Sini in South Ostrobothnia, Dina, Veikko, Pirjo.

Every pathway that takes part runs as itself; time passes by the injected clock.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.commands.plan_consultation import plan_consultation
from app.domain.consultation import Part
from app.domain.statistics.events import Period, Question
from app.queries.consultation import consultation_page
from app.queries.measures import measure_report
from app.storage.database import Database
from app.storage.tables import metadata
from app.storage.tables.consultation import consultation_item
from app.storage.tables.people import access_log
from tests.scenarios.known import with_people
from tests.scenarios.lives import Life, story, tasks
from tests.scenarios.world import form_fields

COACH = "r_asiakasvastaava_te"
STARTED = {"aloitus": "aloitettu", "mita_tehtiin": "Sovittu alusta"}


@pytest.fixture
def live(tmp_path):
    """Return what begins a life in an area."""
    opened = []

    def begin(area="keski_suomi"):
        database = Database(f"sqlite:///{tmp_path / f'{area}.db'}")
        opened.append(database)
        return Life(database, clock=datetime.fromisoformat("2026-03-02T09:00:00+02:00"), area=area)

    yield begin
    for database in opened:
        database.close()


def begin_known(life, process_id, name, client):
    """Start a story of somebody whose case is open, without a consent."""
    told = story(process_id, name)
    known = {key: value for key, value in told["case"].items() if key != "consent"}
    life.start(told | {"case": known | {"client": known["client"] | client}})


def do(life, process_id, name, *wanted, by=None, **answers):
    """Do the named tasks of a story in that order; by another role, and with other answers where told."""
    steps = tasks(process_id, name)
    for each in wanted:
        step = steps[each]
        life.complete(each, by or step["by"], step["answers"] | answers)


def consent(life, *, by, parties, groups=("perustiedot", "suunnitelma")):
    asked = {"osapuolet": list(parties), "tietoryhmat": list(groups)}
    do(life, "tyky_suostumus", "annettu", "z2_kerro", by=by, **asked)
    do(life, "tyky_suostumus", "annettu", "z3_paata", **asked)


def team(life, *, deputy, actions):
    """The team meets, Olli Demo answers for the case, the plan is made and the client approves it."""
    do(life, "tyky_tiimi", "suora_lahete", "e1_kartoitus", "e1_taustatiedot")
    core = ("tyky_tiimi_ydin", "kokous_ja_suunnitelma")
    do(life, *core, "e3_kutsuttavat", "e4_vastaa", "e5_tiimikokous")
    assert "e7_suunnitelma" not in life.open_tasks()
    do(life, *core, "e8_asiakasvastaava", varahenkilo=deputy)
    row = tasks(*core)["e7_suunnitelma"]["answers"]["toimenpiteet"][0]
    planned = [
        row | {"toimenpide": name, "palvelu": service, "vastuuhenkilo": person, "vastuuorg": organisation}
        for name, service, person, organisation in actions
    ]
    do(life, *core, "e7_suunnitelma", toimenpiteet=planned)
    do(life, *core, "e9_hyvaksy")
    do(life, "tyky_seuranta", "rinnakkain", "n1_hyvaksy", by=COACH)


def mails(life, notification):
    sent = life.executor.read(lambda uow: uow.care.outbox.newest())
    return {mail.recipient.partition("@")[0] for mail in sent if mail.notification == notification}


def ask_the_hour(life):
    """Sari brings the matter to the hour as the third: the code is stopped, the age has to be confirmed."""

    def arrange(uow):
        people = uow.accounts.named(["olli.demo", "tero.terveydenhoitaja", "kaisa.koe"])
        uow.consultation.add_hour(life.area)
        uow.consultation.put_members(life.area, Part.FACILITATOR, [people["olli.demo"]])
        experts = [people["tero.terveydenhoitaja"], people["kaisa.koe"]]
        uow.consultation.put_members(life.area, Part.EXPERT, experts)

    life.executor.run(arrange)
    life.executor.run(plan_consultation, area_id=life.area, now=life.clock)
    item = tasks("tyky_konsultaatio_tapaus", "tunniste_estetaan_ja_asia_kasitellaan")["c1_kirjoita_asia"]["answers"]
    asked = form_fields(item) | {"area": life.area, "act": "send"}
    address = "/consultation/ask"
    for role in ("r_palveluohjaaja", "r_terveydenhoitaja"):
        earlier = life.person(role)
        plain = asked | {"tilanne": "Tuki ei ole riittänyt", "kysymys": "Mikä auttaisi?", "mita_tehty": ""}
        assert earlier.post(address, plain, page=earlier.get(f"{address}?area={life.area}")).status_code == 303
    sari = life.person("r_sosiaalityontekija")
    page = sari.get(f"{address}?area={life.area}")
    stopped = sari.post(address, asked | {"tilanne": "Asiakas 230284-912J on epävarma"}, page=page)
    assert (stopped.status_code, "Tekstiä ei voi lähettää" in stopped.text) == (422, True)
    asked |= {"tilanne": "42-vuotias, pitkään toimeentulotuella"}
    soft = sari.post(address, asked, page=stopped)
    mark = re.search(r'name="confirmed" value="([0-9a-f]+)"', soft.text)
    sent = sari.post(address, asked | {"confirmed": mark[1]}, page=soft)
    assert (soft.status_code, sent.status_code) == (422, 303)
    actor = life.executor.read(lambda uow: uow.accounts.actor_of("sari.testinen"))
    page = life.executor.read(lambda uow: consultation_page(uow, area_id=life.area, actor=actor, now=life.clock))
    assert [own.number for own in page.own] == [3]


def figures(life, *measure_ids):
    """Return the figures of the measures over the year, by measure and figure."""
    question = Question(period=Period(first=date(2026, 1, 1), last=date(2026, 12, 31)))
    actor = life.executor.read(lambda uow: uow.accounts.actor_of("erkki.esihenkilo"))
    report = life.executor.run(measure_report, question=question, actor=actor, measure_ids=list(measure_ids))
    return {
        (line.definition.id, figure.definition.id): figure.number for line in report.lines for figure in line.figures
    }


def rows_of_other_tables(life, key):
    """Return where outside the hour's own rows the key of the item stands."""
    with life.executor.database.engine.connect() as connection:
        return [
            (table.name, name)
            for table in metadata.sorted_tables
            for row in connection.execute(select(table)).mappings()
            for name, value in row.items()
            if (table.name, name) != ("consultation_item", "key")
            and {str(key), f"{key:016x}"} & {value.hex() if isinstance(value, bytes) else str(value)}
        ]


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


def test_aino_is_asked_about_without_a_name_gets_her_plan_and_takes_kela_out_of_it(live):
    life = live("rovaniemi")
    ask_the_hour(life)
    plan_for_aino(life)
    begin_services(life)
    take_kela_out_of_the_plan(life)
    # what was lawfully read before stays in the log, and she is told of it
    with life.executor.database.engine.connect() as connection:
        lines = connection.execute(select(access_log.c.user_name, access_log.c.action)).all()
        items = connection.scalars(select(consultation_item.c.key)).all()
    told = {tuple(line) for line in lines}
    assert {("kaisa.koe", "read"), ("tero.terveydenhoitaja", "read")} <= told
    assert "disclosed" in {action for _, action in told}
    life.begin_in_case("tyky_lokipyynto", "p0_alku")
    do(life, "tyky_lokipyynto", "aino_saa_lokin", "p1_pyyda", "p2_paata")
    assert {"p3_kokoa", "p4_ilmoita"} <= set(life.history())
    counted = figures(life, "M03", "M06", "M11", "M13")
    assert counted["M03", "organisaatiot"].value == 3
    # one client alone is no number: it is counted, and hidden
    assert counted["M06", "palvelut"].hidden
    assert counted["M11", "suunnitelmat"].hidden
    planned = life.executor.read(lambda uow: uow.statistics.material({"action:planned"}).events)
    assert len(planned) == 4
    assert life.incidents() == []
    assert len(items) == 3
    assert [place for key in items for place in rows_of_other_tables(life, key)] == []


def test_sini_has_three_services_at_once_and_her_school_sees_its_own_only(live):
    life = live("etela_pohjanmaa")
    begin_known(life, "tyky_etela_pohjanmaa", "sini", {"name": "Sini Malli"})
    do(life, "tyky_etela_pohjanmaa", "sini", "k1_tee_lahete", "k1_taustatiedot")
    parties = ("o_eskoo", "o_kela", "o_tyollisyys", "o_koulutus", "o_erikoissairaanhoito", "o_nuorten_palvelut")
    consent(life, by="r_palveluohjaaja", parties=parties)
    assert {"g_erityisryhma", "g_nuori"} <= set(life.facts("kohderyhmat")["kohderyhmat"])
    assert "m2_tapaaminen" in life.open_tasks()
    life.clock += timedelta(days=9)
    assessment = ("m2_tapaaminen", "m3_arvio", "m3_kela", "m3_laakari", "m4_palaute")
    do(life, "tyky_eskoo_arviointi", "sini_kutsuttuna", *assessment)
    team(
        life,
        deputy="kirsi.malli",
        actions=[
            ("Valmentava koulutus", "sv_valmentava_koulutus", "oona.opettaja", "o_koulutus"),
            ("Traumaterapia", "sv_psykiatria", "petra.psykiatria", "o_erikoissairaanhoito"),
            ("Työhönvalmennus", "sv_tuettu_tyollistyminen", "olli.demo", "o_tyollisyys"),
        ],
    )
    for role in ("r_koulutus", "r_psykiatria", COACH):
        life.complete("n2_aloita", role, STARTED)
    # Kykyviisari is voluntary
    do(life, "tyky_kykyviisari", "ei_halua", "q2_kerro")
    plan = life.executor.read(lambda uow: uow.care.plans.in_force(life.case))
    assert [str(each.state) for each in plan.actions] == ["kaynnissa"] * 3
    # her mother walks along, with Sini's consent; who keeps no register of hers hears nothing of that
    mother = {"name": "Aila Äidintesti", "relation": "äiti", "phone": "040 7654321", "told": ["times"]}
    guide, address = life.person("r_palveluohjaaja"), f"/cases/{life.case}/support"
    kept = guide.post(address, {**mother, "consented_on": "2.3.2026"}, page=guide.get(address))
    assert kept.status_code == 303
    assert "Aila Äidintesti" in guide.get(f"/cases/{life.case}").text
    school = life.person("r_koulutus").get(f"/cases/{life.case}").text
    assert "Valmentava koulutus" in school
    for hidden in ("Traumaterapia", "sykiatria", "Työhönvalmennus", "Aila Äidintesti"):
        assert hidden not in school, hidden
    invited = set(life.facts("kutsuttavat_ehdotus")["kutsuttavat_ehdotus"])
    assert {"r_kela_ratkaisu", "r_nuorten_palvelut", "r_eskoo_asiantuntija", "r_asiakasvastaava_te"} <= invited
    # studies and mental health are among her needs (N03, N07): nurse and physician as well (B3)
    assert {"r_terveydenhoitaja", "r_laakari"} <= invited
    assert figures(life, "M28")["M28", "rinnakkain"].hidden
    # nine months later she studies; that her coordinator is not needed any more is judged together
    for role in ("r_koulutus", "r_psykiatria", COACH):
        life.complete("n2_tulos", role, {"toimenpiteen_tulos": "valmis", "mita_tehtiin": "Sovittu"})
    life.go_to("2026-12-11T09:00:00+02:00")
    ending = [step for step in story("tyky_seuranta", "seurannat")["steps"] if step.get("task") == "n7_arvioi"][-1]
    life.complete("n7_arvioi", COACH, ending["answers"] | {"lopputulos": "KOULUTUKSESSA"})
    assert life.case_state() == ("closed", "KOULUTUKSESSA")
    assert life.incidents() == []


def test_dina_is_never_refused_says_no_and_employment_services_do_not_hear_of_it(live):
    life = live("espoo")
    begin_known(life, "tyky_espoo", "dina_omaolo", {"name": "Dina Näyte"})
    do(life, "tyky_espoo", "dina_omaolo", "i2_ota_yhteys", "x5_ota_yhteys")
    examination = ("v2_esitiedot", "v4_hoitajan_vastaanotto", "v7_jatko_ohjaus")
    do(life, "tyky_terveystarkastus", "kutsuttuna_arvion_tarve", *examination)
    last = ("i4_kartoitus", "i4_taustatiedot", "i4_varaa_tulkki", "i5_neuvonta")
    do(life, "tyky_espoo", "dina_omaolo", *last)
    assert life.case_state()[0] == "open"
    do(life, "tyky_espoo", "dina_omaolo", "i5_sulkeminen")
    assert life.case_state() == ("closed", "KIELTAYTYI")
    employment = life.person(COACH)
    page = employment.client.get(f"/cases/{life.case}")
    assert (page.status_code, "Dina" in page.text) == (404, False)
    assert "olli.demo" not in {mail.recipient for mail in life.executor.read(lambda uow: uow.care.outbox.newest())}
    assert "KIELTAYTYI" not in employment.get("/worklist").text
    assert (life.grants(), life.incidents()) == ([], [])
    # two months later she asks again: what she told is offered, to be checked
    life.return_after(days=61)
    life.begin_in_case("tyky_espoo", "i1_omaolo")
    do(life, "tyky_espoo", "dina_omaolo", "i2_ota_yhteys", "x5_ota_yhteys")
    do(life, "tyky_terveystarkastus", "kutsuttuna_arvion_tarve", *examination)
    coordinator = life.person("r_tyokykykoordinaattori")
    offered = coordinator.get(f"/tasks/{life.open_tasks()['i4_kartoitus']}").text
    assert "Osa tiedoista on asiasta 2026-00001" in offered
    assert "Varastotyö 20 vuotta." in offered
    assert life.incidents() == []


def test_the_timers_follow_veikkos_release_and_a_missing_home_is_told_two_weeks_before(live):
    life = live()
    life.start(story("tyky_rise", "veikko"))
    do(life, "tyky_rise", "veikko", "u1_perustiedot")
    # what tells of an offence is refused, and what was typed stays
    rise, address = life.person("r_rise_tyontekija"), f"/tasks/{life.open_tasks()['u1_ohjaa']}"
    told = tasks("tyky_rise", "veikko")["u1_ohjaa"]["answers"] | {"laitos_tai_yksikko": "Vankila, tuomittu varkaudesta"}
    fields = form_fields(with_people(told, life.people()))
    refused = rise.post(address, fields, page=rise.get(address))
    assert (refused.status_code, "Rikokseen tai rangaistukseen liittyviä tietoja ei kirjata" in refused.text) == (
        422,
        True,
    )
    assert "Vankila, tuomittu varkaudesta" in refused.text
    do(life, "tyky_rise", "veikko", "u1_ohjaa")
    consent(life, by="r_rise_tyontekija", parties=("o_sosiaali", "o_tyollisyys"))
    # the worker of the Prison and Probation Service does not stay its owner
    owner = life.executor.read(lambda uow: uow.care.cases.get(life.case).owner_key)
    assert owner == life.people()["kirsi.malli"]
    first = datetime.fromisoformat("2026-05-18T00:00:00+03:00")
    assert abs(life.open_timers()["u5_tarkistusaika"] - first) < timedelta(days=1)
    life.send("vapautuminen_siirtyy", {})
    do(life, "tyky_rise", "veikko", "u5_uusi_paiva")
    moved = life.open_timers()["u5_tarkistusaika"]
    assert abs(moved - first) >= timedelta(days=13)
    life.go_to("2026-05-30T09:00:00+03:00")
    assert "u5_eskaloi" not in life.history()
    life.go_to("2026-06-02T09:00:00+03:00")
    assert "u5_eskaloi" in life.history()
    assert "u5_jarjesta" in life.open_tasks()
    assert life.incidents() == []


def test_pirjos_occupational_nurse_is_with_her_until_the_right_ends_and_one_pathway_is_enough(live):
    life = live()
    life.start(story("tyky_tyoterveys", "pirjo"))
    do(life, "tyky_tyoterveys", "pirjo", "r1_perustiedot", "r2_tarkasta", "r2_siirtolomake")
    do(life, "tyky_vaihetuki", "tietoja_puuttuu", "j2_taydenna")
    do(
        life,
        "tyky_vaihetuki",
        "tyoterveys_tyosuhde_paattyy",
        "j2_vahvista",
        "j4_tee_toimet",
        "j6_tyoterveys",
        "j7_roolit",
    )
    # the list of the phase does not start the pathway that has asked for it once more
    assert life.processes() == ["tyky_tyoterveys"]
    do(life, "tyky_tyoterveys", "pirjo", "r4_tyopaikka")
    assert "r5_laheta" not in life.history()
    consent(life, by="r_tyoterveys", parties=("o_sote_keskus", "o_tyollisyys", "o_kela"))
    assert "r5_laheta" in life.history()
    team(
        life,
        deputy="kirsi.malli",
        actions=[("Työhönvalmennus", "sv_tuettu_tyollistyminen", "olli.demo", "o_tyollisyys")],
    )
    life.go_to("2026-10-29T09:00:00+02:00")
    assert "r6_poista" not in life.history()
    life.go_to("2026-11-02T09:00:00+02:00")
    assert "r6_poista" in life.history()
    assert life.incidents() == []
