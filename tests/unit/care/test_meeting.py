"""Who may sit in the room for which client, and for how long each is foreseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.access import CaseRelation, Grant, visible_groups
from app.domain.meeting import Attendee, Presence, Stay, leaving, minutes_between, stay_of, stays_of
from app.domain.permissions import ROLE_PERMISSIONS
from app.domain.sharing import DataGroup

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEADER = 1
CASE = CaseRelation(case_key=7, client_key=8, area_id="area", controller_organisation_id="sote")
HEARD = (DataGroup.BASIC, DataGroup.PLAN)


def attendee(role_id="r_kela_ratkaisu", organisation="kela", kind="o_kela", **changes):
    values = {
        "key": 11,
        "user_key": 2,
        "name": "Kaisa Koe",
        "role_id": role_id,
        "organisation_id": organisation,
        "organisation_type": kind,
        "areas": None,
        "presence": Presence.HERE,
    }
    return Attendee(**values | changes)


def grant(group, organisation="kela", **changes):
    values = {"valid_from": NOW - timedelta(days=1), "valid_until": NOW + timedelta(days=1)}
    return Grant(key=5, case_key=7, organisation_id=organisation, data_group=group, **values | changes)


def asked(who, grants=(), restricted=(), at=NOW):
    return stay_of(who, leader_key=LEADER, case=CASE, grants=grants, restricted=restricted, at=at)


def test_an_organisation_without_the_client_s_permission_leaves():
    who = attendee()
    assert asked(who) is Stay.LEAVES
    assert asked(who, [grant(DataGroup.PLAN)]) is Stay.LEAVES, "the plan alone does not say who the client is"
    both = [grant(group) for group in HEARD]
    # Kela reads statements of health only, and never what is said of it
    assert asked(who, both) is Stay.NOT_HEALTH
    assert asked(who, [grant(group, organisation="other") for group in HEARD]) is Stay.LEAVES
    assert asked(who, both, restricted=[DataGroup.PLAN]) is Stay.LEAVES


@pytest.mark.parametrize(
    "changes", [{"withdrawn_at": NOW}, {"valid_until": NOW}, {"valid_from": NOW + timedelta(minutes=1)}]
)
def test_a_permission_that_does_not_hold_at_this_moment_opens_no_door(changes):
    assert asked(attendee(), [grant(group, **changes) for group in HEARD]) is Stay.LEAVES


def test_a_role_of_the_case_s_own_house_stays_as_far_as_its_letters_reach():
    assert asked(attendee("r_laakari", "sote", "o_sote_keskus")) is Stay.STAYS
    assert asked(attendee("r_ajanvaraaja", "sote", "o_sote_keskus")) is Stay.LEAVES
    assert asked(attendee("r_laakari", "sote", "o_sote_keskus", areas=frozenset({"elsewhere"}))) is Stay.LEAVES


def test_whoever_leads_stays_and_who_is_away_is_not_asked():
    leader = attendee("r_tiimikoordinaattori", "sote", "o_sote_keskus", user_key=LEADER, key=10)
    away = replace(attendee(), key=12, presence=Presence.AWAY)
    remote = replace(attendee(), key=13, presence=Presence.REMOTE)
    stays = stays_of([leader, away, remote], leader_key=LEADER, case=CASE, grants=[], restricted=[], at=NOW)
    assert stays == {10: Stay.STAYS, 13: Stay.LEAVES}
    assert leaving(stays) == {13}


GRANTS = st.lists(st.sampled_from(DataGroup).map(grant), max_size=5)


@given(st.sampled_from(sorted(ROLE_PERMISSIONS)), GRANTS)
def test_nobody_hears_what_they_might_not_read(role_id, grants):
    who = attendee(role_id)
    readable = visible_groups(viewer=who.viewer, case=CASE, grants=grants, at=NOW, restricted=())
    stay = asked(who, grants)
    assert (stay is not Stay.LEAVES) == all(group in readable for group in HEARD)
    assert stay is not Stay.STAYS or DataGroup.HEALTH in readable


def test_a_turn_lasts_until_the_next_one_s_time():
    assert minutes_between(NOW, NOW + timedelta(minutes=20)) == 20
    assert minutes_between(NOW, None) == 30
    assert minutes_between(NOW, NOW) == 30
    assert minutes_between(NOW, NOW + timedelta(days=1)) == 60
