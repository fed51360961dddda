"""
`kykypolku`: what an installation needs from a terminal. Thin: settings in, one command or query, a few lines out.

    run         start everything on this machine (what `make run` does)
    prepare     bring the database up to date; in the demo also publish the processes and load its people
    publish     check and publish BPMN, DMN and form files or folders
    start       start a process instance
    list        processes, instances or incidents
    export      write a published process with its forms, as it was published
    migrate-db  bring the database to the schema of this build, or to another revision
    demo        load the demo's organisations, people and clients
    doctor      look whether this installation can work, and say what is wrong
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from app.commands.load_demo import begin_demo_case, load_demo_people
from app.commands.load_reference import load_reference, offer_times
from app.commands.publish import publish
from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM, Actor
from app.domain.errors import InvalidInput, KykypolkuError
from app.executor import Executor, open_executor
from app.locale import Texts
from app.logs import configure_logs
from app.settings import Settings, SettingsRefused
from app.storage.monitor import InstanceFilters
from app.storage.schema import current_revision, downgrade, newest_revision, upgrade
from app.storage.unit_of_work import UnitOfWork

#: what process owners' folders hold for publishing
PUBLISHED_SUFFIXES = frozenset({".bpmn", ".dmn", ".json"})
#: folders beside them that are not published
UNPUBLISHED_FOLDERS = frozenset({"scenarios", "reference", "demo"})
#: texts of decisions' codes stand beside the pathways and are reference data
DECISION_TEXTS = "decision_texts.json"


class Refused(Exception):
    """The terminal's own refusals: a file that is not there, an argument that makes no sense."""


def say(text: str = "") -> None:
    """Write a line of the answer."""
    sys.stdout.write(text + "\n")


@dataclass(frozen=True, slots=True)
class Context:
    """What every command gets."""

    settings: Settings
    executor: Executor
    arguments: argparse.Namespace
    now: datetime


def read_resources(paths: Sequence[Path]) -> dict[str, bytes]:
    """
    Return the files to publish by name; of folders everything below except scenarios.

    :raises Refused: a path does not exist, or two files have one name
    """
    resources: dict[str, bytes] = {}
    for path in paths:
        if not path.exists():
            raise Refused(f"{path}: there is no such file or folder")
        files = [path] if path.is_file() else sorted(item for item in path.rglob("*") if item.is_file())
        for file in files:
            inside = file.relative_to(path).parts if path.is_dir() else (file.name,)
            if (
                file.name == DECISION_TEXTS
                or file.suffix not in PUBLISHED_SUFFIXES
                or UNPUBLISHED_FOLDERS.intersection(inside)
            ):
                continue
            name = file.name
            if name in resources:
                raise Refused(f"{file}: another file has this name")
            resources[name] = file.read_bytes()
    return resources


def publish_paths(context: Context) -> None:
    """Publish the files and folders named."""
    resources = read_resources(context.arguments.paths)
    deployment = context.executor.run(publish, resources=resources, actor=SYSTEM, now=context.now)
    for definition, resource in deployment.processes:
        say(f"{definition.process_id} version {definition.version} ({resource})")
    for decision in deployment.decisions:
        say(f"{decision.decision_id} version {decision.version} ({decision.resource_name})")
    say(f"{len(deployment.forms)} forms")


def start_process(context: Context) -> None:
    """Start an instance of the process."""
    arguments = context.arguments
    try:
        variables = msgspec.json.decode(arguments.variables, type=dict[str, object])
    except msgspec.DecodeError as error:
        raise Refused(f"--variables: {error}") from None
    started = context.executor.run(
        start_instance,
        process_id=arguments.process_id,
        variables=variables,
        business_id=arguments.business_id,
        actor=SYSTEM,
        now=context.now,
    )
    say(f"{started.instance_key} {started.definition.process_id} version {started.definition.version}")


def list_things(context: Context) -> None:
    """Print the newest of what was asked for, a line each."""

    def lines(uow: UnitOfWork) -> list[str]:
        if context.arguments.kind == "processes":
            return [
                f"{line.process_id} version {line.version} {line.name.get('fi', '')}"
                for line in uow.monitor.definitions(latest_only=True)
            ]
        if context.arguments.kind == "instances":
            return [
                f"{line.key} {line.process_id} version {line.version} {line.status} {line.started_at:%Y-%m-%d %H:%M}"
                for line in uow.monitor.instances(InstanceFilters(), after=None, limit=context.arguments.limit)
            ]
        found = uow.monitor.incidents(status="open", after=None, limit=context.arguments.limit)
        return ["{key} {process_id} {element_id} {code}".format_map(line) for line in found]

    for line in context.executor.read(lines):
        say(line)


def migrate_database(context: Context) -> None:
    """Bring the database to the newest revision, or to the one named, which may be older."""
    database, target = context.executor.database, context.arguments.to
    if target == "base" or context.arguments.down:
        downgrade(database, revision=target)
    else:
        upgrade(database, revision=target)
    say(f"The database is at revision {current_revision(database)}.")


