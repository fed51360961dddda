"""Bring a database to what this build needs; load the demo."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from app.cli.context import Context, Refused, say
from app.cli.demo_lives import DemoLives, read_demo_cases
from app.cli.process_files import read_reference, read_resources
from app.commands.load_demo import load_demo_people
from app.commands.load_reference import load_reference, offer_times
from app.commands.publish import publish
from app.domain.actor import SYSTEM
from app.storage.schema import current_revision, downgrade, upgrade


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
    demo = msgspec.json.decode((folder / "shared" / "demo" / "people.json").read_bytes())
    is_new = bool(executor.run(load_demo_people, people=demo["people"], now=now))
    cases = read_demo_cases(folder) if is_new else []
    # what the clients' lives need has to be there when the first of them begins
    begins = now - timedelta(days=max((case.days_ago + 1 for case in cases), default=0))
    executor.run(publish, resources=read_resources([folder]), actor=SYSTEM, now=begins)
    if cases:
        DemoLives(executor, context.settings, begins=begins).live(cases, until=now)
    executor.run(offer_times, now=now)
    say(f"The client's own door: {context.settings.public_url}/oma (the test identification believes whoever you say)")
    say("Demo sign-ins (choose one on the first page):")
    for person in demo["people"]:
        say(f"  {person['username']:24} {person['name']}")


def load_reference_files(context: Context) -> None:
    """Load the reference data of a folder of processes: roles, organisations, units, time limits, services, texts."""
    files = read_reference(context.arguments.folder or context.settings.processes_folder)
    context.executor.run(load_reference, files=files, now=context.now)
    say(f"{len(files)} files of reference data")


def demo_people_in_production(context: Context) -> str:
    """Return what is wrong where a production database holds the demo's people: anybody could sign in as them."""
    if context.settings.production and context.executor.read(lambda uow: uow.accounts.demo_people()):
        return "the database holds the demo's people; production does not start with them"
    return ""
