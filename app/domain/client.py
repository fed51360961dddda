"""Who a client is: kept encrypted as a whole; nothing of it becomes a process variable, a log line or part of a URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.domain.localized import LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The encrypted part of a client; no field of it shows in a representation."""

    identity_code: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)
    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    representative: str = field(default="", repr=False)
    #: of somebody without a Finnish code: what another country calls them by, and which one (ISO 3166)
    foreign_code: str = field(default="", repr=False)
    foreign_country: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceNeeds:
    """What everybody who serves the client has to know to serve them rightly."""

    #: language of service as answered (fi, sv, se, smn, sms, en, muu ...)
    language: str = "fi"
    sign_language: bool = False
    interpreter: bool = False
    protected_address: bool = False

    @property
    def document_language(self) -> str:
        """The language of letters and documents: the client's where we have it, else Finnish."""
        return self.language if self.language in LANGUAGES else "fi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client as a reader with the right to it sees them."""

    key: int
    area_id: str
    controller_organisation_id: str
    identity: Identity = field(repr=False)
    needs: ServiceNeeds = field(repr=False)
    revision: int = 1
    #: what is known of the client is kept for a time after it (R-13)
    died_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A matter of one client: ties together all that is done for them until it is closed."""

    key: int
    #: what people call it, e.g. 2026-00001; says nothing of the client
    number: str
    client_key: int
    area_id: str
    controller_organisation_id: str
    unit_id: str
    owner_key: int | None
    owner_role: str
    #: the named client coordinator (asiakasvastaava) and who stands in for them
    coordinator_key: int | None = None
    deputy_key: int | None = None
    source: str
    service_relation: str
    is_open: bool
    outcome: str
    opened_at: datetime
    closed_at: datetime | None = None


#: last digits by which numbers with and without the country's code are one
_NATIONAL_NUMBER = 9
_TEXTS = ("identity_code", "name", "phone", "email", "representative", "foreign_code", "foreign_country")
_YES_NO = ("sign_language", "interpreter", "protected_address")


def identity_from(attributes: Mapping[str, Any], *, known: Identity | None = None) -> Identity:
    """
    Return the identity that the answers of a form say; what they leave empty stays as it was known.

    `attributes` are those of `client.<attribute>` fields, by attribute.
    """
    known = known or Identity()
    texts = {name: str(attributes.get(name) or getattr(known, name)).strip() for name in _TEXTS}
    return Identity(birth_date=attributes.get("birth_date") or known.birth_date, **texts)


def needs_from(attributes: Mapping[str, Any], *, known: ServiceNeeds | None = None) -> ServiceNeeds:
    """Return the service needs that the answers of a form say; what was not asked stays as it was known."""
    known = known or ServiceNeeds()
    answered = {name: attributes[name] for name in _YES_NO if isinstance(attributes.get(name), bool)}
    needs = {name: answered.get(name, getattr(known, name)) for name in _YES_NO}
    return ServiceNeeds(language=attributes.get("language") or known.language, **needs)


def may_be_same(one: Identity, other: Identity) -> bool:
    """
    Tell whether the two may be one person: the same code of another country, the same telephone number, or the same
    birth date and words of the name.

    Two identity codes that are known settle it: different codes are different people.
    """
    if one.identity_code and other.identity_code:
        return one.identity_code == other.identity_code
    if one.foreign_code and (one.foreign_code, one.foreign_country) == (other.foreign_code, other.foreign_country):
        return True
    digits = ["".join(letter for letter in each.phone if letter.isdigit())[-_NATIONAL_NUMBER:] for each in (one, other)]
    if digits[0] and digits[0] == digits[1]:
        return True
    words = [frozenset(each.name.casefold().replace("-", " ").split()) for each in (one, other)]
    return one.birth_date is not None and one.birth_date == other.birth_date and bool(words[0] & words[1])


def case_number(*, year: int, number: int) -> str:
    """Return the number that people call a case by: 2026-00001."""
    return f"{year}-{number:05d}"
