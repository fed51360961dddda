"""The reference page of access says what the code does."""

from __future__ import annotations

from pathlib import Path

from app.domain.masking import ENDED, shown_outcome
from app.domain.permissions import ROLE_LETTERS, ROLE_PERMISSIONS, read_permissions
from app.domain.sharing import DataGroup, Limit, Opening, cell

PAGE = (Path(__file__).parents[3] / "docs/reference/access.md").read_text()
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
