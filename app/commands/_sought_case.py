"""The case that somebody seeks who serves no client of theirs in it: in an emergency, or on a statute."""

from __future__ import annotations

from app.domain.client import Case
from app.storage.unit_of_work import UnitOfWork


def find_sought(uow: UnitOfWork, sought: str) -> Case | None:
    """Return the case of the number, or the open case of the client with the identity code, the newest of several."""
    by_number = uow.care.cases.find_by_number(sought)
    if by_number:
        return by_number[0]
    client_key = uow.care.clients.find_by_identity_code(sought)
    cases = [] if client_key is None else uow.care.cases.of_client(client_key)
    return next((case for case in cases if case.is_open), cases[0] if cases else None)
