"""The care core on both databases: clients are found, joined and kept secret; answers go where they belong."""

from __future__ import annotations

import dataclasses
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pypdf
import pytest
from sqlalchemy import LargeBinary, insert, select, text

from app.commands.book_appointment import book_appointment
from app.commands.cancel_appointment import cancel_appointment
from app.commands.create_case import create_case
from app.commands.keep_mail import keep_mail
from app.commands.prepare_notification import prepare_notification
from app.commands.renew_encryption import renew_encryption
from app.commands.seal_audit import seal_audit, verify_audit
from app.commands.store_answers import store_answers
from app.commands.write_document import write_document
from app.connectors.contract import BusinessError, GivenUp
from app.connectors.mail import Mail
from app.domain.access import Purpose
from app.domain.actor import Actor
from app.domain.answers import AcceptedFile, Answers, RecordAnswer
from app.domain.appointments import AppointmentKind, Slot, booking_window, first_free_slot
from app.domain.audit import Head
from app.domain.errors import InvalidSubmission
from app.domain.forms import RecordKind, RecordTarget
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.domain.steps import DecisionEvaluated, UserTaskOpened
from app.storage.encryption import Cipher, Undecipherable
from app.storage.rotation import PLACES
from app.storage.rows import Instance, Job
from app.storage.tables import metadata
from app.storage.tables.care import care_case, case_answer, client, client_index, consent_grant, document_chunk
from app.storage.tables.definitions import deployment, form_definition, process_definition, process_form
from app.storage.tables.instances import process_instance
from app.storage.tables.people import access_log, audit, organisation, position, role, unit, user_account
from app.storage.unit_of_work import unit_of_work

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CIPHER = Cipher(data_keys=[b"d" * 32], index_key=b"i" * 32)
PROCESSES = Path(__file__).parents[2] / "processes"
CODE = "140590-903D"
GUIDE = Actor(
    user_key=11,
    name="liisa.ohjaaja",
    organisation_id="sote",
    organisation_type="o_sote_keskus",
    unit_id="jkl",
    roles=frozenset({"r_palveluohjaaja"}),
    areas=frozenset({"ks"}),
)
ANSWER, CLIENT, CASE = RecordKind.ANSWER, RecordKind.CLIENT, RecordKind.CASE


@pytest.fixture
def work(database):
    """Open a committed unit of work over a database with one county in it."""

    def opened():
        return unit_of_work(database, CIPHER)

    with opened() as uow:
        run = uow.connection.execute
        run(
            insert(organisation).values(
                id="sote", type="o_sote_keskus", name={"fi": "Sote-keskus", "sv": "Social- och hälsocentral"}
            )
        )
        run(insert(organisation).values(id="sosiaali", type="o_sosiaali", name={"fi": "Sosiaalipalvelut"}))
        run(insert(unit).values(id="jkl", organisation_id="sote", area_id="ks", name={"fi": "Jyväskylä"}))
        run(insert(unit).values(id="espoo", organisation_id="sote", area_id="es", name={"fi": "Espoo"}))
        run(insert(role).values(id="r_palveluohjaaja", name={"fi": "palveluohjaaja"}, permissions=[]))
        for key, name in ((11, "liisa.ohjaaja"), (12, "sari.sosiaali")):
            run(
                insert(user_account).values(
                    key=key, username=name, name=name, email=f"{name}@example.fi", settings={}, created_at=NOW
                )
            )
        run(insert(position).values(user_key=11, role_id="r_palveluohjaaja", unit_id="jkl"))
        run(insert(deployment).values(key=1, published_at=NOW))
        run(
            insert(process_definition).values(
                key=2,
                deployment_key=1,
                process_id="tyky_ajanvaraus",
                version=1,
                content_hash="a",
                diagram_hash="a",
                resource_name="tyky_ajanvaraus.bpmn",
                xml=b"",
                name={},
                documentation={},
                published_at=NOW,
            )
        )
    return opened


