"""Only listed systems are called, at addresses that were checked (SSRF)."""

from __future__ import annotations

import pytest

from app.connectors.addresses import Origin, check, read_allow_list
from app.connectors.contract import GivenUp, TryAgain

ALLOWED = read_allow_list("api.example.fi, https://api.example.fi:8443, https://intra.example.fi=10.0.0.5")


def resolving(*addresses):
    return lambda _: list(addresses)


PUBLIC = resolving("193.166.0.1")


def test_a_listed_origin_is_called_at_the_address_that_was_checked():
    target = check("https://api.example.fi/v1/ajat?alue=ks", allowed=ALLOWED, resolve=PUBLIC)
    assert (target.origin, target.address, target.path) == (
        Origin("https", "api.example.fi", 443),
        "193.166.0.1",
        "/v1/ajat?alue=ks",
    )


def test_a_fixed_address_is_used_without_asking_anybody():
    def never(_):
        raise AssertionError

    assert check("https://intra.example.fi/x", allowed=ALLOWED, resolve=never).address == "10.0.0.5"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://other.example.fi/",
        "https://api.example.fi.evil.fi/",
        "https://evil.fi/api.example.fi",
        "https://api.example.fi@evil.fi/",
        "https://user:secret@api.example.fi/",
        "https://evil.fi\\@api.example.fi/",
        "https://evil.fi#@api.example.fi/",
        "https://api.example.fi#x",
        "http://api.example.fi/",
        "https://api.example.fi:80/",
        "https://api.example.fi:99999/",
        "https://api.example.fi./",
        "https://api%2eexample.fi/",
        "https://api.example.fi\r\nX: y/",
        "https://api.example.fi/ x",
        "https://ａpi.example.fi/",
        "//api.example.fi/",
        "ftp://api.example.fi/",
        "file:///etc/passwd",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https:api.example.fi",
        "https:///api.example.fi",
    ],
)
def test_any_other_address_is_refused(url):
    with pytest.raises(GivenUp) as caught:
        check(url, allowed=ALLOWED, resolve=PUBLIC)
    assert caught.value.code == "http_not_allowed"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",  # noqa: S104 - refused, not bound
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
    ],
)
def test_a_listed_name_that_leads_inside_is_refused_even_beside_a_public_address(address):
    for addresses in ([address], ["193.166.0.1", address]):
        with pytest.raises(GivenUp):
            check("https://api.example.fi/", allowed=ALLOWED, resolve=resolving(*addresses))


def test_a_name_without_an_address_may_have_one_later():
    def away(_):
        raise OSError

    with pytest.raises(TryAgain):
        check("https://api.example.fi/", allowed=ALLOWED, resolve=away)


def test_by_default_nothing_may_be_called():
    with pytest.raises(GivenUp):
        check("https://api.example.fi/", allowed=read_allow_list(""), resolve=PUBLIC)


@pytest.mark.parametrize(
    "text", ["http://x.fi", "https://x.fi/path", "ftp://x.fi", "x.fi=nonsense", "*.example.fi", "https://"]
)
def test_a_list_that_makes_no_sense_is_refused_at_start(text):
    with pytest.raises(ValueError, match=r"connector_hosts|appear"):
        read_allow_list(text)
