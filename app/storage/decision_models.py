"""Files of DMN by namespace, for the models that import them, and what a decision version imports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select

from app.domain.keys import new_key
from app.storage.tables.definitions import decision_import, decision_model


class DecisionModels:
    """Versions of models; a decision's version keeps the imported ones that it was published with."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, *, deployment_key: int, namespace: str, content_hash: str, resource_name: str, xml: bytes, now: datetime
    ) -> int:
        """Add the next version of the file, unless the newest is the same; return its key."""
        newest = self._connection.execute(
            select(decision_model.c.key, decision_model.c.version, decision_model.c.content_hash)
            .where(decision_model.c.namespace == namespace, decision_model.c.resource_name == resource_name)
            .order_by(decision_model.c.version.desc())
            .limit(1)
        ).one_or_none()
        if newest is not None and newest.content_hash == content_hash:
            return int(newest.key)
        key = new_key()
        self._connection.execute(
            insert(decision_model).values(
                key=key,
                deployment_key=deployment_key,
                namespace=namespace,
                version=(newest.version if newest else 0) + 1,
                content_hash=content_hash,
                resource_name=resource_name,
                xml=xml,
                published_at=now,
            )
        )
        return key

    def latest(self, namespace: str) -> tuple[int, bytes] | None:
        """Return key and file of what was published last with this namespace; None where nothing was."""
        row = self._connection.execute(
            select(decision_model.c.key, decision_model.c.xml)
            .where(decision_model.c.namespace == namespace)
            .order_by(decision_model.c.published_at.desc(), decision_model.c.version.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else (row.key, bytes(row.xml))

    def keep_imports(self, decision_key: int, models: Mapping[str, int]) -> None:
        """Note which models a new decision version imports: keys by namespace. One that has them noted keeps them."""
        if models and not self.imports_of(decision_key):
            self._connection.execute(
                insert(decision_import),
                [
                    {"decision_definition_key": decision_key, "namespace": namespace, "decision_model_key": key}
                    for namespace, key in models.items()
                ],
            )

    def imports_of(self, decision_key: int) -> tuple[bytes, ...]:
        """Return the models that the decision version imports, in the order of their namespaces."""
        return tuple(xml for _, xml in self.files_of(decision_key))

    def files_of(self, decision_key: int) -> list[tuple[str, bytes]]:
        """Return the imported models with their file names, in the order of their namespaces."""
        rows = self._connection.execute(
            select(decision_import.c.namespace, decision_model.c.resource_name, decision_model.c.xml)
            .join(decision_model, decision_model.c.key == decision_import.c.decision_model_key)
            .where(decision_import.c.decision_definition_key == decision_key)
        )
        # in Python: databases sort texts each in their own way, and the decision's hash depends on the order
        return [(row.resource_name, bytes(row.xml)) for row in sorted(rows, key=lambda row: row.namespace)]
