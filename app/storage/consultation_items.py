"""
Anonymous items of the consultation hour.

Who brought an item is written with the secret of its session and can be read only while that exists; with a new nonce
each time, so that two items of one person do not look alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, insert, or_, select, update

from app.domain.consultation import Item, ItemStatus, SessionStatus
from app.domain.errors import NotFound
from app.storage.encryption import Cipher
from app.storage.tables.consultation import consultation_item, consultation_session

_TABLE = "consultation_item"
#: every requester's key takes this many bytes, so that its length says nothing
_KEY_BYTES = 8


class ConsultationItems:
    """The items of the areas' hours."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(
        self, item: Item, *, requester: int | None, secret: bytes, confirmed: Sequence[str] = (), ticket: str | None
    ) -> None:
        """Add an item to the queue of its session; `requester` None: nobody is to be told the answer."""
        self._connection.execute(
            insert(consultation_item).values(
                key=item.key,
                session_key=item.session_key,
                status=item.status,
                arrival=item.arrival,
                walk_in=item.walk_in,
                topics=list(item.topics),
                profession=item.profession,
                organisation_id=item.organisation_id,
                age_group=item.age_group,
                asked=self._sealed(item.key, "asked", item.asked),
                requester=None if requester is None else _seal_requester(secret, item.key, requester),
                services=[],
                confirmed=list(confirmed),
                ticket=ticket,
            )
        )

    def find_ticket(self, ticket: str) -> Item | None:
        """Return the item that the page with this ticket has already made, or None."""
        row = self._connection.execute(
            select(consultation_item).where(consultation_item.c.ticket == ticket)
        ).one_or_none()
        return None if row is None else self._to_item(row)

    def get(self, key: int, *, session_key: int) -> Item:
        """Return the item of the session. :raises NotFound: the session has no such item"""
        row = self._connection.execute(
            select(consultation_item).where(
                consultation_item.c.key == key, consultation_item.c.session_key == session_key
            )
        ).one_or_none()
        if row is None:
            raise NotFound("consultation item", "")
        return self._to_item(row)

    def of_session(self, session_key: int) -> list[Item]:
        """Return the items of the session in the order of their arrival; dealt ones in any order after a while."""
        rows = self._connection.execute(
            select(consultation_item)
            .where(consultation_item.c.session_key == session_key)
            .order_by(consultation_item.c.arrival, consultation_item.c.key)
        )
        return [self._to_item(row) for row in rows]

    def queue(self, session_key: int) -> list[Item]:
        """Return the items that wait for the session or are dealt with now, in the order of their arrival."""
        return [item for item in self.of_session(session_key) if item.status in _QUEUED]

    def count_queue(self, session_key: int) -> int:
        """Return how many items wait for the session or are dealt with now."""
        query = select(func.count()).where(
            consultation_item.c.session_key == session_key, consultation_item.c.status.in_(_QUEUED)
        )
        return int(self._connection.scalar(query) or 0)

    def of_requester(self, user_key: int, living: Mapping[int, bytes]) -> list[Item]:
        """Return the items that the person has brought, as far as the secrets of their sessions are still there."""
        rows = self._connection.execute(
            select(consultation_item)
            .where(consultation_item.c.session_key.in_(living), consultation_item.c.requester.is_not(None))
            .order_by(consultation_item.c.session_key, consultation_item.c.arrival)
        )
        return [
            self._to_item(row)
            for row in rows
            if open_requester(living[row.session_key], row.key, row.requester) == user_key
        ]

    def requester_of(self, item: Item, secret: bytes) -> int | None:
        """Return who has brought the item, None where nobody can know."""
        sealed = self._connection.scalar(
            select(consultation_item.c.requester).where(consultation_item.c.key == item.key)
        )
        return None if sealed is None else open_requester(secret, item.key, sealed)

    def change(self, key: int, **values: Any) -> None:
        """Write the named columns of the item."""
        self._connection.execute(update(consultation_item).where(consultation_item.c.key == key).values(**values))

    def answer(
        self,
        item: Item,
        answer: Mapping[str, Any],
        *,
        recommendation: str,
        services: Sequence[str],
        minutes: int | None,
    ) -> None:
        """Write the answer of the group."""
        self.change(
            item.key,
            status=ItemStatus.ANSWERED,
            answer=self._sealed(item.key, "answer", answer),
            recommendation=recommendation,
            services=list(services),
            minutes=minutes,
        )

    def move(self, item: Item, *, to: int, arrival: int, old_secret: bytes | None, secret: bytes, passed: bool) -> None:
        """Let the item wait for another session; who brought it is written anew with that session's secret."""
        requester = None if old_secret is None else self.requester_of(item, old_secret)
        self.change(
            item.key,
            session_key=to,
            status=ItemStatus.WAITING,
            arrival=arrival,
            carried=item.carried + (not passed),
            passed=item.passed + passed,
            requester=None if requester is None else _seal_requester(secret, item.key, requester),
        )

    def withdraw(self, item: Item) -> None:
        """Forget what was asked and who asked at once; that something was brought is still counted."""
        self.change(item.key, status=ItemStatus.WITHDRAWN, arrival=None, asked=None, requester=None, ticket=None)

    def forget_order(self, session_key: int) -> None:
        """
        Forget in which order the items of a closed session came, and from which pages.

        The rows are written anew in the order of their random keys and by one transaction, so that neither their place
        in the table nor PostgreSQL's own columns tell the order any longer.
        """
        table = consultation_item
        keys = self._connection.scalars(select(table.c.key).where(table.c.session_key == session_key)).all()
        for key in sorted(keys):
            self.change(key, arrival=None, ticket=None)

    def forget_requesters(self, session_keys: Collection[int]) -> None:
        """Forget who brought the items of sessions whose secrets are destroyed; role and organisation stay."""
        self._connection.execute(
            update(consultation_item).where(consultation_item.c.session_key.in_(session_keys)).values(requester=None)
        )

    def forget_texts(self, *, held_before: datetime, limit: int) -> int:
        """Forget the texts of items whose session began before the moment; counts stay (R-15). Return how many."""
        table = consultation_item
        query = (
            select(table.c.key)
            .join(consultation_session, consultation_session.c.key == table.c.session_key)
            .where(
                consultation_session.c.starts_at < held_before,
                consultation_session.c.status.not_in((SessionStatus.PLANNED, SessionStatus.OPEN)),
                or_(table.c.asked.is_not(None), table.c.answer.is_not(None)),
            )
            .order_by(consultation_session.c.starts_at)
            .limit(limit)
            .with_for_update(of=table, skip_locked=True)
        )
        keys = list(self._connection.scalars(query))
        if keys:
            self._connection.execute(update(table).where(table.c.key.in_(keys)).values(asked=None, answer=None))
        return len(keys)

    def _sealed(self, key: int, field: str, values: Mapping[str, Any]) -> bytes:
        return self._cipher.encrypt(msgspec.json.encode(values), table=_TABLE, key=key, field=field)

    def _opened(self, key: int, field: str, sealed: bytes | None) -> Mapping[str, Any]:
        if sealed is None:
            return {}
        plain = self._cipher.decrypt(sealed, table=_TABLE, key=key, field=field)
        return msgspec.json.decode(plain, type=dict[str, Any])

    def _to_item(self, row: Row[Any]) -> Item:
        return Item(
            key=row.key,
            session_key=row.session_key,
            status=ItemStatus(row.status),
            arrival=row.arrival,
            walk_in=row.walk_in,
            topics=tuple(row.topics),
            profession=row.profession,
            organisation_id=row.organisation_id,
            age_group=row.age_group,
            asked=self._opened(row.key, "asked", row.asked),
            answer=self._opened(row.key, "answer", row.answer),
            recommendation=row.recommendation,
            carried=row.carried,
            passed=row.passed,
        )


_QUEUED = (ItemStatus.WAITING, ItemStatus.IN_HAND)


def _seal_requester(secret: bytes, item_key: int, user_key: int) -> bytes:
    plain = user_key.to_bytes(_KEY_BYTES)
    return _session_cipher(secret).encrypt(plain, table=_TABLE, key=item_key, field="requester")


def open_requester(secret: bytes, item_key: int, sealed: bytes) -> int:
    """Return who brought the item. :raises Undecipherable: the secret is that of another session"""
    return int.from_bytes(_session_cipher(secret).decrypt(sealed, table=_TABLE, key=item_key, field="requester"))


def _session_cipher(secret: bytes) -> Cipher:
    return Cipher(data_keys=[secret], index_key=secret)
