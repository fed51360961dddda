"""Names of people, roles, units and organisations for pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from app.domain.localized import LocalizedText
from app.storage.unit_of_work import UnitOfWork


def names_of(uow: UnitOfWork, *, keys: Collection[int]) -> dict[int, str]:
    """Return the names of the people by key."""
    return uow.accounts.names_of(keys) if keys else {}


def role_names(uow: UnitOfWork) -> Mapping[str, LocalizedText]:
    """Return the names of the roles by id."""
    return dict(uow.accounts.roles())