def new_instance(uow, *, case_key=None, organisation_id="sote"):
    key = new_key()
    uow.connection.execute(
        insert(process_instance).values(
            key=key,
            process_definition_key=2,
            process_id="tyky_ajanvaraus",
            version=1,
            case_key=case_key,
            area_id="ks",
            organisation_id=organisation_id,
            unit_id="jkl",
            status="active",
            state=b"",
            revision=0,
            history_count=0,
            started_at=NOW,
        )
    )
    return Instance(
        key=key,
        definition_key=2,
        process_id="tyky_ajanvaraus",
        version=1,
        case_key=case_key,
        area_id="ks",
        organisation_id=organisation_id,
        unit_id="jkl",
        status="active",
        state=b"",
        revision=0,
        history_count=0,
        open_incidents=0,
    )


def to(kind, key, value, *, group=DataGroup.BASIC, fact=...):
    attribute = "" if kind is ANSWER else key
    return RecordAnswer(
        target=RecordTarget(kind, attribute),
        key=key,
        value=value,
        fact=value if fact is ... else fact,
        data_group=group,
    )


def answers(*records, files=()):
    return Answers(
        form_id="f_yhteydenotto", language="fi", values={}, variables={}, records=tuple(records), files=tuple(files)
    )


def contact(code=CODE, name="Matti Esimerkki", **more):
    records = [to(CLIENT, "identity_code", code), to(CLIENT, "name", name), to(CLIENT, "phone", "040 123 4567")]
    records += [to(CLIENT, key, value) for key, value in more.items()]
    return answers(
        *records,
        to(CASE, "source", "ITSE"),
        to(ANSWER, "tyotilanne", "tyoton", group=DataGroup.EMPLOYMENT),
        to(ANSWER, "tyottomyys_alkanut", date(2025, 1, 2), group=DataGroup.EMPLOYMENT),
    )


def store(uow, instance, given, *, actor=GUIDE, now=NOW):
    return store_answers(uow, instance=instance, answers=given, actor=actor, task_key=None, now=now)


def job(instance, *, variables=None, **headers):
    return Job(
        key=new_key(),
        instance_key=instance.key,
        called_process_key=None,
        element_instance_key=new_key(),
        element_id="a8",
        type="book_appointment",
        status="leased",
        retries=8,
        attempts=1,
        fence=1,
        owner="w",
        available_at=NOW,
        created_at=NOW,
        lease_until=NOW,
        headers=headers,
        variables=variables or {},
    )


def test_the_first_contact_makes_a_client_and_a_numbered_case_with_an_owner(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact(language="sv", interpreter=True))
    with work() as uow:
        case = uow.care.cases.get(instance.case_key)
        assert (case.number, case.owner_key, case.source, case.area_id) == ("2026-00001", 11, "ITSE", "ks")
        known = uow.care.clients.get(case.client_key)
        assert (known.identity.name, known.identity.birth_date) == ("Matti Esimerkki", date(1990, 5, 14))
        assert (known.needs.language, known.needs.interpreter, known.needs.document_language) == ("sv", True, "sv")


def test_case_numbers_count_up_within_a_year_in_finland(work):
    with work() as uow:
        codes = ["140500A9014", "010190Y907X"]
        numbers = []
        moments = [NOW, datetime(2026, 12, 31, 22, 30, tzinfo=UTC)]
        for code, moment in zip(codes, moments, strict=True):
            instance = store(uow, new_instance(uow), contact(code), now=moment)
            numbers.append(uow.care.cases.get(instance.case_key).number)
    assert numbers == ["2026-00001", "2027-00001"]


def test_the_same_code_joins_the_open_case_however_it_is_written_and_does_not_rename_the_client(work):
    with work() as uow:
        first = store(uow, new_instance(uow), contact())
    with work() as uow:
        second = store(
            uow, new_instance(uow), contact(" 140590 - 903d ", name="Matt Eximerkki", email="matti@example.fi")
        )
        assert second.case_key == first.case_key
        client_key = uow.care.cases.get(first.case_key).client_key
        identity = uow.care.clients.get(client_key).identity
        assert (identity.name, identity.email) == ("Matti Esimerkki", "matti@example.fi")


