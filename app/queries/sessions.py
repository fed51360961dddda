"""Who is signed in, where they may work, whom the demo offers."""

from __future__ import annotations

from datetime import datetime

from app.domain.client_sessions import ClientSession, Person
from app.domain.sessions import Account, SignedIn, Workplace
from app.storage.unit_of_work import UnitOfWork


def find_session(uow: UnitOfWork, *, id_hash: str) -> SignedIn | None:
    """Return who is behind the session, live or not; None where there is no such session."""
    return uow.accounts.find_session(id_hash)


def find_client_session(uow: UnitOfWork, *, id_hash: str) -> ClientSession | None:
    """Return the client behind the session, live or not; None where there is no such session."""
    return uow.client_sessions.find(id_hash)


def list_people_of(uow: UnitOfWork, *, session: ClientSession, now: datetime) -> list[Person]:
    """Return whose matters the one behind a strong sign-in may see to; nobody's other than now after a link."""
    return [] if session.person_digest is None else uow.mandates.people_of(session.person_digest, at=now)


def list_workplaces(uow: UnitOfWork, *, user_key: int) -> tuple[Workplace, ...]:
    """Return the units where the person has roles."""
    return uow.accounts.workplaces(user_key)


def list_demo_people(uow: UnitOfWork) -> list[tuple[Account, tuple[Workplace, ...]]]:
    """Return the demo's people with where they work."""
    return uow.accounts.demo_people()
