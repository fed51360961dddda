"""Programs that call the API: register them, let them in, give them tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from app.domain.actor import Actor, may_administer
from app.domain.api_client import (
    TOKEN_LIFETIME,
    ApiClient,
    Caller,
    Credentials,
    Scope,
    SecretSent,
    SecretUnchecked,
    TokenSent,
    Unauthenticated,
)
from app.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from app.domain.sessions import FREE_FAILURES, FREE_FAILURES_OF_ADDRESS, Failures, SignInDelayed, wait_after
from app.storage.unit_of_work import UnitOfWork

R = TypeVar("R")

#: why a form that asks for client data was refused (app.commands.program_tasks)
CARE_REFUSED = "api_care_scope"

#: what the official client takes for a user name, without the characters that Basic cannot carry
_CLIENT_ID = re.compile(r"[A-Za-z0-9_.~@+-]{3,100}", re.ASCII)


def register_api_client(
    uow: UnitOfWork,
    *,
    client_id: str,
    name: str,
    unit_id: str,
    roles: Collection[str],
    scopes: Collection[str],
    secret_hash: str,
    actor: Actor,
    now: datetime,
    job_types: Collection[str] = (),
    message_names: Collection[str] = (),
    language: str = "fi",
    demo: bool = False,
) -> int:
    """
    Let a program call the API as a service person of the unit with these roles, and return its key.

    :raises NotAllowed: the actor may not administer
    :raises InvalidInput: no fit id, unknown scope, no such unit
    :raises Conflict: the id is somebody's
    """
    if not (may_administer(actor) or actor.is_system):
        raise NotAllowed("register_api_client")
    problems = [Problem("unknown_scope", place=scope) for scope in scopes if scope not in set(Scope)]
    if not _CLIENT_ID.fullmatch(client_id):
        problems.append(Problem("client_id_format", place="client_id"))
    if not uow.api_clients.unit_exists(unit_id):
        problems.append(Problem("unknown_unit", place="unit_id"))
    if problems:
        raise InvalidInput(problems)
    if uow.accounts.find(client_id) is not None:
        raise Conflict(f"the name {client_id!r} is taken")
    key = uow.api_clients.add(
        client_id=client_id,
        name=name,
        unit_id=unit_id,
        roles=roles,
        scopes=scopes,
        job_types=job_types,
        message_names=message_names,
        secret_hash=secret_hash,
        language=language,
        demo=demo,
        by=actor.user_key,
        now=now,
    )
    details = {"scopes": sorted(scopes), "roles": sorted(roles), "unit": unit_id}
    _note(uow, actor, "api_client_registered", key, now, **details)
    return key


def change_api_secret(uow: UnitOfWork, *, client_id: str, secret_hash: str, actor: Actor, now: datetime) -> None:
    """
    Give the program a new secret and end its tokens.

    :raises NotAllowed: the actor may not administer
    :raises NotFound: no such client
    """
    client = _administered(uow, client_id, actor)
    uow.api_clients.change_secret(client_id, secret_hash)
    uow.api_clients.end_tokens(client.key)
    _note(uow, actor, "api_secret_changed", client.key, now)


def disable_api_client(uow: UnitOfWork, *, client_id: str, actor: Actor, now: datetime, disabled: bool = True) -> None:
    """
    Let the program in no more (its tokens end at once), or again.

    :raises NotAllowed: the actor may not administer
    :raises NotFound: no such client
    """
    client = _administered(uow, client_id, actor)
    uow.api_clients.disable(client_id, disabled=disabled)
    uow.api_clients.end_tokens(client.key)
    _note(uow, actor, "api_client_disabled" if disabled else "api_client_enabled", client.key, now)


def admit_api_client(uow: UnitOfWork, *, subjects: Sequence[str], now: datetime) -> None:
    """
    Count a try with a secret as failed before it is checked, so that a hundred guesses at once count as a hundred.

    :raises SignInDelayed: too many tries have failed; this one is not counted
    """
    known = _failures_without_wait(uow, subjects, now)
    for subject in subjects:
        uow.accounts.count_failure(subject, known.get(subject), now=now)


def _failures_without_wait(uow: UnitOfWork, subjects: Sequence[str], now: datetime) -> Mapping[str, Failures]:
    """Return the failed tries. :raises SignInDelayed: too many of them, a moment ago"""
    known = uow.accounts.failures(subjects)
    allowances = (FREE_FAILURES, FREE_FAILURES_OF_ADDRESS)
    wait = max(
        wait_after(known.get(subject), free=free, at=now) for subject, free in zip(subjects, allowances, strict=True)
    )
    if wait > timedelta(0):
        raise SignInDelayed(wait)
    return known


def forget_api_failures(uow: UnitOfWork, *, subjects: Sequence[str]) -> None:
    """Forget the failed tries with the client id after a secret that was right; others may still be at the address."""
    of_client, of_address = subjects
    uow.accounts.forget_failures([of_client])
    uow.accounts.take_back_failure(of_address)


def as_caller(
    uow: UnitOfWork, *, credentials: Credentials, action: Callable[[UnitOfWork, Caller], R], now: datetime
) -> R:
    """
    Find out who calls and do the action for them, both in this one transaction; return what the action returns.

    :raises Unauthenticated: the sign-in does not hold
    :raises SecretUnchecked: the door has to check the secret against the stored hash first
    :raises SignInDelayed: too many tries with this client id or from this address have failed
    """
    if isinstance(credentials, TokenSent):
        caller = uow.api_clients.find_by_token(credentials.token_hash, now=now)
        if caller is None:
            raise Unauthenticated("token")
    else:
        caller = _with_secret(uow, credentials, now)
    if caller.client.disabled:
        raise Unauthenticated("disabled")
    return action(uow, caller)


def _with_secret(uow: UnitOfWork, credentials: SecretSent, now: datetime) -> Caller:
    """Return the program; checking takes 0.2 s and is the door's, a secret changed meanwhile does not count."""
    # also where the secret is known to be right: whoever guesses must not learn it from being let in while waiting
    _failures_without_wait(uow, credentials.subjects, now)
    client = uow.api_clients.find(credentials.client_id)
    if client is None:
        raise SecretUnchecked("")
    if client.secret_hash not in credentials.checked_hashes:
        raise SecretUnchecked(client.secret_hash)
    return Caller(client=client, scopes=client.scopes)


