"""Files of a form that is refused, interrupted or kept as a draft are there when it is sent again."""

from __future__ import annotations

import io
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from lxml import html
from sqlalchemy import func, select

from app.commands.save_draft import save_draft
from app.domain.client import Identity, ServiceNeeds
from app.domain.keys import new_key
from app.engine.forms import Upload
from app.settings import Settings
from app.storage.tables.people import access_log
from app.storage.tables.work import draft, pending_chunk, pending_upload
from app.web import create_app
from tests.factories import AREA, chain, diagram, make_place, user_step
from tests.security.doors.office import PROBE_FORM
from tests.web import Visitor

PDF = b"%PDF-1.7\n" + b"lausunto " * 40_000
TEXT = "Näkemykseni on tämä.\n".encode()
ASK = diagram(
    '<bpmn:startEvent id="alku"/>'
    + user_step("kysely", form_id="f_koe")
    + '<bpmn:endEvent id="loppu"/>'
    + chain("alku", "kysely", "loppu")
)


def file(name="lausunto.pdf", content=PDF):
    return io.BytesIO(content), name


class Desk:
    """A case with a task whose form takes two files, and those who may do it."""

    def __init__(self, database, folder):
        self.place = make_place(database)
        settings = Settings.load({}, data_folder=folder, public_url="http://localhost")
        self.app = create_app(self.place.executor, settings, clock=lambda: self.place.now)
        self.app.testing = False
        self.case = self.place.executor.run(self._add_case, self.place.now)
        self.place.publish(ASK, resources={"f_koe.json": json.dumps(PROBE_FORM).encode()})
        self.task = self.new_task()

    @staticmethod
    def _add_case(uow, now):
        values = {"area_id": AREA, "controller_organisation_id": "o_sote_keskus", "now": now}
        client = uow.care.clients.add(key=new_key(), identity=Identity(name="Kalle"), needs=ServiceNeeds(), **values)
        values |= {"client_key": client.key, "unit_id": "unit_sote", "owner_key": None}
        return uow.care.cases.add(key=new_key(), **values).key

    def new_task(self):
        return self.place.open_tasks(self.place.start(case_key=self.case))["kysely"]

    def person(self, name="counsellor"):
        visitor = Visitor(self.app)
        assert visitor.sign_in(name).status_code == 303
        return visitor

    def send(self, person, task=None, *, way="", headers=None, **fields):
        return person.post(f"/tasks/{task or self.task}{way}", fields, headers=headers)

    def rows(self, query):
        with self.place.executor.database.engine.connect() as connection:
            return connection.execute(query).all()

    def count(self, table):
        return self.rows(select(func.count()).select_from(table))[0][0]

    def contents(self):
        """Return the titles and contents of the case's documents."""

        def read(uow):
            return sorted(
                (stored.title, uow.care.documents.content(stored.key))
                for stored in uow.care.documents.of_case(self.case)
            )

        return self.place.executor.read(read)


@pytest.fixture
def desk(database, tmp_path):
    return Desk(database, tmp_path / "data")


def kept(answer, name="liite"):
    """Return what stands under the file input: (key, text) of each file."""
    found = []
    for line in html.fromstring(answer.text).xpath("//ul[@class='kyky-files']/li"):
        [key] = line.xpath(f"./input[@type='hidden' and @name='{name}']/@value")
        [button] = line.xpath("./button")
        assert button.get("value") == f"drop:{name}:{key}"
        found.append((key, " ".join(line.xpath("./span")[0].text_content().split())))
    return found


def test_a_file_of_a_refused_form_is_not_chosen_again(desk):
    person = desk.person()
    refused = desk.send(person, liite=file())
    assert refused.status_code == 422
    assert "Valitse tiedosto uudelleen" not in refused.text
    [(key, said)] = kept(refused)
    assert said == "lausunto.pdf 352 kt"
    assert key not in refused.request.url
    # encrypted, the name as well
    assert desk.count(pending_chunk) == 2
    for row in desk.rows(select(pending_chunk.c.content)) + desk.rows(select(pending_upload.c.name)):
        assert b"lausunto" not in row[0]
    # the form opened anew shows it, too
    assert kept(person.get(f"/tasks/{desk.task}")) == [(key, said)]
    again = desk.send(person, jatkuu="true", liite=key)
    assert again.status_code == 303
    assert desk.contents() == [("lausunto.pdf", PDF)]
    assert desk.count(pending_upload) == desk.count(pending_chunk) == 0
    assert [line.action for line in desk.rows(select(access_log).where(access_log.c.action == "change"))] == ["change"]


