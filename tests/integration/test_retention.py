"""Retention on both databases: every table has its class, what is over its time is proposed, confirmed and gone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Delete, event, func, insert, select, update

from app.commands.cancel_instance import cancel_instance
from app.commands.cut_logs import cut_logs
from app.commands.erase import ErasureChoice, decide_erasure, erase_next
from app.commands.propose_erasure import propose_erasure
from app.commands.save_draft import save_draft
from app.commands.seal_audit import seal_audit, verify_audit
from app.domain.actor import Actor
from app.domain.answers import RecordAnswer
from app.domain.appointments import AppointmentKind, Slot
from app.domain.errors import Conflict, NotAllowed
from app.domain.forms import RecordKind, RecordTarget
from app.domain.keys import new_key
from app.domain.retention import KeepReason
from app.domain.sharing import DataGroup
from app.storage.erasing import Erasing
from app.storage.holdings import HOLDINGS, Holding
from app.storage.reference import LIMITS
from app.storage.tables import care, clients_door, metadata
from app.storage.tables.instances import process_instance
from app.storage.tables.people import access_log, api_client, audit
from app.storage.tables.rights import erasure, log_cut
from tests.factories import WORK, make_place
from tests.races.test_commands import open_case, race
from workers.nightly import Nightly

SECRET = b"a" * 32
PERIODS = {
    "s_potilas": "P1Y",
    "s_sosiaali": "P10Y",
    "s_paihde": "P10Y",
    "s_vammaispalvelu": "P10Y",
    "s_perustiedot": "P2Y",
    "s_loki": "P12Y",
}


def officer(organisation="o_sote_keskus"):
    return Actor(
        user_key=99, name="terhi", organisation_id=organisation, roles=frozenset({"r_tietosuojavastaava"}), areas=None
    )


@pytest.fixture
def place(database):
    place = make_place(database)

    def furnish(uow):
        uow.reference.put(LIMITS, PERIODS, now=place.now)
        services = {"sv_paihde_mt": {"retention": "paihde"}, "sv_kehitysvamma_tyo": {"retention": "vammaispalvelu"}}
        uow.reference.put("service", services, now=place.now)

    place.executor.run(furnish)
    return place


def rows(place, query):
    with place.executor.database.engine.connect() as connection:
        return connection.execute(query).all()


def count(place, table):
    return rows(place, select(func.count()).select_from(table))[0][0]


def full_case(place, *, service="sv_tyokokeilu"):
    """A case with something in nearly every table, and its client."""
    case_key = open_case(place)
    client_key = rows(place, select(care.care_case.c.client_key).where(care.care_case.c.key == case_key))[0][0]
    instance = place.start(case_key=case_key, variables={"maara": 1})
    task = place.open_tasks(instance)["first"]
    place.run(save_draft, task_key=task, actor=place.people["counsellor"], fields={"x": ["kesken"]})

    def fill(uow):
        for group in (DataGroup.HEALTH, DataGroup.SOCIAL):
            record = RecordAnswer(
                target=RecordTarget(RecordKind.ANSWER), key=f"kysymys_{group}", value="x", fact=None, data_group=group
            )
            uow.care.answers.add(
                case_key,
                [record],
                form_id="f",
                controller_organisation_id="o_sote_keskus",
                task_key=None,
                answered_by=None,
                now=place.now,
            )
            uow.care.documents.add(
                key=new_key(),
                case_key=case_key,
                controller_organisation_id="o_sote_keskus",
                document_class="koe",
                data_groups=[DataGroup.BASIC, group],
                title="t",
                media_type="text/plain",
                content=b"x",
                language="fi",
                created_by=None,
                now=place.now,
            )
        slot = Slot(
            key=new_key(),
            kind=AppointmentKind.HEALTH_EXAMINATION,
            unit_id="unit_sote",
            starts_at=place.now + timedelta(minutes=count(place, care.appointment)),
            ends_at=place.now + timedelta(hours=1),
        )
        uow.care.appointments.offer([slot])
        uow.care.appointments.book(
            slot, key=new_key(), case_key=case_key, instance_key=instance, job_key=None, booked_by=None, now=place.now
        )
        plan_key = new_key()
        run = uow.connection.execute
        of_case = {"case_key": case_key, "controller_org_id": "o_sote_keskus"}
        run(insert(care.plan).values(key=plan_key, version=1, approved_at=place.now, **of_case))
        run(
            insert(care.plan_action).values(
                key=new_key(),
                plan_key=plan_key,
                action_key=new_key(),
                position=0,
                service_id=service,
                organisation_id="o_sote_keskus",
                starts_on=date(2026, 3, 2),
                until_further_notice=True,
                parallel=True,
                state="valmis",
                texts=b"",
                changed_at=place.now,
                **of_case,
            )
        )
        run(
            insert(care.measure).values(
                key=new_key(),
                occasion="alku",
                measured_on=date(2026, 3, 2),
                may_be_used=True,
                scores=b"",
                recorded_at=place.now,
                **of_case,
            )
        )
        run(
            insert(care.decision_record).values(
                key=new_key(),
                instance_key=instance,
                case_key=case_key,
                element_instance_key=new_key(),
                element_id="e",
                decision_id="d",
                content_hash="h",
                inputs=b"",
                output=b"",
                matched_rules=[],
                data_group="terveys",
                at=place.now,
            )
        )
        run(
            insert(clients_door.client_link).values(
                key=new_key(), digest=str(new_key()), client_key=client_key, created_at=place.now, expires_at=place.now
            )
        )

    place.executor.run(fill)
    return case_key, client_key, instance


def close(place, case_key, instance):
    place.run(cancel_instance, instance_key=instance, actor=place.people["admin"], reason="koe")
    with place.executor.database.engine.begin() as connection:
        connection.execute(
            update(care.care_case)
            .where(care.care_case.c.key == case_key)
            .values(status="closed", closed_at=place.now, outcome="TARVE_PAATTYNYT")
        )


def proposals(place):
    found = rows(place, select(erasure.c.retention_class, erasure.c.subject_key, erasure.c.status))
    return {(line.retention_class, line.subject_key, line.status) for line in found}


def decide(place, choice=ErasureChoice.CONFIRM, *, actor=None, reason=None, kind=None):
    query = select(erasure.c.key).where(erasure.c.status != "erased")
    keys = [line.key for line in rows(place, query if kind is None else query.where(erasure.c.retention_class == kind))]
    return place.run(decide_erasure, keys=keys, choice=choice, reason=reason, actor=actor or officer())


def night(place):
    place.later(days=1)
    Nightly(place.executor, SECRET)(place.now)


def leads_to_somebody(table):
    """Tell whether a row of the table is about one client, by its own columns or by what it points to."""
    if table in (care.client, care.care_case, process_instance):
        return True
    # a token's client is a program
    keys = {
        column.name
        for column in table.columns
        if column.name in {"client_key", "case_key", "instance_key", "task_key"}
        and not column.references(api_client.c.key)
    }
    others = {key.column.table for key in table.foreign_keys} - {table}
    return bool(keys) or any(leads_to_somebody(other) for other in others)


def test_every_table_has_its_class_and_none_about_a_client_is_kept_for_good():
    assert set(HOLDINGS) == set(metadata.tables.values()), (
        "a table that nobody has thought of (app/storage/holdings.py)"
    )
    about = {table for table in metadata.tables.values() if leads_to_somebody(table)}
    goes = {Holding.CASE, Holding.CLIENT, Holding.LOG}
    assert {table.name for table in about if HOLDINGS[table] not in goes} == set()
    # what the anonymous stores hold must not come to lead to somebody either
    assert {table.name for table in about if HOLDINGS[table] is Holding.ANONYMOUS} == set()


def test_erasing_a_case_and_a_client_empties_each_table_that_is_said_to_go_with_them(place):
    emptied = set()

    @event.listens_for(place.executor.database.engine, "before_execute")
    def _note(_connection, statement, *_rest):
        if isinstance(statement, Delete):
            emptied.add(statement.table)

    def erase(uow):
        Erasing(uow.connection).erase_case(1)
        Erasing(uow.connection).erase_client(1)

    place.executor.run(erase)
    # the proposals themselves stay, and point to nobody
    goes = {table for table, holding in HOLDINGS.items() if holding in {Holding.CASE, Holding.CLIENT}}
    assert {table.name for table in goes - emptied} == {"erasure"}
    assert emptied <= goes


def test_health_goes_after_a_year_and_all_of_the_case_after_ten_and_leaves_nothing_that_leads_to_it(place):
    place.publish(WORK)
    case_key, client_key, instance = full_case(place)
    other = full_case(place)
    close(place, case_key, instance)
    night(place)
    assert proposals(place) == set()
    place.later(days=366)
    night(place)
    assert proposals(place) == {("potilas", case_key, "proposed")}
    # nothing goes by itself
    night(place)
    assert count(place, care.case_answer) == 4
    assert decide(place) == 1
    night(place)
    assert proposals(place) == {("potilas", None, "erased")}
    kept = rows(place, select(care.case_answer.c.data_group).where(care.case_answer.c.case_key == case_key))
    assert [line.data_group for line in kept] == ["sosiaali"]
    documents = rows(place, select(care.document.c.data_groups).where(care.document.c.case_key == case_key))
    assert [line.data_groups for line in documents] == [["perustiedot", "sosiaali"]]
    assert count(place, care.decision_record) == 1
    place.later(days=9 * 366)
    night(place)
    assert ("sosiaali", case_key, "proposed") in proposals(place)
    decide(place)
    night(place)
    with place.executor.database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            if table in (audit, access_log):
                continue
            for line in connection.execute(select(table)):
                assert not {str(case_key), str(instance)} & set(map(str, line)), table.name
    assert [line.key for line in rows(place, select(care.client.c.key).where(care.client.c.key == client_key))]
    assert rows(place, select(care.care_case.c.key)) == [(other[0],)]
    assert place.open_tasks(other[2]).keys() == {"first"}
    said = rows(place, select(audit.c.details).where(audit.c.action == "erased").order_by(audit.c.key))
    assert [line.details["class"] for line in said] == ["potilas", "sosiaali"]
    assert said[1].details["counts"] == {
        "answers": 1,
        "documents": 1,
        "plans": 1,
        "measures": 1,
        "appointments": 1,
        "pathways": 1,
    }


def test_who_the_client_was_goes_two_years_after_the_death_when_nothing_else_is_left(place):
    place.publish(WORK)
    case_key, client_key, instance = full_case(place)
    close(place, case_key, instance)

    def die(uow):
        uow.care.clients.note_death(uow.care.clients.get(client_key), died_on=date(2026, 5, 1))

    place.executor.run(die)
    place.later(days=3 * 366)
    night(place)
    assert {kind for kind, *_ in proposals(place)} == {"potilas"}
    place.later(days=8 * 366)
    night(place)
    decide(place, kind="sosiaali")
    night(place)
    night(place)
    assert ("perustiedot", client_key, "proposed") in proposals(place)
    decide(place)
    night(place)
    for table in (care.client, care.client_index, clients_door.client_link):
        assert count(place, table) == 0


def test_a_case_is_of_the_class_of_its_services_and_disability_counts_from_the_last_case(place):
    place.publish(WORK)
    cases = {service: full_case(place, service=service) for service in ("sv_paihde_mt", "sv_kehitysvamma_tyo")}
    for case_key, _, instance in cases.values():
        close(place, case_key, instance)
    disabled, client_key, _ = cases["sv_kehitysvamma_tyo"]
    place.later(days=11 * 366)
    later = open_case(place)
    with place.executor.database.engine.begin() as connection:
        connection.execute(update(care.care_case).where(care.care_case.c.key == later).values(client_key=client_key))
    night(place)
    assert ("paihde", cases["sv_paihde_mt"][0], "proposed") in proposals(place)
    assert ("vammaispalvelu", disabled, "proposed") not in proposals(place)
    with place.executor.database.engine.begin() as connection:
        connection.execute(
            update(care.care_case).where(care.care_case.c.key == later).values(status="closed", closed_at=place.now)
        )
    place.later(days=11 * 366)
    night(place)
    [line] = rows(
        place, select(erasure).where(erasure.c.subject_key == disabled, erasure.c.retention_class != "potilas")
    )
    assert (line.retention_class, line.counted_from) == (
        "vammaispalvelu",
        (place.now - timedelta(days=11 * 366 + 1)).date(),
    )


def test_what_is_kept_or_whose_time_was_made_longer_is_not_erased(place):
    place.publish(WORK)
    case_key, _, instance = full_case(place)
    close(place, case_key, instance)
    place.later(days=11 * 366)
    night(place)
    assert decide(place, ErasureChoice.KEEP, reason=KeepReason.ARCHIVING) == 2
    night(place)
    assert {status for *_, status in proposals(place)} == {"kept"}
    assert decide(place, ErasureChoice.RECONSIDER) == 2
    decide(place)
    longer = PERIODS | {"s_sosiaali": "P20Y", "s_potilas": None}
    place.executor.run(lambda uow: uow.reference.put(LIMITS, longer, now=place.now))
    night(place)
    assert proposals(place) == set()
    assert count(place, care.care_case) == 1
    assert [
        line.action for line in rows(place, select(audit.c.action).where(audit.c.action == "erasure_withdrawn"))
    ] == ["erasure_withdrawn"] * 2


def test_only_the_officer_of_the_register_decides_and_only_once(place):
    place.publish(WORK)
    case_key, _, instance = full_case(place)
    close(place, case_key, instance)
    place.later(days=400)
    night(place)
    for name in ("admin", "counsellor", "owner"):
        with pytest.raises(NotAllowed):
            decide(place, actor=place.people[name])
    with pytest.raises(Conflict):
        decide(place, actor=officer("o_tyollisyys"))
    assert race(lambda: decide(place), lambda: decide(place)) == ["Conflict", "done"]
    runners = [lambda: place.run(erase_next)] * 3
    assert race(*runners).count("done") == 1
    assert race(*[lambda: place.run(propose_erasure) is not None] * 2) in (["nothing", "nothing"], ["done", "nothing"])


def test_the_logs_lose_what_is_over_its_time_and_the_chain_stays_whole(place):
    def write(number):
        def add(uow):
            uow.audit.add(actor=officer(), action="x", subject="case", subject_key=number, now=place.now)

        place.executor.run(add)
        place.executor.run(seal_audit, secret=SECRET)

    for number in range(4):
        write(number)
    place.later(days=12 * 366)
    write(9)
    heads = {log: one.head for log, one in place.executor.run(seal_audit, secret=SECRET).items()}
    assert place.run(cut_logs, secret=SECRET, limit=3) == 3
    assert place.run(cut_logs, secret=SECRET) == 1
    assert place.run(cut_logs, secret=SECRET) == 0
    left = rows(place, select(audit.c.subject_key).where(audit.c.action == "x"))
    assert [line.subject_key for line in left] == [9]
    place.executor.run(seal_audit, secret=SECRET)
    whole = {"audit": (), "access_log": ()}
    assert place.executor.run(verify_audit, secret=SECRET, anchors=heads) == whole
    # who has no key hides nothing behind a cut of their own
    with place.executor.database.engine.begin() as connection:
        connection.execute(update(log_cut).values(lines=5))
    found = place.executor.run(verify_audit, secret=SECRET)["audit"]
    assert [one.kind for one in found] == ["forged"]
    gone = rows(place, select(erasure.c.counts, erasure.c.status).order_by(erasure.c.found_at))
    assert sorted(line.counts["audit"] for line in gone) == [1, 3]
    assert {line.status for line in gone} == {"erased"}
