"""What two organisations write about one client: each reads its own, the other's by consent only, and all is logged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from app.domain.access import Purpose
from app.domain.actor import Actor
from app.domain.answers import RecordAnswer
from app.domain.client import Identity, ServiceNeeds
from app.domain.data_rights import RequestKind, RequestStatus
from app.domain.forms import RecordKind, RecordTarget
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.queries.access import log_reading, sight_of_case
from app.storage.encryption import Cipher
from app.storage.tables.care import consent_grant
from app.storage.tables.people import access_log
from app.storage.unit_of_work import unit_of_work

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CIPHER = Cipher(data_keys=[b"d" * 32], index_key=b"i" * 32)
CASE, CLIENT = 50, 51


def person(key, organisation, kind, *roles, areas=frozenset({"ks"})):
    return Actor(
        user_key=key,
        name=f"person.{key}",
        organisation_id=organisation,
        organisation_type=kind,
        roles=frozenset(roles),
        areas=areas,
    )


GUIDE = person(1, "sote", "o_sote_keskus", "r_palveluohjaaja")
SOCIAL_WORKER = person(2, "sosiaali", "o_sosiaali", "r_sosiaalityontekija")
EMPLOYMENT_EXPERT = person(3, "tyollisyys", "o_tyollisyys", "r_asiakasvastaava_te")
ADMIN = person(4, "sote", "o_sote_keskus", "r_yllapitaja")
ELSEWHERE = person(5, "sote", "o_sote_keskus", "r_palveluohjaaja", areas=frozenset({"es"}))
WRITTEN = {
    GUIDE: {"toive": DataGroup.BASIC, "toimeentulo": DataGroup.BENEFITS, "oire": DataGroup.HEALTH},
    SOCIAL_WORKER: {"arki": DataGroup.SOCIAL, "talous": DataGroup.BENEFITS, "paihteet": DataGroup.HEALTH},
    EMPLOYMENT_EXPERT: {"tyonhaku": DataGroup.EMPLOYMENT, "kiireellinen": DataGroup.HEALTH},
}


@pytest.fixture
def work(sqlite_database):
    def opened():
        return unit_of_work(sqlite_database, CIPHER)

    with opened() as uow:
        uow.care.clients.add(
            key=CLIENT,
            identity=Identity(name="Aino Esimerkki"),
            needs=ServiceNeeds(),
            area_id="ks",
            controller_organisation_id="sote",
            now=NOW,
        )
        uow.care.cases.add(
            key=CASE,
            client_key=CLIENT,
            area_id="ks",
            controller_organisation_id="sote",
            unit_id="jkl",
            owner_key=None,
            now=NOW,
        )
        for writer, fields in WRITTEN.items():
            records = [
                RecordAnswer(
                    target=RecordTarget(RecordKind.ANSWER), key=field, value=f"{field}!", fact=None, data_group=group
                )
                for field, group in fields.items()
            ]
            uow.care.answers.add(
                CASE,
                records,
                form_id="f",
                controller_organisation_id=writer.organisation_id,
                task_key=None,
                answered_by=writer.user_key,
                now=NOW,
            )
    return opened


def consent(uow, organisation, group, *, withdrawn_at=None):
    uow.connection.execute(
        insert(consent_grant).values(
            key=new_key(),
            case_key=CASE,
            consent_key=1,
            organisation_id=organisation,
            data_group=group,
            purpose=Purpose.CARE,
            valid_from=NOW - timedelta(days=1),
            valid_until=NOW + timedelta(days=1),
            withdrawn_at=withdrawn_at,
        )
    )


def readable(uow, actor, *, at=NOW):
    sight = sight_of_case(uow, case_key=CASE, actor=actor, now=at)
    return set(uow.care.answers.latest(CASE, visible=sight.visible))


def test_without_a_consent_each_reads_what_the_own_organisation_wrote(work):
    with work() as uow:
        assert readable(uow, GUIDE) == {"toive", "toimeentulo", "oire"}
        assert readable(uow, SOCIAL_WORKER) == {"arki", "talous", "paihteet"}
        # health is closed to employment services even in their own form
        assert readable(uow, EMPLOYMENT_EXPERT) == {"tyonhaku"}


def test_who_runs_the_system_or_works_elsewhere_reads_nothing(work):
    with work() as uow:
        assert readable(uow, ADMIN) == set()
        assert readable(uow, ELSEWHERE) == set()


def test_a_consent_opens_the_named_group_of_the_others_to_the_named_organisation_only(work):
    with work() as uow:
        consent(uow, "sote", "sosiaali")
        assert readable(uow, GUIDE) == {"toive", "toimeentulo", "oire", "arki"}
        consent(uow, "sote", "etuus")
        assert readable(uow, GUIDE) == {"toive", "toimeentulo", "oire", "arki", "talous"}
        assert readable(uow, SOCIAL_WORKER) == {"arki", "talous", "paihteet"}


def test_what_the_client_has_had_restricted_opens_in_the_own_register_only(work):
    with work() as uow:
        consent(uow, "sosiaali", "terveys")
        consent(uow, "sosiaali", "etuus")
        both = {"arki", "talous", "paihteet", "toimeentulo", "oire", "kiireellinen"}
        assert readable(uow, SOCIAL_WORKER) == both
        key = new_key()
        uow.data_rights.add(
            key=key,
            client_key=CLIENT,
            case_key=CASE,
            controller_organisation_id="sote",
            kind=RequestKind.RESTRICTION,
            data_group=DataGroup.HEALTH,
            text="x",
            asked_by=None,
            by_worker=False,
            due_on=NOW.date(),
            now=NOW,
        )
        # asking restricts nothing yet
        assert readable(uow, SOCIAL_WORKER) == both
        uow.data_rights.decide(key, status=RequestStatus.GRANTED, answer="x", by=None, now=NOW)
        assert readable(uow, SOCIAL_WORKER) == both - {"oire", "kiireellinen"}
        assert "oire" in readable(uow, GUIDE)
        uow.data_rights.lift(key)
        assert readable(uow, SOCIAL_WORKER) == both


def test_a_withdrawn_consent_closes_within_the_same_second(work):
    with work() as uow:
        consent(uow, "sosiaali", "terveys")
        assert "oire" in readable(uow, SOCIAL_WORKER)
        uow.connection.execute(update(consent_grant).values(withdrawn_at=NOW))
        assert "oire" not in readable(uow, SOCIAL_WORKER)
        assert "oire" in readable(uow, SOCIAL_WORKER, at=NOW - timedelta(seconds=1))


def test_no_consent_opens_health_to_employment_services(work):
    with work() as uow:
        for group in DataGroup:
            consent(uow, "tyollisyys", group)
        read = readable(uow, EMPLOYMENT_EXPERT)
        assert not read & {"oire", "paihteet", "kiireellinen"}
        assert {"toive", "tyonhaku", "toimeentulo", "talous"} <= read


def test_the_log_says_which_groups_were_read_and_on_what_ground(work):
    with work() as uow:
        consent(uow, "sote", "sosiaali")
        sight = sight_of_case(uow, case_key=CASE, actor=GUIDE, now=NOW)
        log_reading(
            uow, sight=sight, actor=GUIDE, groups=[DataGroup.SOCIAL, DataGroup.HEALTH], purpose="case:50", now=NOW
        )
        (line,) = uow.connection.execute(select(access_log)).all()
        assert line.data_groups == ["sosiaali", "terveys"]
        assert "consent" in line.ground
        assert (line.client_key, line.case_key, line.user_key, line.action) == (CLIENT, CASE, 1, "read")


def test_what_cannot_be_seen_is_not_logged_as_read(work):
    with work() as uow:
        sight = sight_of_case(uow, case_key=CASE, actor=ADMIN, now=NOW)
        log_reading(uow, sight=sight, actor=ADMIN, groups=list(DataGroup), purpose="case:50", now=NOW)
        assert uow.connection.execute(select(access_log)).all() == []
        assert sight.hidden == tuple(DataGroup)
