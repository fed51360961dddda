"""
A test identity provider for the demo: whoever opens it says who they are, and it believes them.

It is there so that strong sign-in can be tried and tested whole. It is part of the demo only: production neither has
its addresses nor trusts what it signs (app.web.own.strong, app.settings). Codes are sealed values that carry what they
stand for, so that it keeps nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Blueprint, Flask, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.settings import Settings
from app.storage.encryption import Undecipherable
from app.web.access import public
from app.web.security import own_origins
from app.web.shell import executor, now, settings

PATH = "/demo-identity"
CLIENT_ID = "kykypolku-demo"
CODE_LIFETIME = timedelta(minutes=1)
#: order of the curve P-256: private keys are smaller
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ASKED = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")

blueprint = Blueprint("demo_identity", __name__)


def install(app: Flask) -> None:
    """Add the test identity provider to a demo. :raises RuntimeError: this is production, where it must not be"""
    with app.app_context():
        if settings().production:
            raise RuntimeError("the test identity provider is for the demo only")
    app.register_blueprint(blueprint)


def issuer_of(chosen: Settings) -> str:
    """Return as whom the provider of a demo signs."""
    return f"{chosen.public_url.rstrip('/')}{PATH}"


def secret_of(chosen: Settings) -> str:
    """Return the secret that the demo's pages and its provider share."""
    return hmac.new(chosen.key_bytes("session_key"), b"demo identity secret", hashlib.sha256).hexdigest()


@blueprint.get(f"{PATH}/authorize")
@public
def choose_person() -> ResponseReturnValue:
    """Ask who it is: one of the demo's clients, or any identity code."""
    asked = _asked(request.args)
    return render_template("own/demo_identity.html", asked=asked, people=_people(settings()), problem=False)


@blueprint.post(f"{PATH}/authorize")
@public
def say_who() -> ResponseReturnValue:
    """Send the browser back with a code for whoever was said, or without one."""
    asked = _asked(request.form)
    if request.form.get("cancel"):
        return _back(asked, error="access_denied")
    who = (request.form.get("person") or request.form.get("identity_code", "")).strip()[:20]
    if not who:
        return render_template("own/demo_identity.html", asked=asked, people=_people(settings()), problem=True), 422
    content = msgspec.json.encode({**asked, "who": who, "at": now().timestamp()})
    sealed = executor().cipher.encrypt(content, table="demo_identity", key=0, field="code")
    return _back(asked, code=base64.urlsafe_b64encode(sealed).decode())


def _asked(values: Mapping[str, str]) -> dict[str, str]:
    """Return what the pages ask for; whoever else asks, or wants to be sent elsewhere, has come to a wrong address."""
    asked = {name: values.get(name, "")[:400] for name in _ASKED}
    place = urlsplit(asked["redirect_uri"])
    if asked["client_id"] != CLIENT_ID or f"{place.scheme}://{place.netloc}" not in own_origins():
        abort(404)
    return asked


def _back(asked: Mapping[str, str], **values: str) -> ResponseReturnValue:
    query = urlencode({**values, "state": asked["state"], "iss": issuer_of(settings())})
    return redirect(f"{asked['redirect_uri']}?{query}", code=303)


def _people(chosen: Settings) -> list[tuple[str, str]]:
    """Return identity code and name of the demo's invented clients, from the file that they are made of."""
    path = chosen.processes_folder / "shared" / "demo" / "cases.json"
    cases = json.loads(path.read_bytes())["cases"] if path.is_file() else []
    people: dict[str, str] = {}
    for case in cases:
        first = case["steps"][0].get("answers", {})
        if first.get("hetu") and first.get("nimi"):
            people.setdefault(first["hetu"], first["nimi"])
    return list(people.items())


# -- what the pages ask it behind the browser's back -------------------------------------------------------------


def answer(method: str, address: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    """Answer as a provider does over the network; in the demo it is this very process."""
    chosen = settings()
    place = urlsplit(address).path.removeprefix(urlsplit(issuer_of(chosen)).path)
    match method, place:
        case "GET", "/.well-known/openid-configuration":
            issuer = issuer_of(chosen)
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            return _said({"issuer": issuer, **{name: f"{issuer}/{path}" for name, path in names.items()}})
        case "GET", "/keys":
            return _said({"keys": [_signing_key(chosen).as_dict(private=False)]})
        case "POST", "/token":
            return _token(chosen, headers, dict(parse_qsl(body.decode())))
        case _:
            return _said({"error": "not_found"}, status=404)


def _token(chosen: Settings, headers: Mapping[str, str], form: Mapping[str, str]) -> tuple[int, bytes]:
    expected = base64.b64encode(f"{CLIENT_ID}:{secret_of(chosen)}".encode()).decode()
    if not hmac.compare_digest(headers.get("Authorization", ""), f"Basic {expected}"):
        return _said({"error": "invalid_client"}, status=401)
    try:
        sealed = base64.urlsafe_b64decode(form.get("code", ""))
        plain = executor().cipher.decrypt(sealed, table="demo_identity", key=0, field="code")
        kept = msgspec.json.decode(plain, type=dict[str, Any])
    except (ValueError, Undecipherable, msgspec.DecodeError):
        return _said({"error": "invalid_grant"}, status=400)
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    is_fresh = now().timestamp() - kept["at"] <= CODE_LIFETIME.total_seconds()
    if not is_fresh or kept["code_challenge"] != challenge or kept["redirect_uri"] != form.get("redirect_uri"):
        return _said({"error": "invalid_grant"}, status=400)
    return _said({"id_token": _signed(chosen, kept), "access_token": "none", "token_type": "Bearer"})


def _signed(chosen: Settings, kept: Mapping[str, Any]) -> str:
    from joserfc import jwt  # noqa: PLC0415 - as in app.web.own.strong

    moment = int(now().timestamp())
    claims = {
        "iss": issuer_of(chosen),
        "aud": CLIENT_ID,
        "sub": hashlib.sha256(str(kept["who"]).encode()).hexdigest(),
        "nonce": kept["nonce"],
        "iat": moment,
        "exp": moment + 300,
        chosen.oidc_identity_claim: kept["who"],
    }
    return jwt.encode({"alg": "ES256", "kid": "demo"}, claims, _signing_key(chosen))


def _signing_key(chosen: Settings) -> Any:
    """Return the key of this demo: always the same, so that every process of it signs alike."""
    from joserfc.jwk import ECKey  # noqa: PLC0415 - as in app.web.own.strong

    digest = hmac.new(chosen.key_bytes("session_key"), b"demo identity key", hashlib.sha512).digest()
    private = ec.derive_private_key(int.from_bytes(digest) % (_ORDER - 1) + 1, ec.SECP256R1())
    return ECKey.import_key(private, {"kid": "demo", "use": "sig", "alg": "ES256"})


def _said(content: Mapping[str, Any], *, status: int = 200) -> tuple[int, bytes]:
    return status, json.dumps(content).encode()
