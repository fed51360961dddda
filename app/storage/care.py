"""The care core over one connection: clients, cases, answers, appointments, documents, decisions, the demo's mail."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from app.domain.actor import Actor
from app.domain.calendar import local_date
from app.domain.client import Case
from app.domain.facts import answers_needed, facts
from app.domain.held_facts import (
    HELD,
    Record,
    case_facts,
    client_facts,
    consent_facts,
    measure_facts,
    plan_facts,
)
from app.storage.answers import CaseAnswers
from app.storage.appointments import Appointments
from app.storage.cases import Cases
from app.storage.clients import Clients
from app.storage.consents import Consents
from app.storage.decision_records import DecisionRecords
from app.storage.documents import Documents
from app.storage.encryption import Cipher
from app.storage.measures import Measures
from app.storage.outbox import Outbox
from app.storage.places import Places
from app.storage.plans import Plans
from app.storage.row_security import seen_by
from app.storage.support_people import SupportPeople


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
    def consents(self) -> Consents:
        """Consents and the grants of them."""
        return Consents(self._connection, self._cipher)

    @cached_property
    def plans(self) -> Plans:
        """Plans and their actions."""
        return Plans(self._connection, self._cipher)

    @cached_property
    def measures(self) -> Measures:
        """Measures of work ability and functioning."""
        return Measures(self._connection, self._cipher)

    @cached_property
    def decisions(self) -> DecisionRecords:
        """What decision tables were asked about clients, and answered."""
        return DecisionRecords(self._connection, self._cipher)

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
        """Let the block read only what the database admits to the actor (app.storage.row_security)."""
        with seen_by(self._connection, actor, now=now):
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

        Loads only the answers and records that the facts are made of, and decrypts the client only where they are.
        """
        needed = answers_needed(names)
        latest = self.answers.latest(case_key, fields=needed) if needed else {}
        held, birth_date = self._held(case_key, {HELD[name] for name in names if name in HELD}, now)
        found = facts(
            names=names,
            answers=latest.values(),
            birth_date=birth_date,
            today=local_date(now),
            attributes=held,
        )
        return {name: fact.value for name, fact in found.items()}

    def _held(self, case_key: int, records: set[Record], now: datetime) -> tuple[dict[str, Any], date | None]:
        """Return the facts that the records hold, and the birth date where the client was read."""
        held: dict[str, Any] = {}
        birth_date = None
        if records & {Record.CASE, Record.CLIENT, Record.SUPPORT}:
            case = self.cases.get(case_key)
            held |= case_facts(case)
            if Record.SUPPORT in records:
                held["tukihenkilo_on"] = SupportPeople(self._connection, self._cipher).is_there(case.client_key)
            if Record.CLIENT in records:
                client = self.clients.get(case.client_key)
                birth_date = client.identity.birth_date
                held |= client_facts(client)
        if Record.FORMS in records:
            held["lomakkeet"] = self.answers.form_ids(case_key)
        if Record.CONSENT in records:
            grants = self.cases.grants(case_key)
            types = self.consents.organisation_types({grant.organisation_id for grant in grants})
            held |= consent_facts(self.consents.latest(case_key), grants, organisation_types=types, at=now)
        if Record.PLAN in records:
            held |= plan_facts(self.plans.in_force(case_key))
        if Record.MEASURES in records:
            held |= measure_facts(self.measures.of_case(case_key))
        return held, birth_date
