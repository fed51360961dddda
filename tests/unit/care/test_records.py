"""Rules of consents, plans and measures, and the facts that are made of them."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.access import Grant
from app.domain.consent import (
    UnreadableConsent,
    Withdrawal,
    WithdrawalScope,
    grants_of,
    read_consent,
    read_withdrawal,
)
from app.domain.disclosure import disclosed_to, given_answer, may_be_given, may_open_document
from app.domain.facts import Answer, facts
from app.domain.held_facts import consent_facts, measure_facts, plan_facts
from app.domain.measure import UnreadableMeasure, read_measure
from app.domain.plan import ActionState, UnreadablePlan, read_plan
from app.domain.sharing import DataGroup, Opening, cell

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
TYPES = ("o_sote_keskus", "o_sosiaali", "o_tyollisyys", "o_kela", "o_jarjesto", "o_tyonantaja", "o_koulutus", "o_muu")
YES = {"paatos": "annettu", "tapa": "kirjallinen", "voimassa_asti": "2026-12-31"}


def consent(**changes):
    return read_consent(YES | changes, key=1, case_key=2, now=NOW)


def plan(*rows, earlier=None, approval="hyvaksyn"):
    keys = itertools.count(100 if earlier is None else 200)
    answers = {"toimenpiteet": [{"alkaa": "2026-04-01", **row} for row in rows], "asiakkaan_hyvaksynta": approval}
    return read_plan(answers, key=1, case_key=2, earlier=earlier, new_key=lambda: next(keys), now=NOW)


@given(
    st.lists(st.sampled_from(TYPES), unique=True),
    st.lists(st.sampled_from(list(DataGroup)), unique=True),
    st.sampled_from(["annettu", "annettu_rajattuna", "ei_annettu"]),
)
def test_no_consent_ever_grants_what_the_table_never_opens(parties, groups, decision):
    said = consent(paatos=decision, osapuolet=parties, tietoryhmat=groups)
    granted = list(grants_of(said, organisation_types={party: party for party in TYPES}))
    for party, group in granted:
        assert party in parties
        assert group in groups
        assert cell(organisation_type=party, data_group=group).opening & (Opening.CONSENT | Opening.OWN)
    assert decision != "ei_annettu" or not granted
    assert len(set(granted)) == len(granted)
    assert list(grants_of(said, organisation_types={})) == []


def test_a_consent_holds_to_the_end_of_its_last_day_and_an_oral_one_for_its_own():
    assert consent().valid_until == datetime(2026, 12, 31, 22, tzinfo=UTC)
    assert consent().ends_on == date(2026, 12, 31)
    assert consent(tapa="suullinen").ends_on == date(2026, 3, 2)
    assert consent(tapa="suullinen", voimassa_asti="2026-03-01").ends_on == date(2026, 3, 1)


@pytest.mark.parametrize("changes", [{"paatos": None}, {"tapa": "arvattu"}, {"voimassa_asti": None}])
def test_what_lacks_a_word_is_no_consent(changes):
    with pytest.raises(UnreadableConsent, match=next(iter(changes))):
        consent(**changes)


def test_a_refusal_needs_neither_form_nor_end():
    said = read_consent({"paatos": "ei_annettu"}, key=1, case_key=2, now=NOW)
    assert not said.decision.opens


def grant(party, group, **changes):
    values = {"valid_from": NOW, "valid_until": NOW + timedelta(days=9), **changes}
    return Grant(key=1, case_key=2, organisation_id=party, data_group=group, **values)


def test_a_withdrawal_concerns_what_it_names():
    kela, social = grant("o_kela", DataGroup.PLAN), grant("o_sosiaali", DataGroup.HEALTH)
    by_party = read_withdrawal({"laajuus": "tahot", "tahot": ["o_kela"], "tietoryhmat": ["terveys"]})
    assert (by_party.concerns(kela), by_party.concerns(social)) == (True, False)
    by_group = read_withdrawal({"laajuus": "tietoryhmat", "tahot": ["o_kela"], "tietoryhmat": ["terveys"]})
    assert (by_group.concerns(kela), by_group.concerns(social)) == (False, True)
    assert Withdrawal(scope=WithdrawalScope.ALL).concerns(social)
    with pytest.raises(UnreadableConsent):
        read_withdrawal({})


def test_the_latest_decision_and_a_live_grant_make_a_consent_valid():
    def found(latest, *grants):
        return consent_facts(latest, grants, organisation_types={"o_kela": "o_kela"}, at=NOW)

    live, over = grant("o_kela", DataGroup.PLAN), grant("o_kela", DataGroup.PLAN, valid_until=NOW)
    assert found(consent(), live)["suostumus_voimassa"] is True
    assert found(consent(), live)["suostumus_tahot"] == ["o_kela"]
    assert found(consent(), over)["suostumus_voimassa"] is False
    assert found(consent(paatos="ei_annettu"), live)["suostumus_voimassa"] is False
    assert found(None)["suostumus_id"] is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["s1", "s2"])), max_size=6, unique=True))
def test_every_action_of_a_version_is_kept_or_replaced_by_the_next(named):
    first = plan(*({"toimenpide": name, "palvelu": service} for name, service in named[:3]))
    second = plan(*({"toimenpide": name, "palvelu": service} for name, service in named[2:]), earlier=first)
    now_there = {action.key for action in second.actions}
    for action in first.actions:
        dropped = {each.key: each.state for each in second.dropped}
        assert (action.key in now_there) != (action.key in dropped)
        assert dropped.get(action.key, ActionState.REPLACED) is ActionState.REPLACED
    found = plan_facts(second)
    assert found["toimenpide_idt"] == [str(action.key) for action in second.actions]
    assert {row["id"] for row in found["toimenpiteet"]} >= {str(action.key) for action in first.actions}


def test_what_is_done_stays_done_when_it_is_dropped():
    first = plan({"toimenpide": "a", "tila": "valmis"}, {"toimenpide": "b"})
    second = plan({"toimenpide": "c"}, earlier=first)
    assert [action.state for action in second.dropped] == [ActionState.DONE, ActionState.REPLACED]
    assert second.version == 2
    with pytest.raises(UnreadablePlan, match="not_approved"):
        plan({}, approval="en_hyvaksy")


def test_measures_need_a_day_and_an_occasion():
    with pytest.raises(UnreadableMeasure, match="pvm"):
        read_measure({"kerta": "alku"}, key=1, case_key=2)
    one = read_measure({"kerta": "alku", "pvm": "2026-03-01", "mieli": 3.5}, key=1, case_key=2)
    assert measure_facts([one])["mittaukset"][0]["mieli"] == 3.5


def test_a_document_of_one_party_is_opened_by_it_and_the_giver_only():
    def opens(kind, who, *, masked=False):
        return may_open_document(kind, controller_organisation_id="o_sote_keskus", organisation_id=who, masked=masked)

    assert opens(disclosed_to("o_kela"), "o_kela", masked=True)
    assert opens(disclosed_to("o_kela"), "o_sote_keskus")
    assert not opens(disclosed_to("o_kela"), "o_tyollisyys")
    assert opens("oma_suunnitelma", "o_tyollisyys")
    assert not opens("oma_suunnitelma", "o_jarjesto", masked=True)


def test_a_party_with_its_own_part_of_the_plan_gets_that_and_the_common_goals():
    rows = [{"palvelu": "s", "vastuuorg": "o_jarjesto"}, {"palvelu": "s", "vastuuorg": "o_kela"}]
    party = {"group": DataGroup.PLAN, "organisation_id": "o_jarjesto", "organisation_type": "o_jarjesto"}
    assert given_answer("toimenpiteet", rows, **party) == rows[:1]
    assert given_answer("tavoite_tyoura", "työ", **party) == "työ"
    assert given_answer("tuen_tarve", "tuki", **party) is None
    register = {"controller_organisation_id": "o_sosiaali", "organisation_id": "o_sote_keskus"}
    # what the table keeps to the own register is given by no other, whatever was granted
    assert not may_be_given(group=DataGroup.HEALTH, organisation_type="o_sote_keskus", **register)


def computed(name, *, born=None, **answers):
    given_answers = [
        Answer(field=key, value=value, fact=value, data_group=DataGroup.BASIC, answered_at=NOW)
        for key, value in answers.items()
    ]
    return facts(names=[name], answers=given_answers, birth_date=born, today=date(2026, 3, 2))[name].value


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"indikaattorit": ["I01", "I03", "I18", "I05"]}, 2),
        ({"indikaattorit": []}, 0),
        ({}, None),
    ],
)
def test_risk_factors_are_indicators_that_say_more_than_age_and_unemployment(answers, expected):
    assert computed("riskitekijoita", **answers) == expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"osatyokykyinen": True}, True),
        ({"osatyokykyinen": False, "johtopaatos": "kuntoutus_ensin"}, True),
        ({"johtopaatos": "tyokykyinen_tuella"}, False),
        ({"osatyokykyinen": False}, False),
        ({"osatyokykyinen": None}, None),
        ({}, None),
    ],
)
def test_work_ability_is_reduced_where_somebody_says_so(answers, expected):
    assert computed("alenema", **answers) is expected


@pytest.mark.parametrize(
    ("since", "born", "expected"),
    [
        ("2025-03-02", None, True),
        ("2025-09-02", date(2003, 1, 1), True),
        ("2025-09-02", date(1990, 1, 1), False),
        ("2025-09-02", None, None),
        ("2026-01-02", None, False),
        (None, None, None),
    ],
)
def test_unemployment_is_long_sooner_for_the_young(since, born, expected):
    found = computed("tyottomyys_pitkittynyt", born=born, tyotilanne="tyoton", tyottomyys_alkanut=since)
    assert found is expected


def test_who_works_is_not_long_unemployed():
    assert computed("tyottomyys_pitkittynyt", tyotilanne="tyossa_tth", tyottomyys_alkanut="2020-01-01") is False
