"""
What somebody was writing when their session ended goes along through sign-in, so that nothing typed is lost.

The fields travel in the sign-in page itself, sealed by the data key for that account and address: the next person at
the same desk can neither read nor send them.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import msgspec

from app.domain.sessions import SignedIn
from app.storage.encryption import Undecipherable
from app.web.asking import fields_sent, texts_only
from app.web.drafts import texts_of_ended_session
from app.web.security import CSRF_FIELD
from app.web.shell import executor

#: more than this is no text that somebody typed
LARGEST = 400_000
FIELD = "carried"
ADDRESS_FIELD = "carried_to"


@dataclass(frozen=True, slots=True)
class Carried:
    """The fields of a form, and where they were sent."""

    address: str
    fields: list[tuple[str, str]]


def seal_form(owner: SignedIn, address: str) -> str:
    """
    Return the fields of this request's form, sealed for the person whose session has ended; "" = too large.

    Files wait in the database meanwhile, and only their keys travel; who has signed out keeps no files.
    """
    signed_out = owner.ended_at is not None or owner.account.disabled
    sent = texts_only(fields_sent()) if signed_out else texts_of_ended_session(owner.actor, address)
    fields = [(name, value) for name, values in sent.items() for value in values if name not in {CSRF_FIELD, FIELD}]
    plain = msgspec.json.encode(fields)
    if len(plain) > LARGEST:
        return ""
    sealed = executor().cipher.encrypt(plain, table="carried_form", key=owner.account.key, field=address)
    return base64.urlsafe_b64encode(sealed).decode()


def open_form(sealed: str, *, account_key: int, address: str) -> Carried | None:
    """Return the carried fields, None where they are somebody else's, damaged or for another address."""
    try:
        plain = executor().cipher.decrypt(
            base64.urlsafe_b64decode(sealed), table="carried_form", key=account_key, field=address
        )
        return Carried(address=address, fields=msgspec.json.decode(plain, type=list[tuple[str, str]]))
    except (binascii.Error, Undecipherable, msgspec.DecodeError, ValueError):
        return None
