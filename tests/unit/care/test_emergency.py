"""Break-glass as a rule: whom it is for, what it opens, and what it never opens (R-20)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.domain.access import CaseRelation, Ground, Purpose, Record, Viewer, decide
from app.domain.actor import Actor
from app.domain.emergency import EMERGENCY_ORGANISATIONS, may_break_glass
from app.domain.permissions import ROLE_LETTERS
from app.domain.sharing import NEVER_HEALTH, DataGroup, Opening, cell

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
CASE = CaseRelation(case_key=1, client_key=2, area_id="ks", controller_organisation_id="other")
VIEWERS = some.builds(
    lambda kind, role, area: Viewer(
        user_key=1, organisation_id="own", organisation_type=kind, roles=frozenset({role}), areas=frozenset({area})
    ),
    some.sampled_from(sorted(EMERGENCY_ORGANISATIONS | NEVER_HEALTH | {"o_kela", "o_eskoo"})),
    some.sampled_from(sorted(ROLE_LETTERS)),
    some.sampled_from(["ks", "es"]),
)
RECORDS = some.builds(Record, data_group=some.sampled_from(DataGroup), controller_organisation_id=some.just("other"))


def answer(viewer, record, **more):
    return decide(viewer=viewer, case=CASE, record=record, grants=(), at=NOW, **{"restricted": False, **more})


@given(viewer=VIEWERS, record=RECORDS)
def test_it_opens_nothing_that_the_table_closes_to_the_organisation(viewer, record):
    opened = answer(viewer, record, emergency=True)
    column = cell(organisation_type=viewer.organisation_type, data_group=record.data_group)
    closed = column.opening is Opening.NOTHING
    if closed or (record.data_group is DataGroup.HEALTH and viewer.organisation_type in NEVER_HEALTH):
        assert not opened.allowed
    else:
        assert (opened.allowed, opened.ground) == (True, Ground.EMERGENCY)
    assert not answer(viewer, record).allowed


@given(
    viewer=VIEWERS, record=RECORDS, purpose=some.sampled_from([each for each in Purpose if each is not Purpose.CARE])
)
def test_it_is_for_care_only_and_gives_nothing_away(viewer, record, purpose):
    assert not answer(viewer, record, purpose=purpose, emergency=True).allowed


@pytest.mark.parametrize(
    ("kind", "role", "may"),
    [
        ("o_sote_keskus", "r_terveydenhoitaja", True),
        ("o_sosiaali", "r_sosiaalityontekija", True),
        ("o_erikoissairaanhoito", "r_psykiatria", True),
        # knows names only, in an emergency too
        ("o_sote_keskus", "r_ajanvaraaja", False),
        ("o_sote_keskus", "r_yllapitaja", False),
        ("o_sote_keskus", "r_tietosuojavastaava", False),
        ("o_sote_keskus", "r_lahettaja", False),
        ("o_tyollisyys", "r_asiakasvastaava_te", False),
        ("o_kela", "r_kela_ratkaisu", False),
    ],
)
def test_it_is_for_professionals_of_social_and_health_care(kind, role, may):
    assert may_break_glass(Actor(user_key=1, name="x", organisation_type=kind, roles=frozenset({role}))) is may


def test_no_client_breaks_any_glass():
    for kind in EMERGENCY_ORGANISATIONS:
        client = Actor(
            user_key=1, name="x", organisation_type=kind, roles=frozenset({"r_terveydenhoitaja"}), client_key=1
        )
        assert not may_break_glass(client)
