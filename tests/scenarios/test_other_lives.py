"""
Lives beside Matti's and Aino's (domain.md 7.3-7.4): Sini in South Ostrobothnia, Dina, Veikko, Pirjo.

Every pathway that takes part runs as itself; time passes by the injected clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.scenarios.known import with_people
from tests.scenarios.lives import (
    COACH,
    STARTED,
    SUPPORT,
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


def walks_along(life, name):
    """The client's mother is written down as support person, with what she may be told."""
    guide, address = life.person("r_palveluohjaaja"), f"/cases/{life.case}/support"
    mother = {"name": name, "relation": "äiti", "phone": "040 7654321", "told": ["times"], "consented_on": "2.3.2026"}
    assert guide.post(address, mother, page=guide.get(address)).status_code == 303
    assert name in guide.get(f"/cases/{life.case}").text


def test_sini_has_three_services_at_once_and_her_school_sees_its_own_only(live):
    life = live("etela_pohjanmaa")
    begin_known(life, "tyky_etela_pohjanmaa", "sini", {"name": "Sini Malli"})
    # the school refers her; she is unemployed, her studies unfinished, her neurodiversity suspected
    do(life, "tyky_etela_pohjanmaa", "sini", "k1_tee_lahete", lahettaja="oona.opettaja", lahettava_org="o_koulutus")
    do(life, "tyky_etela_pohjanmaa", "sini", "k1_taustatiedot")
    # K9 and K12: Eskoo, and Ohjaamo for the young
    assert {"g_erityisryhma", "g_nuori"} <= set(life.facts("kohderyhmat")["kohderyhmat"])
    parties = ("o_eskoo", "o_kela", "o_tyollisyys", "o_koulutus", "o_erikoissairaanhoito", "o_nuorten_palvelut")
    limits = {"paatos": "annettu_rajattuna", "rajaukset": "Terveystietoja ei saa antaa koululle."}
    consent(life, by="r_palveluohjaaja", parties=parties, groups=("perustiedot", "suunnitelma", "terveys"), **limits)
    groups = {grant.data_group for grant in live_grants(life) if grant.organisation_id == "o_koulutus"}
    assert groups == {"perustiedot", "suunnitelma"}
    walks_along(life, "Aila Äidintesti")
    # they meet at her home on the ninth day, and two weeks are the limit
    life.go_to("2026-03-11T09:00:00+02:00")
    assert "m2_tapaaminen" in life.open_tasks()
    assessment = ("m2_tapaaminen", "m3_arvio", "m3_kela", "m3_laakari", "m4_palaute")
    do(life, "tyky_eskoo_arviointi", "sini_kutsuttuna", *assessment)
    invited = (COACH, "r_kela_ratkaisu", "r_nuorten_palvelut", "r_eskoo_asiantuntija", "r_koulutus", "r_psykiatria")
    team(
        life,
        deputy="kirsi.malli",
        actions=[
            ("Valmentava koulutus", "sv_valmentava_koulutus", "oona.opettaja", "o_koulutus"),
            ("Traumaterapia", "sv_psykiatria", "petra.psykiatria", "o_erikoissairaanhoito"),
            ("Työhönvalmennus", "sv_tuettu_tyollistyminen", "olli.demo", "o_tyollisyys"),
        ],
        invited=(*invited, "r_terveydenhoitaja", "r_laakari", SUPPORT),
        tarpeet=["N03", "N07", "N08", "N15b"],
    )
    # by her needs and her age, by B3 nurse and physician, by B4 somebody of mental health, her mother by her wish
    proposed = set(life.facts("kutsuttavat_ehdotus")["kutsuttavat_ehdotus"])
    assert {*invited, "r_terveydenhoitaja", "r_laakari", SUPPORT} <= proposed
    for role in ("r_koulutus", "r_psykiatria", COACH):
        life.complete("n2_aloita", role, STARTED)
    # Kykyviisari is voluntary
    do(life, "tyky_kykyviisari", "ei_halua", "q2_kerro")
    plan = life.executor.read(lambda uow: uow.care.plans.in_force(life.case))
    assert [str(each.state) for each in plan.actions] == ["kaynnissa"] * 3
    # her mother walks along; who keeps no register of hers hears nothing of that, and nothing of her health
    school = life.person("r_koulutus").get(f"/cases/{life.case}").text
    assert "Valmentava koulutus" in school
    for hidden in ("Traumaterapia", "sykiatria", "Työhönvalmennus", "Aila Äidintesti"):
        assert hidden not in school, hidden
    followed_up(life)
    # nine months later she studies; that her coordinator is not needed any more is judged together
    for role in ("r_koulutus", "r_psykiatria", COACH):
        life.complete("n2_tulos", role, {"toimenpiteen_tulos": "valmis", "mita_tehtiin": "Sovittu"})
    life.go_to("2026-12-11T09:00:00+02:00")
    judged_together(life)
    # one client alone is no number; of five like her three services ran side by side
    assert figures(life, "M28")["M28", "rinnakkain"].hidden
    assert figures_of_five(life, "M28")["rinnakkain"].number.value == 3
    assert life.incidents() == []


