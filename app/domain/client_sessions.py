"""
How clients and their representatives come in: by a one-time link or by strong sign-in, and for how long.

A client has no account and no password. A link is a secret of 128 random bits that was sent to the client's own
address; whoever brings it must also know the birth date (or the telephone number where no birth date is known). Strong
sign-in ends in an identity code that the identity provider vouches for.
"""

from __future__ import annotations

import enum
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.actor import CLIENT_ROLE, REPRESENTATIVE_ROLE, Actor
from app.domain.calendar import parse_day
from app.domain.client import Client, Identity
from app.domain.errors import KykypolkuError
from app.domain.sharing import DataGroup

#: a link that nobody has used ends after this time; it is sent with notifications whose tasks wait for two weeks
LINK_LIFETIME = timedelta(days=14)
#: wrong answers to the question behind a link; after them it is dead
LINK_ATTEMPTS = 5
LINK_BYTES = 16
#: tries with links that are none, from one address, that cost no waiting; many people may share an address
FREE_FAILURES_OF_ADDRESS = 20
IDLE_LIMIT = timedelta(minutes=20)
#: time from sign-in in which the identity provider has to send the person back
STRONG_SIGN_IN_TIME = timedelta(minutes=10)
#: digits of a telephone number that are compared: how its beginning is written differs
COMPARED_DIGITS = 7


class LinkDead(KykypolkuError):
    """The link is none, was used, is too old, or the question behind it was answered wrongly too often."""


class Method(enum.StrEnum):
    """How somebody has come in."""

    LINK = "link"
    STRONG = "strong"


#: time from sign-in after which somebody has to come in again in any case
ABSOLUTE_LIMITS = {Method.LINK: timedelta(hours=1), Method.STRONG: timedelta(hours=4)}


class Question(enum.StrEnum):
    """What only the client is expected to know of what we know too."""

    BIRTH_DATE = "birth_date"
    PHONE = "phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """
    Somebody may act for the client within these data groups: a guardian appointed by court, an authorised person.

    `ended_at` is set when it ended before its time.
    """

    key: int
    client_key: int
    name: str = field(repr=False)
    groups: frozenset[DataGroup]
    valid_from: datetime
    valid_until: datetime
    ended_at: datetime | None = None

    def is_live(self, *, at: datetime) -> bool:
        """Tell whether the mandate holds at that moment."""
        return self.valid_from <= at < self.valid_until and (self.ended_at is None or at < self.ended_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose matters somebody may see to: their own (`mandate` None), or those of the client of a mandate."""

    client: Client
    mandate: Mandate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLink:
    """A one-time link, known by the digest of its secret only."""

    key: int
    client_key: int
    attempts: int
    expires_at: datetime
    used_at: datetime | None

    def is_open(self, *, at: datetime) -> bool:
        """Tell whether somebody may still come in by it."""
        return self.used_at is None and at < self.expires_at and self.attempts < LINK_ATTEMPTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSession:
    """Who is behind the cookie of the client's door: the client, or the one who acts for them."""

    id_hash: str
    client_key: int
    area_id: str
    case_keys: frozenset[int]
    mandate: Mandate | None
    method: Method
    language: str
    #: blind index of the identity code behind a strong sign-in, by which other mandates of this person are found
    person_digest: bytes | None = field(default=None, repr=False)
    created_at: datetime
    seen_at: datetime
    ended_at: datetime | None

    def is_live(self, *, at: datetime) -> bool:
        """Tell whether the session still holds; with the mandate ends the session too."""
        within_mandate = self.mandate is None or self.mandate.is_live(at=at)
        return self.ended_at is None and within_mandate and at < self.ends_at

    @property
    def ends_at(self) -> datetime:
        """When the session ends unless it is used."""
        return min(self.seen_at + IDLE_LIMIT, self.absolute_end)

    @property
    def absolute_end(self) -> datetime:
        """When the person has to come in again in any case."""
        return self.created_at + ABSOLUTE_LIMITS[self.method]

    @property
    def actor(self) -> Actor:
        """Return the person as access decisions and commands know them."""
        mandate = self.mandate
        return Actor(
            user_key=self.client_key if mandate is None else mandate.key,
            name="asiakas" if mandate is None else "edustaja",
            roles=frozenset({CLIENT_ROLE if mandate is None else REPRESENTATIVE_ROLE}),
            language=self.language,
            client_key=self.client_key,
            case_keys=self.case_keys,
            mandate=None if mandate is None else mandate.groups,
        )


def new_link_secret() -> str:
    """Return the secret of a new link, 128 random bits as they stand in its address."""
    return secrets.token_urlsafe(LINK_BYTES)


def digest_of(secret: str) -> str:
    """Return what is kept of a secret: who reads the table cannot make a link or a cookie from it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def question_for(identity: Identity) -> Question | None:
    """Return what the client is asked behind a link, None where nothing is known to ask by: then no link is made."""
    if identity.birth_date is not None:
        return Question.BIRTH_DATE
    return Question.PHONE if len(_digits(identity.phone)) >= COMPARED_DIGITS else None


def is_answered(identity: Identity, answer: str) -> bool:
    """Tell whether the answer fits what is known of the client."""
    match question_for(identity):
        case Question.BIRTH_DATE:
            return parse_day(answer) == identity.birth_date
        case Question.PHONE:
            given = _digits(answer)
            return (
                len(given) >= COMPARED_DIGITS and given[-COMPARED_DIGITS:] == _digits(identity.phone)[-COMPARED_DIGITS:]
            )
        case None:
            return False


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
