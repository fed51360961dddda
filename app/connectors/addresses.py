"""
Which systems outside may be called, and at which addresses: the wall against requests forged by a diagram.

The operator lists origins (setting `connector_hosts`, comma-separated):

    api.example.fi                      https, port 443, any public address of the name
    https://api.example.fi:8443         another port
    https://intra.county.fi=10.0.0.5    always this address, which may be a private one
    http://legacy.county.fi=10.0.0.6    plain http only towards a fixed address

A name is resolved once per call and the connection goes to the very address that was checked, so an answer that changes
between look and use (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from app.connectors.contract import GivenUp, TryAgain

_PORTS = {"https": 443, "http": 80}
#: host names as DNS has them, or an address written in full; no user information, no escapes, no dots at the ends
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\]")
#: what may stand in an address: visible ASCII without backslash, quotes and the like
_URL = re.compile(r"[!#$&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~%]{1,2000}")

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
#: gives the addresses of a name; raises OSError
Resolve: TypeAlias = Callable[[str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a system."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address: where to connect, and what to ask for there."""

    origin: Origin
    address: str
    #: path and query as they were given
    path: str


def read_allow_list(text: str) -> dict[Origin, str]:
    """
    Return the origins that may be called, each with its fixed address or "".

    :raises ValueError: an entry makes no sense; names it
    """
    allowed: dict[Origin, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        place, _, fixed = entry.partition("=")
        origin = _origin(place if "://" in place else f"https://{place}")
        if origin is None or urlsplit(place if "://" in place else f"https://{place}").path not in ("", "/"):
            raise ValueError(f"connector_hosts: {entry} is no origin")
        if origin.scheme == "http" and not fixed:
            raise ValueError(f"connector_hosts: {entry} is plain http and needs a fixed address")
        if fixed:
            ipaddress.ip_address(fixed.strip())
        allowed[origin] = fixed.strip()
    return allowed


def resolve_with_system(host: str) -> list[str]:
    """Return the addresses of the name as the operating system finds them. :raises OSError: there are none"""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def check(url: str, *, allowed: Mapping[Origin, str], resolve: Resolve = resolve_with_system) -> Target:
    """
    Return where the URL may be called.

    :raises GivenUp: `http_not_allowed`, the origin is not listed or one of its addresses is no public one
    :raises TryAgain: `http_away`, the name has no address now
    """
    origin = _origin(url)
    if origin is None or origin not in allowed:
        raise GivenUp("http_not_allowed")
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fixed = allowed[origin]
    if fixed:
        return Target(origin=origin, address=fixed, path=path)
    try:
        addresses = list(resolve(origin.host.strip("[]")))
    except OSError:
        raise TryAgain("http_away", "name") from None
    # one private address among several is enough to refuse: which one is used must not be a matter of luck
    if not addresses or not all(_is_public(address) for address in addresses):
        raise GivenUp("http_not_allowed", "address")
    return Target(origin=origin, address=addresses[0], path=path)


def _origin(url: str) -> Origin | None:
    if _URL.fullmatch(url) is None:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.netloc.lower().removesuffix(f":{port}" if port is not None else "")
    if parts.scheme not in _PORTS or _HOST.fullmatch(host) is None or parts.fragment:
        return None
    return Origin(scheme=parts.scheme, host=host, port=port or _PORTS[parts.scheme])


def _is_public(text: str) -> bool:
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
        if address in _NAT64:
            return False
    return address.is_global and not address.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