def judged_together(life):
    """She wants to be accompanied still, so it goes on; it ends when she and her network agree."""
    judged = {"lopputulos": "KOULUTUKSESSA", "kuntoutusraha_tarkistettu": True}
    wished = {"seuranta_jatkuu": True, "seuraava": "2026-12-14", "asiakasvastaavan_tarve_jatkuu": "jatkuu"}
    do(life, "tyky_seuranta", "rinnakkain", "n7_arvioi", by=COACH, **judged | wished | {"lopputulos": None})
    assert life.case_state()[0] == "open"
    case = life.executor.read(lambda uow: uow.care.cases.get(life.case))
    assert case.coordinator_key == life.people()["olli.demo"]
    life.go_to("2026-12-14T09:00:00+02:00")
    agreed = judged | {"asiakasvastaavan_tarve_jatkuu": "paattyy_yhdessa_arvioitu"}
    do(life, "tyky_seuranta", "rinnakkain", "n7_arvioi", by=COACH, **agreed)
    assert life.case_state() == ("closed", "KOULUTUKSESSA")


def tasks_of(life):
    """Return the open tasks of the case."""
    return life.executor.read(lambda uow: uow.tasks.open_in_case(life.case))


def live_grants(life):
    """Return what is open to others in the case now."""
    grants = life.executor.read(lambda uow: uow.care.cases.grants(life.case))
    return [grant for grant in grants if grant.is_live(at=life.clock)]


def followed_up(life):
    """At each follow-up income and the right to rehabilitation allowance are looked at anew (C14)."""
    answers = tasks("tyky_seuranta", "seurannat")["n3_seuraa"]["answers"]
    goes_on = {"seuranta_jatkuu": True, "asiakasvastaavan_tarve_jatkuu": "jatkuu", "muutos_suunnitelmaan": False}
    goes_on |= {"lopputulos": None, "kuntoutusraha_tarkistettu": True}
    for day, following in (("2026-05-12", "2026-06-12"), ("2026-06-12", "2027-02-01")):
        life.go_to(f"{day}T12:00:00+03:00")
        address = f"/tasks/{life.open_tasks()['n3_seuraa']}"
        coach = life.person(COACH)
        page = coach.get(address)
        assert "Muista asiakkaan toimeentulo ja etuuksien yhteensovittaminen koko ajan!" in page.text
        unchecked = form_fields(answers | goes_on | {"seuraava": following, "kuntoutusraha_tarkistettu": None})
        refused = coach.post(address, unchecked, page=page)
        assert (refused.status_code, "Oikeus kuntoutusrahaan tarkistettu" in refused.text) == (422, True)
        life.complete("n3_seuraa", COACH, answers | goes_on | {"seuraava": following})


