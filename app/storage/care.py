"""The care core over one connection: clients, cases, answers, appointments, documents, decisions, the demo's mail."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec
from sqlalchemy import Connection, insert

from app.domain.actor import Actor
from app.domain.calendar import local_date
from app.domain.client import Case
from app.domain.facts import answers_needed, facts
from app.domain.keys import new_key
from app.domain.steps import DecisionEvaluated
from app.storage.answers import STRICTEST, CaseAnswers
from app.storage.appointments import Appointments
from app.storage.cases import Cases
from app.storage.clients import Clients
from app.storage.documents import Documents
from app.storage.encryption import Cipher
from app.storage.outbox import Outbox
from app.storage.places import Places
from app.storage.row_security import seen_by
from app.storage.tables.care import decision_record

#: facts that the case or the client holds and no answer
_FROM_CASE = frozenset({"ika", "lahde", "palvelusuhde", "turvakielto"})


class Care:
    """The rooms of the care core."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    @cached_property
    def clients(self) -> Clients:
        """Clients and the index by which they are found."""
        return Clients(self._connection, self._cipher)

    @cached_property
    def cases(self) -> Cases:
        """Cases, grants, relations."""
        return Cases(self._connection)

    @cached_property
    def answers(self) -> CaseAnswers:
        """Answers of cases."""
        return CaseAnswers(self._connection, self._cipher)

    @cached_property
    def appointments(self) -> Appointments:
        """Slots and appointments."""
        return Appointments(self._connection)

    @cached_property
    def documents(self) -> Documents:
        """Documents and files."""
        return Documents(self._connection, self._cipher)

    @cached_property
    def outbox(self) -> Outbox:
        """Mails that the demo shows instead of sending."""
        return Outbox(self._connection, self._cipher)

    @cached_property
    def places(self) -> Places:
        """Names of organisations and units, addresses of staff."""
        return Places(self._connection)

    @contextmanager
    def seen_by(self, actor: Actor, *, now: datetime) -> Iterator[None]:
        """Let the block read only what the database admits to the actor's organisation (app.storage.row_security)."""
        with seen_by(self._connection, organisation_id=actor.organisation_id, user_key=actor.user_key, now=now):
            yield

    def get_case(self, key: int) -> Case:
        """Return the case. :raises NotFound: no such case"""
        return self.cases.get(key)

    def case_exists(self, key: int) -> bool:
        """Tell whether there is such a case."""
        return self.cases.exists(key)

    def facts(self, case_key: int, names: Collection[str], *, now: datetime) -> dict[str, Any]:
        """
        Return the context `asia` of the case with the names; what is not known is null.

        Loads only the answers that the facts are made of; the identity only where the birth date is needed.
        """
        needed = answers_needed(names)
        latest = self.answers.latest(case_key, fields=needed) if needed else {}
        attributes: dict[str, Any] = {}
        birth_date = None
        if not _FROM_CASE.isdisjoint(names):
            case = self.cases.get(case_key)
            attributes = {"lahde": case.source or None, "palvelusuhde": case.service_relation or None}
            if not {"ika", "turvakielto"}.isdisjoint(names):
                client = self.clients.get(case.client_key)
                birth_date = client.identity.birth_date
                attributes["turvakielto"] = client.needs.protected_address
        found = facts(
            names=names,
            answers=latest.values(),
            birth_date=birth_date,
            today=local_date(now),
            attributes={name: value for name, value in attributes.items() if name not in latest},
        )
        return {name: fact.value for name, fact in found.items()}

    def record_decision(
        self, decision: DecisionEvaluated, *, instance_key: int, case_key: int | None, now: datetime
    ) -> None:
        """
        Keep what a decision was asked and what it answered (R-22).

        Inputs may be facts of any group, so the record is of the strictest; both sides are encrypted.
        """
        key = new_key()
        self._connection.execute(
            insert(decision_record).values(
                key=key,
                instance_key=instance_key,
                case_key=case_key,
                element_instance_key=decision.element_instance_key,
                element_id=decision.element_id,
                decision_id=decision.decision_id,
                content_hash=decision.content_hash,
                inputs=self._sealed(key, "inputs", decision.inputs),
                output=self._sealed(key, "output", decision.output),
                matched_rules=[list(rule) for rule in decision.matched_rules],
                data_group=STRICTEST,
                at=now,
            )
        )

    def _sealed(self, key: int, field: str, value: Any) -> bytes:
        plain = msgspec.json.encode(value, enc_hook=str)
        return self._cipher.encrypt(plain, table="decision_record", key=key, field=field)
