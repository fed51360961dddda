"""The client's rights through the doors: a copy, requests and answers, corrections with what stood before (R-21)."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date

import pypdf
import pytest

from app.commands.store_answers import attach_files
from app.domain.actor import REPRESENTATIVE_ROLE, SYSTEM, Actor
from app.domain.answers import AcceptedFile, RecordAnswer
from app.domain.forms import RecordKind, RecordTarget
from app.domain.sharing import DataGroup
from app.queries.data_copy import copy_as_letter, copy_for_machines
from tests.factories import chain, diagram, user_step
from tests.own_door import CODES, kept_own_door
from tests.web import Visitor

ASKED = {"kind": "rectification", "data_group": "terveys", "text": "Vointini on kirjattu väärin."}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with kept_own_door(tmp_path_factory.mktemp("own")) as made:
        yield made


@pytest.fixture
def door(made):
    made.put_back()
    return made


@pytest.fixture
def matti(door):
    """Matti, who has said how he is."""
    visitor = door.come_in("matti")
    address = f"/oma/tasks/{door.task('matti')}"
    assert visitor.send_form(address, {"vointi": "Selkä on kipeä", "action": "complete"}).status_code == 303
    return visitor


def staff(door, name):
    visitor = Visitor(door.app)
    visitor.sign_in(name)
    return visitor


def text_file(name):
    content = name.encode()
    return AcceptedFile(
        name=name,
        media_type="text/plain",
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        field_key="todistus",
        data_group=DataGroup.HEALTH,
    )


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def letter_of(content):
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    return re.sub(r"\s+", " ", text)


def data_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return json.loads(archive.read("tiedot.json")), archive.namelist()


def answers_of(case):
    """Return what was answered; what was left empty stands in the copy as well."""
    return [answer for answer in case["answers"] if answer["value"] is not None]


def asked(door, visitor, **changes):
    fields = {**ASKED, "case": str(door.cases["matti"]), **changes}
    return visitor.post("/oma/rights", fields)


def key_of(door, name="officer"):
    return re.findall(r'href="/data-requests/(\d+)"', staff(door, name).get("/data-requests").text)


def test_a_copy_holds_everything_for_programs_and_stands_in_the_log(door, matti):
    answer = matti.get("/oma/rights/copy.zip")
    assert answer.headers["Content-Disposition"].endswith('.zip"')
    assert "Esimerkki" not in answer.headers["Content-Disposition"]
    data, names = data_of(answer.data)
    assert (data["format"], data["version"]) == ("kykypolku-data-copy", 1)
    assert data["client"]["identity_code"] == CODES["matti"]
    [case] = data["cases"]
    [said] = answers_of(case)
    assert (said["value"], said["question"]["sv"], said["data_group"]) == ("Selkä on kipeä", "Vointi nyt sv", "terveys")
    assert names == ["tiedot.json"]
    assert "Mallikas" not in json.dumps(data)
    line = [line for line in door.access_lines() if line.action == "export"][-1]
    assert (line.client_key, line.purpose, line.ground) == (door.clients["matti"], "own_data", "own_data")


def test_the_letter_is_in_the_client_s_language_and_can_be_read(door, matti):
    letter = letter_of(matti.get("/oma/rights/letter.pdf").data)
    for words in (
        "Jäljennös omista tiedoistasi",
        "Matti Esimerkki",
        "Vointi nyt",
        "Selkä on kipeä",
        "tietosuojavaltuutetun",
    ):
        assert words in letter
    swedish = letter_of(door.come_in("maija").get("/oma/rights/letter.pdf").data)
    assert "Kopia av dina uppgifter" in swedish
    assert "Selkä" not in swedish


def test_a_representative_s_copy_holds_the_mandate_s_groups(door, matti):
    representative = Actor(
        user_key=77,
        name="r",
        roles=frozenset({REPRESENTATIVE_ROLE}),
        client_key=door.clients["matti"],
        case_keys=frozenset({door.cases["matti"]}),
        mandate=frozenset({DataGroup.BASIC}),
    )
    whose = {"client_key": door.clients["matti"], "case_keys": [door.cases["matti"]]}
    made = door.place.run(copy_for_machines, actor=representative, **whose)
    data, _ = data_of(made.content)
    assert data["client"]["name"] == "Matti Esimerkki"
    assert data["cases"][0]["answers"] == []
    without = replace(representative, mandate=frozenset({DataGroup.HEALTH}))
    data, _ = data_of(door.place.run(copy_for_machines, actor=without, **whose).content)
    assert data["client"] is None
    letter = door.place.run(copy_as_letter, actor=without, language="fi", **whose)
    assert "Esimerkki" not in " ".join(
        page.extract_text() for page in pypdf.PdfReader(io.BytesIO(letter.content)).pages
    )


def test_a_request_is_kept_once_answered_and_told_to_the_client(door, matti):
    missing = asked(door, matti, kind="", text="  ")
    assert missing.status_code == 422
    assert "<title>Virhe" in missing.text
    assert asked(door, matti).status_code == 303
    assert asked(door, matti).status_code == 303
    assert matti.post("/oma/rights", {**ASKED, "case": str(door.cases["maija"])}).status_code == 404
    assert "Vointini on kirjattu väärin." in matti.get("/oma/rights").text
    [key] = key_of(door)
    officer = staff(door, "officer")
    assert "Vointini" not in officer.get("/data-requests").text
    page = officer.get(f"/data-requests/{key}")
    assert "Vointini on kirjattu väärin." in page.text
    assert "2.4.2026" in text_of(page)
    silent = officer.post(f"/data-requests/{key}", {"status": "refused", "answer": " "})
    assert silent.status_code == 422
    answer = {"status": "granted", "answer": "Kirjaus on korjattu."}
    assert officer.post(f"/data-requests/{key}", answer).status_code == 303
    late = officer.post(f"/data-requests/{key}", answer)
    assert "Joku muu ehti vastata" in text_of(officer.get(late.headers["Location"]))
    told = text_of(matti.get("/oma/rights"))
    assert "Hyväksytty" in told
    assert "Kirjaus on korjattu." in told
    read = [line for line in door.access_lines() if line.purpose.startswith("data_request:")]
    assert {line.client_key for line in read} == {door.clients["matti"]}
    for name in ("counsellor", "admin"):
        assert staff(door, name).get(f"/data-requests/{key}").status_code == 404


def test_a_restriction_holds_from_its_answer_until_it_is_lifted_and_the_case_says_so(door, matti):
    asked(door, matti, kind="restriction", text="Tieto on kiistanalainen.")
    [key] = key_of(door)
    officer, worker = staff(door, "officer"), staff(door, "counsellor")
    case = f"/cases/{door.cases['matti']}"
    assert "rajoitettu" not in worker.get(case).text
    officer.post(f"/data-requests/{key}", {"status": "partly", "answer": "Rajoitamme käyttöä."})
    assert "Tietojen käsittelyä on rajoitettu asiakkaan pyynnöstä" in worker.get(case).text
    for _ in range(2):
        assert officer.post(f"/data-requests/{key}/lift").status_code == 303
    assert "rajoitettu" not in worker.get(case).text
    assert "Rajoitus on päättynyt" in text_of(matti.get("/oma/rights"))
    assert door.audit_actions().count("restriction_lifted") == 1


def test_a_worker_writes_a_request_down_on_the_client_s_word(door, matti):
    worker = staff(door, "counsellor")
    address = f"/cases/{door.cases['matti']}/rights"
    assert address in worker.get(f"/cases/{door.cases['matti']}").text
    wrong = worker.post(f"{address}/request", {"kind": "rectification", "data_group": "", "text": "Puhelimessa"})
    assert wrong.status_code == 422
    assert "Puhelimessa" in wrong.text
    worker.post(f"{address}/request", {**ASKED, "text": "Kertoi puhelimessa."})
    [key] = key_of(door)
    assert "työntekijän kirjaama" in staff(door, "officer").get(f"/data-requests/{key}").text
    assert "Kertoi puhelimessa." in matti.get("/oma/rights").text


def test_what_was_written_is_put_right_and_what_stood_before_is_kept(door, matti):
    worker = staff(door, "counsellor")
    address = f"/cases/{door.cases['matti']}/rights"
    page = worker.get(address)
    assert "Selkä on kipeä" in page.text
    key = re.search(r'name="answer" value="(\d+)"', page.text)[1]
    empty = worker.post(f"{address}/answer", {"answer": key, "text": " "})
    assert empty.status_code == 422
    assert worker.post(f"{address}/answer", {"answer": key, "text": "Polvi on kipeä"}).status_code == 303
    after = text_of(worker.get(address))
    assert "Ennen: Selkä on kipeä" in after
    assert "Nyt: Polvi on kipeä" in after
    data, _ = data_of(matti.get("/oma/rights/copy.zip").data)
    [said] = answers_of(data["cases"][0])
    assert said["value"] == "Polvi on kipeä"
    [change] = data["cases"][0]["corrections"]
    assert (change["before"], change["after"]) == ("Selkä on kipeä", "Polvi on kipeä")
    assert "tiedon oikaisu" in text_of(matti.get("/oma/log"))
    other = worker.post(f"{address}/answer", {"answer": str(int(key) - 1), "text": "x"})
    assert "Joku muu muutti tietoa" in text_of(worker.get(other.headers["Location"]))


def _asks(key, kind, **more):
    return {"key": key, "type": kind, "label": {"fi": f"Kysymys {key}"}, "record": "answer", **more}


OPTIONS = [{"value": value, "label": {"fi": text}} for value, text in (("a", "Eka"), ("b", "Toka"), ("c", "Kolmas"))]
MIXED_FORM = {
    "id": "f_toinen",
    "title": {"fi": "Toinen lomake"},
    "dataGroup": "terveys",
    "sections": [
        {
            "key": "osa",
            "title": {"fi": "Osa"},
            "fields": [
                _asks("paiva", "date", maximum="2026-12-31"),
                _asks("maara", "integer", minimum=0, maximum=10),
                _asks("sopii", "boolean", showIf="maara > 20"),
                _asks("valittu", "choice", options=OPTIONS),
                _asks("valitut", "multiChoice", options=OPTIONS),
                _asks("kuka", "user"),
                _asks("taho", "organisation"),
                _asks(
                    "rivit",
                    "group",
                    fields=[
                        {"key": "nimi", "type": "text", "label": {"fi": "Rivin nimi"}, "required": True},
                        {"key": "kuka", "type": "user", "label": {"fi": "Rivin tekijä"}},
                        {"key": "paiva", "type": "date", "label": {"fi": "Rivin päivä"}},
                    ],
                ),
                _asks("todistus", "file", record="document", maxItems=2),
            ],
        }
    ],
}
#: question -> what is kept, what is right, how the page says it before and after
MIXED = {
    "paiva": (date(2025, 1, 2), ["3.2.2025"], date(2025, 2, 3), "2.1.2025", "3.2.2025"),
    "maara": (6, ["7"], 7, "6", "7"),
    "sopii": (True, ["false"], False, "Kyllä", "Ei"),
    "valittu": ("a", ["b"], "b", "Eka", "Toka"),
    "valitut": (["a", "b"], ["b", "c"], ["b", "c"], "Eka, Toka", "Toka, Kolmas"),
}


@pytest.fixture
def mixed(door):
    """Matti's case has answers of every kind; returns the worker, the page and the key of each answer."""
    place, case_key = door.place, door.cases["matti"]
    place.publish(
        diagram(
            '<bpmn:startEvent id="alku"/>'
            + user_step("kysy", form_id="f_toinen")
            + '<bpmn:endEvent id="loppu"/>'
            + chain("alku", "kysy", "loppu"),
            process_id="tyky_toinen",
        ),
        resources={"f_toinen.json": json.dumps(MIXED_FORM).encode()},
    )
    people = {name: str(person.user_key) for name, person in place.people.items()}
    files = [text_file("oikea.txt"), text_file("toisen.txt")]
    kept = {
        **{key: value for key, (value, *_) in MIXED.items()},
        "kuka": people["counsellor"],
        "taho": "o_sote_keskus",
        "rivit": [
            {"nimi": "Eka rivi", "kuka": people["counsellor"], "paiva": date(2026, 1, 2)},
            {"nimi": "Toka rivi", "kuka": None, "paiva": None},
        ],
        "todistus": [
            {"name": file.name, "mediaType": file.media_type, "size": len(file.content), "sha256": file.sha256}
            for file in files
        ],
    }
    place.executor.run(
        attach_files, files, case_key=case_key, register="o_sote_keskus", language="fi", by=SYSTEM, now=place.now
    )
    records = [
        RecordAnswer(
            key=key, target=RecordTarget(RecordKind.ANSWER), value=value, fact=value, data_group=DataGroup.HEALTH
        )
        for key, value in kept.items()
    ]
    place.executor.run(
        lambda uow: uow.care.answers.add(
            case_key,
            records,
            form_id="f_toinen",
            controller_organisation_id="o_sote_keskus",
            task_key=None,
            answered_by=None,
            now=place.now,
        )
    )
    worker, address = staff(door, "counsellor"), f"/cases/{case_key}/rights"
    page = worker.get(address).text
    found = re.findall(r'name="answer" value="(\d+)">.*?Kysymys (\w+)<', page, re.DOTALL)
    return worker, address, {question: key for key, question in found}


