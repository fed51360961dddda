"""Consents of cases and the grants that come of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from app.domain.access import Purpose
from app.domain.consent import Consent, ConsentDecision, ConsentMethod
from app.domain.errors import NotFound
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.storage.encryption import Cipher
from app.storage.tables.care import consent, consent_grant
from app.storage.tables.people import organisation


class Consents:
    """What clients have decided about their data, and what of it is open."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, given: Consent, grants: Iterable[tuple[str, DataGroup]]) -> None:
        """Insert the consent and a grant for each (organisation, data group) that it opens."""
        content = {"giver": given.giver, "purpose": given.purpose, "limits": given.limits}
        self._connection.execute(
            insert(consent).values(
                key=given.key,
                case_key=given.case_key,
                decision=given.decision,
                method=given.method,
                parties=list(given.parties),
                data_groups=[str(group) for group in given.groups],
                content=self._cipher.encrypt(
                    msgspec.json.encode(content), table="consent", key=given.key, field="content"
                ),
                given_at=given.given_at,
                valid_until=given.valid_until,
            )
        )
        rows = [
            {
                "key": new_key(),
                "case_key": given.case_key,
                "consent_key": given.key,
                "organisation_id": organisation_id,
                "data_group": group,
                "purpose": Purpose.CARE,
                "valid_from": given.given_at,
                "valid_until": given.valid_until,
            }
            for organisation_id, group in grants
        ]
        if rows:
            self._connection.execute(insert(consent_grant), rows)

    def get(self, key: int) -> Consent:
        """Return the consent. :raises NotFound: no such consent"""
        row = self._connection.execute(select(consent).where(consent.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("consent", key)
        return self._to_consent(row)

    def of_case(self, case_key: int) -> list[Consent]:
        """Return every decision of the case, the newest first."""
        rows = self._connection.execute(
            select(consent).where(consent.c.case_key == case_key).order_by(consent.c.given_at.desc(), consent.c.key)
        )
        return [self._to_consent(row) for row in rows]

    def latest(self, case_key: int) -> Consent | None:
        """Return the latest decision of the case, None where nobody has asked."""
        row = self._connection.execute(
            select(consent)
            .where(consent.c.case_key == case_key)
            .order_by(consent.c.given_at.desc(), consent.c.key)
            .limit(1)
        ).one_or_none()
        return None if row is None else self._to_consent(row)

    def withdraw(self, key: int, *, now: datetime) -> None:
        """Note that the client has taken the whole consent back."""
        self._connection.execute(
            update(consent).where(consent.c.key == key, consent.c.withdrawn_at.is_(None)).values(withdrawn_at=now)
        )

    def cut(self, grant_keys: Collection[int], *, now: datetime) -> None:
        """Let the grants open nothing from now on: the client has taken them back."""
        self._connection.execute(
            update(consent_grant)
            .where(consent_grant.c.key.in_(grant_keys), consent_grant.c.withdrawn_at.is_(None))
            .values(withdrawn_at=now)
        )

    def expire(self, key: int, *, now: datetime) -> int:
        """Let what is left of the consent open nothing from now on; return how many grants that ended."""
        ended = self._connection.execute(
            update(consent_grant)
            .where(consent_grant.c.consent_key == key, consent_grant.c.valid_until > now)
            .values(valid_until=now)
        )
        return ended.rowcount

    def organisation_types(self, ids: Collection[str]) -> dict[str, str]:
        """Return the kinds of the organisations by id; unknown ids are left out."""
        rows = self._connection.execute(
            select(organisation.c.id, organisation.c.type).where(organisation.c.id.in_(set(ids)))
        )
        return {row.id: row.type for row in rows}

    def _to_consent(self, row: Row[Any]) -> Consent:
        content = msgspec.json.decode(self._cipher.decrypt(row.content, table="consent", key=row.key, field="content"))
        return Consent(
            key=row.key,
            case_key=row.case_key,
            decision=ConsentDecision(row.decision),
            method=ConsentMethod(row.method),
            purpose=content["purpose"],
            giver=content["giver"],
            limits=content["limits"],
            parties=tuple(row.parties),
            groups=tuple(DataGroup(group) for group in row.data_groups),
            given_at=row.given_at,
            valid_until=row.valid_until,
            withdrawn_at=row.withdrawn_at,
        )
