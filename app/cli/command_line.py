"""What can be typed, and which function answers."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import app.cli
from app.cli.checking import check_paths
from app.cli.context import Context, Refused
from app.cli.doctor import doctor
from app.cli.importing import import_files
from app.cli.people import disable_person_by_hand, put_person_by_hand, register_program
from app.cli.preparing import load_demo, load_reference_files, migrate_database, prepare
from app.cli.processes import export_process, list_things, publish_paths, start_process
from app.clock import DatabaseClock
from app.domain.api_client import Scope
from app.domain.errors import InvalidInput, KykypolkuError
from app.domain.localized import LANGUAGES
from app.executor import open_executor
from app.locale import Texts
from app.locale.problems import problem_text
from app.logs import configure_logs
from app.settings import Settings, SettingsRefused


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kykypolku", description=app.cli.__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("prepare").set_defaults(work=prepare)
    commands.add_parser("demo").set_defaults(work=load_demo)
    publishing = commands.add_parser("publish")
    publishing.add_argument("paths", nargs="+", type=Path, help="BPMN, DMN and form files, or folders of them")
    publishing.set_defaults(work=publish_paths)
    starting = commands.add_parser("start")
    starting.add_argument("process_id")
    starting.add_argument("--variables", default="{}", help="JSON object")
    starting.add_argument("--business-id", default="")
    starting.set_defaults(work=start_process)
    listing = commands.add_parser("list")
    listing.add_argument("kind", choices=["processes", "instances", "incidents"])
    listing.add_argument("--limit", type=int, default=50)
    listing.set_defaults(work=list_things)
    exporting = commands.add_parser("export")
    exporting.add_argument("process_id")
    exporting.add_argument("--version", type=int, help="the newest where none is named")
    exporting.add_argument("--to", type=Path, default=Path(), help="folder in which the process's folder is made")
    exporting.add_argument("--overwrite", action="store_true")
    exporting.set_defaults(work=export_process)
    migrating = commands.add_parser("migrate-db")
    migrating.add_argument("--to", default="head", help="revision; head is the newest, base an empty database")
    migrating.add_argument("--down", action="store_true", help="the revision is older than the database's")
    migrating.set_defaults(work=migrate_database)
    reference = commands.add_parser("reference")
    reference.add_argument(
        "folder", nargs="?", type=Path, help="folder of processes; the installation's own by default"
    )
    reference.set_defaults(work=load_reference_files)
    _add_files(commands)
    _add_people(commands)
    commands.add_parser("doctor").set_defaults(work=doctor)
    return parser


def _add_files(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    checking = commands.add_parser("check", help="say what is wrong with files, and what may go wrong")
    checking.add_argument("paths", nargs="+", type=Path, help="BPMN, DMN and form files, or folders of them")
    checking.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    checking.add_argument("--language", choices=LANGUAGES, default="en")
    checking.set_defaults(work=check_paths)
    importing = commands.add_parser("import", help="say what an import puts right in foreign diagrams")
    importing.add_argument("paths", nargs="+", type=Path, help="files, zips or folders of them")
    importing.add_argument("--json", action="store_true", help="all findings, for a program")
    importing.add_argument("--to", type=Path, help="folder for the copies that were put right")
    importing.add_argument("--language", choices=LANGUAGES, default="en")
    importing.set_defaults(work=import_files)


def _add_people(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    person = commands.add_parser("person", help="add or change a person; asks for a password where there is none")
    person.add_argument("username")
    person.add_argument("--name", required=True)
    person.add_argument("--email", default="")
    person.add_argument("--language", choices=LANGUAGES, default="fi")
    person.add_argument("--position", action="append", required=True, metavar="UNIT:ROLE", help="may be repeated")
    person.add_argument("--password", action="store_true", help="ask for a new password")
    person.set_defaults(work=put_person_by_hand)
    program = commands.add_parser("program", help="let a program call the API; shows its secret once")
    program.add_argument("client_id")
    program.add_argument("--name", required=True)
    program.add_argument("--unit", required=True)
    program.add_argument("--role", action="append", required=True, help="may be repeated")
    program.add_argument("--scope", action="append", required=True, choices=[str(scope) for scope in Scope])
    program.add_argument("--job-type", action="append", default=[], help="may be repeated")
    program.add_argument("--message", action="append", default=[], help="message name it may publish")
    program.set_defaults(work=register_program)
    disabling = commands.add_parser("disable-person", help="let a person sign in no more")
    disabling.add_argument("username")
    disabling.set_defaults(work=disable_person_by_hand)


def command_names() -> list[str]:
    """Return every command that can be typed, `run` among them."""
    actions = [item for item in _parser()._actions if isinstance(item, argparse._SubParsersAction)]  # noqa: SLF001
    return ["run", *(name for item in actions for name in item.choices)]


def main(words: Sequence[str] | None = None) -> int:
    """Carry out the command line (or the words) and return the exit code: 1 refused, 2 cannot be understood."""
    if words is None and sys.argv[1:2] == ["run"]:
        # its own program: the supervisor holds no database and no engine in memory
        os.execv(sys.executable, [sys.executable, "-m", "app.supervisor", *sys.argv[2:]])  # noqa: S606
    arguments = _parser().parse_args(words)
    try:
        settings = Settings.load()
        configure_logs(style=settings.log_format, level="WARNING")
        executor = open_executor(settings)
        try:
            arguments.work(Context(settings, executor, arguments, DatabaseClock(executor)))
        finally:
            executor.database.close()
    except InvalidInput as error:
        texts = Texts.load("en")
        for problem in error.problems:
            place = " ".join(part for part in (problem.place, problem.name) if part)
            sys.stderr.write(f"{place or '-'}: {problem_text(problem, texts)}\n")
        return 1
    except (Refused, SettingsRefused, KykypolkuError) as error:
        sys.stderr.write(f"kykypolku: {error}\n")
        return 1
    return 0
