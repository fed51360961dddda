"""
Strong sign-in by OpenID Connect: the authorization code flow with PKCE, towards the one provider of the installation.

Everything that comes back is held against what was sent: issuer, audience, nonce, time, signature, and the level of
assurance where one was asked for. Of the answer only the identity code is used; nothing of it is kept. The provider's
own description and keys are asked for at each sign-in: people sign in seldom, and keys change when they must.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit

import httpcore
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.domain.errors import KykypolkuError, Unavailable

#: asymmetric signatures only: with a shared secret, or none at all, anybody could sign
ALGORITHMS = ("RS256", "PS256", "ES256")
LEEWAY = timedelta(seconds=60)
#: a token that was signed longer ago belongs to another sign-in
OLDEST_TOKEN = timedelta(minutes=10)
LARGEST_ANSWER = 256 * 1024
SILENCE_SECONDS = 10.0

#: asks the provider: method, address, headers, body; returns status and body; raises Unavailable
Ask: TypeAlias = Callable[[str, str, Mapping[str, str], bytes], tuple[int, bytes]]


class IdentityRefused(KykypolkuError):
    """What the provider says does not hold; `reason` is for logs and holds nothing of anybody."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"identity refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """
    Who vouches for people, and as whom we ask there.

    `identity_claim` is the claim of the ID token that holds the identity code; `acr_values` the levels of assurance of
    which one must be reached, none = whatever the provider does.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    identity_claim: str
    acr_values: tuple[str, ...] = ()
    ask: Ask = field(repr=False)

    def sign_in_address(self, *, redirect_uri: str, state: str, nonce: str, verifier: str, language: str) -> str:
        """Return where the browser is sent to. :raises IdentityRefused: the provider's description makes no sense"""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        values = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "ui_locales": language,
        }
        if self.acr_values:
            values["acr_values"] = " ".join(self.acr_values)
        address = self._described("authorization_endpoint")
        return f"{address}{'&' if '?' in address else '?'}{urlencode(values)}"

    def identify(self, *, code: str, redirect_uri: str, nonce: str, verifier: str, now: datetime) -> str:
        """
        Return the identity code for which the provider vouches.

        :raises IdentityRefused: the code was used, is another's, or the token does not hold
        :raises Unavailable: the provider does not answer
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        secret = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/x-www-form-urlencoded"}
        token = self._asked("POST", self._described("token_endpoint"), headers, urlencode(form).encode()).get(
            "id_token"
        )
        if not isinstance(token, str):
            raise IdentityRefused("no_token")
        return self._checked(token, nonce=nonce, now=now)

    def _checked(self, token: str, *, nonce: str, now: datetime) -> str:
        keys = self._asked("GET", self._described("jwks_uri"), {}, b"")
        try:
            decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise IdentityRefused(f"signature {type(error).__name__}") from None
        claims = decoded.claims
        self._check_claims(claims, nonce=nonce, now=now)
        identity_code = claims.get(self.identity_claim)
        if not isinstance(identity_code, str) or not identity_code:
            raise IdentityRefused("no_identity_code")
        return identity_code

    def _check_claims(self, claims: Mapping[str, Any], *, nonce: str, now: datetime) -> None:
        if claims.get("iss") != self.issuer:
            raise IdentityRefused("issuer")
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if self.client_id not in audiences or (len(audiences) > 1 and claims.get("azp") != self.client_id):
            raise IdentityRefused("audience")
        if claims.get("azp", self.client_id) != self.client_id:
            raise IdentityRefused("audience")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise IdentityRefused("nonce")
        ends, signed = _moment(claims, "exp"), _moment(claims, "iat")
        if not signed - LEEWAY.total_seconds() <= now.timestamp() <= ends + LEEWAY.total_seconds():
            raise IdentityRefused("time")
        if now.timestamp() - signed > OLDEST_TOKEN.total_seconds():
            raise IdentityRefused("time")
        if self.acr_values and claims.get("acr") not in self.acr_values:
            raise IdentityRefused("assurance")

    def _described(self, name: str) -> str:
        """Return an address of the provider from its own description, which must be that of this very issuer."""
        described = self._asked("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", {}, b"")
        address = described.get(name)
        if described.get("issuer") != self.issuer or not isinstance(address, str):
            raise IdentityRefused("description")
        if urlsplit(address).scheme != urlsplit(self.issuer).scheme:
            raise IdentityRefused("description")
        return address

    def _asked(self, method: str, address: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        status, answer = self.ask(method, address, headers, body)
        if status >= 500:
            raise Unavailable(f"the identity provider answered {status}")
        try:
            content = json.loads(answer)
        except (ValueError, RecursionError):
            content = None
        if status != 200 or not isinstance(content, dict):
            raise IdentityRefused(f"answer {status}")
        return content


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise IdentityRefused("time")
    return float(value)


def ask_over_http(method: str, address: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    """
    Ask the provider over the network; no redirects, no proxies, a limited answer in limited time.

    :raises Unavailable: it does not answer
    """
    host = urlsplit(address).netloc
    sent = [("Host", host), ("Accept", "application/json"), ("User-Agent", "Kykypolku"), *headers.items()]
    if body:
        sent.append(("Content-Length", str(len(body))))
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), SILENCE_SECONDS)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=ssl.create_default_context(), retries=0) as pool,
            pool.stream(
                method, address, headers=list(sent), content=body, extensions={"timeout": timeouts}
            ) as response,
        ):
            pieces: list[bytes] = []
            for piece in response.iter_stream():
                pieces.append(piece)
                if sum(map(len, pieces)) > LARGEST_ANSWER:
                    raise IdentityRefused("size")
            return response.status, b"".join(pieces)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
        raise Unavailable(f"the identity provider does not answer: {type(error).__name__}") from None
