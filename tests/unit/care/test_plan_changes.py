"""Changes of a plan that a meeting agreed on: what becomes of the rows, who may read of them, what is refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.disclosure import CHANGES, given_answer, shown_actions
from app.domain.errors import InvalidSubmission
from app.domain.plan_changes import Change, carried_out, hidden_from, named, offered
from app.domain.sharing import DataGroup

ROWS = [
    {"toimenpide": "Työkokeilu", "palvelu": "sv_tyokokeilu", "vastuuorg": "te", "toistaiseksi": True, "alkaa": None},
    {"toimenpide": "Keskustelut", "palvelu": "sv_psykiatria", "vastuuorg": "sote", "tila": "kaynnissa"},
    {"toimenpide": "Kurssi", "palvelu": "sv_kurssi", "vastuuorg": "te", "tila": "valmis"},
]
NEW = {
    "muutos": "uusi",
    "toimenpide": "Palkkatuki",
    "palvelu": "sv_palkkatuki",
    "vastuuhenkilo": "7",
    "vastuuorg": "te",
    "alkaa": date(2026, 4, 1),
    "valmis_viimeistaan": date(2026, 9, 30),
}


def test_each_kind_of_change_is_carried_out_on_its_action():
    changes = [
        # what a kind does not ask comes empty
        {"muutos": "aika", "kohde": "1", "valmis_viimeistaan": date(2026, 6, 1), "toimenpide": None, "alkaa": None},
        {"muutos": "vastuu", "kohde": "1", "vastuuhenkilo": "8", "vastuuorg": "kela"},
        {"muutos": "keskeytyy", "kohde": "2"},
        NEW,
    ]
    first, second, third, added = carried_out(ROWS, named(changes, ROWS))
    assert first == {
        "toimenpide": "Työkokeilu",
        "palvelu": "sv_tyokokeilu",
        "vastuuhenkilo": "8",
        "vastuuorg": "kela",
        "toistaiseksi": False,
        "alkaa": None,
        "valmis_viimeistaan": date(2026, 6, 1),
    }
    assert second["tila"] == "keskeytynyt"
    assert third == ROWS[2]
    assert added == {**{key: NEW[key] for key in NEW if key != "muutos"}, "rinnakkain": True, "toistaiseksi": False}
    assert carried_out(ROWS, named([{"muutos": "valmis", "kohde": "2"}], ROWS))[1]["tila"] == "valmis"


def test_only_actions_that_go_on_are_offered_and_taken():
    assert [(each.value, each.label["fi"]) for each in offered(ROWS)] == [
        ("1", "1. Työkokeilu"),
        ("2", "2. Keskustelut"),
    ]
    for number in ("3", "4", "0", "", "x"):
        with pytest.raises(InvalidSubmission) as refused:
            named([NEW, {"muutos": "valmis", "kohde": number}], ROWS)
        [problem] = refused.value.problems
        assert (problem.code, problem.place) == ("not_an_option", f"{CHANGES}.1.kohde")


def test_a_service_that_somebody_in_the_room_may_not_know_of_is_a_number_only():
    labels = [each.label["fi"] for each in offered(ROWS, hidden=hidden_from(["o_sote_keskus", "o_tyollisyys"]))]
    assert labels == ["1. Työkokeilu", "2."]


def test_minutes_tell_no_party_more_than_the_plan_does():
    changes = named([{"muutos": "keskeytyy", "kohde": "1"}, {"muutos": "aika", "kohde": "2"}, NEW], ROWS)
    # employment services do not learn that something was broken off; R-18: nor what is treated
    employment = shown_actions(changes, organisation_type="o_tyollisyys")
    assert [each["muutos"] for each in employment] == ["aika", "uusi"]
    assert employment[0] == {"muutos": "aika", "palvelu": "hoito_tai_kuntoutus", "vastuuorg": "sote"}
    assert shown_actions(changes, organisation_type="o_sote_keskus") == changes
    own = given_answer(CHANGES, changes, group=DataGroup.PLAN, organisation_id="muu", organisation_type="o_jarjesto")
    assert own is None


def test_a_change_of_an_action_that_reads_differently_by_now_is_left_to_people():
    changes = named([{"muutos": "valmis", "kohde": "1"}], ROWS)
    renamed = [{**ROWS[0], "toimenpide": "Muu työ"}, *ROWS[1:]]
    assert carried_out(renamed, changes) == renamed
    assert carried_out([], changes) == []


ONE = st.sampled_from([each for each in Change if each is not Change.ADD]).flatmap(
    lambda kind: st.fixed_dictionaries({"muutos": st.just(str(kind)), "kohde": st.sampled_from(["1", "2"])})
)


@given(st.lists(ONE | st.just(NEW), max_size=8))
def test_changes_never_lose_or_reorder_actions(changes):
    agreed = named(changes, ROWS)
    before = [dict(row) for row in ROWS]
    after = carried_out(ROWS, agreed)
    assert before == ROWS
    assert [row["toimenpide"] for row in after[:3]] == [row["toimenpide"] for row in ROWS]
    assert len(after) == 3 + sum(change["muutos"] == "uusi" for change in changes)
    assert after[2] == ROWS[2], "what is over stays as it is"
