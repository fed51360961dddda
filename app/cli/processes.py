"""Publish, start, list and export processes."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.cli.context import Context, Refused, say
from app.cli.process_files import read_resources
from app.commands.publish import publish
from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM
from app.published import process_of
from app.storage.monitor import InstanceFilters
from app.storage.unit_of_work import UnitOfWork


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


def export_process(context: Context) -> None:
    """
    Write a process version with its forms as it was published, and the newest of the decisions that it asks.

    :raises NotFound: no such process or version
    """
    arguments = context.arguments
    folder: Path = arguments.to / arguments.process_id
    files = context.executor.read(_files_of, arguments.process_id, arguments.version)
    for name in files:
        path = folder / name
        if path.exists() and not arguments.overwrite:
            raise Refused(f"{path} exists; --overwrite replaces it")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        say(str(path))


def _files_of(uow: UnitOfWork, process_id: str, version: int | None) -> dict[str, bytes]:
    """Return the files of the process version by their place in its folder."""
    if version is None:
        definition = uow.definitions.get_latest(process_id)
    else:
        definition = uow.definitions.get_version(process_id, version)
    outline = process_of(uow, definition.key).outline
    files = {f"{process_id}.bpmn": uow.definitions.xml(definition.key)}
    for form_id in sorted(outline.form_ids):
        files[f"forms/{form_id}.json"] = uow.definitions.form_source(definition.key, form_id)
    for decision_id, (_, key) in sorted(
        uow.definitions.latest_decisions(outline.decision_ids, tags=outline.decision_tags).items()
    ):
        files[f"{decision_id}.dmn"] = uow.definitions.decision_xml(key)
        files |= dict(uow.decision_models.files_of(key))
    return files
