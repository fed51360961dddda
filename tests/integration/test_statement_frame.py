"""The frame of a statement: printed beside the physician's task from what they may see, and not kept."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pypdf
import pytest
from sqlalchemy import func, insert, select

from app.commands.print_statement_frame import print_statement_frame
from app.commands.save_draft import save_draft
from app.domain.access import Purpose
from app.domain.answers import RecordAnswer
from app.domain.data_rights import RequestKind, RequestStatus
from app.domain.forms import RecordKind, RecordTarget
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.settings import Settings
from app.storage.tables.care import consent_grant, document
from app.storage.tables.people import access_log
from app.web import create_app
from tests.factories import chain, diagram, user_step
from tests.own_door import kept_own_door
from tests.scenarios.world import PROCESSES
from tests.web import Visitor

PRINT = '<zeebe:properties><zeebe:property name="kyky.print" value="lausuntopohja"/></zeebe:properties>'
PROCESS = diagram(
    '<bpmn:startEvent id="alku"/>'
    + user_step("lausunto", form_id="f_lausuntopyynto").replace("</bpmn:ext", f"{PRINT}</bpmn:ext")
    + user_step("muu")
    + '<bpmn:endEvent id="loppu"/>'
    + chain("alku", "lausunto", "muu", "loppu"),
    process_id="tyky_lausunto",
)


def asked(made, case_key, text, *, register="o_sote_keskus", group=DataGroup.HEALTH):
    """Somebody has asked it for the register before."""
    answer = RecordAnswer(
        key="kysymykset",
        target=RecordTarget(kind=RecordKind.ANSWER),
        value=text,
        fact=None,
        data_group=group,
    )
    made.place.executor.run(
        lambda uow: uow.care.answers.add(
            case_key,
            [answer],
            form_id="f_lausuntopyynto",
            controller_organisation_id=register,
            task_key=None,
            answered_by=None,
            now=made.place.now,
        )
    )


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    with kept_own_door(tmp_path_factory.mktemp("frame")) as made:
        form = json.loads((PROCESSES / "shared/forms/f_lausuntopyynto.json").read_text())
        made.place.publish(PROCESS, resources={"f_lausuntopyynto.json": json.dumps(form).encode()})
        case = made.cases["matti"]
        asked(made, case, "Onko kuntoutus tarpeen?")
        made.instances["lausunto"] = made.place.start("tyky_lausunto", case_key=case)
        yield made


def in_words(answer):
    return words_of(answer.data)


def words_of(pdf):
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def visitor(door, name, tmp_path):
    settings = Settings.load({}, data_folder=tmp_path, public_url="http://localhost")
    found = Visitor(create_app(door.place.executor, settings, clock=lambda: door.place.now))
    found.sign_in(name)
    return found


def count(door, query):
    with door.place.executor.database.engine.connect() as connection:
        return connection.scalar(query)


def test_the_frame_is_printed_in_the_reader_s_language_logged_and_not_kept(door, tmp_path):
    task = door.place.open_tasks(door.instances["lausunto"])["lausunto"]
    address = f"/tasks/{task}/statement-frame"
    counsellor = visitor(door, "counsellor", tmp_path)
    assert address in counsellor.get(f"/tasks/{task}").text
    before = count(door, select(func.count()).select_from(document))
    printed = counsellor.get(address)
    assert printed.mimetype == "application/pdf"
    shown = in_words(printed)
    for part in ("Luonnos.", "Matti Esimerkki", "14.5.1990", "Onko kuntoutus tarpeen?", "Johtopäätös työkyvystä"):
        assert part in shown
    assert count(door, select(func.count()).select_from(document)) == before
    last = count(door, select(access_log.c.action).order_by(access_log.c.key.desc()).limit(1))
    assert last == "print"

    fields = {"laji": ["B"], "kysymykset": ["Entä työkokeilu?"]}
    door.place.run(save_draft, task_key=task, actor=door.place.people["counsellor"], fields=fields)
    counsellor.post("/preferences", {"language": "sv", "next": "/"})
    shown = in_words(counsellor.get(address))
    assert "Underlag för utlåtande" in shown
    assert "Entä työkokeilu?" in shown


def test_it_is_for_those_who_do_the_task_and_where_the_task_offers_it(door, tmp_path):
    task = door.place.open_tasks(door.instances["lausunto"])["lausunto"]
    other = door.task("matti", "kysely")
    assert visitor(door, "employment", tmp_path).get(f"/tasks/{task}/statement-frame").status_code == 404
    assert visitor(door, "counsellor", tmp_path).get(f"/tasks/{other}/statement-frame").status_code == 404


def test_what_the_client_has_had_restricted_is_not_printed_from_another_register(door):
    place, case = door.place, door.cases["maija"]
    asked(door, case, "Kysymys muualta", register="o_sosiaali", group=DataGroup.SOCIAL)
    task = place.open_tasks(place.start("tyky_lausunto", case_key=case))["lausunto"]

    def printed():
        who = place.people["counsellor"]
        return words_of(place.run(print_statement_frame, task_key=task, actor=who, language="fi").pdf)

    def consent(uow):
        uow.connection.execute(
            insert(consent_grant).values(
                key=new_key(),
                case_key=case,
                consent_key=1,
                organisation_id="o_sote_keskus",
                data_group=DataGroup.SOCIAL,
                purpose=Purpose.CARE,
                valid_from=place.now,
                valid_until=place.now + timedelta(days=1),
            )
        )

    def restrict(uow):
        key = new_key()
        uow.data_rights.add(
            key=key,
            client_key=door.clients["maija"],
            case_key=case,
            controller_organisation_id="o_sote_keskus",
            kind=RequestKind.RESTRICTION,
            data_group=DataGroup.SOCIAL,
            text="x",
            asked_by=None,
            by_worker=False,
            due_on=place.now.date(),
            now=place.now,
        )
        uow.data_rights.decide(key, status=RequestStatus.GRANTED, answer="x", by=None, now=place.now)

    assert "Kysymys muualta" not in printed()
    place.executor.run(consent)
    assert "Kysymys muualta" in printed()
    place.executor.run(restrict)
    assert "Kysymys muualta" not in printed()
