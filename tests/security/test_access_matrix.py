"""Every organisation against every data group, with and without a consent, from the table of domain.md chapter 6."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.access import (
    CaseRelation,
    Decision,
    Grant,
    Ground,
    Purpose,
    Record,
    RecordKind,
    Viewer,
    decide,
    visible_groups,
)
from app.domain.permissions import ROLE_LETTERS
from app.domain.sharing import DataGroup
from app.domain.statutes import NamedStatute, openable_groups

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
GROUPS = [
    "perustiedot",
    "tyollisyys",
    "etuus",
    "sosiaali",
    "terveys",
    "toimintakykykooste",
    "kykyviisari",
    "suunnitelma",
]

# Written from the document and not from the code. o = own register, c = by consent, l = by statute, . = never;
# s = by consent but summaries only, t = by consent or statute but statements only, w = whole plan, p = own part.
TABLE = """
o_sote_keskus        oc  c   cl  cl  o   oc  c   w
o_sosiaali           oc  c   cl  o   c   c   c   w
o_erikoissairaanhoito cl c   c   c   l   c   c   p
o_tyoterveyshuolto   oc  c   .   .   c   c   c   w
o_tyollisyys         oc  o   cl  s   .   c   c   w
o_kela               oc  cl  o   c   t   c   c   w
o_typ_tym            cl  cl  cl  .   .   c   .   p
o_jarjesto           c   c   .   .   .   c   c   p
o_rise               c   .   .   .   .   c   .   p
o_tyonantaja         c   .   .   .   .   c   .   p
o_koulutus           c   .   .   .   .   .   .   p
o_nuorten_palvelut   c   .   .   .   .   .   .   p
o_tyoelakelaitos     c   .   .   .   .   .   .   p
o_eskoo              c   .   .   .   .   .   .   p
o_palveluntuottaja   c   .   .   .   .   .   .   p
o_kuntoutustutkimus  c   .   .   .   .   .   .   p
o_vakuutusyhtio      c   .   .   .   .   .   .   p
o_hyvinvointialue    .   .   .   .   .   .   .   .
"""
CELLS = [
    (row[0], group, letters)
    for row in map(str.split, TABLE.strip().splitlines())
    for group, letters in zip(GROUPS, row[1:], strict=True)
]
NEVER_HEALTH = ["o_tyollisyys", "o_jarjesto", "o_rise", "o_tyonantaja"]
CONTROLLER = "controller"
#: a role whose letters are O,S,P: only the organisation's row limits it
WIDE_ROLE = "r_tyokykykoordinaattori"


def viewer(organisation_type, *roles, organisation_id="theirs", areas=frozenset({"keski-suomi"})):
    return Viewer(
        user_key=7,
        organisation_id=organisation_id,
        organisation_type=organisation_type,
        roles=frozenset(roles or {WIDE_ROLE}),
        areas=areas,
    )


def case(**changes):
    values = {
        "case_key": 1,
        "client_key": 2,
        "area_id": "keski-suomi",
        "controller_organisation_id": CONTROLLER,
        "serving_organisation_ids": frozenset({"theirs"}),
    }
    return CaseRelation(**(values | changes))


def record(group, *, controller=CONTROLLER, kind=RecordKind.ANSWER, referred_by=None):
    return Record(
        data_group=DataGroup(group), controller_organisation_id=controller, kind=kind, referred_by=referred_by
    )


def grant(group, *, organisation_id="theirs", case_key=1, purpose=Purpose.CARE, withdrawn_at=None):
    return Grant(
        key=99,
        case_key=case_key,
        organisation_id=organisation_id,
        data_group=DataGroup(group),
        valid_from=NOW - timedelta(days=1),
        valid_until=NOW + timedelta(days=30),
        purpose=purpose,
        withdrawn_at=withdrawn_at,
    )


def law(number, *groups):
    """Return a law that opens these data groups, or all that the table lets a law open."""
    return NamedStatute(number=number, groups=frozenset(groups or DataGroup))


def ask(who, what, *grants, about=None, **options) -> Decision:
    return decide(
        viewer=who, case=about or case(), record=what, grants=grants, at=NOW, **{"restricted": False, **options}
    )


def test_the_table_of_this_test_has_every_cell():
    assert len(CELLS) == 18 * 8


@pytest.mark.parametrize(("organisation", "group", "letters"), CELLS)
def test_nothing_of_another_register_opens_without_consent_or_statute(organisation, group, letters):
    decision = ask(viewer(organisation), record(group))
    assert not decision.allowed
    assert decision.ground is Ground.NONE
    assert decision.reason.startswith("access.refused.")


@pytest.mark.parametrize(("organisation", "group", "letters"), CELLS)
def test_a_consent_opens_what_the_table_says_and_no_more(organisation, group, letters):
    decision = ask(viewer(organisation), record(group), grant(group))
    assert decision.allowed == bool(set(letters) & set("cwp"))
    if decision.allowed:
        assert (decision.ground, decision.grant_key) == (Ground.CONSENT, 99)
        assert decision.masked == ("p" in letters)


@pytest.mark.parametrize(("organisation", "group", "letters"), CELLS)
def test_a_statute_opens_only_the_cells_that_say_so(organisation, group, letters):
    decision = ask(viewer(organisation), record(group, kind=RecordKind.STATEMENT), statutes=[law("381/2023")])
    assert decision.allowed == bool(set(letters) & set("lt"))
    if decision.allowed:
        assert (decision.ground, decision.statute) == (Ground.STATUTE, "381/2023")


@pytest.mark.parametrize(("organisation", "group", "letters"), CELLS)
def test_the_own_register_is_read_without_consent_but_never_health_by_the_four(organisation, group, letters):
    decision = ask(viewer(organisation), record(group, controller="theirs"))
    never = group == "terveys" and organisation in NEVER_HEALTH
    assert decision.allowed == (not never)
    if decision.allowed:
        assert decision.ground is (Ground.OWN_REGISTER if "o" in letters else Ground.OWN_FORM)


@pytest.mark.parametrize(("organisation", "group", "letters"), CELLS)
@pytest.mark.parametrize("role", ["r_yllapitaja", "r_kehittaja", "r_esihenkilo", "r_tulkki", "r_tietosuojavastaava"])
def test_roles_without_care_letters_open_nothing(organisation, group, letters, role):
    for controller in (CONTROLLER, "theirs"):
        decision = ask(viewer(organisation, role), record(group, controller=controller), grant(group))
        assert not decision.allowed


def test_summaries_of_social_care_open_to_employment_services_and_its_answers_do_not():
    who = viewer("o_tyollisyys")
    assert not ask(who, record("sosiaali"), grant("sosiaali")).allowed
    assert ask(who, record("sosiaali", kind=RecordKind.SUMMARY), grant("sosiaali")).allowed


def test_kela_reads_statements_of_health_and_no_other_health_record():
    who = viewer("o_kela")
    assert ask(who, record("terveys"), grant("terveys")).reason == "access.refused.only_statements"
    assert ask(who, record("terveys", kind=RecordKind.STATEMENT), grant("terveys")).allowed


def test_process_operators_and_statistics_see_no_client_data():
    who = viewer("o_sote_keskus", "r_palveluohjaaja", organisation_id=CONTROLLER)
    for purpose in (Purpose.OPERATION, Purpose.STATISTICS):
        assert ask(who, record("perustiedot"), purpose=purpose).reason == "access.refused.purpose"
        assert visible_groups(viewer=who, case=case(), grants=[], at=NOW, restricted=(), purpose=purpose) == {}


def test_another_area_is_closed_even_in_the_own_register():
    who = viewer("o_sote_keskus", organisation_id=CONTROLLER, areas=frozenset({"espoo"}))
    assert ask(who, record("perustiedot")).reason == "access.refused.area"
    assert not ask(viewer("o_sote_keskus", organisation_id=CONTROLLER, areas=frozenset()), record("terveys")).allowed


def test_who_does_not_serve_the_client_reads_not_even_the_own_register():
    about = case(serving_organisation_ids=frozenset())
    assert not ask(viewer("o_sosiaali"), record("sosiaali", controller="theirs"), about=about).allowed


def test_the_booking_worker_sees_who_the_client_is_and_nothing_else():
    who = viewer("o_sote_keskus", "r_ajanvaraaja", organisation_id=CONTROLLER)
    assert set(visible_groups(viewer=who, case=case(), grants=[], at=NOW, restricted=())) == {DataGroup.BASIC}


def test_the_nurse_sees_health_in_the_own_register_and_the_rest_only_by_consent():
    who = viewer("o_sote_keskus", "r_terveydenhoitaja", organisation_id=CONTROLLER)
    groups = visible_groups(viewer=who, case=case(), grants=[], at=NOW, restricted=())
    assert set(groups) == {DataGroup.BASIC, DataGroup.HEALTH, DataGroup.PLAN}
    consent = [grant("sosiaali", organisation_id=CONTROLLER)]
    assert DataGroup.SOCIAL in visible_groups(viewer=who, case=case(), grants=consent, at=NOW, restricted=())


def test_the_service_guide_sees_all_that_the_own_organisation_wrote():
    who = viewer("o_sote_keskus", "r_palveluohjaaja", organisation_id=CONTROLLER)
    assert set(visible_groups(viewer=who, case=case(), grants=[], at=NOW, restricted=())) == set(DataGroup)


def test_kelas_expert_sees_benefits_identity_and_plan_of_what_was_granted():
    who = viewer("o_kela", "r_kela_ratkaisu")
    consents = [grant(group) for group in GROUPS]
    groups = visible_groups(viewer=who, case=case(), grants=consents, at=NOW, restricted=())
    # the letter S(etuus) opens benefits, but the table keeps Kela to its own register of them
    assert set(groups) == {DataGroup.BASIC, DataGroup.PLAN}
    own = visible_groups(
        viewer=who, case=case(), grants=consents, at=NOW, restricted=(), controller_organisation_id="theirs"
    )
    assert set(own) == {DataGroup.BASIC, DataGroup.BENEFITS, DataGroup.PLAN}


def test_a_sender_reads_the_own_referral_only():
    who = viewer("o_sosiaali", "r_lahettaja")
    assert ask(who, record("perustiedot", referred_by=7), grant("perustiedot")).allowed
    assert not ask(who, record("perustiedot", referred_by=8), grant("perustiedot")).allowed
    assert not ask(who, record("perustiedot"), grant("perustiedot")).allowed


def test_the_client_sees_the_own_data_and_nobody_elses():
    client = Viewer(user_key=5, organisation_id="", organisation_type="", roles=frozenset({"r_asiakas"}), client_key=2)
    for group in GROUPS:
        decision = ask(client, record(group), purpose=Purpose.OWN_DATA)
        assert (decision.allowed, decision.ground) == (True, Ground.OWN_DATA)
        assert not ask(client, record(group), about=case(client_key=3), purpose=Purpose.OWN_DATA).allowed


def test_a_representative_sees_what_the_mandate_covers():
    who = Viewer(
        user_key=5,
        organisation_id="",
        organisation_type="",
        roles=frozenset({"r_edustaja"}),
        client_key=2,
        mandate=frozenset({DataGroup.BENEFITS}),
    )
    assert ask(who, record("etuus"), purpose=Purpose.OWN_DATA).ground is Ground.MANDATE
    assert ask(who, record("terveys"), purpose=Purpose.OWN_DATA).reason == "access.refused.mandate"


# -- what a consent covers -------------------------------------------------------------------------------------

KELA = viewer("o_kela", "r_asiakasvastaava")
PLAN = record("suunnitelma")


def test_a_consent_for_another_organisation_case_or_group_opens_nothing():
    assert ask(KELA, PLAN, grant("suunnitelma")).allowed
    for other in (
        grant("suunnitelma", organisation_id="third"),
        grant("suunnitelma", case_key=4),
        grant("sosiaali"),
        grant("suunnitelma", purpose=Purpose.STATISTICS),
        grant("suunnitelma", purpose=Purpose.OPERATION),
    ):
        assert ask(KELA, PLAN, other).reason == "access.refused.no_consent"


def test_a_consent_covers_the_document_that_goes_out_by_it():
    assert ask(KELA, PLAN, grant("suunnitelma"), purpose=Purpose.DISCLOSURE).allowed
    assert not ask(KELA, PLAN, purpose=Purpose.DISCLOSURE).allowed


@pytest.mark.parametrize(
    ("begins", "ends", "withdrawn", "open_now"),
    [
        (0, 1, None, True),  # from its first moment
        (1, 2, None, False),  # not before
        (-2, 0, None, False),  # no longer at its end
        (-2, 1, None, True),
        (-2, 1, 1, True),  # withdrawn later
        (-2, 1, 0, False),  # withdrawn at this very moment
        (-2, 1, -1, False),  # withdrawn before
    ],
)
def test_a_consent_holds_from_its_beginning_until_its_end_or_withdrawal(begins, ends, withdrawn, open_now):
    consent = Grant(
        key=99,
        case_key=1,
        organisation_id="theirs",
        data_group=DataGroup.PLAN,
        valid_from=NOW + timedelta(seconds=begins),
        valid_until=NOW + timedelta(seconds=ends),
        withdrawn_at=None if withdrawn is None else NOW + timedelta(seconds=withdrawn),
    )
    assert ask(KELA, PLAN, consent).allowed == open_now


def test_of_several_consents_one_that_holds_is_enough():
    dead = grant("suunnitelma", withdrawn_at=NOW - timedelta(hours=1))
    assert ask(KELA, PLAN, dead, grant("suunnitelma"), dead).allowed
    assert not ask(KELA, PLAN, dead, dead).allowed


def test_a_statute_opens_no_more_than_the_limit_and_the_letters_do():
    health = record("terveys")
    assert not ask(KELA, health, statutes=[law("566/2005")]).allowed
    assert ask(KELA, record("terveys", kind=RecordKind.STATEMENT), statutes=[law("566/2005")]).allowed
    for role in ("r_ajanvaraaja", "r_fasilitaattori", "r_jarjesto"):
        who = viewer("o_kela", role)
        assert not ask(who, record("terveys", kind=RecordKind.STATEMENT), statutes=[law("566/2005")]).allowed


def test_a_statute_opens_its_own_groups_only():
    benefits, employed = record("etuus", controller="o_kela"), viewer("o_tyollisyys", "r_asiakasvastaava_te")
    tym = law("381/2023", DataGroup.BASIC, DataGroup.EMPLOYMENT, DataGroup.BENEFITS)
    assert ask(employed, benefits, statutes=[tym]).ground is Ground.STATUTE
    assert not ask(employed, benefits, statutes=[law("703/2023", DataGroup.HEALTH)]).allowed
    assert not ask(employed, benefits, statutes=[tym], restricted=True).allowed
    assert ask(employed, benefits, statutes=[law("703/2023", DataGroup.HEALTH), tym]).statute == "381/2023"


@pytest.mark.parametrize(("organisation", "group", "letters"), CELLS)
def test_a_ground_is_named_by_those_it_lists_and_for_cells_that_say_so(organisation, group, letters):
    role = {"roles": {"r_palveluohjaaja"}, "organisation_type": organisation}
    ground = {"number": "1/2000", "groups": GROUPS, "readers": [organisation]}
    found = openable_groups(**role, ground=ground)
    assert (group in found) == bool(set(letters) & set("lt"))
    assert openable_groups(**role, ground={**ground, "readers": []}) == frozenset()
    assert openable_groups(**role, ground={**ground, "number": ""}) == frozenset()
    others = [each for each in GROUPS if each != group]
    assert openable_groups(**role, ground={**ground, "groups": others}) == found - {group}
    assert openable_groups(**{**role, "roles": {"r_ajanvaraaja"}}, ground=ground) == frozenset()


def test_a_role_without_the_whole_plan_gets_its_own_part_in_any_organisation():
    for role, masked in (("r_asiakasvastaava", False), ("r_mt_ammattilainen", True), ("r_psykiatria", True)):
        decision = ask(viewer("o_sote_keskus", role), PLAN, grant("suunnitelma"))
        assert (decision.allowed, decision.masked) == (True, masked), role
    own = ask(viewer("o_sote_keskus", "r_mt_ammattilainen"), record("suunnitelma", controller="theirs"))
    assert (own.allowed, own.masked) == (True, True)


def test_a_professional_has_no_own_data_view():
    who = viewer("o_sote_keskus", "r_palveluohjaaja", organisation_id=CONTROLLER)
    assert ask(who, record("perustiedot"), purpose=Purpose.OWN_DATA).reason == "access.refused.purpose"


# -- rules that hold for everything ----------------------------------------------------------------------------

instants = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
groups = st.sampled_from(list(DataGroup))
organisation_types = st.sampled_from(sorted({organisation for organisation, _, _ in CELLS} | {"o_tuntematon", ""}))
viewers = st.builds(
    Viewer,
    user_key=st.integers(1, 3),
    organisation_id=st.sampled_from(["theirs", CONTROLLER]),
    organisation_type=organisation_types,
    roles=st.frozensets(st.sampled_from([*ROLE_LETTERS, "r_tuntematon"]), max_size=4),
    areas=st.sampled_from([None, frozenset(), frozenset({"keski-suomi"})]),
)
records = st.builds(
    Record,
    data_group=groups,
    controller_organisation_id=st.sampled_from(["theirs", CONTROLLER, "third"]),
    kind=st.sampled_from(RecordKind),
    referred_by=st.sampled_from([None, 1, 2]),
)
grants = st.builds(
    Grant,
    key=st.integers(1),
    case_key=st.sampled_from([1, 4]),
    organisation_id=st.sampled_from(["theirs", CONTROLLER, "third"]),
    data_group=groups,
    valid_from=instants,
    valid_until=instants,
    purpose=st.sampled_from(Purpose),
    withdrawn_at=st.none() | instants,
)


@st.composite
def grant_lists(draw):
    """Some random grants, and often one that holds all the time for the first organisation."""
    found = draw(st.lists(grants, max_size=4))
    if draw(st.booleans()):
        found.append(
            Grant(
                key=77,
                case_key=1,
                organisation_id=draw(st.sampled_from(["theirs", CONTROLLER])),
                data_group=draw(groups),
                valid_from=datetime(2024, 1, 1, tzinfo=UTC),
                valid_until=datetime(2032, 1, 1, tzinfo=UTC),
            )
        )
    return found


statutes = st.sampled_from([(), (law("381/2023"),)])
purposes = st.sampled_from(Purpose)


@given(viewers, records, grant_lists(), instants, statutes, purposes, st.sampled_from(NEVER_HEALTH))
def test_the_four_never_see_health_whatever_was_granted(who, what, consents, at, named, purpose, organisation):
    who = Viewer(
        user_key=who.user_key,
        organisation_id=who.organisation_id,
        organisation_type=organisation,
        roles=who.roles,
        areas=who.areas,
    )
    what = record("terveys", controller=what.controller_organisation_id, kind=what.kind, referred_by=what.referred_by)
    decision = decide(
        viewer=who,
        case=case(),
        record=what,
        grants=consents,
        at=at,
        restricted=False,
        purpose=purpose,
        statutes=named,
    )
    assert not decision.allowed


@given(viewers, records, grant_lists(), instants)
def test_what_a_consent_opened_its_withdrawal_closes_from_that_moment_on(who, what, consents, at):
    before = decide(viewer=who, case=case(), record=what, grants=consents, at=at, restricted=False)
    withdrawn = [
        Grant(
            key=one.key,
            case_key=one.case_key,
            organisation_id=one.organisation_id,
            data_group=one.data_group,
            valid_from=one.valid_from,
            valid_until=one.valid_until,
            purpose=one.purpose,
            withdrawn_at=at,
        )
        for one in consents
    ]
    for later in (timedelta(0), timedelta(seconds=1), timedelta(days=400)):
        after = decide(viewer=who, case=case(), record=what, grants=withdrawn, at=at + later, restricted=False)
        assert after.ground is not Ground.CONSENT
        if before.ground is Ground.CONSENT:
            assert not after.allowed


@given(viewers, records, grant_lists(), instants, statutes, purposes)
def test_an_allowed_reading_has_a_ground_and_a_refused_one_a_reason(who, what, consents, at, named, purpose):
    decision = decide(
        viewer=who,
        case=case(),
        record=what,
        grants=consents,
        at=at,
        restricted=False,
        purpose=purpose,
        statutes=named,
    )
    assert decision.allowed == bool(decision.ground) == (not decision.reason)
    if decision.ground is Ground.CONSENT:
        grant_used = next(one for one in consents if one.key == decision.grant_key)
        assert (grant_used.organisation_id, grant_used.data_group) == (who.organisation_id, what.data_group)
    if not decision.allowed:
        assert (decision.masked, decision.grant_key, decision.statute) == (False, None, "")


@given(viewers, records, grant_lists(), instants)
def test_without_roles_nothing_opens(who, what, consents, at):
    stranger = Viewer(
        user_key=who.user_key,
        organisation_id=who.organisation_id,
        organisation_type=who.organisation_type,
        roles=frozenset(),
        areas=who.areas,
    )
    assert not decide(viewer=stranger, case=case(), record=what, grants=consents, at=at, restricted=False).allowed


@given(viewers, grant_lists(), instants)
def test_visible_groups_are_exactly_the_allowed_ones(who, consents, at):
    visible = visible_groups(viewer=who, case=case(), grants=consents, at=at, restricted=())
    for group in DataGroup:
        one = decide(viewer=who, case=case(), record=record(group), grants=consents, at=at, restricted=False)
        assert (group in visible) == one.allowed
