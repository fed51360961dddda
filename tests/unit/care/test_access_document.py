"""The reference page of access says what the code does."""

from __future__ import annotations

import json
from pathlib import Path

from app.domain.masking import ENDED, shown_outcome
from app.domain.permissions import ROLE_LETTERS, ROLE_PERMISSIONS, read_permissions
from app.domain.sharing import DataGroup, Limit, Opening, cell

HOME = Path(__file__).parents[3]
PAGE = (HOME / "docs/reference/access.md").read_text()
REFERENCE = HOME / "processes/shared/reference"
ROWS = [[part.strip() for part in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
OPENINGS = {"oma": Opening.OWN, "lupa": Opening.CONSENT, "laki": Opening.STATUTE, "ei": Opening.NOTHING}
LIMITS = {
    "": Limit.WHOLE,
    "kaikki": Limit.WHOLE,
    "koosteet": Limit.SUMMARIES,
    "lausunnot": Limit.STATEMENTS,
    "oma": Limit.OWN_PART,
}


def test_the_sharing_table_of_the_page_is_the_one_of_the_code():
    organisations = [row for row in ROWS if row[0].startswith("o_")]
    assert len(organisations) == 17
    for organisation, *cells in organisations:
        for group, written in zip(DataGroup, cells, strict=True):
            words, _, limit = written.partition(" ")
            found = cell(organisation_type=organisation, data_group=group)
            opening = Opening.NOTHING
            for word in words.split("/"):
                opening |= OPENINGS[word]
            assert (found.opening, found.limit) == (opening, LIMITS[limit.strip("()")]), (organisation, group)


def test_the_letters_of_the_page_are_those_of_the_code():
    assert {row[0]: row[1] for row in ROWS if row[0].startswith("r_")} == ROLE_LETTERS


def test_letters_are_read_as_the_page_explains():
    nurse = read_permissions("O(terveys),S,P,K")
    assert nurse.own == {DataGroup.BASIC, DataGroup.HEALTH}
    assert nurse.shared == frozenset(DataGroup)
    assert (nurse.plan, nurse.plan_own_part, nurse.consults, nurse.reads_access_log) == (True, False, True, False)
    assert read_permissions("-") == read_permissions("")
    assert ROLE_PERMISSIONS["r_palveluohjaaja"].decides == {"dmn_riittava_tuki"}
    assert ROLE_PERMISSIONS["r_lahettaja"].own_referral
    assert ROLE_PERMISSIONS["r_tietosuojavastaava"].reads_access_log


def test_the_outcomes_that_the_page_hides_are_hidden():
    for outcome in ("KIELTAYTYI", "EI_TAVOITETTU", "PERUTTU", "KESKEYTYNYT"):
        assert outcome in PAGE
        assert shown_outcome(outcome, organisation_type="o_tyollisyys") == ENDED


def test_the_reference_data_that_people_read_say_the_same_as_the_code():
    roles = {row["id"]: row["permissions"] for row in json.loads((REFERENCE / "roles.json").read_text())["rows"]}
    in_person = {"r_asiakas", "r_edustaja"}  # their own data, not by letters
    assert set(roles) - in_person == set(ROLE_LETTERS)
    for role, letters in ROLE_LETTERS.items():
        assert read_permissions(roles[role]) == read_permissions(letters), role
    sharing = json.loads((REFERENCE / "data_sharing.json").read_text())["rows"]
    assert len(sharing) == 17
    for row in sharing:
        for group in DataGroup:
            words, _, limit = row["value"][group].partition(":")
            found = cell(organisation_type=row["id"], data_group=group)
            opening = Opening.NOTHING
            for word in words.split("/"):
                opening |= OPENINGS[word]
            assert (found.opening, found.limit) == (opening, LIMITS[limit]), (row["id"], group)


def test_letters_for_the_client_in_person_give_a_role_nothing():
    assert read_permissions("omat tiedot, P(hyväksyy), L(oma)") == read_permissions("-")
