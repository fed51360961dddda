"""The decisions of the initial service (domain.md 4.2, 4.6, 4.8): what must hold whatever the answers are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.decisions import decide
from tests.conformance.story import decision

NOW = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)
maybe = st.sampled_from([True, False, None])


def asked(decision_id: str, **facts: Any) -> Any:
    return decide(decision(decision_id), facts, now=NOW).output


@settings(max_examples=60, deadline=None)
@given(
    aiempi_konsultaatio=st.sampled_from([None, "ratkesi", "ei_ratkennut", "suositus_tiimi"]),
    omat_voimavarat=st.sampled_from([None, "riittavat", "osin", "eivat"]),
    palvelutarve_alat=st.one_of(st.none(), st.integers(0, 5)),
    tilanne_selkea=maybe,
    osatyokykyinen=maybe,
    epavarmuus=maybe,
)
def test_there_is_always_one_answer_and_never_self_care_when_own_resources_do_not_suffice(**facts):
    answer = asked("dmn_riittava_tuki", **facts)
    assert answer["tuki"] in {"OMAHOITO", "KONSULTAATIO", "TIIMI"}
    assert answer["rivi"] in {f"T{number}" for number in range(1, 12)}
    if facts["omat_voimavarat"] == "eivat":
        assert answer["tuki"] != "OMAHOITO"
    if facts["aiempi_konsultaatio"] in {"ei_ratkennut", "suositus_tiimi"}:
        assert answer["tuki"] == "TIIMI"


@pytest.mark.parametrize(
    ("accident", "years", "party"),
    [(True, 10, "o_vakuutusyhtio"), (False, 5, "o_tyoelakelaitos"), (None, 4, "o_kela"), (False, None, "o_kela")],
)
def test_vocational_rehabilitation_has_one_payer_and_the_insurer_goes_first(accident, years, party):
    facts = {"kohderyhmat": [], "asiakasryhma": "g_tyoton", "ika": 40, "lahde": "ITSE", "vaihe": "PRIMAARI"}
    found = asked(
        "dmn_ohjaus",
        tarpeet=["N04a"],
        tapaturma_tai_ammattitauti=accident,
        tyohistoria_v=years,
        arvio_tekemalla=None,
        **facts,
    )
    payers = [each["taho"] for each in found if each["palvelu"] == "sv_kuntoutus_ammatillinen"]
    assert payers == [party]


def test_no_need_proposes_nothing_and_a_missing_measure_is_no_examination():
    facts = {"kohderyhmat": None, "asiakasryhma": None, "ika": None, "lahde": None, "vaihe": None}
    facts |= {"tapaturma_tai_ammattitauti": None, "tyohistoria_v": None, "arvio_tekemalla": None}
    assert not asked("dmn_ohjaus", tarpeet=["N00"], **facts)
    assert not asked("dmn_ohjaus", tarpeet=None, **facts)
    assert not asked(
        "dmn_lisaselvitys",
        lisaselvitys_tarve=["kykyviisari"],
        tarpeet=["N08"],
        terveystarkastus_v=None,
        asiakas_sosiaalipalveluissa=None,
        lomakkeet=[],
        etuuskysymys=False,
        arvio_tekemalla=None,
    )


#: facts that put a client into one group, and into no other
SIGNS = [
    ({"tyotilanne": "tyoton", "terveys_haaste": True}, "espoo_1"),
    ({"tyotilanne": "tyoton", "sosiaalinen_haaste": True}, "espoo_1"),
    ({"tilanne_selkea": False, "yksittaiset_palvelut_eivat_ratkaisseet": True}, "espoo_2"),
    ({"palvelutarve_alat": 2}, "espoo_3"),
    ({"tyottomyys_v": 2, "tyottomyysjaksoja": 2, "opinnot_kesken": True}, "espoo_4"),
    ({"tyottomyys_v": 3, "tyottomyysjaksoja": 2, "ei_perusk": True}, "espoo_4"),
    ({"tyotilanne": "tyoton", "terveystarkastus_v": 3, "terveys_huoli": True}, "espoo_5"),
    ({"tyotilanne": "tyoton", "terveystarkastus_v": None, "elamantilanne_huoli": True}, "espoo_5"),
    ({"osatyokykyinen": True, "hyotyisi_monialaisesta": True}, "rovaniemi"),
    ({"asiakas_sosiaalipalveluissa": True, "vammainen": True}, "g_sosiaalipalvelujen"),
    ({"asiakas_sosiaalipalveluissa": True, "toimeentulo": ["sairauspaivaraha"]}, "g_sosiaalipalvelujen"),
    ({"toimeentulotuki_kesto_kk": 12}, "pakaste"),
    ({"kehitysvamma_lieva": True}, "g_erityisryhma"),
    ({"palveluja_lkm": 3}, "g_paljon_palveluja"),
    ({"tyotilanne": "tyottomyysuhka"}, "g_tyottomyysuhka"),
    ({"ika": 29}, "g_nuori"),
    ({"rise_asiakas": True}, "g_rise"),
    ({"kieli": "so"}, "g_vieraskielinen"),
    ({"suostuvainen_arvioon": False}, "ei_arviota"),
]
NOTHING_KNOWN = dict.fromkeys(
    [
        "tyotilanne", "ika", "terveys_haaste", "sosiaalinen_haaste", "tilanne_selkea",
        "yksittaiset_palvelut_eivat_ratkaisseet", "palvelutarve_alat", "tyottomyys_v", "tyottomyysjaksoja",
        "opinnot_kesken", "ei_perusk", "terveystarkastus_v", "terveys_huoli", "elamantilanne_huoli", "osatyokykyinen",
        "hyotyisi_monialaisesta", "asiakas_sosiaalipalveluissa", "vammainen", "toimeentulo", "toimeentulotuki_kesto_kk",
        "neurokirjo", "oppimisvaikeus", "kehitysvamma_lieva", "palveluja_lkm", "rise_asiakas", "kieli",
        "suostuvainen_arvioon",
    ]
)  # fmt: skip


@pytest.mark.parametrize(("facts", "group"), SIGNS, ids=[f"{group}-{next(iter(facts))}" for facts, group in SIGNS])
def test_each_sign_of_a_target_group_alone_is_enough(facts, group):
    assert asked("dmn_kohderyhma", **(NOTHING_KNOWN | facts)) == [group]


@pytest.mark.parametrize(
    "facts",
    [
        {"palvelutarve_alat": 1},
        {"tyottomyys_v": 2, "tyottomyysjaksoja": 1, "opinnot_kesken": True},
        {"tyotilanne": "tyoton", "terveystarkastus_v": 2, "terveys_huoli": True},
        {"tyotilanne": "tyossa", "terveys_haaste": True},
        {"ika": 30, "kieli": "sv", "suostuvainen_arvioon": True},
        {},
    ],
)
def test_a_sign_that_is_not_whole_puts_a_client_into_no_group(facts):
    assert not asked("dmn_kohderyhma", **(NOTHING_KNOWN | facts))
