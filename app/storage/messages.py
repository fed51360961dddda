"""Messages, signals, who waits for them, and what is on its way to whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, literal, or_, select, update

from app.domain.errors import Conflict, NotFound
from app.domain.keys import new_key
from app.domain.steps import MessageAwaited, SignalAwaited, StartEvent
from app.storage.reads import find_row
from app.storage.rows import Awaited, Delivery
from app.storage.tables.definitions import message_start
from app.storage.tables.instances import (
    called_process,
    delivery,
    message,
    message_subscription,
    process_instance,
    signal_subscription,
)
from app.storage.types import AnyRow
from app.storage.waits import end_waits, goes_on
from app.storage.writes import write

_SUBSCRIBE = insert(message_subscription).inline()
_SUBSCRIBE_SIGNAL = insert(signal_subscription).inline()
_GET_DELIVERY = select(delivery).where(delivery.c.key == bindparam("sought"))
_TAKE_DELIVERY = (
    update(delivery)
    .where(delivery.c.key == bindparam("sought"), delivery.c.status == "pending")
    .values(status="done", ended_at=bindparam("now"))
    .returning(delivery.c.key)
)


class Messages:
    """Messages, who waits for them, and what is on its way to whom."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sent = 0

    def _in_order(self, now: datetime) -> datetime:
        """
        Return the moment at which the next message or delivery of this unit of work stands.

        What one step sends is of one moment, and keys are random: without this it would arrive in any order.
        """
        self._sent += 1
        return now + timedelta(microseconds=self._sent)

    def subscribe(self, instance_key: int, process_id: str, opened: Sequence[MessageAwaited], *, now: datetime) -> None:
        """Insert the subscriptions."""
        if opened:
            write(
                self._connection,
                _SUBSCRIBE,
                [
                    {
                        "key": item.key,
                        "instance_key": instance_key,
                        "process_id": item.called.process_id if item.called else process_id,
                        "called_process_key": item.called_key,
                        "element_instance_key": item.element_instance_key,
                        "element_id": item.element_id,
                        "message_name": item.message_name,
                        "correlation_key": item.correlation_key,
                        "depth": item.depth,
                        "status": "open",
                        "opened_at": now,
                    }
                    for item in opened
                ],
            )

    def subscribe_signals(self, instance_key: int, opened: Sequence[SignalAwaited], *, now: datetime) -> None:
        """Insert the signal subscriptions."""
        if opened:
            write(
                self._connection,
                _SUBSCRIBE_SIGNAL,
                [
                    {
                        "key": item.key,
                        "instance_key": instance_key,
                        "called_process_key": item.called_key,
                        "element_instance_key": item.element_instance_key,
                        "element_id": item.element_id,
                        "signal_name": item.signal_name,
                        "status": "open",
                        "opened_at": now,
                    }
                    for item in opened
                ],
            )

    def close(self, keys: Sequence[int], *, completed: bool, now: datetime) -> None:
        """End the message subscriptions."""
        status = "completed" if completed else "cancelled"
        end_waits(self._connection, message_subscription, keys, status=status, now=now)

    def close_signals(self, keys: Sequence[int], *, completed: bool, now: datetime) -> None:
        """End the signal subscriptions."""
        status = "completed" if completed else "cancelled"
        end_waits(self._connection, signal_subscription, keys, status=status, now=now)

    def add(
        self,
        *,
        name: str,
        correlation_key: str,
        variables: Mapping[str, Any],
        message_id: str | None,
        expires_at: datetime,
        sender_instance_key: int | None,
        now: datetime,
    ) -> int:
        """
        Keep the message until it expires and return its key.

        :raises Conflict: a message of this name with the same message id is still kept
        """
        key = new_key()
        row = {
            "key": key,
            "name": name,
            "correlation_key": correlation_key,
            "message_id": message_id or None,
            "variables": dict(variables),
            "status": "buffered",
            "received_at": self._in_order(now),
            "expires_at": expires_at,
            "sender_instance_key": sender_instance_key,
            "taken_by": [],
        }
        if message_id:
            alive = select(literal(1)).where(
                message.c.name == name, message.c.message_id == message_id, message.c.status != "expired"
            )
            if self._connection.execute(alive).first():
                raise Conflict(f"a message {name!r} with this id is already kept")
        self._connection.execute(insert(message).values(row))
        return key

    def match(self, *, now: datetime, limit: int, message_key: int | None = None) -> list[int]:
        """
        Make a delivery for every kept message that somebody waits for, and return the deliveries' keys.

        A message goes to at most one instance of each process (Zeebe: once per process id); each of its deliveries
        is carried out in a transaction of its own, so that never two instances are locked at once.
        """
        keys = [*self._match_waiting(now, limit, message_key), *self._match_starts(now, limit, message_key)]
        self._connection.execute(
            update(message).where(message.c.status == "buffered", message.c.expires_at <= now).values(status="expired")
        )
        return keys

    def _match_waiting(self, now: datetime, limit: int, message_key: int | None) -> list[int]:
        query = (
            select(message, message_subscription.c.key.label("subscription"), message_subscription.c.instance_key)
            .add_columns(message_subscription.c.process_id, message_subscription.c.element_id)
            .join(
                message_subscription,
                and_(
                    message_subscription.c.message_name == message.c.name,
                    message_subscription.c.correlation_key == message.c.correlation_key,
                    message_subscription.c.status == "open",
                ),
            )
            .where(message.c.status == "buffered", or_(message.c.expires_at > now, message.c.key == message_key))
            .order_by(message.c.received_at, message.c.key, message_subscription.c.opened_at)
            .limit(limit)
        )
        if message_key is not None:
            query = query.where(message.c.key == message_key)
        made: list[int] = []
        taken: dict[int, list[str]] = {}
        busy = self._subscriptions_under_way()
        for row in self._connection.execute(query.with_for_update(of=message, skip_locked=True)):
            processes = taken.setdefault(row.key, list(row.taken_by))
            if row.process_id in processes or row.subscription in busy:
                continue
            processes.append(row.process_id)
            busy.add(row.subscription)
            made.append(
                self._deliver("message", row, subscription_key=row.subscription, instance_key=row.instance_key, now=now)
            )
        self._remember_taken(taken)
        return made

    def _subscriptions_under_way(self) -> set[int]:
        pending = select(delivery.c.subscription_key).where(
            delivery.c.status == "pending", delivery.c.kind == "message"
        )
        return set(self._connection.scalars(pending))

    def _match_starts(self, now: datetime, limit: int, message_key: int | None) -> list[int]:
        query = (
            select(message, message_start.c.process_id, message_start.c.element_id)
            .add_columns(message_start.c.process_definition_key)
            .join(
                message_start,
                and_(message_start.c.message_name == message.c.name, message_start.c.kind == "message"),
            )
            .where(message.c.status == "buffered", or_(message.c.expires_at > now, message.c.key == message_key))
            .order_by(message.c.received_at, message.c.key)
            .limit(limit)
        )
        if message_key is not None:
            query = query.where(message.c.key == message_key)
        made: list[int] = []
        taken: dict[int, list[str]] = {}
        for row in self._connection.execute(query.with_for_update(of=message, skip_locked=True)):
            processes = taken.setdefault(row.key, list(row.taken_by))
            if row.process_id not in processes:
                processes.append(row.process_id)
                made.append(self._deliver("start", row, definition_key=row.process_definition_key, now=now))
        self._remember_taken(taken)
        return made

    def _remember_taken(self, taken: Mapping[int, list[str]]) -> None:
        for key, processes in taken.items():
            self._connection.execute(update(message).where(message.c.key == key).values(taken_by=processes))

    def _deliver(
        self,
        kind: str,
        row: AnyRow,
        *,
        now: datetime,
        subscription_key: int | None = None,
        instance_key: int | None = None,
        definition_key: int | None = None,
    ) -> int:
        key = new_key()
        self._connection.execute(
            insert(delivery).values(
                key=key,
                kind=kind,
                name=row.name,
                message_key=row.key,
                subscription_key=subscription_key,
                instance_key=instance_key,
                process_definition_key=definition_key,
                element_id=row.element_id,
                variables=row.variables,
                status="pending",
                created_at=self._in_order(now),
            )
        )
        return key

    def nobody_has_taken(self, correlation_key: str, *, now: datetime) -> bool:
        """Tell whether a message with this key is kept that nobody has taken yet, or is on its way to somebody."""
        kept = select(message.c.taken_by).where(
            message.c.status == "buffered", message.c.correlation_key == correlation_key, message.c.expires_at > now
        )
        if any(not processes for processes in self._connection.scalars(kept)):
            return True
        under_way = (
            select(literal(1))
            .join(message, message.c.key == delivery.c.message_key)
            .where(delivery.c.status == "pending", message.c.correlation_key == correlation_key)
        )
        return self._connection.execute(under_way.limit(1)).first() is not None

    def waiting_in_case(self, case_key: int) -> list[Awaited]:
        """Return the messages that running instances of the case wait for, the outermost of each instance first."""
        query = (
            select(
                message_subscription.c.key,
                message_subscription.c.message_name,
                message_subscription.c.element_id,
                message_subscription.c.instance_key,
                func.coalesce(called_process.c.process_definition_key, process_instance.c.process_definition_key).label(
                    "process_definition_key"
                ),
            )
            .join(process_instance, process_instance.c.key == message_subscription.c.instance_key)
            .outerjoin(called_process, called_process.c.key == message_subscription.c.called_process_key)
            .where(process_instance.c.case_key == case_key, message_subscription.c.status == "open")
            .order_by(
                process_instance.c.started_at,
                process_instance.c.key,
                message_subscription.c.depth,
                message_subscription.c.opened_at,
                message_subscription.c.key,
            )
        )
        return [
            Awaited(
                key=row.key,
                message_name=row.message_name,
                element_id=row.element_id,
                instance_key=row.instance_key,
                definition_key=row.process_definition_key,
            )
            for row in self._connection.execute(query)
        ]

    def deliver_directly(self, awaited: Sequence[Awaited], variables: Mapping[str, Any], *, now: datetime) -> list[int]:
        """Make a delivery for each of the waits, whatever its correlation key, and return the deliveries' keys."""
        rows: list[dict[str, Any]] = [
            {
                "key": new_key(),
                "kind": "message",
                "name": item.message_name,
                "subscription_key": item.key,
                "instance_key": item.instance_key,
                "element_id": item.element_id,
                "variables": dict(variables),
                "status": "pending",
                "created_at": self._in_order(now),
            }
            for item in awaited
        ]
        if rows:
            self._connection.execute(insert(delivery), rows)
        return [row["key"] for row in rows]

    def deliver_end(self, instance_keys: Collection[int], *, name: str, now: datetime) -> None:
        """Make a delivery of the kind `end` for each of the instances, which ends it; `name` says why."""
        rows: list[dict[str, Any]] = [
            {
                "key": new_key(),
                "kind": "end",
                "name": name,
                "instance_key": key,
                "variables": {},
                "status": "pending",
                "created_at": self._in_order(now),
            }
            for key in instance_keys
        ]
        if rows:
            self._connection.execute(insert(delivery), rows)

    def deliver_signal(
        self, name: str, variables: Mapping[str, Any], *, now: datetime, besides: int | None = None
    ) -> list[int]:
        """
        Make a delivery for every instance that waits for the signal now, and return the deliveries' keys.

        `besides` is the instance that threw it: its own waits have heard it already.
        """
        query = select(
            signal_subscription.c.key, signal_subscription.c.instance_key, signal_subscription.c.element_id
        ).where(signal_subscription.c.signal_name == name, signal_subscription.c.status == "open")
        if besides is not None:
            query = query.where(signal_subscription.c.instance_key != besides)
        waiting = self._connection.execute(query).all()
        rows: list[dict[str, Any]] = [
            {
                "key": new_key(),
                "kind": "signal",
                "name": name,
                "subscription_key": row.key,
                "instance_key": row.instance_key,
                "process_definition_key": None,
                "element_id": row.element_id,
                "variables": dict(variables),
                "status": "pending",
                "created_at": self._in_order(now),
            }
            for row in waiting
        ]
        starts = select(message_start).where(message_start.c.message_name == name, message_start.c.kind == "signal")
        rows += [
            {
                "key": new_key(),
                "kind": "start",
                "name": name,
                "subscription_key": None,
                "instance_key": None,
                "process_definition_key": row.process_definition_key,
                "element_id": row.element_id,
                "variables": dict(variables),
                "status": "pending",
                "created_at": self._in_order(now),
            }
            for row in self._connection.execute(starts)
        ]
        if rows:
            self._connection.execute(insert(delivery), rows)
        return [row["key"] for row in rows]

    def pending_deliveries(self, *, limit: int) -> list[int]:
        """Return the keys of deliveries not yet carried out, oldest first; a pause holds back all but an end."""
        query = (
            select(delivery.c.key)
            .where(delivery.c.status == "pending", or_(goes_on(delivery), delivery.c.kind == "end"))
            .order_by(delivery.c.created_at, delivery.c.key)
            .limit(limit)
        )
        return list(self._connection.scalars(query))

    def get_delivery(self, key: int) -> Delivery:
        """Return the delivery. :raises NotFound: no such delivery"""
        row = find_row(self._connection, _GET_DELIVERY, sought=key)
        if row is None:
            raise NotFound("delivery", key)
        return Delivery(
            key=row.key,
            kind=row.kind,
            name=row.name,
            message_key=row.message_key,
            subscription_key=row.subscription_key,
            instance_key=row.instance_key,
            definition_key=row.process_definition_key,
            element_id=row.element_id,
            variables=row.variables,
            status=row.status,
        )

    def take_delivery(self, key: int, *, now: datetime) -> bool:
        """Mark the delivery done if it still is pending; return whether it was."""
        return find_row(self._connection, _TAKE_DELIVERY, sought=key, now=now) is not None

    def drop_delivery(self, key: int, *, now: datetime) -> None:
        """Note that nobody waited any more; the message is kept for another of the process until it expires."""
        row = self.get_delivery(key)
        self._connection.execute(update(delivery).where(delivery.c.key == key).values(status="dropped", ended_at=now))
        if row.message_key is None or row.subscription_key is None:
            return
        # the process that waited may have been a called one
        process_id = self._connection.execute(
            select(message_subscription.c.process_id).where(message_subscription.c.key == row.subscription_key)
        ).scalar_one()
        kept = self._connection.execute(
            select(message.c.taken_by).where(message.c.key == row.message_key).with_for_update()
        ).scalar_one()
        self._connection.execute(
            update(message)
            .where(message.c.key == row.message_key)
            .values(taken_by=[name for name in kept if name != process_id])
        )

    def processes_with_start_conditions(self) -> list[int]:
        """Return the newest versions of the processes that conditions start."""
        query = (
            select(message_start.c.process_definition_key)
            .where(message_start.c.kind == "conditional")
            .distinct()
            .order_by(message_start.c.process_definition_key)
        )
        return list(self._connection.scalars(query))

    def replace_starts(self, process_id: str, starts: Sequence[StartEvent], *, definition_key: int) -> None:
        """Let these start events start the process by message, signal or condition from now on, and no others."""
        self._connection.execute(delete(message_start).where(message_start.c.process_id == process_id))
        rows = [
            {
                "process_id": process_id,
                "element_id": event.element_id,
                "kind": event.kind,
                "message_name": event.detail,
                "process_definition_key": definition_key,
            }
            # an event of several definitions may say the same thing twice
            for event in {(each.element_id, each.kind, each.detail): each for each in starts}.values()
        ]
        if rows:
            self._connection.execute(insert(message_start), rows)
