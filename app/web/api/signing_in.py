"""
Who calls: a bearer token, or client id and secret. Cookies are never looked at.

A secret is checked against its argon2id hash once; after that this process knows for a while that they fit, by a keyed
hash of both, so that Basic does not cost 0.2 s a call. A changed secret or a disabled client is noticed at once,
because the stored hash is read with every call.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from threading import BoundedSemaphore, Lock
from typing import TypeVar

from flask import request

from app.commands.api_clients import admit_api_client, as_caller, forget_api_failures
from app.commands.sign_in import failure_subjects
from app.domain.api_client import Caller, Credentials, SecretSent, SecretUnchecked, TokenSent, Unauthenticated
from app.domain.passwords import MAXIMUM_LENGTH, password_matches
from app.storage.unit_of_work import UnitOfWork
from app.web.shell import executor, now, settings

R = TypeVar("R")
TOKEN_BYTES = 32


class CheckedSecrets:
    """Which stored hashes the secrets sent lately were found to fit; holds no secret, only keyed hashes of them."""

    def __init__(self, size: int = 1000) -> None:
        self._key = secrets.token_bytes(32)
        self._size = size
        self._hashes: OrderedDict[bytes, str] = OrderedDict()
        self._lock = Lock()

    def _mark(self, client_id: str, secret: str) -> bytes:
        return hmac.new(self._key, f"{client_id}\0{secret}".encode(), hashlib.sha256).digest()

    def of(self, client_id: str, secret: str) -> frozenset[str]:
        """Return the stored hashes that this secret of this client fits, as far as is known."""
        with self._lock:
            found = self._hashes.get(self._mark(client_id, secret))
        return frozenset({found}) if found else frozenset()

    def remember(self, client_id: str, secret: str, secret_hash: str) -> None:
        """Note that the secret fits the hash."""
        with self._lock:
            self._hashes[self._mark(client_id, secret)] = secret_hash
            while len(self._hashes) > self._size:
                self._hashes.popitem(last=False)


_checked = CheckedSecrets()
#: each check takes 64 MiB
_checking = BoundedSemaphore(2)


def new_token() -> tuple[str, str]:
    """Return a new token and the hash of it that the database keeps."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, _hash(token)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def work_as_caller(
    run: Callable[..., R],
    work: Callable[[UnitOfWork, Caller], R],
    *,
    sent: tuple[str, str] | None = None,
    secret_only: bool = False,
) -> R:
    """
    Do the work for the program behind the request, in one transaction with finding out who it is.

    `run` is the executor's `run` or `read`. `sent`: client id and secret that came elsewhere than in the header.
    `secret_only`: a token does not do, for example to get another one.

    :raises Unauthenticated: no sign-in, or one that does not hold
    :raises SignInDelayed: too many tries with a wrong secret
    """
    pair = sent or _basic()
    if pair is None:
        if secret_only:
            raise Unauthenticated("no secret")
        token = _bearer()
        return run(as_caller, credentials=TokenSent(_hash(token)), action=work, now=now())
    client_id, secret = pair
    subjects = failure_subjects(
        username=f"api\0{client_id}", address=request.remote_addr or "", key=settings().key_bytes("session_key")
    )
    credentials: Credentials = SecretSent(client_id, subjects, _checked.of(client_id, secret))
    try:
        return run(as_caller, credentials=credentials, action=work, now=now())
    except SecretUnchecked as unchecked:
        _check(client_id, secret, unchecked.secret_hash, subjects)
        credentials = SecretSent(client_id, subjects, frozenset({unchecked.secret_hash}))
    try:
        return run(as_caller, credentials=credentials, action=work, now=now())
    except SecretUnchecked:
        raise Unauthenticated("changed meanwhile") from None


def _check(client_id: str, secret: str, secret_hash: str, subjects: tuple[str, str]) -> None:
    """Compare the secret with the stored hash; an unknown client takes as long as a known one."""
    executor().run(admit_api_client, subjects=subjects, now=now())
    with _checking:
        fits = password_matches(secret, secret_hash)
    if not fits or len(secret) > MAXIMUM_LENGTH:
        raise Unauthenticated("secret")
    executor().run(forget_api_failures, subjects=subjects)
    _checked.remember(client_id, secret, secret_hash)


def _basic() -> tuple[str, str] | None:
    """Return client id and secret of a Basic header (RFC 7617), None where there is none."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.casefold() != "basic":
        return None
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Unauthenticated("basic") from None
    client_id, colon, secret = text.partition(":")
    if not colon or not client_id or len(text) > 1000 or "\0" in text:
        raise Unauthenticated("basic")
    return client_id, secret


def _bearer() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if kind.casefold() != "bearer" or not token or len(token) > 200:
        raise Unauthenticated("no sign-in")
    return token