def kept_answers(door):
    return door.place.executor.read(
        lambda uow: uow.care.answers.latest(door.cases["matti"], visible={(DataGroup.HEALTH, "o_sote_keskus")})
    )


def test_days_numbers_and_choices_are_put_right_by_the_rules_of_their_question(door, mixed):
    worker, address, keys = mixed
    assert set(keys) == set(MIXED), "people, rows and files have a page of their own"
    for question, (_, written, *_rest) in MIXED.items():
        answer = worker.post(f"{address}/answer", {"answer": keys[question], "text": written})
        assert answer.status_code == 303, question
    page = text_of(worker.get(address))
    for question, (_, _, _, before, after) in MIXED.items():
        assert f"Kysymys {question} Ennen: {before} Nyt: {after}" in page, question
    answers = kept_answers(door)
    for question, (_, _, right, *_rest) in MIXED.items():
        assert (answers[question].value, answers[question].fact) == (right, right)


@pytest.mark.parametrize(
    ("question", "written", "said"),
    [
        ("paiva", ["30.2.2025"], "30.2.2025"),
        ("paiva", ["1.1.2030"], "1.1.2030"),
        ("maara", ["11"], "enintään"),
        ("maara", ["kuusi"], "kuusi"),
        ("valittu", ["d"], "Valitse"),
        ("valitut", [], "Valitse"),
        ("sopii", [""], "Valitse"),
    ],
)
def test_what_is_no_answer_to_the_question_comes_back_with_what_is_wrong(door, mixed, question, written, said):
    worker, address, keys = mixed
    before = door.audit_actions().count("answer_corrected")
    refused = worker.post(f"{address}/answer", {"answer": keys[question], "text": written})
    assert refused.status_code == 422
    assert said in refused.text
    assert f"Kysymys {question}" in refused.text
    assert f'id="a{keys[question]}-error"' in refused.text
    assert door.audit_actions().count("answer_corrected") == before


