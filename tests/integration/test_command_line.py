"""`kykypolku` as an operator types it: a database of its own, clear refusals."""

from __future__ import annotations

import io
import json
import logging
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import structlog

import app.clock
from app.cli import main
from app.secret_keys import SECRET_FIELDS, new_secret
from tests.factories import WORK

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """A terminal in front of an installation, without the second that each new process takes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.folder = folder
        self.settings = {"KYKYPOLKU_DATA_FOLDER": str(folder)}

    def type(self, *words: str | Path, code: int = 0) -> str:
        """Do what `kykypolku` does with the words; return what it said, after looking at its exit code."""
        with self._monkeypatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("KYKYPOLKU_")]:
                patch.delenv(name)
            for name, value in self.settings.items():
                patch.setenv(name, value)
            patch.chdir(self.folder.parent)
            self._capsys.readouterr()
            answered = main([str(word) for word in words])
        said = self._capsys.readouterr()
        assert answered == code, said.out + said.err
        return said.out + said.err


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def bare_terminal(monkeypatch, capsys, tmp_path):
    return Terminal(monkeypatch, capsys, tmp_path / "data")


@pytest.fixture
def terminal(bare_terminal):
    bare_terminal.type("migrate-db")
    return bare_terminal


@pytest.fixture
def work_file(tmp_path):
    path = tmp_path / "work.bpmn"
    path.write_bytes(WORK)
    return path


def test_a_process_is_published_started_and_listed(terminal, work_file):
    assert "test_process version 1" in terminal.type("publish", work_file)
    key = terminal.type("start", "test_process", "--variables", '{"x": 1}').split()[0]
    assert terminal.type("list", "processes").startswith("test_process version 1")
    assert terminal.type("list", "instances").startswith(f"{key} test_process version 1 active")
    assert terminal.type("list", "incidents") == ""


def test_what_is_exported_is_what_was_published_byte_for_byte(terminal, work_file, tmp_path):
    terminal.type("publish", work_file)
    work_file.write_bytes(WORK.replace(b"Koeprosessi", b"Toinen"))
    terminal.type("publish", work_file)
    target = tmp_path / "out"
    terminal.type("export", "test_process", "--version", "1", "--to", target)
    assert (target / "test_process" / "test_process.bpmn").read_bytes() == WORK
    assert "exists" in terminal.type("export", "test_process", "--to", target, code=1)
    terminal.type("export", "test_process", "--to", target, "--overwrite")
    assert b"Toinen" in (target / "test_process" / "test_process.bpmn").read_bytes()


def test_a_file_that_cannot_run_is_refused_with_the_place_and_the_reason(terminal, work_file):
    work_file.write_bytes(WORK.replace(b"<bpmn:userTask", b"<bpmn:adHocSubProcess", 1).replace(b"userTask>", b"x>", 1))
    said = terminal.type("publish", work_file, code=1)
    assert said.strip()
    assert "problems." not in said
    assert terminal.type("list", "processes") == ""


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("publish", "/nonexistent/file.bpmn"), "there is no such file"),
        (("start", "unknown_process"), "unknown_process"),
        (("start", "x", "--variables", "{"), "--variables"),
        (("export", "unknown_process"), "unknown_process"),
        (("migrate-db", "--to", "0000"), "0000"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(terminal, words, reason):
    said = terminal.type(*words, code=1)
    assert reason in said
    assert len(said.strip().splitlines()) == 1


def test_the_database_goes_down_and_up_again(terminal):
    assert "revision None" in terminal.type("migrate-db", "--to", "base")
    assert "database: is at revision None" in terminal.type("doctor", code=1)
    terminal.type("migrate-db")
    said = terminal.type("doctor")
    assert [line.endswith("in order") for line in said.splitlines()] == [True] * 8


def test_the_doctor_compares_the_clock_of_the_machine_with_the_databases(terminal, monkeypatch):
    assert "clock: in order" in terminal.type("doctor")
    right = app.clock.clock_of_the_machine
    for seconds, said in ((600, "600 s ahead of the database's"), (-600, "600 s behind the database's")):
        wrong = partial(lambda skew: right() + skew, timedelta(seconds=seconds))
        monkeypatch.setattr(app.clock, "clock_of_the_machine", wrong)
        assert f"clock: this machine's clock is {said}" in terminal.type("doctor", code=1)


def test_the_doctor_sees_a_broker_that_is_away_and_a_wrong_password(terminal, own_valkey):
    terminal.settings["KYKYPOLKU_VALKEY_URL"] = own_valkey.url
    assert "broker: in order" in terminal.type("doctor")
    terminal.settings["KYKYPOLKU_VALKEY_URL"] = own_valkey.url.replace("://:", "://:x")
    assert "broker: refuses our password" in terminal.type("doctor", code=1)
    terminal.settings["KYKYPOLKU_VALKEY_URL"] = "redis://127.0.0.1:1/0"
    assert "broker: " in terminal.type("doctor", code=1)


def test_files_are_checked_without_being_published(bare_terminal, tmp_path):
    sound = (ROOT / "tests" / "unit" / "engine" / "standard" / "sound.bpmn").read_text("utf-8")
    folder = tmp_path / "vinot"
    folder.mkdir()
    (folder / "vino.bpmn").write_text(sound.replace('gatewayDirection="Diverging"', 'gatewayDirection="Converging"'))
    said = bare_terminal.type("check", folder, "--json", code=1)
    (found,) = json.loads(said.splitlines()[0])
    assert found["verdict"] == "refused"
    assert [(line["code"], line["element"]) for line in found["standard"]] == [("gateway_direction", "valinta")]
    assert "gateway_direction" in {line["code"] for line in found["problems"]}
    own = ROOT / "processes" / "tyky_omahoito" / "tyky_omahoito.bpmn"
    shared = ROOT / "processes" / "shared" / "rules"
    assert "omahoito.bpmn: clean" in bare_terminal.type("check", own, shared)
    assert "no such file" in bare_terminal.type("check", tmp_path / "missing.bpmn", code=1)


def test_foreign_files_are_put_right_and_told_of_one_by_one(bare_terminal, tmp_path):
    folder = tmp_path / "foreign"
    (folder / "inner").mkdir(parents=True)
    (folder / "read.me").write_text("x")
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 no more")
    (folder / "damaged.bpmn").write_text("<definitions")
    with zipfile.ZipFile(folder / "inner" / "sent.zip", "w") as package:
        package.writestr("/work.bpmn", WORK.replace(b'isExecutable="true"', b'isExecutable="false"'))
    told = {line["file"]: line for line in json.loads(bare_terminal.type("import", folder, "--json"))}
    assert {name for name, line in told.items() if line["runs"]} == {"inner/work.bpmn"}
    assert [found["rule"] for found in told["inner/work.bpmn"]["repairs"]] == [
        "made_executable",
        "layout_drawn",
    ]
    assert [problem["rule"] for problem in told["broken.zip"]["problems"]] == ["package_unreadable"]
    assert told["damaged.bpmn"]["problems"]
    assert "read.me" not in told
    said = bare_terminal.type("import", folder, "--to", tmp_path / "right", "--language", "fi")
    assert "1 of 3 run" in said
    assert "problems." not in said
    assert b'isExecutable="true"' in (tmp_path / "right" / "inner" / "work.bpmn").read_bytes()
    assert "exists" in bare_terminal.type("import", folder, "--to", tmp_path / "right", code=1)


def test_preparing_twice_loads_the_demo_once(bare_terminal, monkeypatch):
    # the demo's lives lead up to the present moment, with its holidays and week-ends
    monkeypatch.setattr(app.clock, "read_moment", lambda _connection: datetime(2026, 11, 23, 16, tzinfo=UTC))
    said = bare_terminal.type("prepare")
    assert "Demo sign-ins" in said
    assert "stops early" not in said
    counts = []
    for _ in range(2):
        with sqlite3.connect(bare_terminal.folder / "kykypolku.db") as connection:
            counts.append(
                [
                    connection.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608 # our own names
                    for name in ("user_account", "process_definition", "process_instance", "client", "unit")
                ]
            )
        bare_terminal.type("prepare")
    assert counts[0] == counts[1]
    assert all(number > 0 for (number,) in counts[0])
    # the demo's clients are in the middle of their paths: work for many, some of it late, and nothing is broken
    with sqlite3.connect(bare_terminal.folder / "kykypolku.db") as connection:
        groups = connection.execute("SELECT DISTINCT group_id FROM task_offer").fetchall()
        late = connection.execute("SELECT count(*) FROM user_task WHERE escalated_at IS NOT NULL").fetchone()
        broken = connection.execute("SELECT count(*) FROM incident").fetchone()
    for_whom = {"r_ajanvaraaja", "r_palveluohjaaja", "r_laakari", "r_asiakasvastaava_te", "r_asiakas", "r_tyoterveys"}
    assert for_whom <= {group for (group,) in groups}
    assert late > (0,)
    assert broken == (0,)


def test_production_refuses_a_database_with_demo_people(bare_terminal, clean_postgresql_url):
    # the tables of this database were made without migrations, so `demo` and not `prepare`
    bare_terminal.settings |= {f"KYKYPOLKU_{name.upper()}": new_secret() for name in SECRET_FIELDS}
    bare_terminal.settings["KYKYPOLKU_DATABASE_URL"] = clean_postgresql_url
    bare_terminal.type("demo")
    bare_terminal.settings |= {
        "KYKYPOLKU_MODE": "production",
        "KYKYPOLKU_VALKEY_URL": "redis://127.0.0.1:1/0",
        "KYKYPOLKU_PUBLIC_URL": "https://polku.example.fi",
    }
    assert "people: the database holds the demo's people" in bare_terminal.type("doctor", code=1)
    assert "not loaded in production" in bare_terminal.type("demo", code=1)


def test_it_is_a_program_of_its_own(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "app.cli", "list", "everything"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "choose from" in result.stderr


def test_the_first_admin_comes_from_the_terminal(terminal, monkeypatch):
    terminal.type("reference", ROOT / "processes")
    add = ("person", "first.admin", "--name", "Ensimmäinen Malli", "--position", "u_keski_suomi_sote:r_yllapitaja")
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough password\n"))
    assert "first.admin" in terminal.type(*add)
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert "12" in terminal.type(*add, "--password", code=1)
    assert "r_unknown" in terminal.type(*add[:-1], "u_keski_suomi_sote:r_unknown", code=1)
    assert "cannot sign in" in terminal.type("disable-person", "first.admin")


def test_a_program_gets_its_secret_once(terminal):
    terminal.type("reference", ROOT / "processes")
    words = ("--name", "Koeohjelma", "--unit", "u_keski_suomi_sote", "--role", "r_yllapitaja", "--scope", "processes")
    said = terminal.type("program", "test-program", *words)
    assert "secret: " in said
    assert "taken" in terminal.type("program", "test-program", *words, code=1)
