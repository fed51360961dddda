"""Common rules that pathways take in: published in versions, read when a pathway is published."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from app.domain.keys import new_key
from app.domain.localized import LocalizedText
from app.storage.tables.definitions import shared_rule


class SharedRules:
    """Versions of the common rules; a pathway's version holds its own copy and needs none of them afterwards."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        *,
        deployment_key: int,
        rule_id: str,
        content_hash: str,
        resource_name: str,
        xml: bytes,
        name: LocalizedText,
        now: datetime,
    ) -> int:
        """Add the next version of the rule, unless the newest is the same; return its number."""
        newest = self._connection.execute(
            select(shared_rule.c.version, shared_rule.c.content_hash)
            .where(shared_rule.c.rule_id == rule_id)
            .order_by(shared_rule.c.version.desc())
            .limit(1)
        ).one_or_none()
        if newest is not None and newest.content_hash == content_hash:
            return int(newest.version)
        version = (newest.version if newest else 0) + 1
        self._connection.execute(
            insert(shared_rule).values(
                key=new_key(),
                deployment_key=deployment_key,
                rule_id=rule_id,
                version=version,
                content_hash=content_hash,
                resource_name=resource_name,
                xml=xml,
                name=dict(name),
                published_at=now,
            )
        )
        return int(version)

    def latest(self, rule_ids: Collection[str]) -> dict[str, bytes]:
        """Return the file of the newest version of each of the rules that exist."""
        newest = (
            select(shared_rule.c.rule_id, func.max(shared_rule.c.version).label("version"))
            .where(shared_rule.c.rule_id.in_(rule_ids))
            .group_by(shared_rule.c.rule_id)
            .subquery()
        )
        rows = self._connection.execute(
            select(shared_rule.c.rule_id, shared_rule.c.xml).join(
                newest, (newest.c.rule_id == shared_rule.c.rule_id) & (newest.c.version == shared_rule.c.version)
            )
        )
        return {row.rule_id: bytes(row.xml) for row in rows}