def own_page(worker, address, question):
    """Return the address of the page on which the question is put right, and its text."""
    page = worker.get(address).text
    [key] = re.findall(rf'/rights/answer/(\d+)"[^>]*>[^<]*<span[^>]*> Kysymys {question}<', page)
    return f"{address}/answer/{key}", worker.get(f"{address}/answer/{key}").text


def test_people_organisations_and_rows_are_put_right_on_a_page_of_their_own(door, mixed):
    worker, address, _ = mixed
    other = str(door.place.people["nurse"].user_key)
    where, page = own_page(worker, address, "kuka")
    assert f'value="{other}"' in page
    assert worker.post(where, {"kuka": ["999"]}).status_code == 422
    assert worker.post(where, {"kuka": [other]}).status_code == 303
    where, _ = own_page(worker, address, "taho")
    assert worker.post(where, {"taho": ["o_tyollisyys"]}).status_code == 303
    where, page = own_page(worker, address, "rivit")
    assert 'value="Toka rivi"' in page
    rows = {"rivit-0-nimi": ["Eka oikein"], "rivit-0-kuka": [other], "rivit-0-paiva": ["3.2.2026"]}
    one_less = worker.post(where, {**rows, "rivit-1-nimi": ["Toka rivi"], "_action": ["remove:rivit:1"]})
    assert one_less.status_code == 200
    assert "Toka rivi" not in one_less.text
    nameless = worker.post(where, {"rivit-0-nimi": [""], "rivit-0-kuka": [other]})
    assert nameless.status_code == 422
    assert "Rivin nimi" in nameless.text
    assert worker.post(where, rows).status_code == 303
    answers = kept_answers(door)
    assert (answers["kuka"].value, answers["taho"].fact) == (other, "o_tyollisyys")
    assert answers["rivit"].value == [{"nimi": "Eka oikein", "kuka": other, "paiva": date(2026, 2, 3)}]
    said = text_of(worker.get(address))
    assert "Kysymys taho Ennen: Sote-keskus Nyt: Työllisyyspalvelut" in said
    assert "Rivin nimi: Toka rivi Nyt: Rivin nimi: Eka oikein; Rivin tekijä: Nurse; Rivin päivä: 3.2.2026" in said
    assert worker.post(where, rows).status_code == 303
    assert text_of(worker.get(address)) == said, "the same again changes nothing"
    assert worker.get(f"{address}/answer/4711").status_code == 404


