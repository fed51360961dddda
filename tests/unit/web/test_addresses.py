"""Addresses from outside: only a path of our own is followed (S23)."""

import pytest

from app.web.addresses import own_path


@pytest.mark.parametrize(
    "address", ["/", "/worklist", "/worklist?tab=mine&after=a%2Fb", "/cases/2026-00012#history", "/ä"]
)
def test_own_paths_are_followed(address):
    assert own_path(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        None,
        "worklist",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.example",
        "/x\r\nSet-Cookie: a=b",
        " /worklist",
        "/x\x00",
        "/" + "x" * 3000,
    ],
)
def test_anything_else_is_not(address):
    assert own_path(address, "/home") == "/home"