def prepare(context: Context) -> None:
    """
    Make the database ready for this build; prints what the person at the terminal has to know.

    :raises Refused: production, and the demo's people are in the database
    """
    upgrade(context.executor.database)
    if trouble := demo_people_in_production(context):
        raise Refused(trouble)
    if not context.settings.production:
        load_demo(context)


def load_demo(context: Context) -> None:
    """
    Load reference data, publish the processes, add the demo's people; on an empty database also a few cases.

    :raises Refused: production, where the demo's people would be an open door
    """
    if context.settings.production:
        raise Refused("the demo is not loaded in production")
    folder, executor, now = context.settings.processes_folder, context.executor, context.now
    executor.run(load_reference, files=read_reference(folder), now=now)
    executor.run(offer_times, now=now)
    executor.run(publish, resources=read_resources([folder]), actor=SYSTEM, now=now)
    demo = msgspec.json.decode((folder / "shared" / "demo" / "people.json").read_bytes())
    new = executor.run(load_demo_people, people=demo["people"], now=now)
    if new:
        _begin_cases(context, folder / "shared" / "demo" / "cases.json")
    say("Demo sign-ins (choose one on the first page):")
    for person in demo["people"]:
        say(f"  {person['username']:24} {person['name']}")


def _begin_cases(context: Context, path: Path) -> None:
    """Bring the demo's invented clients to the middle of their paths."""
    cases = msgspec.json.decode(path.read_bytes())["cases"] if path.exists() else []
    for case in cases:
        actor = context.executor.read(_actor_of, case["as"])
        try:
            context.executor.run(
                begin_demo_case,
                actor=actor,
                process_id=case["process"],
                start_element_id=case.get("start"),
                answers=case["answers"],
                now=context.now,
            )
        except InvalidInput as error:
            raise Refused(f"{path}: {case['name']}: {error}") from None


def _actor_of(uow: UnitOfWork, username: str) -> Actor:
    return uow.accounts.actor_of(username)


def read_reference(folder: Path) -> list[Mapping[str, Any]]:
    """Return the files of reference data, and the texts of the decisions' codes as rows of their own kind."""
    files = [msgspec.json.decode(path.read_bytes()) for path in sorted((folder / "shared/reference").glob("*.json"))]
    texts = folder / "shared" / DECISION_TEXTS
    if texts.exists():
        rows = [{"id": code, "value": value} for code, value in msgspec.json.decode(texts.read_bytes()).items()]
        files.append({"kind": "decision_text", "rows": rows})
    return files


def demo_people_in_production(context: Context) -> str:
    """Return what is wrong where a production database holds the demo's people: anybody could sign in as them."""
    if context.settings.production and context.executor.read(lambda uow: uow.accounts.demo_people()):
        return "the database holds the demo's people; production does not start with them"
    return ""


def doctor(context: Context) -> None:
    """
    Look at what this installation needs, a line each.

    :raises Refused: something is wrong
    """
    database = context.executor.database
    checks: Mapping[str, Callable[[], str]] = {
        "database": lambda: "" if current_revision(database) == newest_revision() else "run kykypolku migrate-db",
        "people": lambda: demo_people_in_production(context),
    }
    wrong = 0
    for name, check in checks.items():
        try:
            trouble = check()
        except (Refused, KykypolkuError) as error:
            trouble = str(error)
        wrong += bool(trouble)
        say(f"{name}: {trouble or 'in order'}")
    if wrong:
        raise Refused(f"{wrong} of {len(checks)} checks failed")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kykypolku", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
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
    migrating = commands.add_parser("migrate-db")
    migrating.add_argument("--to", default="head", help="revision; head is the newest, base an empty database")
    migrating.add_argument("--down", action="store_true", help="the revision is older than the database's")
    migrating.set_defaults(work=migrate_database)
    commands.add_parser("doctor").set_defaults(work=doctor)
    return parser


def main() -> int:
    """Carry out the command line and return the exit code: 1 refused, 2 cannot be understood."""
    if sys.argv[1:2] == ["run"]:
        # its own program: the supervisor holds no database and no engine in memory
        os.execv(sys.executable, [sys.executable, "-m", "app.supervisor", *sys.argv[2:]])  # noqa: S606
    arguments = _parser().parse_args()
    try:
        settings = Settings.load()
        configure_logs(style=settings.log_format, level="WARNING")
        executor = open_executor(settings)
        try:
            arguments.work(Context(settings, executor, arguments, datetime.now(UTC)))
        finally:
            executor.database.close()
    except InvalidInput as error:
        texts = Texts.load("en")
        for problem in error.problems:
            place = " ".join(part for part in (problem.place, problem.name) if part)
            sys.stderr.write(f"{place or '-'}: {texts(f'problems.{problem.code}', **problem.values)}\n")
        return 1
    except (Refused, SettingsRefused, KykypolkuError) as error:
        sys.stderr.write(f"kykypolku: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
