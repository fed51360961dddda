"""What the monitor's reads share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement

from app.storage.types import AnyRow


def of_process(table: Any, instance_key: int, process_key: int | None) -> list[ColumnElement[bool]]:
    """Return the condition of rows of one process of the instance: its own, or a called one; None: of them all."""
    conditions: list[ColumnElement[bool]] = [table.c.instance_key == instance_key]
    if process_key == instance_key:
        conditions.append(table.c.called_process_key.is_(None))
    elif process_key is not None:
        conditions.append(table.c.called_process_key == process_key)
    return conditions


def mappings(rows: Sequence[AnyRow]) -> list[Mapping[str, Any]]:
    """Return the rows as mappings by column."""
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it