def test_what_is_no_file_of_the_form_is_refused_and_the_other_is_kept(desk):
    person = desk.person()
    refused = desk.send(person, jatkuu="true", liite=[file(), file("ohjelma.exe", b"MZ")])
    assert refused.status_code == 422
    [(key, _)] = kept(refused)
    assert "Sallitut tiedostot" in refused.text
    assert desk.send(person, jatkuu="true", liite=key).status_code == 303
    assert [title for title, _ in desk.contents()] == ["lausunto.pdf"]


def test_files_above_the_number_of_the_field_are_refused_until_one_is_taken_out(desk):
    person = desk.person()
    refused = desk.send(person, jatkuu="true", liite=[file(f"{number}.txt", TEXT) for number in range(3)])
    assert refused.status_code == 422
    keys = [key for key, _ in kept(refused)]
    assert len(keys) == 3
    assert desk.send(person, jatkuu="true", liite=keys).status_code == 422
    page = desk.send(person, jatkuu="true", liite=keys, _action=f"drop:liite:{keys[1]}")
    assert [key for key, _ in kept(page)] == [keys[0], keys[2]]
    assert html.fromstring(page.text).get_element_by_id("f-liite").get("autofocus") is not None
    assert desk.count(pending_upload) == 2
    assert desk.send(person, jatkuu="true", liite=[keys[0], keys[2]]).status_code == 303
    assert [title for title, _ in desk.contents()] == ["0.txt", "2.txt"]


def test_a_new_file_goes_with_those_that_wait(desk):
    person = desk.person()
    [(key, _)] = kept(desk.send(person, liite=file()))
    assert desk.send(person, jatkuu="true", liite=[key, file("oma.txt", TEXT)]).status_code == 303
    assert desk.contents() == [("lausunto.pdf", PDF), ("oma.txt", TEXT)]


def test_the_same_file_waits_once(desk):
    person = desk.person()
    [first] = kept(desk.send(person, liite=file()))
    [again] = kept(desk.send(person, liite=file()))
    assert again == first
    assert desk.count(pending_upload) == 1


def test_a_draft_keeps_files(desk):
    person = desk.person()
    assert desk.send(person, way="/draft", maara="3", liite=file()).status_code == 303
    page = person.get(f"/tasks/{desk.task}")
    [(key, _)] = kept(page)
    assert 'value="3"' in page.text
    refused = desk.send(person, way="/draft", liite=[key, file("ohjelma.exe", b"MZ")])
    assert refused.status_code == 422
    assert [line[0] for line in kept(refused)] == [key]
    assert desk.send(person, jatkuu="true", liite=key).status_code == 303
    assert desk.contents() == [("lausunto.pdf", PDF)]


def test_a_script_gets_what_stands_under_the_input(desk):
    person = desk.person()
    answer = desk.send(person, way="/draft", headers={"Accept": "application/json"}, liite=file())
    told = answer.get_json()
    assert set(told) == {"text", "files"}
    [key] = re.findall(r'name="liite" value="(\d+)"', told["files"]["liite"])
    assert [line[0] for line in kept(person.get(f"/tasks/{desk.task}"))] == [key]
    # what was not kept stays in its input
    answer = desk.send(
        person, way="/draft", headers={"Accept": "application/json"}, liite=[key, file("ohjelma.exe", b"MZ")]
    )
    assert answer.get_json()["files"] == {}
    assert [line[0] for line in kept(person.get(f"/tasks/{desk.task}"))] == [key]


def test_adding_a_row_keeps_files(desk):
    person = desk.person()
    page = desk.send(person, liite=file(), _action="add:toimet")
    [(key, _)] = kept(page)
    assert "toimet-0-mita" in page.text
    page = desk.send(person, **{"liite": key, "toimet-0-mita": "soitto", "_action": "remove:toimet:0"})
    assert [line[0] for line in kept(page)] == [key]
    assert desk.send(person, jatkuu="true", liite=key).status_code == 303
    assert desk.contents() == [("lausunto.pdf", PDF)]


def test_who_was_slower_keeps_the_file(desk):
    slower, faster = desk.person(), desk.person("colleague")
    assert desk.send(faster, jatkuu="true").status_code == 303
    answer = desk.send(slower, jatkuu="false", liite=file())
    assert answer.status_code == 409
    assert [text for _, text in kept(answer)] == ["lausunto.pdf 352 kt"]
    assert desk.count(pending_upload) == 1
    assert desk.contents() == []


