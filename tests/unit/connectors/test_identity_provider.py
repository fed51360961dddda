"""What an identity provider says is held against what was asked: every check on its own, and the wire itself."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from app.connectors.identity_provider import IdentityProvider, IdentityRefused, ask_over_http
from app.domain.errors import Unavailable

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ISSUER = "https://id.example.fi"
CLAIM = "urn:oid:1.2.246.21"
KEY = ECKey.generate_key("P-256", {"kid": "one"})
OTHER = ECKey.generate_key("P-256", {"kid": "one"})
RSA = RSAKey.generate_key(2048, {"kid": "two"})
GOOD = {
    "iss": ISSUER,
    "aud": "us",
    "nonce": "n",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 300,
    CLAIM: "140590-903D",
}


class Provider:
    """A provider that answers what a test wants."""

    def __init__(self, **changes):
        self.token = ""
        self.asked = []
        self.described = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            **changes,
        }

    def __call__(self, method, address, headers, body):
        self.asked.append((method, address, dict(headers), body))
        if address.endswith("openid-configuration"):
            return 200, json.dumps(self.described).encode()
        if address.endswith("/keys"):
            keys = [KEY.as_dict(private=False), RSA.as_dict(private=False)]
            return 200, json.dumps({"keys": keys}).encode()
        return 200, json.dumps({"id_token": self.token}).encode()


def signed(key=KEY, algorithm="ES256", **changes):
    claims = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": key.kid or "one"}, claims, key)


def identify(token, *, acr_values=(), **changes):
    ask = Provider(**changes)
    ask.token = token
    provider = IdentityProvider(
        issuer=ISSUER, client_id="us", client_secret="s", identity_claim=CLAIM, acr_values=acr_values, ask=ask
    )
    return provider.identify(code="c", redirect_uri="https://x/return", nonce="n", verifier="v", now=NOW), ask


def test_a_token_that_holds_gives_the_identity_code():
    code, ask = identify(signed())
    assert code == "140590-903D"
    [(_, _, headers, body)] = [asked for asked in ask.asked if asked[0] == "POST"]
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"us:s").decode()
    assert parse_qs(body.decode()) == {
        "grant_type": ["authorization_code"],
        "code": ["c"],
        "redirect_uri": ["https://x/return"],
        "code_verifier": ["v"],
    }
    assert identify(signed(RSA, "RS256"))[0] == "140590-903D"
    assert identify(signed(aud=["us", "them"], azp="us"))[0] == "140590-903D"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://evil.example"}, "issuer"),
        ({"aud": "them"}, "audience"),
        ({"aud": ["us", "them"]}, "audience"),
        ({"azp": "them"}, "audience"),
        ({"nonce": "other"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": int(NOW.timestamp()) - 61}, "time"),
        ({"exp": None}, "time"),
        ({"exp": "soon"}, "time"),
        ({"iat": int(NOW.timestamp()) + 61}, "time"),
        ({"iat": int(NOW.timestamp()) - 601}, "time"),
        ({CLAIM: None}, "no_identity_code"),
        ({CLAIM: ["140590-903D"]}, "no_identity_code"),
    ],
)
def test_a_token_that_does_not_hold_is_refused(changes, reason):
    with pytest.raises(IdentityRefused) as refused:
        identify(signed(**changes))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "token",
    [
        signed(OTHER),
        signed(OctKey.import_key("secret-that-is-long-enough-for-hs256"), "HS256"),
        ".".join([base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("="), signed().split(".")[1], ""]),
        "x.y.z",
        "",
    ],
)
def test_a_signature_of_another_kind_or_key_is_refused(token):
    with pytest.raises(IdentityRefused):
        identify(token)


def test_the_level_of_assurance_that_was_asked_for_must_be_reached():
    levels = ("loa2", "loa3")
    assert identify(signed(acr="loa3"), acr_values=levels)[0]
    for reached in ("loa1", None):
        with pytest.raises(IdentityRefused, match="assurance"):
            identify(signed(acr=reached), acr_values=levels)


@pytest.mark.parametrize(
    "changes",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "http://id.example.fi/token"}, {"token_endpoint": None}],
)
def test_a_description_of_another_provider_or_without_tls_is_refused(changes):
    with pytest.raises(IdentityRefused, match="description"):
        identify(signed(), **changes)


def test_the_browser_is_sent_with_a_challenge_and_never_with_the_verifier():
    provider = IdentityProvider(issuer=ISSUER, client_id="us", client_secret="s", identity_claim=CLAIM, ask=Provider())
    address = provider.sign_in_address(
        redirect_uri="https://x/return", state="st", nonce="n", verifier="verifier", language="sv"
    )
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"verifier").digest()).decode().rstrip("=")
    assert asked["code_challenge"] == challenge
    assert (asked["code_challenge_method"], asked["state"], asked["ui_locales"]) == ("S256", "st", "sv")
    assert "verifier" not in address.replace("code_verifier", "")
    assert "client_secret" not in asked


def test_a_provider_that_is_away_is_no_fault_of_the_person():
    def away(*_):
        return 502, b"Bad Gateway"

    provider = IdentityProvider(issuer=ISSUER, client_id="us", client_secret="s", identity_claim=CLAIM, ask=away)
    with pytest.raises(Unavailable):
        provider.identify(code="c", redirect_uri="r", nonce="n", verifier="v", now=NOW)


def test_the_wire():
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            seen.append((self.path, self.rfile.read(length), self.headers["Authorization"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * (300_000 if self.path == "/large" else 2))

        def log_message(self, *_):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert ask_over_http("POST", f"{address}/token", {"Authorization": "Basic x"}, b"code=1") == (200, b"xx")
        assert seen == [("/token", b"code=1", "Basic x")]
        with pytest.raises(IdentityRefused, match="size"):
            ask_over_http("POST", f"{address}/large", {}, b"x=1")
        server.shutdown()
    with pytest.raises(Unavailable):
        ask_over_http("GET", address, {}, b"")
