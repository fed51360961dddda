"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import JSON, BigInteger, DateTime, Integer, Row
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

#: a row of any columns
AnyRow: TypeAlias = Row[*tuple[Any, ...]]
#: a random 63-bit key
Key = BigInteger
#: a key that the database counts up by itself (SQLite counts only in INTEGER columns)
CountedKey = BigInteger().with_variant(Integer, "sqlite")
#: JSON; binary on PostgreSQL, because it is searched there
Json = JSON().with_variant(JSONB(), "postgresql")

#: stands for "no date" in columns by which lists are sorted, so that keyset paging needs no null rules
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """
    A moment in UTC. Goes in and comes out aware; naive values are refused.

    SQLite keeps no time zone, so there the UTC wall clock is stored with fixed width, which sorts as text.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        return in_utc(value)


def in_utc(moment: datetime | None) -> datetime | None:
    """Return the moment as the database's driver gives it, aware and in UTC."""
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, no NaN; for hashes and for the JSON columns."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