def test_dina_is_never_refused_says_no_and_employment_services_do_not_hear_of_it(live):
    life = live("espoo")
    begin_known(life, "tyky_espoo", "dina_omaolo", {"name": "Dina Näyte"})
    do(life, "tyky_espoo", "dina_omaolo", "i2_ota_yhteys")
    life.pass_time("x5_yrityspaiva", timedelta(days=1))
    do(life, "tyky_espoo", "dina_omaolo", "x5_ota_yhteys")
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
    do(life, "tyky_espoo", "dina_omaolo", "i2_ota_yhteys")
    life.pass_time("x5_yrityspaiva", timedelta(days=1))
    do(life, "tyky_espoo", "dina_omaolo", "x5_ota_yhteys")
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
    parties = ("o_sote_keskus", "o_tyollisyys", "o_kela", "o_tyoterveyshuolto")
    consent(life, by="r_tyoterveys", parties=parties)
    assert "r5_laheta" in life.history()
    team(
        life,
        deputy="kirsi.malli",
        actions=[
            ("Työhönvalmennus", "sv_tuettu_tyollistyminen", "olli.demo", "o_tyollisyys"),
            ("Seurantakäynti", "sv_varhainen_tuki", "tuomas.tyoterveys", "o_tyoterveyshuolto"),
        ],
        invited=("r_tyoterveys",),
    )
    assert life.facts("tth_oikeus", "kutsuttavat_ehdotus")["tth_oikeus"] is True
    assert "r_tyoterveys" in life.facts("kutsuttavat_ehdotus")["kutsuttavat_ehdotus"]
    life.go_to("2026-10-29T09:00:00+02:00")
    assert "r6_poista" not in life.history()
    assert "o_tyoterveyshuolto" in {grant.organisation_id for grant in live_grants(life)}
    # the right ends half a year after her work: the nurse is out without anybody doing anything, and both are told
    life.go_to("2026-11-02T09:00:00+02:00")
    assert "r6_poista" in life.history()
    assert "o_tyoterveyshuolto" not in {grant.organisation_id for grant in live_grants(life)}
    assert {"o_tyollisyys", "o_kela"} <= {grant.organisation_id for grant in live_grants(life)}
    plan = life.executor.read(lambda uow: uow.care.plans.in_force(life.case))
    assert [each.organisation_id for each in plan.actions] == ["o_tyollisyys", ""]
    assert life.people()["tuomas.tyoterveys"] not in {task.assignee for task in tasks_of(life)}
    assert {"tuomas.tyoterveys", "olli.demo"} <= mails(life, "n_suostumus_peruttu")
    assert life.facts("tth_oikeus")["tth_oikeus"] is False
    assert life.incidents() == []


def test_a_permission_that_is_not_answered_stops_no_own_service_and_is_asked_again(live):
    life = live()
    begin_known(life, "tyky_alkupalvelu", "ei_lupaa_sitten_lupa", {})
    do(life, "tyky_alkupalvelu", "ei_lupaa_sitten_lupa", "b7_paata")
    do(life, "tyky_suostumus", "ei_vastausta", "z2_kerro")
    # fourteen days without an answer are a no
    asked = life.clock
    life.go_to((asked + timedelta(days=13, hours=23)).isoformat())
    assert "b12_jatka" not in life.open_tasks()
    life.go_to((asked + timedelta(days=14, hours=1)).isoformat())
    assert "b12_jatka" in life.open_tasks()
    assert (live_grants(life), life.executor.read(lambda uow: uow.care.consents.latest(life.case))) == ([], None)
    # who answered for it goes on doing so with the services of the own organisation; the need is what it was
    case = life.executor.read(lambda uow: uow.care.cases.get(life.case))
    assert case.owner_key == life.people()["kirsi.malli"]
    do(life, "tyky_alkupalvelu", "ei_lupaa_sitten_lupa", "b12_jatka", "b12_konsultoi")
    assert (life.variables()["tuki"], life.case_state()[0]) == ("TIIMI", "open")
    # and it is asked again four weeks later, not before
    refused = life.clock
    life.go_to((refused + timedelta(days=26)).isoformat())
    assert "z2_kerro" not in life.open_tasks()
    life.go_to((refused + timedelta(days=29)).isoformat())
    assert "z2_kerro" in life.open_tasks()
    assert life.incidents() == []