def test_a_wrong_file_is_set_aside_and_the_right_one_kept_but_the_client_s_copy_has_both(door, matti, mixed):
    worker, address, _ = mixed
    case = address.removesuffix("/rights")
    where, page = own_page(worker, address, "todistus")
    files = {name: key for key, name in re.findall(r'value="drop:todistus:(\d+)".*?(\w+\.txt)', page, re.DOTALL)}
    assert set(files) == {"oikea.txt", "toisen.txt"}
    assert "toisen.txt" in worker.get(case).text
    sent = worker.post(where, {"todistus": [files["oikea.txt"], (io.BytesIO(b"oma teksti"), "oma.txt")]})
    assert sent.status_code == 303
    after = worker.get(case).text
    assert "oma.txt" in after
    assert "toisen.txt" not in after
    assert worker.get(f"/documents/{files['toisen.txt']}").status_code == 404
    assert "toisen.txt" not in matti.get("/oma/documents").text
    data, names = data_of(matti.get("/oma/rights/copy.zip").data)
    [change] = [each for each in data["cases"][0]["corrections"] if each["subject"] == "todistus"]
    assert "toisen.txt" in change["before"]
    assert "toisen.txt" not in change["after"]
    assert sum(name.endswith(".txt") for name in names) == 3


def test_who_the_client_is_is_put_right_and_found_by_the_right_name(door, matti):
    worker = staff(door, "counsellor")
    address = f"/cases/{door.cases['matti']}/rights"
    identity = {
        "revision": "1",
        "name": "Matti Oikea",
        "phone": "",
        "email": "matti@esimerkki.invalid",
        "representative": "",
    }
    assert worker.post(f"{address}/identity", {**identity, "name": ""}).status_code == 422
    assert worker.post(f"{address}/identity", identity).status_code == 303
    found = door.place.executor.read(lambda uow: uow.care.clients.search_by_name("Oikea", areas=None))
    assert [(client.identity.name, client.identity.phone) for client in found] == [("Matti Oikea", "")]
    assert found[0].identity.identity_code == CODES["matti"]
    assert not door.place.executor.read(lambda uow: uow.care.clients.keys_by_name("Esimerkki", areas=None))
    assert "Ennen: Matti Esimerkki" in text_of(worker.get(address))
    # who had opened the page before is told
    late = worker.post(f"{address}/identity", {**identity, "name": "Matti Vanha"})
    assert "Joku muu muutti tietoa" in text_of(worker.get(late.headers["Location"]))


