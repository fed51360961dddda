"""The wall in PostgreSQL itself: rows of the care core by organisation and live grant, whatever a query asks (S14)."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml
from psycopg import sql
from sqlalchemy import delete, event, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from app.domain.access import Purpose
from app.domain.actor import Actor
from app.domain.answers import RecordAnswer
from app.domain.client import Identity, ServiceNeeds
from app.domain.consent import read_consent
from app.domain.data_rights import RequestKind
from app.domain.emergency import Cause
from app.domain.forms import RecordKind, RecordTarget
from app.domain.keys import new_key
from app.domain.measure import read_measure
from app.domain.plan import read_plan
from app.domain.sharing import DataGroup
from app.domain.statutes import NamedStatute
from app.storage.database import Database
from app.storage.encryption import Cipher
from app.storage.row_security import is_bypassed
from app.storage.schema import downgrade, upgrade
from app.storage.tables import care, rights
from app.storage.tables.people import organisation, unit, user_account
from app.storage.tables.teamwork import task_comment
from app.storage.unit_of_work import UnitOfWork, unit_of_work
from tests.scenarios.world import World
from tests.security.doors.office import CANARIES, CLOCK, CONTACT, EVENT, INDICATORS, PROCESS

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CIPHER = Cipher(data_keys=[b"d" * 32], index_key=b"i" * 32)
#: a role like that of a production database: owns its tables, is no superuser
ROLE = "kykypolku_plain"
CASE, CLIENT, DOCUMENT, OTHER_CASE, OTHER_CLIENT = 50, 51, 52, 60, 61
TABLES = {
    "client": care.client,
    "client_index": care.client_index,
    "care_case": care.care_case,
    "case_answer": care.case_answer,
    "document": care.document,
    "document_chunk": care.document_chunk,
    "consent_grant": care.consent_grant,
    "appointment": care.appointment,
    "decision_record": care.decision_record,
    "consent": care.consent,
    "plan": care.plan,
    "plan_action": care.plan_action,
    "measure": care.measure,
}


def person(organisation_id, user_key=1):
    return Actor(user_key=user_key, name="p", organisation_id=organisation_id, organisation_type="o_sote_keskus")


@contextmanager
def walled(dsn, suffix):
    """A database whose owner is no superuser, brought there by the migrations."""
    place = psycopg.conninfo.conninfo_to_dict(dsn)
    name = f"{place['dbname']}_{suffix}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            connection.execute(f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER PASSWORD 'plain'")
        connection.execute(f"CREATE DATABASE {name} OWNER {ROLE}")
    yield f"postgresql+psycopg://{ROLE}:plain@{place['host']}:{place['port']}/{name}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def walled_url(postgresql_dsn):
    with walled(postgresql_dsn, "walled") as url:
        database = Database(url)
        upgrade(database)
        fill(database)
        database.close()
        yield url


def fill(database):
    with unit_of_work(database, CIPHER) as uow:
        for name in ("sote", "kela", "tyollisyys", "tt"):
            values = {"id": name, "type": f"o_{name}", "name": {"fi": name}}
            uow.connection.execute(insert(organisation).values(values))
        uow.connection.execute(
            insert(unit).values(id="tt_unit", organisation_id="tt", area_id="ks", name={"fi": "tt"}, sort_key="")
        )
        for case, client, controller in ((CASE, CLIENT, "sote"), (OTHER_CASE, OTHER_CLIENT, "kela")):
            uow.care.clients.add(
                key=client,
                identity=Identity(name="Aino Esimerkki", phone="040 1234567"),
                needs=ServiceNeeds(),
                area_id="ks",
                controller_organisation_id=controller,
                now=NOW,
            )
            uow.care.cases.add(
                key=case,
                client_key=client,
                area_id="ks",
                controller_organisation_id=controller,
                unit_id="",
                owner_key=None,
                now=NOW,
            )
        for writer, group in (("sote", DataGroup.HEALTH), ("sote", DataGroup.SOCIAL), ("tt", DataGroup.EMPLOYMENT)):
            answer = RecordAnswer(
                target=RecordTarget(RecordKind.ANSWER), key=f"{writer}_{group}", value="x", fact=None, data_group=group
            )
            uow.care.answers.add(
                CASE,
                [answer],
                form_id="f",
                controller_organisation_id=writer,
                task_key=None,
                answered_by=None,
                now=NOW,
            )
        uow.care.documents.add(
            key=DOCUMENT,
            case_key=CASE,
            controller_organisation_id="sote",
            document_class="c",
            data_groups=[DataGroup.BASIC, DataGroup.HEALTH],
            title="t",
            media_type="application/pdf",
            content=b"%PDF",
            language="fi",
            created_by=None,
            now=NOW,
        )


@pytest.fixture
def work(walled_url):
    """A unit of work as the product opens it; nothing of a test stays."""
    database = Database(walled_url)
    with database.transaction() as connection:
        yield UnitOfWork(connection, CIPHER)
    database.close()


def consent(work, organisation_id, *groups, **changes):
    for group in groups:
        values = {
            "key": new_key(),
            "case_key": CASE,
            "consent_key": 1,
            "organisation_id": organisation_id,
            "data_group": group,
            "purpose": Purpose.CARE,
            "valid_from": NOW - timedelta(days=1),
            "valid_until": NOW + timedelta(days=1),
        }
        work.connection.execute(insert(care.consent_grant).values(values | changes))


def seen(work, organisation_id, *, now=NOW, user_key=1):
    """Return how many rows of each table that has any are there for the organisation."""
    with work.care.seen_by(person(organisation_id, user_key), now=now):
        counts = {
            name: work.connection.scalar(select(func.count()).select_from(table)) for name, table in TABLES.items()
        }
    return {name: count for name, count in counts.items() if count}


def test_the_system_sees_everything(work):
    assert work.connection.scalar(select(func.count()).select_from(care.client)) == 2
    assert work.connection.scalar(select(func.count()).select_from(care.case_answer)) == 3


def test_the_own_register_is_seen_and_no_other(work):
    own = seen(work, "sote")
    assert own == {"client": 1, "client_index": own["client_index"], "care_case": 1, "case_answer": 2, "document": 1,
                   "document_chunk": 1}  # fmt: skip
    assert seen(work, "tt") == {"case_answer": 1}
    assert set(seen(work, "kela")) == {"client", "client_index", "care_case"}
    assert seen(work, "tyollisyys") == {}
    assert seen(work, "") == {}


def test_a_query_that_forgets_to_ask_gets_the_own_rows_only(work):
    with work.care.seen_by(person("tt"), now=NOW):
        assert work.care.clients.get_many([CLIENT, OTHER_CLIENT]) == {}
        assert set(work.care.answers.latest(CASE)) == {"tt_tyollisyys"}
        assert work.care.documents.of_case(CASE) == []


def test_records_open_with_their_own_group_and_a_consent_with_basic_data(work):
    given = read_consent({"paatos": "ei_annettu", "tarkoitus": "Yhteistyö"}, key=new_key(), case_key=CASE, now=NOW)
    work.care.consents.add(given, [])
    row = {"toimenpide": "Kurssi", "palvelu": "sv", "vastuuorg": "sote", "alkaa": "2026-04-01", "toistaiseksi": True}
    answers = {"toimenpiteet": [row], "asiakkaan_hyvaksynta": "hyvaksyn"}
    approved = read_plan(answers, key=new_key(), case_key=CASE, earlier=None, new_key=new_key, now=NOW)
    work.care.plans.add(approved, controller_organisation_id="sote")
    measured = read_measure({"kerta": "alku", "pvm": "2026-03-01"}, key=new_key(), case_key=CASE)
    work.care.measures.add(measured, controller_organisation_id="sote", now=NOW)
    records = {"consent", "plan", "plan_action", "measure"}
    assert records <= seen(work, "sote").keys()
    assert records.isdisjoint(seen(work, "kela"))
    consent(work, "tyollisyys", DataGroup.PLAN)
    assert records & seen(work, "tyollisyys").keys() == {"plan", "plan_action"}
    consent(work, "tyollisyys", DataGroup.BASIC)
    assert records & seen(work, "tyollisyys").keys() == {"plan", "plan_action", "consent"}
    consent(work, "tyollisyys", DataGroup.MEASURE)
    assert records <= seen(work, "tyollisyys").keys()


def test_a_grant_opens_its_case_and_group_only(work):
    consent(work, "tyollisyys", DataGroup.SOCIAL)
    assert seen(work, "tyollisyys") == {"care_case": 1, "case_answer": 1, "consent_grant": 1}
    consent(work, "tyollisyys", DataGroup.BASIC)
    assert seen(work, "tyollisyys")["client"] == 1
    assert "document" not in seen(work, "tyollisyys"), "one of its groups is closed"
    consent(work, "tyollisyys", DataGroup.HEALTH)
    assert seen(work, "tyollisyys")["document_chunk"] == 1
    assert seen(work, "kela").get("case_answer") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"withdrawn_at": NOW},
        {"valid_until": NOW},
        {"valid_from": NOW + timedelta(seconds=1)},
        {"purpose": Purpose.STATISTICS},
        {"case_key": OTHER_CASE},
    ],
    ids=["withdrawn", "over", "not_yet", "another_purpose", "another_case"],
)
def test_a_grant_that_does_not_hold_opens_nothing(work, changes):
    consent(work, "tyollisyys", *DataGroup, **changes)
    assert set(seen(work, "tyollisyys")) <= ({"consent_grant"} if "case_key" not in changes else TABLES.keys())
    with work.care.seen_by(person("tyollisyys"), now=NOW):
        assert work.care.answers.latest(CASE) == {}
        assert CLIENT not in work.care.clients.get_many([CLIENT])


def test_an_opening_in_an_emergency_lets_its_person_through_while_it_lasts(work):
    before = seen(work, "tyollisyys")
    requests = select(func.count()).select_from(rights.data_request)
    work.data_rights.add(
        key=new_key(),
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
    work.connection.execute(insert(user_account).values(key=1, username="p", name="p", settings={}, created_at=NOW))
    work.emergencies.add(
        key=new_key(),
        case_key=CASE,
        user_key=1,
        organisation_id="tyollisyys",
        unit_id="u",
        cause=Cause.LIFE,
        reason="x",
        now=NOW,
        until=NOW + timedelta(hours=2),
    )
    opened = seen(work, "tyollisyys")
    assert opened.items() >= {"client": 1, "care_case": 1, "case_answer": 3, "document": 1, "document_chunk": 1}.items()
    for other in (
        seen(work, "tyollisyys", user_key=2),
        seen(work, "tyollisyys", now=NOW + timedelta(hours=2)),
        seen(work, "tyollisyys", now=NOW - timedelta(seconds=1)),
    ):
        assert other == before == {}
    # what the client has asked, and the opening itself, are read by the system, and by its own person
    openings = select(func.count()).select_from(rights.emergency_access)
    for user_key, own in ((1, 1), (2, 0)):
        with work.care.seen_by(person("sote", user_key), now=NOW):
            assert [work.connection.scalar(query) for query in (requests, openings)] == [0, own]
    assert [work.connection.scalar(query) for query in (requests, openings)] == [1, 1]


def test_a_statute_lets_its_person_through_to_its_data_groups_while_it_lasts(work):
    work.connection.execute(insert(user_account).values(key=1, username="p", name="p", settings={}, created_at=NOW))
    before = seen(work, "tyollisyys")
    work.statutes.add(
        key=new_key(),
        case_key=CASE,
        user_key=1,
        organisation_id="tyollisyys",
        unit_id="u",
        ground_id="tym",
        statute=NamedStatute(number="381/2023", groups=frozenset({DataGroup.SOCIAL})),
        reason="x",
        now=NOW,
        until=NOW + timedelta(hours=8),
    )
    assert seen(work, "tyollisyys") == {**before, "care_case": 1, "case_answer": 1}
    others = (
        seen(work, "tyollisyys", user_key=2),
        seen(work, "sosiaali"),
        seen(work, "tyollisyys", now=NOW + timedelta(hours=9)),
    )
    assert all("case_answer" not in other for other in others)


def test_the_moment_is_that_of_the_page_and_not_of_the_database(work):
    consent(work, "tyollisyys", DataGroup.SOCIAL)
    assert "case_answer" in seen(work, "tyollisyys")
    assert "case_answer" not in seen(work, "tyollisyys", now=NOW + timedelta(days=2))


def test_the_wall_is_gone_after_the_reading_and_never_outlives_the_transaction(work):
    seen(work, "")
    assert work.connection.scalar(select(func.count()).select_from(care.client)) == 2
    with pytest.raises(ZeroDivisionError), work.care.seen_by(person(""), now=NOW):
        raise ZeroDivisionError
    work.connection.rollback()
    assert work.connection.scalar(select(func.count()).select_from(care.client)) == 2


@pytest.mark.parametrize("table", sorted(TABLES))
def test_behind_the_wall_nothing_is_changed(work, table):
    consent(work, "sote", *DataGroup)
    before = work.connection.execute(select(TABLES[table])).all()
    column = next(iter(TABLES[table].c))
    with work.care.seen_by(person("sote"), now=NOW):
        assert work.connection.execute(delete(TABLES[table])).rowcount == 0
        assert work.connection.execute(update(TABLES[table]).values({column.name: column})).rowcount == 0
    assert work.connection.execute(select(TABLES[table])).all() == before


def test_behind_the_wall_nothing_is_added(work):
    with pytest.raises(DBAPIError, match="row-level security"), work.care.seen_by(person("sote"), now=NOW):
        consent(work, "sote", DataGroup.HEALTH)


def test_whoever_connects_and_does_not_say_who_they_are_sees_nobody(walled_url):
    plain = walled_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain) as connection:
        for table in TABLES:
            assert connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone() == (
                0,
            )
        connection.execute("SET app.organisation = 'sote'")
        assert connection.execute("SELECT count(*) FROM document").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM case_answer WHERE controller_org_id <> 'sote'").fetchone() == (
            0,
        )


def own_rows(walled_url, actor):
    """How many rows of each kind a client, or who acts for them, is admitted to."""
    database = Database(walled_url)
    try:
        with unit_of_work(database, CIPHER, writing=False) as uow, uow.care.seen_by(actor, now=NOW):
            return {
                name: uow.connection.scalar(select(func.count()).select_from(TABLES[name]))
                for name in ("client", "client_index", "care_case", "case_answer", "document", "document_chunk")
            }
    finally:
        database.close()


def client_actor(client_key, *case_keys, mandate=None):
    return Actor(
        user_key=client_key, name="asiakas", client_key=client_key, case_keys=frozenset(case_keys), mandate=mandate
    )


def test_a_client_is_admitted_to_their_own_rows_in_every_register_and_to_no_others(walled_url):
    own = own_rows(walled_url, client_actor(CLIENT, CASE))
    assert own["client"] == own["care_case"] == 1
    assert own["case_answer"] == 3
    assert own["client_index"] > 0
    assert own["document"] == own["document_chunk"] == 1
    other = own_rows(walled_url, client_actor(OTHER_CLIENT, OTHER_CASE))
    assert (other["care_case"], other["case_answer"], other["document"]) == (1, 0, 0)
    assert set(own_rows(walled_url, client_actor(70)).values()) == {0}


def test_a_representative_is_admitted_to_the_groups_of_the_mandate(walled_url):
    within = own_rows(walled_url, client_actor(CLIENT, CASE, mandate=frozenset({DataGroup.HEALTH})))
    assert (within["client"], within["case_answer"]) == (0, 1)
    basic = own_rows(walled_url, client_actor(CLIENT, CASE, mandate=frozenset({DataGroup.BASIC})))
    assert (basic["client"], basic["case_answer"]) == (1, 0)


def test_the_owner_of_the_tables_is_bound_too(walled_url):
    with psycopg.connect(walled_url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        forced = connection.execute(
            "SELECT relname FROM pg_class WHERE relforcerowsecurity AND relrowsecurity"
        ).fetchall()
        superuser = connection.execute(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    others = {
        "consent",
        "plan",
        "plan_action",
        "measure",
        "mandate",
        "support_person",
        "emergency_access",
        "statute_access",
        "data_request",
        "correction",
        "task_comment",
    }
    assert {row[0] for row in forced} == {*TABLES, *others}
    assert superuser == (False,)


def test_comments_are_admitted_like_answers(work):
    for name in ("task_key_user_task", "author_user_account"):
        # of this transaction only: what the comment hangs on is not what is asked here
        work.connection.execute(text(f"ALTER TABLE task_comment DROP CONSTRAINT fk_task_comment_{name}"))
    common = {"task_key": 1, "case_key": CASE, "content": b"", "mentioned": [], "author": 1, "at": NOW}
    for writer, group in (("sote", DataGroup.HEALTH), ("tt", DataGroup.EMPLOYMENT)):
        row = {"key": new_key(), "controller_org_id": writer, "data_group": group, **common}
        work.connection.execute(insert(task_comment).values(row))

    def count(actor):
        with work.care.seen_by(actor, now=NOW):
            return work.connection.scalar(select(func.count()).select_from(task_comment))

    assert [count(person(name)) for name in ("sote", "tt", "kela")] == [1, 1, 0]
    consent(work, "kela", DataGroup.HEALTH)
    assert count(person("kela")) == 1
    assert count(client_actor(CLIENT, CASE)) == 2
    assert count(client_actor(OTHER_CLIENT, OTHER_CASE)) == 0


def test_it_is_known_when_the_wall_binds_nobody(walled_url, postgresql_url):
    for url, bypassed in ((walled_url, False), (postgresql_url, True)):
        database = Database(url)
        with database.transaction(writing=False) as connection:
            assert is_bypassed(connection) is bypassed
        database.close()


def test_in_production_the_product_connects_as_a_role_that_the_wall_binds():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    superuser = compose["services"]["postgres"]["environment"]["POSTGRES_USER"]
    address = compose["services"]["web"]["environment"]["KYKYPOLKU_DATABASE_URL"]
    role = urlsplit(address.replace("${", "").replace("}", "").replace(":?", "")).username
    assert role != superuser
    made = compose["configs"]["product_role"]["content"]
    assert f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS" in made


def test_the_wall_can_be_taken_down_and_put_up_again(walled_url):
    database = Database(walled_url)
    downgrade(database, revision="0003")
    with psycopg.connect(walled_url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        assert connection.execute("SELECT count(*) FROM client").fetchone() == (2,)
    upgrade(database)
    with psycopg.connect(walled_url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        assert connection.execute("SELECT count(*) FROM client").fetchone() == (0,)
    database.close()


# -- the pages -----------------------------------------------------------------------------------------------------

#: columns that hold what a client has said, and who they are
CONTENTS = ("client.identity", "case_answer.value", "document_chunk.content", "document.title")


class Watch:
    """What the pages read of clients, and whether the wall stood."""

    def __init__(self, engine):
        self.stands = False
        self.read = []
        event.listen(engine, "before_cursor_execute", self.note)
        event.listen(engine, "begin", self.begin)

    def begin(self, _connection):
        self.stands = False

    def note(self, _connection, _cursor, statement, _values, _context, _many):
        if "set_config" in statement:
            self.stands = "app.organisation" in statement
        self.read += [
            (column, self.stands) for column in CONTENTS if statement.startswith("SELECT") and column in statement
        ]


@pytest.fixture
def empty_url(postgresql_dsn):
    with walled(postgresql_dsn, "world") as url:
        yield url


def test_every_page_reads_behind_the_wall_and_shows_what_it_shows_without(empty_url):
    database = Database(empty_url)
    world = World(database, clock=CLOCK)
    world.start_by_hand("r_ajanvaraaja", PROCESS, EVENT)
    world.complete("a1_yhteydenotto", "r_ajanvaraaja", CONTACT)
    world.complete("a3_indikaattorit", "r_ajanvaraaja", INDICATORS)
    case, task = world.case_key(), world.open_tasks()["a6_kysy_asiakkaalta"]
    with database.engine.connect() as connection:
        document = connection.scalar(select(care.document.c.key))
        assert connection.scalar(select(func.count()).select_from(care.decision_record)) >= 2
        assert connection.scalar(select(func.count()).select_from(care.appointment)) == 1
    watch = Watch(database.engine)
    nurse, guide = world.person("r_ajanvaraaja"), world.person("r_palveluohjaaja")
    watch.read.clear()
    for visitor, address in ((nurse, f"/tasks/{task}"), (nurse, f"/cases/{case}"), (guide, f"/cases/{case}")):
        assert CANARIES["name"] in visitor.get(address).text
    assert nurse.get(f"/documents/{document}").data.startswith(b"%PDF")
    page = guide.get("/cases")
    found = guide.post("/cases/search", {"client": CANARIES["phone"]}, page=page)
    assert CANARIES["name"] in found.text
    opened = [column for column, stands in watch.read if not stands]
    assert {column for column, _ in watch.read} >= {"client.identity", "document_chunk.content"}
    # which document it is, is found out before the decision; what stands in it is not
    assert set(opened) <= {"document.title"}, opened
    for role in ("r_sosiaalityontekija", "r_asiakasvastaava_te"):
        assert world.person(role).client.get(f"/cases/{case}").status_code == 404
    database.close()
