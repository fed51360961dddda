"""Published versions of processes, decisions and forms; immutable, found by content hash."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, text

from app.domain.errors import NotFound
from app.domain.keys import new_key
from app.domain.localized import LocalizedText
from app.storage.rows import Definition
from app.storage.tables.definitions import (
    decision_definition,
    deployment,
    form_definition,
    process_decision,
    process_definition,
    process_form,
)
from app.storage.types import AnyRow

_COLUMNS = (
    process_definition.c.key,
    process_definition.c.process_id,
    process_definition.c.version,
    process_definition.c.version_tag,
    process_definition.c.diagram_hash,
    process_definition.c.name,
    process_definition.c.documentation,
)


class Definitions:
    """What process owners have published."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self) -> None:
        """Let nobody else publish until this transaction ends; on SQLite a writing transaction is alone anyway."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(text("LOCK TABLE deployment IN SHARE ROW EXCLUSIVE MODE"))

    def add_deployment(self, *, by: int | None, now: datetime) -> int:
        """Open a deployment and return its key; one publishes at a time, so that versions are numbered without gaps."""
        self.lock()
        key = new_key()
        self._connection.execute(insert(deployment).values(key=key, published_at=now, published_by=by))
        return key

    def get(self, key: int) -> Definition:
        """Return the process version. :raises NotFound: no such version"""
        row = self._connection.execute(select(*_COLUMNS).where(process_definition.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("process definition", key)
        return _to_definition(row)

    def get_latest(self, process_id: str) -> Definition:
        """Return the newest version of the process. :raises NotFound: it was never published"""
        found = self.find_latest(process_id)
        if found is None:
            raise NotFound("process", process_id)
        return found

    def get_version(self, process_id: str, version: int) -> Definition:
        """Return that version of the process. :raises NotFound: no such version"""
        row = self._connection.execute(
            select(*_COLUMNS).where(
                process_definition.c.process_id == process_id, process_definition.c.version == version
            )
        ).one_or_none()
        if row is None:
            raise NotFound("process", process_id)
        return _to_definition(row)

    def find_published_with(self, process_id: str, definition_key: int) -> Definition | None:
        """Return the version of the process that was the newest when that version of a process was published."""
        moment = select(process_definition.c.published_at).where(process_definition.c.key == definition_key)
        return self._find(process_id, process_definition.c.published_at <= moment.scalar_subquery())

    def find_tagged(self, process_id: str, version_tag: str) -> Definition | None:
        """Return the newest version of the process that has the version tag."""
        return self._find(process_id, process_definition.c.version_tag == version_tag)

    def find_latest(self, process_id: str) -> Definition | None:
        """Return the newest version of the process, None where it was never published."""
        return self._find(process_id)

    def _find(self, process_id: str, *conditions: ColumnElement[bool]) -> Definition | None:
        row = self._connection.execute(
            select(*_COLUMNS)
            .where(process_definition.c.process_id == process_id, *conditions)
            .order_by(process_definition.c.version.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else _to_definition(row)

    def xml(self, key: int) -> bytes:
        """Return the original XML of the process version, byte for byte. :raises NotFound: no such version"""
        xml = self._connection.execute(
            select(process_definition.c.xml).where(process_definition.c.key == key)
        ).scalar_one_or_none()
        if xml is None:
            raise NotFound("process definition", key)
        return bytes(xml)

    def runnable(self, key: int) -> bytes:
        """Return what runs of the process version: its XML with the rules that it takes in. :raises NotFound: none"""
        runnable = self._connection.execute(
            select(func.coalesce(process_definition.c.runnable, process_definition.c.xml)).where(
                process_definition.c.key == key
            )
        ).scalar_one_or_none()
        if runnable is None:
            raise NotFound("process definition", key)
        return bytes(runnable)

    def find_same(self, process_id: str, content_hash: str) -> Definition | None:
        """Return the newest version if it has exactly this content."""
        row = self._connection.execute(
            select(*_COLUMNS, process_definition.c.content_hash)
            .where(process_definition.c.process_id == process_id)
            .order_by(process_definition.c.version.desc())
            .limit(1)
        ).one_or_none()
        return _to_definition(row) if row is not None and row.content_hash == content_hash else None

    def add_process(
        self,
        *,
        deployment_key: int,
        process_id: str,
        version_tag: str,
        content_hash: str,
        diagram_hash: str,
        resource_name: str,
        xml: bytes,
        runnable: bytes | None,
        name: LocalizedText,
        documentation: LocalizedText,
        forms: Mapping[str, int],
        decisions: Mapping[str, int],
        by: int | None,
        now: datetime,
    ) -> Definition:
        """Add the next version of the process, pinned to these versions of forms and decisions, and return it."""
        last = self._connection.execute(
            select(func.max(process_definition.c.version)).where(process_definition.c.process_id == process_id)
        ).scalar()
        key, version = new_key(), (last or 0) + 1
        self._connection.execute(
            insert(process_definition).values(
                key=key,
                deployment_key=deployment_key,
                process_id=process_id,
                version=version,
                version_tag=version_tag,
                content_hash=content_hash,
                diagram_hash=diagram_hash,
                resource_name=resource_name,
                xml=xml,
                runnable=runnable,
                name=dict(name),
                documentation=dict(documentation),
                published_at=now,
                published_by=by,
            )
        )
        if forms:
            self._connection.execute(
                insert(process_form),
                [
                    {"process_definition_key": key, "form_id": form_id, "form_definition_key": form_key}
                    for form_id, form_key in forms.items()
                ],
            )
        if decisions:
            self._connection.execute(
                insert(process_decision),
                [
                    {"process_definition_key": key, "decision_id": name, "decision_definition_key": decision_key}
                    for name, decision_key in decisions.items()
                ],
            )
        return Definition(
            key=key,
            process_id=process_id,
            version=version,
            version_tag=version_tag,
            diagram_hash=diagram_hash,
            name=name,
            documentation=documentation,
        )

    def add_decision(
        self,
        *,
        deployment_key: int,
        decision_id: str,
        version_tag: str,
        content_hash: str,
        resource_name: str,
        xml: bytes,
        name: LocalizedText,
        now: datetime,
    ) -> tuple[int, int]:
        """Add the next version of the decision, unless the newest is the same; return its key and version."""
        newest = self._connection.execute(
            select(decision_definition.c.key, decision_definition.c.version, decision_definition.c.content_hash)
            .where(decision_definition.c.decision_id == decision_id)
            .order_by(decision_definition.c.version.desc())
            .limit(1)
        ).one_or_none()
        if newest is not None and newest.content_hash == content_hash:
            return newest.key, newest.version
        key, version = new_key(), (newest.version if newest else 0) + 1
        self._connection.execute(
            insert(decision_definition).values(
                key=key,
                deployment_key=deployment_key,
                decision_id=decision_id,
                version=version,
                version_tag=version_tag,
                content_hash=content_hash,
                resource_name=resource_name,
                xml=xml,
                name=dict(name),
                published_at=now,
            )
        )
        return key, version

    def add_form(
        self,
        *,
        deployment_key: int,
        form_id: str,
        version_tag: str,
        content_hash: str,
        source: bytes,
        title: LocalizedText,
        now: datetime,
    ) -> int:
        """Add the next version of the form, unless the newest is the same; return its key."""
        newest = self._connection.execute(
            select(form_definition.c.key, form_definition.c.version, form_definition.c.content_hash)
            .where(form_definition.c.form_id == form_id)
            .order_by(form_definition.c.version.desc())
            .limit(1)
        ).one_or_none()
        if newest is not None and newest.content_hash == content_hash:
            return int(newest.key)
        key = new_key()
        self._connection.execute(
            insert(form_definition).values(
                key=key,
                deployment_key=deployment_key,
                form_id=form_id,
                version=(newest.version if newest else 0) + 1,
                version_tag=version_tag,
                content_hash=content_hash,
                source=source,
                title=dict(title),
                published_at=now,
            )
        )
        return key

    def latest_forms(
        self, form_ids: Collection[str], *, tags: Mapping[str, str] | None = None
    ) -> dict[str, tuple[int, str]]:
        """
        Return key and content hash of the newest version of each of the forms that exist.

        Of a form among `tags` the newest version with its tag counts.
        """
        columns = form_definition.c
        newest = (
            select(columns.form_id, func.max(columns.version).label("version"))
            .where(_wanted(columns.form_id, columns.version_tag, form_ids, tags or {}))
            .group_by(form_definition.c.form_id)
            .subquery()
        )
        rows = self._connection.execute(
            select(form_definition.c.form_id, form_definition.c.key, form_definition.c.content_hash).join(
                newest,
                (newest.c.form_id == form_definition.c.form_id) & (newest.c.version == form_definition.c.version),
            )
        )
        return {row.form_id: (row.key, row.content_hash) for row in rows}

    def source_of_form(self, form_key: int) -> bytes:
        """Return the source of that version of a form (its key from `latest_forms`)."""
        source: bytes = self._connection.execute(
            select(form_definition.c.source).where(form_definition.c.key == form_key)
        ).scalar_one()
        return source

    def form_source(self, definition_key: int, form_id: str) -> bytes:
        """
        Return the form's source as the process version was published with it.

        :raises NotFound: the process version has no such form
        """
        source = self._connection.execute(
            select(form_definition.c.source)
            .join(process_form, process_form.c.form_definition_key == form_definition.c.key)
            .where(process_form.c.process_definition_key == definition_key, process_form.c.form_id == form_id)
        ).scalar_one_or_none()
        if source is None:
            raise NotFound("form", form_id)
        return bytes(source)

    def latest_decisions(
        self, decision_ids: Collection[str], *, tags: Mapping[str, str] | None = None
    ) -> dict[str, tuple[str, int]]:
        """
        Return content hash and key of the newest version of each of the decisions that exist.

        Of a decision among `tags` the newest version with its tag counts.
        """
        columns = decision_definition.c
        newest = (
            select(columns.decision_id, func.max(columns.version).label("version"))
            .where(_wanted(columns.decision_id, columns.version_tag, decision_ids, tags or {}))
            .group_by(decision_definition.c.decision_id)
            .subquery()
        )
        rows = self._connection.execute(
            select(
                decision_definition.c.decision_id, decision_definition.c.content_hash, decision_definition.c.key
            ).join(
                newest,
                (newest.c.decision_id == decision_definition.c.decision_id)
                & (newest.c.version == decision_definition.c.version),
            )
        )
        return {row.decision_id: (row.content_hash, row.key) for row in rows}

    def pinned_decisions(self, definition_key: int) -> dict[str, tuple[str, int]]:
        """Return content hash and key of the decision versions that the process version was published with."""
        rows = self._connection.execute(
            select(process_decision.c.decision_id, decision_definition.c.content_hash, decision_definition.c.key)
            .join(decision_definition, decision_definition.c.key == process_decision.c.decision_definition_key)
            .where(process_decision.c.process_definition_key == definition_key)
        )
        return {row.decision_id: (row.content_hash, row.key) for row in rows}

    def decision_version(self, decision_id: str, content_hash: str) -> tuple[int, int, datetime] | None:
        """Return key, version and day of publishing of the version with this content, the newest; None: it is gone."""
        row = self._connection.execute(
            select(decision_definition.c.key, decision_definition.c.version, decision_definition.c.published_at)
            .where(decision_definition.c.decision_id == decision_id, decision_definition.c.content_hash == content_hash)
            .order_by(decision_definition.c.version.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else (row.key, row.version, row.published_at)

    def decision_xml(self, key: int) -> bytes:
        """Return the XML of the decision version. :raises NotFound: no such version"""
        xml = self._connection.execute(
            select(decision_definition.c.xml).where(decision_definition.c.key == key)
        ).scalar_one_or_none()
        if xml is None:
            raise NotFound("decision definition", key)
        return bytes(xml)


def _wanted(
    name: ColumnElement[str], tag: ColumnElement[str], names: Collection[str], tags: Mapping[str, str]
) -> ColumnElement[bool]:
    """Return the condition for versions that may be chosen: of a name with a tag those that have it."""
    plain = [each for each in names if each not in tags]
    return or_(name.in_(plain), *(and_(name == each, tag == tags[each]) for each in names if each in tags))


def _to_definition(row: AnyRow) -> Definition:
    return Definition(
        key=row.key,
        process_id=row.process_id,
        version=row.version,
        version_tag=row.version_tag,
        diagram_hash=row.diagram_hash,
        name=row.name,
        documentation=row.documentation,
    )
