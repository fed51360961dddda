"""Passwords: argon2id, and what a new one has to be."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: RFC 9106's second choice, as argon2-cffi sets it: 64 MiB, 3 rounds, 4 lanes; about 0.2 s of one core
_HASHER = PasswordHasher()
MINIMUM_LENGTH = 12
#: longer ones only cost memory
MAXIMUM_LENGTH = 256


def hash_password(password: str) -> str:
    """
    Return the argon2id hash of a new password, with its salt and parameters.

    :raises ValueError: shorter than 12 characters or longer than 256
    """
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        raise ValueError(f"a password has {MINIMUM_LENGTH} to {MAXIMUM_LENGTH} characters")
    return _HASHER.hash(password)


def password_matches(password: str, password_hash: str) -> bool:
    """
    Tell whether this is the password of the hash; an account without a password has none that matches.

    Takes the same time for an account that does not exist: an empty hash is compared with one of nobody.
    """
    known = password_hash or _nobody()
    try:
        matches = _HASHER.verify(known, password[:MAXIMUM_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return matches and bool(password_hash)


def is_outdated(password_hash: str) -> bool:
    """Tell whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


_NOBODY: list[str] = []


def _nobody() -> str:
    """Return a hash of a password that nobody knows, made once a process."""
    if not _NOBODY:
        _NOBODY.append(_HASHER.hash("nobody has this password"))
    return _NOBODY[0]
