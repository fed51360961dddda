"""Sign out, stay signed in, work in another unit, choose how the product looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.domain.errors import NotAllowed
from app.domain.sessions import SignedIn
from app.storage.unit_of_work import UnitOfWork


def sign_out(uow: UnitOfWork, *, signed_in: SignedIn, now: datetime) -> None:
    """End the session; its cookie is dead at once."""
    uow.accounts.end_session(signed_in.id_hash, now=now)
    uow.audit.add(
        actor=signed_in.actor,
        action="signed_out",
        subject="user",
        subject_key=signed_in.account.key,
        now=now,
    )


def stay_signed_in(uow: UnitOfWork, *, signed_in: SignedIn, now: datetime) -> None:
    """Write that the session is in use; the absolute end does not move."""
    uow.accounts.touch_session(signed_in.id_hash, now=now)


def work_in_unit(uow: UnitOfWork, *, signed_in: SignedIn, unit_id: str, new_id_hash: str, now: datetime) -> None:
    """
    Let the person work in another of their units, with the roles they have there, in a session with a new id.

    :raises NotAllowed: the person has no role in that unit
    """
    account = signed_in.account
    if all(place.unit_id != unit_id for place in uow.accounts.workplaces(account.key)):
        raise NotAllowed("work_in_unit")
    uow.accounts.renew_session(signed_in.id_hash, new_id_hash=new_id_hash, unit_id=unit_id, now=now)
    uow.accounts.change_settings(
        account.key, language=account.language, settings={**account.settings, "unit_id": unit_id}
    )
    uow.audit.add(
        actor=signed_in.actor,
        action="unit_chosen",
        subject="user",
        subject_key=account.key,
        details={"unit_id": unit_id},
        now=now,
    )


def choose_look(uow: UnitOfWork, *, signed_in: SignedIn, language: str, choices: Mapping[str, Any]) -> None:
    """Keep the person's language, colours, density and shortcut keys for every machine they use."""
    account = signed_in.account
    uow.accounts.change_settings(account.key, language=language, settings={**account.settings, **choices})
