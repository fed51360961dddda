"""Requests that no page of ours has sent are refused (S13)."""

import re

import pytest

from app.web.security import API_PREFIXES, SAFE_METHODS
from tests.web import Visitor


def changing_addresses(web):
    """Yield every address and method of the application that changes something, with the arguments filled in."""
    for rule in web.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in sorted((rule.methods or set()) - SAFE_METHODS):
            yield method, path


def test_every_changing_address_refuses_a_request_without_a_token(web, visitor):
    visitor.sign_in("pekka")
    seen = 0
    for method, path in changing_addresses(web):
        if f"{path}/".startswith(API_PREFIXES):
            continue
        seen += 1
        answer = visitor.client.open(path, method=method, data={}, headers={"Origin": visitor.origin})
        assert answer.status_code == 403, f"{method} {path}"
        assert "vanhentunut" in answer.text
    assert seen >= 5


@pytest.mark.parametrize("token", ["0" * 64, "x", "ä"])
def test_a_wrong_token_is_refused(visitor, token):
    assert visitor.post("/preferences", {"colours": "dark"}, token=token).status_code == 403


def test_a_token_of_somebody_else_is_refused(web, visitor):
    other = Visitor(web)
    other.sign_in("outi")
    visitor.sign_in("aila")
    assert visitor.post("/preferences", {"colours": "dark"}, token=other.token()).status_code == 403


def test_a_token_from_before_sign_in_is_refused_after_it(visitor):
    token = visitor.token()
    visitor.sign_in()
    assert visitor.post("/preferences", {"colours": "dark"}, token=token).status_code == 403
    assert visitor.post("/preferences", {"colours": "dark"}).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_request_from_another_site_is_refused_even_with_the_token(visitor, headers):
    visitor.sign_in()
    assert visitor.post("/preferences", {"colours": "dark"}, headers=headers).status_code == 403


def test_a_header_may_carry_the_token(visitor):
    visitor.sign_in()
    token = visitor.token()
    answer = visitor.post("/session/continue", token="", headers={"X-CSRF-Token": token})
    assert answer.status_code == 200


def test_sign_in_itself_needs_a_token(web):
    stranger = Visitor(web)
    answer = stranger.post("/sign-in", {"username": "aila", "password": "correct horse battery"}, token="")
    assert answer.status_code == 403
    assert not stranger.cookie()


def test_sign_out_cannot_be_forced_by_a_link(visitor):
    visitor.sign_in()
    assert visitor.get("/sign-out").status_code == 405
    assert visitor.get("/accessibility").status_code == 200
    assert visitor.cookie()
