"""
Who is at the door with a request and no client yet: known to their own browser only.

Nothing of somebody who does not send may be kept, so the identity code for which the provider has vouched travels in a
cookie that only this installation can open (AES-256-GCM), only in the browser that was identified, and for an hour.
It opens nothing but the form of a first contact; sending twice changes nothing, so it need not be used up.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from datetime import UTC, datetime

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import request
from werkzeug.wrappers import Response

from app.domain.first_contact import VISIT_TIME, Visit
from app.web import security
from app.web.shell import now, settings

_NONCE_BYTES = 12
#: longer is no cookie of ours
_LONGEST = 500


def current_visit() -> Visit | None:
    """Return who has identified themselves in this browser within the hour, None where nobody has."""
    sealed = request.cookies.get(_cookie_name(), "")
    if not sealed or len(sealed) > _LONGEST:
        return None
    try:
        written = base64.urlsafe_b64decode(sealed.encode())
        plain = AESGCM(_key()).decrypt(written[:_NONCE_BYTES], written[_NONCE_BYTES:], _browser())
    except (InvalidTag, ValueError, binascii.Error):
        return None
    code, until, municipality = msgspec.json.decode(plain, type=tuple[str, int, str])
    found = Visit(identity_code=code, until=datetime.fromtimestamp(until, UTC), municipality=municipality)
    return found if found.is_live(at=now()) else None


def new_visit(identity_code: str) -> Visit:
    """Return the visit of somebody who has just been identified."""
    return Visit(identity_code=identity_code, until=now() + VISIT_TIME)


def give_visit(response: Response, visit: Visit) -> None:
    """Give the browser the sealed visit; a page that is loaded later opens it, no script and no other site can."""
    plain = msgspec.json.encode((visit.identity_code, int(visit.until.timestamp()), visit.municipality))
    nonce = os.urandom(_NONCE_BYTES)
    sealed = base64.urlsafe_b64encode(nonce + AESGCM(_key()).encrypt(nonce, plain, _browser())).decode()
    seconds = max(0, int((visit.until - now()).total_seconds()))
    security.set_cookie(response, _cookie_name(), sealed, seconds=seconds)


def end_visit(response: Response) -> None:
    """Let the browser forget who was there."""
    security.drop_cookie(response, _cookie_name())


def _cookie_name() -> str:
    return "__Host-kykypolku-visit" if settings().secure_cookies else "kykypolku-visit"


def _browser() -> bytes:
    return security.browser_token().encode()


def _key() -> bytes:
    return hmac.new(settings().key_bytes("session_key"), b"visit", hashlib.sha256).digest()