def test_a_death_is_noted_and_taken_back(door, matti):
    worker = staff(door, "counsellor")
    address = f"/cases/{door.cases['matti']}/rights"
    for wrong in ("1.1.2030", "1.1.1950", "eilen"):
        refused = worker.post(f"{address}/death", {"died_on": wrong, "revision": "1"})
        assert refused.status_code == 422
        assert f'value="{wrong}"' in refused.text
    worker.post(f"{address}/death", {"died_on": "1.3.2026", "revision": "1"})
    assert 'value="1.3.2026"' in worker.get(address).text
    worker.post(f"{address}/death", {"died_on": "", "revision": "2"})
    assert 'value="1.3.2026"' not in worker.get(address).text


def test_a_worker_s_copy_holds_the_own_register_only(door, matti):
    nurse = staff(door, "counsellor")
    data, _ = data_of(nurse.get(f"/cases/{door.cases['matti']}/rights/copy.zip").data)
    assert [each["value"] for each in answers_of(data["cases"][0])] == ["Selkä on kipeä"]
    assert "Matti Esimerkki" in letter_of(nurse.get(f"/cases/{door.cases['matti']}/rights/letter.pdf").data)
    stranger = staff(door, "employment")
    for name in ("copy.zip", "letter.pdf"):
        assert stranger.get(f"/cases/{door.cases['matti']}/rights/{name}").status_code == 404
