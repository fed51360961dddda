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
