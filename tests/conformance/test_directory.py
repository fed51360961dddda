"""The directory of services against the requirement: every service of domain.md 2.5, who gives it, on what ground."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.domain.localized import LANGUAGES

PROCESSES = Path(__file__).parents[2] / "processes"
REFERENCE = PROCESSES / "shared/reference"
#: domain.md 2.5, written once more from the requirement: who gives each service; "" = whoever is there
PROVIDERS = {
    "sv_alkupalvelu": "sote_keskus",
    "sv_omahoito": "sote_keskus",
    "sv_konsultaatio": "",
    "sv_tiimi": "sote_keskus",
    "sv_terveystarkastus": "sote_keskus",
    "sv_yhteisvastaanotto": "sote_keskus tyollisyys",
    "sv_tyokykyarvio": "sote_keskus",
    "sv_lausunto": "sote_keskus",
    "sv_suunnitelma": "sote_keskus",
    "sv_jatko_ohjaus": "sote_keskus",
    "sv_asiakasvastaava": "sote_keskus sosiaali tyollisyys",
    "sv_toiminnallinen": "sosiaali",
    "sv_eskoo_arvio": "eskoo",
    "sv_omaolo": "sote_keskus",
    "sv_kykyviisari": "",
    "sv_terveyssuunnitelma": "sote_keskus sosiaali",
    "sv_kuntouttava_tyotoiminta": "sosiaali",
    "sv_shl_tyotoiminta": "sosiaali",
    "sv_kehitysvamma_tyo": "sosiaali eskoo",
    "sv_tuettu_tyollistyminen": "sosiaali",
    "sv_tyohonvalmennus": "tyollisyys palveluntuottaja",
    "sv_tyokokeilu": "tyollisyys kela tyoelakelaitos",
    "sv_paikko": "palveluntuottaja",
    "sv_tyoelamavalmennus": "tyollisyys palveluntuottaja",
    "sv_kuntoutus_laakinnallinen": "sote_keskus kela",
    "sv_kuntoutus_ammatillinen": "kela tyoelakelaitos vakuutusyhtio",
    "sv_kuntoutus_sosiaalinen": "sosiaali",
    "sv_paihde_mt": "sote_keskus erikoissairaanhoito",
    "sv_sosiaalis_ammatillinen": "jarjesto",
    "sv_kuntoutustutkimus": "kuntoutustutkimus",
    "sv_kuntoutusraha": "kela",
    "sv_kuntoutustuki": "kela tyoelakelaitos",
    "sv_erikoispoli": "erikoissairaanhoito",
    "sv_psykiatria": "erikoissairaanhoito",
    "sv_sairauspaivaraha": "kela",
    "sv_varhainen_tuki": "tyonantaja tyoterveyshuolto",
    "sv_tyoterveysneuvottelu": "tyoterveyshuolto",
    "sv_mukauttaminen": "tyonantaja tyollisyys",
    "sv_tyojarjestelyt": "tyonantaja",
    "sv_palkkatuki": "tyollisyys",
    "sv_starttiraha": "tyollisyys",
    "sv_koulutuskokeilu": "koulutus kela",
    "sv_valmentava_koulutus": "koulutus",
    "sv_tyovoimakoulutus": "tyollisyys",
    "sv_omaehtoinen": "tyollisyys",
    "sv_koulutus_kuntoutuksena": "kela tyoelakelaitos",
    "sv_oppisopimus": "koulutus",
    "sv_yrittajakoulutus": "koulutus",
    "sv_tk_elake": "tyoelakelaitos kela",
    "sv_osatk_elake": "tyoelakelaitos",
    "sv_elake_lepo": "tyoelakelaitos kela",
    "sv_tym": "typ_tym",
    "sv_nuorten": "nuorten_palvelut",
    "sv_avoimet_tm": "",
}
#: a method, a tool, work of projects and a goal: no law is about them
WITHOUT_STATUTE = {"sv_kykyviisari", "sv_paikko", "sv_sosiaalis_ammatillinen", "sv_avoimet_tm"}


def rows(name):
    return {row["id"]: row.get("value", row) for row in json.loads((REFERENCE / f"{name}.json").read_text())["rows"]}


SERVICES = rows("services")


def test_every_service_of_the_requirement_is_there_with_who_gives_it():
    listed = {key: " ".join(owner.removeprefix("o_") for owner in value["owners"]) for key, value in SERVICES.items()}
    assert listed == PROVIDERS


@pytest.mark.parametrize("service_id", SERVICES)
def test_a_service_says_what_it_is_how_to_get_in_and_on_what_ground(service_id):
    value = SERVICES[service_id]
    for part in ("name", "description", "access"):
        assert set(value[part]) == set(LANGUAGES)
        assert all(value[part].values()), part
    assert set(value["statutes"]) <= set(rows("statutes"))
    assert bool(value["statutes"]) is (service_id not in WITHOUT_STATUTE)
    assert "pathway" not in value or (PROCESSES / value["pathway"]).is_dir()


def test_needs_are_those_of_the_form_and_lead_where_the_table_leads():
    form = json.loads((PROCESSES / "shared/forms/f_saatelomake.json").read_text())
    [asked] = [field for section in form["sections"] for field in section["fields"] if field["key"] == "tarpeet"]
    options = {option["value"]: option["label"] for option in asked["options"] if option["value"] != "N00"}
    assert {key: value["name"] for key, value in rows("needs").items()} == options
    table = next(PROCESSES.glob("*/dmn_ohjaus.dmn")).read_text()
    led = {}
    for rule in re.findall(r"<rule .*?</rule>", table, re.DOTALL):
        for service_id in re.findall(r"sv_\w+", rule):
            led.setdefault(service_id, set()).update(re.findall(r"N\d\d[a-e]?", rule))
    assert {key: set(value["needs"]) for key, value in SERVICES.items() if value["needs"]} == led
    assert set(options) == set().union(*led.values()), "each need leads somewhere"


def test_every_role_says_what_it_does():
    told = rows("role_descriptions")
    assert set(told) == set(rows("roles"))
    assert all(
        set(value["description"]) == set(LANGUAGES) and all(value["description"].values()) for value in told.values()
    )
