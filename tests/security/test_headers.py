"""Headers of every answer (S11, S12)."""

import dataclasses

import pytest

from app.web.security import allow_diagram
from tests.web import Visitor, make_web

PAGES = ["/sign-in", "/accessibility", "/no-such-page", "/worklist"]
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; frame-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'"
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_policy_and_is_never_stored(visitor, path):
    answer = visitor.get(path)
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_page_with_a_diagram_may_set_style_attributes_and_nothing_else_more(web, visitor):
    @web.get("/with-diagram")
    def with_diagram():
        allow_diagram()
        return "x"

    visitor.sign_in()
    policy = visitor.get("/with-diagram").headers["Content-Security-Policy"]
    assert policy == f"{POLICY}; style-src-attr 'unsafe-inline'"


def test_the_colours_are_kept_for_ever_under_their_content_s_name(web, visitor):
    address = web.jinja_env.globals["asset"]("colours.css")
    answer = visitor.get(address)
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    assert visitor.get("/assets/colours-0000000000.css").status_code == 404


@pytest.mark.parametrize("name", ["../../settings.py", "..%2f..%2fsettings.py", "manifest.json", "%01"])
def test_only_bundled_files_are_served(visitor, name):
    assert visitor.get(f"/assets/{name}").status_code == 404


def test_over_tls_the_connection_is_pinned_and_cookies_are_secure(sqlite_database, tmp_path, clock, web_settings):
    settings = dataclasses.replace(web_settings, public_url="https://kykypolku.example")
    answer = Visitor(make_web(sqlite_database, settings, clock)).get("/sign-in")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-kykypolku-guest=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_a_fault_says_a_reference_and_nothing_of_itself(web, visitor):
    @web.get("/broken")
    def broken():
        raise RuntimeError("secret: 010190-900A")

    visitor.sign_in()
    answer = visitor.get("/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    assert "Virheen tunnus" in answer.text