def test_a_file_goes_through_the_end_of_the_session(desk):
    person = desk.person()
    token = person.token()
    desk.place.later(minutes=31)
    answer = person.post(f"/tasks/{desk.task}", {"jatkuu": "true", "liite": file()}, token=token)
    assert answer.status_code == 401
    page = html.fromstring(answer.text)
    carried = {name: page.xpath(f"//input[@name='{name}']/@value")[0] for name in ("carried", "carried_to")}
    guest = page.xpath("//input[@name='csrf_token']/@value")[0]
    signed_in = person.post("/sign-in", {"person": "counsellor", **carried}, token=guest)
    [key] = html.fromstring(signed_in.text).xpath("//input[@name='liite']/@value")
    assert desk.send(person, jatkuu="true", liite=key).status_code == 303
    assert desk.contents() == [("lausunto.pdf", PDF)]


def test_who_has_signed_out_leaves_no_file(desk):
    person = desk.person()
    token, cookie = person.token(), person.cookie()
    person.post("/sign-out")
    person.client.set_cookie("kykypolku", cookie)
    assert person.post(f"/tasks/{desk.task}", {"liite": file()}, token=token).status_code == 401
    assert desk.count(pending_upload) == 0


# -- whose it is ---------------------------------------------------------------------------------------------------


def test_a_file_waits_for_one_person_and_one_task_only(desk):
    """A key that somebody has seen or guessed opens nothing: not for a colleague, nor for another client's task."""
    person, colleague = desk.person(), desk.person("colleague")
    [(key, _)] = kept(desk.send(person, liite=file()))
    other = desk.new_task()
    for who, task, named in ((colleague, desk.task, key), (person, other, key), (person, desk.task, "77")):
        answer = desk.send(who, task, jatkuu="true", liite=named)
        assert answer.status_code == 422
        assert kept(answer) == []
        assert "lausunto" not in answer.text
    assert kept(colleague.get(f"/tasks/{desk.task}")) == []
    assert desk.contents() == []
    for who, task in ((colleague, desk.task), (person, other)):
        desk.send(who, task, liite=key, _action=f"drop:liite:{key}")
        assert desk.count(pending_upload) == 1


def test_nobody_keeps_files_for_a_task_that_is_not_theirs(desk):
    stranger = desk.person("employment")
    for way in ("", "/draft"):
        assert desk.send(stranger, way=way, liite=file()).status_code in (403, 404)
    assert desk.send(stranger, liite=file(), _action="add:toimet").status_code in (403, 404)
    assert desk.send(stranger, _action="drop:liite:77").status_code in (403, 404)
    assert desk.count(pending_upload) == desk.count(draft) == 0


def test_what_one_person_leaves_waiting_has_an_end(desk, monkeypatch):
    monkeypatch.setattr("app.commands.keep_uploads.MOST_PENDING_BYTES", len(PDF) + 10)
    person, colleague = desk.person(), desk.person("colleague")
    [(key, _)] = kept(desk.send(person, liite=file()))
    other = desk.new_task()
    refused = desk.send(person, other, liite=file("oma.txt", TEXT))
    assert refused.status_code == 422
    assert kept(refused) == []
    assert "ei mahdu" in refused.text
    # a colleague has room of their own, and what is sent makes room
    assert len(kept(desk.send(colleague, other, liite=file("oma.txt", TEXT)))) == 1
    assert desk.send(person, jatkuu="true", liite=key).status_code == 303
    assert len(kept(desk.send(person, other, liite=file("oma.txt", TEXT)))) == 1


@pytest.mark.parametrize("name", ["muu", "toimet-0-mita", "jatkuu", "toimet-0-liite", "liite-0-x"])
def test_a_file_where_the_form_asks_none_is_not_kept(desk, name):
    answer = desk.send(desk.person(), **{name: file()})
    assert answer.status_code == 422
    assert desk.count(pending_upload) == 0


def test_two_windows_at_once_have_no_more_room_than_one(desk, monkeypatch):
    monkeypatch.setattr("app.commands.keep_uploads.MOST_PENDING_BYTES", len(TEXT) + 1)
    tasks = [desk.task, *(desk.new_task() for _ in range(3))]

    def keep(task):
        fields = {"liite": [Upload("oma.txt", TEXT)]}
        person = desk.place.people["counsellor"]
        return desk.place.run(save_draft, task_key=task, actor=person, fields=fields).problems

    with ThreadPoolExecutor(len(tasks)) as pool:
        refused = [problem.code for problems in pool.map(keep, tasks) for problem in problems]
    assert refused == ["no_room_for_file"] * 3
    assert desk.count(pending_upload) == 1