def test_a_closed_case_is_not_joined_but_its_client_is_known_again(work):
    with work() as uow:
        first = store(uow, new_instance(uow), contact())
        assert uow.care.cases.close(first.case_key, outcome="TARVE_PAATTYNYT", now=NOW)
        second = store(uow, new_instance(uow), contact())
        assert second.case_key != first.case_key
        cases = [uow.care.cases.get(key) for key in (first.case_key, second.case_key)]
        assert cases[0].client_key == cases[1].client_key


def test_two_first_contacts_at_the_same_moment_make_one_client_and_one_case(work):
    def call(_):
        with work() as uow:
            return store(uow, new_instance(uow), contact()).case_key

    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(call, range(4)))
    assert len(keys) == 1
    with work() as uow:
        assert len(uow.connection.execute(select(client.c.key)).all()) == 1


def test_without_a_code_everybody_is_a_new_client_and_gets_the_code_later(work):
    with work() as uow:
        nameless = answers(to(CLIENT, "phone", "040 765 4321"), to(CLIENT, "birth_date", date(1990, 5, 14)))
        one, two = (store(uow, new_instance(uow), nameless) for _ in range(2))
        assert one.case_key != two.case_key
        store(uow, one, answers(to(CLIENT, "identity_code", CODE), to(CLIENT, "name", "Matti Esimerkki")))
        assert uow.care.clients.find_by_identity_code(CODE) == uow.care.cases.get(one.case_key).client_key
        with pytest.raises(InvalidSubmission):
            store(uow, two, answers(to(CLIENT, "identity_code", CODE)))
        with pytest.raises(InvalidSubmission):
            store(uow, one, answers(to(CLIENT, "identity_code", "010190Y907X")))


def test_answers_without_a_case_are_refused(work):
    with work() as uow, pytest.raises(InvalidSubmission):
        store(uow, new_instance(uow), answers(to(ANSWER, "terveys_huoli", True)))


def test_names_are_found_by_their_beginnings_in_the_own_area_only(work):
    with work() as uow:
        store(uow, new_instance(uow), contact())
        search = uow.care.clients.search_by_name
        assert [found.identity.name for found in search("mat esi", areas={"ks"})] == ["Matti Esimerkki"]
        assert search("matti toinen", areas={"ks"}) == []
        assert search("ma", areas={"ks"}) == []
        assert search("matti", areas={"es"}) == []
        assert len(search("MATTI", areas=None)) == 1


def test_nothing_that_identifies_or_was_answered_is_readable_in_the_database(work):
    with work() as uow:
        secret = answers(
            *contact(email="matti@example.fi").records,
            to(ANSWER, "paihteet_mt", "vakava masennus", group=DataGroup.HEALTH),
            files=[
                AcceptedFile(
                    name="lausunto.pdf",
                    media_type="application/pdf",
                    content=b"%PDF vakava masennus" * 20_000,
                    sha256="x",
                    data_group=DataGroup.HEALTH,
                )
            ],
        )
        instance = store(uow, new_instance(uow), secret)
        stored = b""
        for table in (client, client_index, care_case, case_answer, document_chunk):
            for row in uow.connection.execute(select(table)):
                stored += b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
        for canary in (b"Matti", b"Esimerkki", b"140590", b"1234567", b"matti@", b"masennus", b"tyoton", b"lausunto"):
            assert canary not in stored
        (document,) = uow.care.documents.of_case(instance.case_key)
        assert (document.title, document.size) == ("lausunto.pdf", 400_000)
        assert uow.care.documents.content(document.key) == b"%PDF vakava masennus" * 20_000


def test_answers_come_back_as_what_they_were_and_the_latest_counts(work):
    values = {
        "paiva": date(2026, 3, 1),
        "hetki": NOW,
        "luku": Decimal("1.50"),
        "rivit": [{"askel": "kävelen", "koska": date(2026, 3, 2)}],
        "tyhja": None,
        "kylla_ei": True,
    }
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        store(uow, instance, answers(*(to(ANSWER, key, value) for key, value in values.items())))
        store(uow, instance, answers(to(ANSWER, "kylla_ei", False)), now=NOW + timedelta(minutes=1))
        latest = uow.care.answers.latest(instance.case_key, fields=values)
        assert {key: answer.value for key, answer in latest.items()} == values | {"kylla_ei": False}


