"""
Sign in: three steps, because a password takes 0.2 s to check and no transaction may stand open for so long.

`admit_sign_in` counts the try as failed before anything is checked, so that a hundred guesses at once count as a
hundred; the door checks the password outside any transaction; `begin_session` forgets the failures and begins.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.actor import Actor
from app.domain.sessions import (
    FREE_FAILURES,
    FREE_FAILURES_OF_ADDRESS,
    Account,
    SignInDelayed,
    SignInRefused,
    Workplace,
    wait_after,
)
from app.storage.unit_of_work import UnitOfWork


def failure_subjects(*, username: str, address: str, key: bytes) -> tuple[str, str]:
    """Return under which names tries are counted: the account at this address, and the address; hashed with the key."""
    texts = (f"account\0{username.casefold()}\0{address}", f"address\0{address}")
    return tuple(hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for text in texts)  # type: ignore[return-value]  # two in, two out


def admit_sign_in(uow: UnitOfWork, *, username: str, subjects: Sequence[str], now: datetime) -> Account | None:
    """
    Count a try and return the account of the user name, None where there is none that may sign in.

    :raises SignInDelayed: too many tries have failed; this one is not counted
    """
    known = uow.accounts.failures(subjects)
    allowances = (FREE_FAILURES, FREE_FAILURES_OF_ADDRESS)
    waits = [
        wait_after(known.get(subject), free=free, at=now) for subject, free in zip(subjects, allowances, strict=True)
    ]
    if (wait := max(waits)) > timedelta(0):
        raise SignInDelayed(wait)
    for subject in subjects:
        uow.accounts.count_failure(subject, known.get(subject), now=now)
    account = uow.accounts.find(username)
    return None if account is None or account.disabled else account


def begin_session(
    uow: UnitOfWork,
    *,
    user_key: int,
    id_hash: str,
    replaces: str | None,
    subjects: Sequence[str],
    now: datetime,
    new_password_hash: str = "",
) -> Account:
    """
    Begin a session of the person in the unit where they worked last, else in their first; end the one it replaces.

    :raises SignInRefused: the account was disabled meanwhile, or has no place of work
    """
    account = uow.accounts.get(user_key)
    places = uow.accounts.workplaces(user_key)
    if account.disabled or not places:
        raise SignInRefused
    if replaces:
        uow.accounts.end_session(replaces, now=now)
    unit_id = _place_of_last_time(account, places)
    uow.accounts.add_session(id_hash=id_hash, user_key=user_key, unit_id=unit_id, now=now)
    of_account, of_address = subjects
    uow.accounts.forget_failures([of_account])
    # others at the same address may have failed; only this try is taken back
    uow.accounts.take_back_failure(of_address)
    if new_password_hash:
        uow.accounts.change_password_hash(user_key, new_password_hash)
    uow.audit.add(
        actor=Actor(user_key=user_key, name=account.username, unit_id=unit_id),
        action="signed_in",
        subject="user",
        subject_key=user_key,
        now=now,
    )
    return account


def _place_of_last_time(account: Account, places: Sequence[Workplace]) -> str:
    last = account.settings.get("unit_id")
    return next((place.unit_id for place in places if place.unit_id == last), places[0].unit_id)
