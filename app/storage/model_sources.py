"""The newest published source of each model, and who published it: what a draft begins from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select

from app.domain.localized import LocalizedText
from app.domain.models import ModelKind
from app.storage.tables.definitions import (
    decision_definition,
    deployment,
    form_definition,
    process_decision,
    process_definition,
    process_form,
    shared_rule,
)
from app.storage.tables.people import user_account


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """The newest version of a model; `published_by` is a name, "" for the system."""

    key: int
    kind: ModelKind
    model_id: str
    version: int
    name: LocalizedText
    resource_name: str
    published_at: datetime
    published_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """The newest version with its file, byte for byte."""

    line: SourceLine
    content: bytes


@dataclass(frozen=True, slots=True)
class _Place:
    table: Table
    model_id: str
    name: str
    content: str


_PLACES = {
    ModelKind.DIAGRAM: _Place(process_definition, "process_id", "name", "xml"),
    ModelKind.DECISION: _Place(decision_definition, "decision_id", "name", "xml"),
    ModelKind.FORM: _Place(form_definition, "form_id", "title", "source"),
}
#: common rules are diagrams that other diagrams take in
_RULES = _Place(shared_rule, "rule_id", "name", "xml")


class ModelSources:
    """Reads of what is published, for those who draw the next version."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lines(self, kind: ModelKind) -> list[SourceLine]:
        """Return the newest version of every model of the kind, by its id."""
        return [_to_line(kind, row) for row in self._rows(_PLACES[kind], "", with_content=False)]

    def rules(self) -> list[SourceLine]:
        """Return the newest version of every common rule, by its id."""
        return [_to_line(ModelKind.DIAGRAM, row) for row in self._rows(_RULES, "", with_content=False)]

    def diagrams(self) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """Return the newest file of every process and of every common rule, by id."""
        processes, rules = (
            {row["model_id"]: bytes(row["content"]) for row in self._rows(place, "", with_content=True)}
            for place in (_PLACES[ModelKind.DIAGRAM], _RULES)
        )
        return processes, rules

    def find(self, kind: ModelKind, model_id: str) -> ModelSource | None:
        """Return the newest version of the model (a diagram may be a rule); None where it was never published."""
        rows = self._rows(_PLACES[kind], model_id, with_content=True)
        if not rows and kind is ModelKind.DIAGRAM:
            rows = self._rows(_RULES, model_id, with_content=True)
        return ModelSource(line=_to_line(kind, rows[0]), content=bytes(rows[0]["content"])) if rows else None

    def publishers(self, process_id: str) -> dict[int, str]:
        """Return who published each version of the process, by its key; the system is left out."""
        query = (
            select(process_definition.c.key, user_account.c.name)
            .join(user_account, user_account.c.key == process_definition.c.published_by)
            .where(process_definition.c.process_id == process_id)
        )
        return {row.key: row.name for row in self._connection.execute(query)}

    def processes_with(self, kind: ModelKind, model_ids: Collection[str]) -> list[str]:
        """Return the ids of the processes whose newest version is pinned to a version of the forms or decisions."""
        if kind is ModelKind.DIAGRAM:
            return []
        pins = process_form if kind is ModelKind.FORM else process_decision
        pinned_id = pins.c.form_id if kind is ModelKind.FORM else pins.c.decision_id
        newest = _newest(process_definition, "process_id")
        query = (
            select(process_definition.c.process_id)
            .join(
                newest,
                (newest.c.id == process_definition.c.process_id)
                & (newest.c.newest_version == process_definition.c.version),
            )
            .join(pins, pins.c.process_definition_key == process_definition.c.key)
            .where(pinned_id.in_(model_ids))
            .distinct()
        )
        return sorted(self._connection.execute(query).scalars())

    def _rows(self, place: _Place, model_id: str, *, with_content: bool) -> list[Mapping[str, Any]]:
        table, own_id = place.table, place.table.c[place.model_id]
        newest = _newest(table, place.model_id)
        columns = [
            table.c.key,
            own_id.label("model_id"),
            table.c.version,
            table.c[place.name].label("name"),
            deployment.c.published_at,
            user_account.c.name.label("published_by"),
        ]
        if "resource_name" in table.c:
            columns.append(table.c.resource_name)
        if with_content:
            columns.append(table.c[place.content].label("content"))
        query = (
            select(*columns)
            .join(newest, (newest.c.id == own_id) & (newest.c.newest_version == table.c.version))
            .join(deployment, deployment.c.key == table.c.deployment_key)
            .outerjoin(user_account, user_account.c.key == deployment.c.published_by)
            .order_by(own_id)
        )
        if model_id:
            query = query.where(own_id == model_id)
        return [dict(row) for row in self._connection.execute(query).mappings()]


def _newest(table: Table, model_id: str) -> Any:
    return (
        select(table.c[model_id].label("id"), func.max(table.c.version).label("newest_version"))
        .group_by(table.c[model_id])
        .subquery()
    )


def _to_line(kind: ModelKind, row: Mapping[str, Any]) -> SourceLine:
    return SourceLine(
        key=row["key"],
        kind=kind,
        model_id=row["model_id"],
        version=row["version"],
        name=row["name"],
        # a form has no file name of its own: it is found by its id
        resource_name=row.get("resource_name") or f"{row['model_id']}.{kind.value}",
        published_at=row["published_at"],
        published_by=row["published_by"] or "",
    )