def test_a_hidden_answer_is_not_replaced_by_an_older_visible_one(work):
    social = Actor(user_key=12, name="sari.sosiaali", organisation_id="sosiaali", organisation_type="o_sosiaali")
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        store(uow, instance, answers(to(ANSWER, "arki", "hyvin", group=DataGroup.SOCIAL)))
        later = NOW + timedelta(days=1)
        store(uow, instance, answers(to(ANSWER, "arki", "huonosti", group=DataGroup.SOCIAL)), actor=social, now=later)
        latest = uow.care.answers.latest
        assert latest(instance.case_key, fields={"arki"}, visible={(DataGroup.SOCIAL, "sote")}) == {}
        assert latest(instance.case_key, visible={(DataGroup.SOCIAL, "sosiaali")})["arki"].value == "huonosti"
        assert latest(instance.case_key, visible=frozenset()) == {}
        assert uow.care.cases.relation(instance.case_key).serving_organisation_ids == {"sote", "sosiaali"}


def test_facts_are_made_of_answers_case_and_birth_date(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        unknown = to(ANSWER, "terveys_haaste", "ei_tietoa", fact=None, group=DataGroup.HEALTH)
        yes = to(ANSWER, "sosiaalinen_haaste", "kylla", fact=True, group=DataGroup.SOCIAL)
        store(uow, instance, answers(unknown, yes))
        names = {"ika", "tyottomyys_kk", "terveys_haaste", "sosiaalinen_haaste", "lahde", "ei_kysytty"}
        assert uow.care.facts(instance.case_key, names, now=NOW) == {
            "ika": 35,
            "tyottomyys_kk": 14,
            "terveys_haaste": None,
            "sosiaalinen_haaste": True,
            "lahde": "ITSE",
            "ei_kysytty": None,
        }


def test_every_change_of_client_data_is_in_the_access_log(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        (line,) = uow.connection.execute(select(access_log)).all()
        assert (line.action, line.case_key, line.user_key) == ("change", instance.case_key, 11)
        assert line.data_groups == ["perustiedot", "tyollisyys"]


def test_decisions_are_kept_encrypted(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        decision = DecisionEvaluated(
            element_instance_key=5,
            element_id="a4",
            decision_id="dmn_halytys",
            content_hash="h",
            inputs={"terveys_huoli": True, "pvm": date(2026, 3, 1)},
            output={"halytys": True},
            matched_rules=(("dmn_halytys", 3),),
        )
        uow.care.decisions.add(decision, instance_key=instance.key, case_key=instance.case_key, now=NOW)
        row = uow.connection.execute(text("SELECT inputs, output FROM decision_record")).one()
        assert b"terveys" not in bytes(row.inputs)
        assert b"halytys" not in bytes(row.output)


def test_grants_are_read_and_those_for_an_unknown_purpose_open_nothing(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        for key, purpose in ((1, "care"), (2, "jotain muuta")):
            uow.connection.execute(
                insert(consent_grant).values(
                    key=key,
                    case_key=instance.case_key,
                    consent_key=3,
                    organisation_id="sosiaali",
                    data_group="sosiaali",
                    purpose=purpose,
                    valid_from=NOW,
                    valid_until=NOW + timedelta(days=30),
                )
            )
        (grant,) = uow.care.cases.grants(instance.case_key)
        assert (grant.key, grant.purpose, grant.is_live(at=NOW)) == (1, Purpose.CARE, True)


# -- local jobs ------------------------------------------------------------------------------------------------


def slots(*hours, unit_id="jkl", kind=AppointmentKind.INITIAL_SERVICE):
    return [
        Slot(
            key=new_key(),
            kind=kind,
            unit_id=unit_id,
            starts_at=NOW + timedelta(hours=number),
            ends_at=NOW + timedelta(hours=number, minutes=45),
        )
        for number in hours
    ]


def test_the_first_free_time_of_the_area_is_booked_once_per_job_and_free_again_after_cancelling(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        uow.care.appointments.offer(
            [*slots(-1, 26, 30), *slots(1, unit_id="espoo"), *slots(2, kind=AppointmentKind.PHYSICIAN)]
        )
        asked = job(instance, kind="alkupalvelu", withinDays="P14D")
        result = book_appointment(uow, instance, asked, NOW)
        assert result == {
            "ajanvaraus_id": result["ajanvaraus_id"],
            "ajanvaraus_alkaa": NOW + timedelta(hours=26),
            "ajanvaraus_paikka": "jkl",
        }
        assert book_appointment(uow, instance, asked, NOW) == result
        other = book_appointment(uow, instance, job(instance, kind="alkupalvelu"), NOW)
        assert other["ajanvaraus_alkaa"] == NOW + timedelta(hours=30)
        with pytest.raises(BusinessError) as caught:
            book_appointment(uow, instance, job(instance, kind="alkupalvelu"), NOW)
        assert caught.value.code == "ei_vapaita_aikoja"
        cancel = job(instance, variables={"ajanvaraus_id": result["ajanvaraus_id"]})
        assert cancel_appointment(uow, instance, cancel, NOW) == cancel_appointment(uow, instance, cancel, NOW) == {}
        again = book_appointment(uow, instance, job(instance, kind="alkupalvelu"), NOW)
        assert again["ajanvaraus_alkaa"] == NOW + timedelta(hours=26)


def test_limits_of_a_booking_come_from_reference_data_too(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        uow.reference.put("limit", {"t_alkupalvelu": "P14D"}, now=NOW)
        uow.reference.put("limit", {"t_alkupalvelu": "P1D"}, now=NOW, area_id="ks")
        uow.care.appointments.offer(slots(24 * 5))
        with pytest.raises(BusinessError):
            book_appointment(uow, instance, job(instance, kind="alkupalvelu", withinDays="=viite.t_alkupalvelu"), NOW)
        booked = book_appointment(uow, instance, job(instance, kind="alkupalvelu", notBeforeDays="3"), NOW)
        assert booked["ajanvaraus_alkaa"] == NOW + timedelta(days=5)
        for wrong in (
            {"kind": "muu"},
            {"kind": "alkupalvelu", "withinDays": "P1M"},
            {"kind": "alkupalvelu", "withinDays": "=viite.x"},
        ):
            with pytest.raises(GivenUp):
                book_appointment(uow, instance, job(instance, **wrong), NOW)


def test_the_database_chooses_the_slot_that_the_rule_chooses(work):
    with work() as uow:
        offered = [*slots(50, 3, 27, -4, 49), *slots(2, kind=AppointmentKind.PHYSICIAN)]
        uow.care.appointments.offer(offered)
        for within in (None, timedelta(days=1), timedelta(days=2)):
            for hours in (0, 10, 40):
                if within is not None and timedelta(hours=hours) > within:
                    continue
                window = booking_window(now=NOW, not_before=timedelta(hours=hours), within=within)
                kind = AppointmentKind.INITIAL_SERVICE
                chosen = uow.care.appointments.lock_first_free(kind=kind, window=window)
                assert chosen == first_free_slot(offered, kind=kind, window=window)


def test_two_bookings_at_once_never_take_the_same_time(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        uow.care.appointments.offer(slots(*range(1, 9)))

    def call(_):
        with work() as uow:
            return book_appointment(uow, instance, job(instance, kind="alkupalvelu"), NOW)["ajanvaraus_alkaa"]

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(call, range(8)))
    assert len(set(taken)) == 8


def test_somebody_elses_appointment_cannot_be_cancelled(work):
    with work() as uow:
        uow.care.appointments.offer(slots(1))
        one = store(uow, new_instance(uow), contact())
        other = store(uow, new_instance(uow), contact("140500A9014"))
        booked = book_appointment(uow, one, job(one, kind="alkupalvelu"), NOW)
        for key in (booked["ajanvaraus_id"], "", "x", "99"):
            with pytest.raises(GivenUp):
                cancel_appointment(uow, other, job(other, variables={"ajanvaraus_id": key}), NOW)


def test_the_booking_confirmation_is_written_once_in_the_clients_language(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact(language="sv"))
        uow.care.appointments.offer(slots(1))
        booked = book_appointment(uow, instance, job(instance, kind="alkupalvelu"), NOW)
        asked = job(instance, template="ajanvarausvahvistus", variables={"ajanvaraus_id": booked["ajanvaraus_id"]})
        result = write_document(uow, instance, asked, NOW)
        assert write_document(uow, instance, asked, NOW) == result
        stored = uow.care.documents.get(int(result["asiakirja_id"]))
        assert (stored.title, stored.language, stored.data_groups) == ("Bokningsbekräftelse", "sv", {DataGroup.BASIC})
        assert uow.care.documents.content(stored.key).startswith(b"%PDF-")


def test_the_own_plan_is_written_from_the_answers(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        plan = [
            to(ANSWER, "omat_askeleet", [{"askel": "Kävelen", "koska": "aamuisin"}], group=DataGroup.PLAN),
            to(ANSWER, "tarkistus_pvm", date(2026, 3, 30), group=DataGroup.PLAN),
        ]
        store(uow, instance, answers(*plan))
        result = write_document(uow, instance, job(instance, template="oma_suunnitelma"), NOW)
        stored = uow.care.documents.get(int(result["asiakirja_id"]))
        assert stored.data_groups == {DataGroup.BASIC, DataGroup.PLAN}
        with pytest.raises(GivenUp):
            write_document(uow, instance, job(instance, template="muu"), NOW)
        with pytest.raises(GivenUp):
            write_document(uow, new_instance(uow), job(instance, template="oma_suunnitelma"), NOW)


def printed(uow, result):
    content = uow.care.documents.content(int(result["asiakirja_id"]))
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def test_the_invitation_says_when_where_and_whom_the_client_has_agreed_to(work):
    """The place comes from the area where no time was booked; contact with Rise stands on no sheet of paper (R-25)."""
    invited = [
        {"rooli": "r_palveluohjaaja", "asiakas_hyvaksyy": True},
        {"rooli": "r_rise_tyontekija", "asiakas_hyvaksyy": True},
        {"rooli": "r_koulutus", "asiakas_hyvaksyy": False, "syy": "Asiakas ei halua."},
    ]
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        store(uow, instance, answers(to(ANSWER, "kutsuttavat", invited)))
        at = datetime(2026, 4, 2, 10, 0, tzinfo=UTC)
        asked = job(instance, template="kutsu", variables={"tiimi_alkaa": at, "tiimi_aika_id": None})
        shown = printed(uow, write_document(uow, instance, asked, NOW))
        for part in ("Hei Matti Esimerkki!", "torstai 2.4.2026 klo 13.00", "palveluohjaaja", "Yhteistyötaho"):
            assert part in shown
        assert "Paikasta on sovittu kanssasi" in shown
        for part in ("rise", "Rikos", "r_koulutus"):
            assert part not in shown
        with pytest.raises(GivenUp):
            write_document(uow, instance, job(instance, template="kutsu"), NOW)


def test_chosen_materials_are_printed_as_the_published_form_names_them(work):
    source = (PROCESSES / "tyky_omahoito/forms/f_omahoito.json").read_bytes()
    with work() as uow:
        run = uow.connection.execute
        run(
            insert(form_definition).values(
                key=5,
                deployment_key=1,
                form_id="f_omahoito",
                version=1,
                content_hash="f",
                source=source,
                title={},
                published_at=NOW,
            )
        )
        run(insert(process_form).values(process_definition_key=2, form_id="f_omahoito", form_definition_key=5))
        instance = store(uow, new_instance(uow), contact(language="en"))
        chosen = to(ANSWER, "materiaali", ["uni_ja_lepo", "poistettu"], group=DataGroup.PLAN)
        store(uow, instance, dataclasses.replace(answers(chosen), form_id="f_omahoito"))
        shown = printed(uow, write_document(uow, instance, job(instance, template="oma_suunnitelma"), NOW))
        assert "Sleep and rest" in shown
        assert "poistettu" in shown


def test_the_functional_summary_holds_no_answer_of_another_group(work):
    summary = DataGroup.FUNCTIONAL_SUMMARY
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        given = [
            to(ANSWER, "toimintakykykooste", "Jaksaa neljä tuntia.", group=summary),
            to(ANSWER, "tyo_johon_pystyy", "Kevyt työ.", group=summary),
            to(ANSWER, "voimavarat", "Salainen terveystieto", group=DataGroup.HEALTH),
        ]
        store(uow, instance, answers(*given))
        shown = printed(uow, write_document(uow, instance, job(instance, template="toimintakykykooste"), NOW))
        assert "Jaksaa neljä tuntia." in shown
        assert "2.3.2026" in shown
        assert "Salainen" not in shown


def test_the_case_is_named_for_the_process(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        assert create_case(uow, instance, job(instance), NOW) == {
            "asia_id": str(instance.case_key),
            "case_number": "2026-00001",
        }


def test_a_notification_is_addressed_to_the_client_the_owner_or_a_role(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact(email="matti@example.fi", language="sv"))
        uow.connection.execute(process_instance.update().values(case_key=instance.case_key))
        to_client = prepare_notification(uow, job(instance, notification="n_ajanvaraus"), NOW)
        assert [(one.address, one.language) for one in to_client.recipients] == [("matti@example.fi", "sv")]
        assert to_client.case_number == ""
        to_owner = prepare_notification(uow, job(instance, recipient="owner"), NOW)
        to_role = prepare_notification(uow, job(instance, recipient="role", role="r_palveluohjaaja"), NOW)
        to_assignee = prepare_notification(uow, job(instance, recipient="assignee", variables={"assignee": "12"}), NOW)
        assert [one.address for one in to_owner.recipients] == ["liisa.ohjaaja@example.fi"]
        assert to_role.recipients == to_owner.recipients
        assert to_owner.case_number == "2026-00001"
        assert [one.address for one in to_assignee.recipients] == ["sari.sosiaali@example.fi"]
        with pytest.raises(GivenUp):
            prepare_notification(uow, job(instance, recipient="kaikki"), NOW)


def test_a_reminder_goes_to_the_assignee_of_the_task_it_names_and_an_escalation_to_its_role_group_too(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        uow.connection.execute(process_instance.update().values(case_key=instance.case_key))
        late = UserTaskOpened(
            key=new_key(),
            element_instance_key=new_key(),
            element_id="a6",
            name={"fi": "Kysy asiakkaalta"},
            assignee="sari",
            candidate_groups=("r_palveluohjaaja",),
        )
        uow.tasks.add(instance, [late], assignees={"sari": 12}, now=NOW)
        reminder = prepare_notification(uow, job(instance, recipient="assignee", task="a6"), NOW)
        assert [one.address for one in reminder.recipients] == ["sari.sosiaali@example.fi"]
        escalation = prepare_notification(uow, job(instance, recipient="role", role="r_esihenkilo", task="a6"), NOW)
        assert [one.address for one in escalation.recipients] == ["liisa.ohjaaja@example.fi"]
        done = prepare_notification(uow, job(instance, recipient="assignee", task="a3"), NOW)
        assert done.recipients == ()


@pytest.mark.parametrize("protected", [True, False])
def test_whether_a_letter_may_be_sent_is_a_fact_of_the_case(work, protected):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact(protected_address=protected))
        assert uow.care.facts(instance.case_key, ["turvakielto"], now=NOW) == {"turvakielto": protected}


def test_who_has_no_address_gets_no_mail_and_the_process_goes_on(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        uow.connection.execute(process_instance.update().values(case_key=instance.case_key))
        assert prepare_notification(uow, job(instance), NOW).recipients == ()


# -- the seal --------------------------------------------------------------------------------------------------

SECRET = b"a" * 32


def test_new_lines_of_both_logs_are_sealed_and_an_edit_shows(work):
    with work() as uow:
        instance = store(uow, new_instance(uow), contact())
        for number in range(5):
            uow.audit.add(actor=GUIDE, action="x", subject="case", subject_key=number, details={"n": number}, now=NOW)
    with work() as uow:
        done = seal_audit(uow, secret=SECRET, limit=3)
        assert (done["audit"].rows, done["access_log"].rows) == (3, 1)
    with work() as uow:
        done = seal_audit(uow, secret=SECRET)
        assert (done["audit"].rows, done["audit"].head.sequence) == (2, 5)
        anchors = {log: sealed.head for log, sealed in done.items()}
        assert verify_audit(uow, secret=SECRET, anchors=anchors) == {"audit": (), "access_log": ()}
        assert seal_audit(uow, secret=SECRET)["audit"].rows == 0
    with work() as uow:
        broken = verify_audit(uow, secret=b"b" * 32)
        assert len(broken["audit"]) == 5
        assert verify_audit(uow, secret=SECRET, anchors={"audit": Head(sequence=6, mac="x")})["audit"]
    assert instance.case_key


def test_a_changed_and_a_removed_line_are_found(work):
    with work() as uow:
        for number in range(4):
            uow.audit.add(actor=GUIDE, action="x", subject="case", subject_key=number, now=NOW)
        seal_audit(uow, secret=SECRET)
    with work() as uow:
        if uow.connection.dialect.name == "postgresql":
            uow.connection.execute(text("SET LOCAL session_replication_role = replica"))
        uow.connection.execute(audit.update().where(audit.c.sequence == 2).values(action="y"))
        uow.connection.execute(audit.delete().where(audit.c.sequence == 3))
        found = verify_audit(uow, secret=SECRET)["audit"]
        assert [(one.kind, one.sequence) for one in found] == [("altered", 2), ("missing", 3), ("altered", 4)]


# -- change of keys --------------------------------------------------------------------------------------------

NEWER = Cipher(data_keys=[b"n" * 32, b"d" * 32], index_key=b"i" * 32)
NEWEST_ONLY = Cipher(data_keys=[b"n" * 32], index_key=b"i" * 32)


def test_after_a_change_of_keys_everything_is_renewed_and_the_old_key_may_go(work, database):
    mail = Mail(
        message_id="<1@x>",
        recipient="matti@example.fi",
        subject="",
        body="",
        language="fi",
        notification="n_ajanvaraus",
        sent_at=NOW,
    )
    file = AcceptedFile(name="a.pdf", media_type="application/pdf", content=b"x" * 600_000, sha256="x")
    with work() as uow:
        instance = store(uow, new_instance(uow), answers(*contact().records, files=[file]))
        decision = DecisionEvaluated(
            element_instance_key=5, element_id="a", decision_id="d", content_hash="h", inputs={"x": 1}, output=2
        )
        uow.care.decisions.add(decision, instance_key=instance.key, case_key=instance.case_key, now=NOW)
        keep_mail(uow, mail=mail)
    with unit_of_work(database, NEWEST_ONLY) as uow, pytest.raises(Undecipherable):
        renew_encryption(uow)
    renewed = []
    while not renewed or renewed[-1]:
        with unit_of_work(database, NEWER) as uow:
            renewed.append(renew_encryption(uow, limit=3))
    # identity, two answers, title, three pieces, inputs and output, one recipient
    assert sum(renewed) == 10
    with unit_of_work(database, NEWEST_ONLY) as uow:
        case = uow.care.cases.get(instance.case_key)
        assert uow.care.clients.get(case.client_key).identity.name == "Matti Esimerkki"
        assert uow.care.answers.latest(case.key)["tyotilanne"].value == "tyoton"
        (stored,) = uow.care.documents.of_case(case.key)
        assert len(uow.care.documents.content(stored.key)) == 600_000
        assert uow.care.outbox.newest()[0].recipient == "matti@example.fi"


def test_every_encrypted_column_is_known_to_the_change_of_keys():
    not_encrypted = {("client_index", "digest"), ("process_instance", "state")}
    # keyed digests of identity codes, as in the index
    not_encrypted |= {("mandate", "person_digest"), ("client_session", "person_digest")}
    # models say nothing about clients
    not_encrypted |= {("process_definition", "xml"), ("process_definition", "runnable"), ("shared_rule", "xml")}
    not_encrypted |= {("decision_definition", "xml"), ("decision_model", "xml"), ("form_definition", "source")}
    not_encrypted |= {("model_draft", "content"), ("model_draft", "original")}
    # encrypted with the secret of its session, which is destroyed; that secret changes keys as all others do
    not_encrypted |= {("consultation_item", "requester")}
    binary = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert {(place.table.name, place.column) for place in PLACES} == binary - not_encrypted