def give_token(
    uow: UnitOfWork, *, caller: Caller, token_hash: str, wanted: Collection[str], now: datetime
) -> tuple[frozenset[str], timedelta]:
    """
    Keep a token for the program, and return its scopes (those wanted, else all of the client's) and how long it lasts.

    :raises InvalidInput: a scope that the client does not have
    """
    missing = sorted(set(wanted) - caller.scopes)
    if missing:
        raise InvalidInput([Problem("scope_not_granted", place=scope) for scope in missing])
    scopes = frozenset(wanted) or caller.scopes
    uow.api_clients.add_token(
        token_hash=token_hash,
        client_key=caller.client.key,
        scopes=scopes,
        expires_at=now + TOKEN_LIFETIME,
        now=now,
    )
    _note(uow, caller.actor, "api_token_given", caller.client.key, now, scopes=sorted(scopes))
    return scopes, TOKEN_LIFETIME


def note_refused_call(uow: UnitOfWork, *, actor: Actor, operation: str, reason: str, key: int, now: datetime) -> None:
    """Write that the program was refused something: what it wanted, and why not."""
    uow.audit.add(
        actor=actor,
        action="api_call_refused",
        subject="api",
        subject_key=key,
        details={"operation": operation, "reason": reason},
        now=now,
    )


def _administered(uow: UnitOfWork, client_id: str, actor: Actor) -> ApiClient:
    if not (may_administer(actor) or actor.is_system):
        raise NotAllowed("administer_api_clients")
    client = uow.api_clients.find(client_id)
    if client is None:
        raise NotFound("api client", client_id)
    return client


def _note(uow: UnitOfWork, actor: Actor, action: str, key: int, now: datetime, **details: object) -> None:
    uow.audit.add(actor=actor, action=action, subject="api_client", subject_key=key, details=details, now=now)
