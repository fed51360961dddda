"""Published versions with what stands where in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from app.domain.localized import LocalizedText
from app.storage.monitor.parts import mappings
from app.storage.reads import find_rows
from app.storage.tables.definitions import decision_definition, process_definition
from app.storage.tables.instances import called_process, history, incident, process_instance

#: asked with every list of tasks, hence made once; of a process the newest version comes last
_NAMES = select(process_definition.c.process_id, process_definition.c.name).order_by(
    process_definition.c.process_id, process_definition.c.version
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionLine:
    """One published version, with the number of its instances."""

    key: int
    process_id: str
    version: int
    version_tag: str
    name: LocalizedText
    documentation: LocalizedText
    resource_name: str
    published_at: datetime
    active: int
    with_incidents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version and the day from which it is in force; `newer` is the newest version, None where this is it."""

    version: int
    published_at: datetime
    newer: Published | None = None


class DefinitionLists:
    """Reads of published versions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def definitions(self, *, latest_only: bool = False, process_id: str = "") -> list[DefinitionLine]:
        """Return the published versions by process id, newest version first, with counts of their instances."""
        active = (
            select(
                process_instance.c.process_definition_key,
                func.count().label("active"),
                func.count().filter(process_instance.c.open_incidents > 0).label("with_incidents"),
            )
            .where(process_instance.c.status == "active")
            .group_by(process_instance.c.process_definition_key)
        ).subquery()
        query = select(
            process_definition.c.key,
            process_definition.c.process_id,
            process_definition.c.version,
            process_definition.c.version_tag,
            process_definition.c.name,
            process_definition.c.documentation,
            process_definition.c.resource_name,
            process_definition.c.published_at,
            func.coalesce(active.c.active, 0).label("active"),
            func.coalesce(active.c.with_incidents, 0).label("with_incidents"),
        ).outerjoin(active, active.c.process_definition_key == process_definition.c.key)
        if process_id:
            query = query.where(process_definition.c.process_id == process_id)
        if latest_only:
            newest = (
                select(process_definition.c.process_id, func.max(process_definition.c.version).label("version"))
                .group_by(process_definition.c.process_id)
                .subquery()
            )
            query = query.join(
                newest,
                and_(
                    newest.c.process_id == process_definition.c.process_id,
                    newest.c.version == process_definition.c.version,
                ),
            )
        query = query.order_by(process_definition.c.process_id, process_definition.c.version.desc())
        return [DefinitionLine(**row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001

    def published(self, definition_key: int) -> Published:
        """Return since when the version is in force and what has replaced it; the key must be of a version."""
        this, newest = process_definition.alias("this"), process_definition.alias("newest")
        columns = this.c.version, this.c.published_at, newest.c.version, newest.c.published_at
        version, published_at, newest_version, newest_at = self._connection.execute(
            select(*columns)
            .join(newest, newest.c.process_id == this.c.process_id)
            .where(this.c.key == definition_key)
            .order_by(newest.c.version.desc())
            .limit(1)
        ).one()
        newer = Published(version=newest_version, published_at=newest_at) if newest_version != version else None
        return Published(version=version, published_at=published_at, newer=newer)

    def process_names(self) -> dict[str, LocalizedText]:
        """Return the name of each process in its newest version."""
        return {row.process_id: row.name for row in find_rows(self._connection, _NAMES)}

    def element_counts(self, definition_key: int) -> dict[str, int]:
        """
        Return how many element instances are active now, by element id.

        Over the version's active instances, and the active calls of it in other instances.
        """
        ended = history.alias("ended")
        live = (
            select(history.c.element_id, func.count())
            .outerjoin(
                ended,
                and_(
                    ended.c.element_instance_key == history.c.element_instance_key,
                    ended.c.event.in_(("completed", "terminated")),
                ),
            )
            .where(history.c.event == "activated", history.c.element_type != "process", ended.c.sequence.is_(None))
            .group_by(history.c.element_id)
        )
        own = live.join(process_instance, process_instance.c.key == history.c.instance_key).where(
            history.c.called_process_key.is_(None), *_active_of(process_instance, definition_key)
        )
        called = live.join(called_process, called_process.c.key == history.c.called_process_key).where(
            *_active_of(called_process, definition_key)
        )
        return self._added_up(own, called)

    def incident_counts(self, definition_key: int) -> dict[str, int]:
        """Return how many incidents are open, by element id, over the version's instances and the calls of it."""
        standing = (
            select(incident.c.element_id, func.count())
            .where(incident.c.status == "open")
            .group_by(incident.c.element_id)
        )
        own = standing.join(process_instance, process_instance.c.key == incident.c.instance_key).where(
            incident.c.called_process_key.is_(None), process_instance.c.process_definition_key == definition_key
        )
        called = standing.join(called_process, called_process.c.key == incident.c.called_process_key).where(
            called_process.c.process_definition_key == definition_key
        )
        return self._added_up(own, called)

    def _added_up(self, *queries: Any) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for query in queries:
            counts.update({row[0]: row[1] for row in self._connection.execute(query)})
        return dict(counts)

    def decisions(self, *, decision_id: str = "") -> list[Mapping[str, Any]]:
        """Return the published decision versions, newest first."""
        query = select(
            decision_definition.c.key,
            decision_definition.c.decision_id,
            decision_definition.c.version,
            decision_definition.c.name,
            decision_definition.c.resource_name,
            decision_definition.c.published_at,
        ).order_by(decision_definition.c.decision_id, decision_definition.c.version.desc())
        if decision_id:
            query = query.where(decision_definition.c.decision_id == decision_id)
        return mappings(self._connection.execute(query).all())


def _active_of(table: Any, definition_key: int) -> tuple[ColumnElement[bool], ...]:
    return table.c.process_definition_key == definition_key, table.c.status == "active"
