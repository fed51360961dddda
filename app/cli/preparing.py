"""Bring a database to what this build needs; load the demo."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.cli.context import Context, Refused, say
from app.cli.process_files import read_reference, read_resources
from app.commands.load_demo import begin_demo_case, load_demo_people
from app.commands.load_reference import load_reference, offer_times
from app.commands.publish import publish
from app.domain.actor import SYSTEM, Actor
from app.domain.errors import InvalidInput
from app.storage.schema import current_revision, downgrade, upgrade
from app.storage.unit_of_work import UnitOfWork


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
    say(f"The client's own door: {context.settings.public_url}/oma (the test identification believes whoever you say)")
    say("Demo sign-ins (choose one on the first page):")
    for person in demo["people"]:
        say(f"  {person['username']:24} {person['name']}")


def load_reference_files(context: Context) -> None:
    """Load the reference data of a folder of processes: roles, organisations, units, time limits, services, texts."""
    files = read_reference(context.arguments.folder or context.settings.processes_folder)
    context.executor.run(load_reference, files=files, now=context.now)
    say(f"{len(files)} files of reference data")


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


def demo_people_in_production(context: Context) -> str:
    """Return what is wrong where a production database holds the demo's people: anybody could sign in as them."""
    if context.settings.production and context.executor.read(lambda uow: uow.accounts.demo_people()):
        return "the database holds the demo's people; production does not start with them"
    return ""
