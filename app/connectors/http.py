"""
The connector of the job type `http_request`: one call to a system that the operator has listed.

No redirects, no cookies, no proxies; size and time are capped. The answer has to be JSON. Every attempt of a job
carries the same Idempotency-Key.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore

from app.connectors.addresses import Origin, Resolve, Target, check, resolve_with_system
from app.connectors.contract import BusinessError, Call, GivenUp, MaybeDone, TryAgain

METHODS = frozenset({"GET", "PUT", "DELETE", "POST", "PATCH"})
#: asking these twice has one effect (RFC 9110 9.2.2)
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
LARGEST_ANSWER = 1024 * 1024
LARGEST_REQUEST = 1024 * 1024
CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 10.0
WHOLE_SECONDS = 30.0
LONGEST_PAUSE = timedelta(hours=1)
_COME_LATER = frozenset({425, 429, 503})
_UNPROCESSABLE = 422
_CHUNK = 64 * 1024


class _FixedAddress(httpcore.NetworkBackend):
    """Connects to the address that was checked, whatever the name says by now."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - the name was resolved already
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return self._inner.connect_tcp(self._address, port, timeout, local_address, socket_options)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    retry_after: str
    body: bytes


class HttpConnector:
    """
    Calls what the headers of the job name: `url`, `method` (POST unless said otherwise); the body is the variables.

    2xx: the answer's JSON object becomes the result under `response`. 422 with {"errorCode": "..."}: a BPMN error.
    """

    #: whether asking twice has one effect depends on the method; see _unclear
    idempotent = False

    def __init__(
        self,
        allowed: Mapping[Origin, str],
        *,
        resolve: Resolve = resolve_with_system,
        clock: Callable[[], float] = time.monotonic,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._clock = clock
        self._tls = tls or ssl.create_default_context()

    def __call__(self, call: Call) -> Mapping[str, Any]:
        """
        Make the call and return {"response": ...}.

        :raises GivenUp: not listed, refused (4xx), redirected, or the answer cannot be read
        :raises TryAgain: away, or busy (429, 503; their Retry-After is kept up to an hour)
        :raises MaybeDone: sent by POST or PATCH, and no clear answer came
        :raises BusinessError: the other side named an error for the process
        """
        method = call.headers.get("method", "POST").upper()
        if method not in METHODS:
            raise GivenUp("http_request_invalid", "method")
        if call.interrupted and method not in _REPEATABLE:
            raise MaybeDone("http_maybe_done", "worker")
        target = check(call.headers.get("url", ""), allowed=self._allowed, resolve=self._resolve)
        body = b"" if method in ("GET", "DELETE") else json.dumps(dict(call.variables), ensure_ascii=False).encode()
        if len(body) > LARGEST_REQUEST:
            raise GivenUp("http_request_invalid", "size")
        answer = self._ask(target, method, body, call)
        return _result(answer, method, call.now)

    def _ask(self, target: Target, method: str, body: bytes, call: Call) -> _Answer:
        headers: dict[bytes | str, bytes | str] = {
            "Host": _host_header(target.origin),
            "Accept": "application/json",
            "User-Agent": "Kykypolku",
            "Idempotency-Key": call.idempotency_key,
            "Content-Length": str(len(body)),
        }
        if body:
            headers["Content-Type"] = "application/json"
        timeouts = {"connect": CONNECT_SECONDS, "read": SILENCE_SECONDS, "write": SILENCE_SECONDS}
        deadline = self._clock() + WHOLE_SECONDS
        url = httpcore.URL(
            scheme=target.origin.scheme,
            host=target.origin.host.strip("[]"),
            port=target.origin.port,
            target=target.path,
        )
        with httpcore.ConnectionPool(
            ssl_context=self._tls, network_backend=_FixedAddress(target.address), retries=0
        ) as pool:
            try:
                with pool.stream(
                    method, url, headers=headers, content=body, extensions={"timeout": timeouts}
                ) as response:
                    return _Answer(
                        status=response.status,
                        retry_after=_header(response, b"retry-after"),
                        body=self._read(response, deadline, method),
                    )
            except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout) as error:
                raise TryAgain("http_away", type(error).__name__) from None
            except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
                raise _unclear(method, type(error).__name__) from None

    def _read(self, response: httpcore.Response, deadline: float, method: str) -> bytes:
        pieces: list[bytes] = []
        size = 0
        for piece in response.iter_stream():
            size += len(piece)
            if size > LARGEST_ANSWER:
                raise GivenUp("http_answer_invalid", "size")
            if self._clock() > deadline:
                raise _unclear(method, "time")
            pieces.append(piece)
        return b"".join(pieces)


def _result(answer: _Answer, method: str, now: datetime) -> Mapping[str, Any]:
    status = answer.status
    if 200 <= status < 300:
        return {"response": _json(answer.body) if answer.body.strip() else None}
    if 300 <= status < 400:
        raise GivenUp("http_redirected", str(status))
    if status in _COME_LATER:
        raise TryAgain("http_busy", str(status), after=_pause(answer.retry_after, now))
    if status == _UNPROCESSABLE:
        named = _json(answer.body)
        if isinstance(named, dict) and isinstance(named.get("errorCode"), str):
            raise BusinessError(named["errorCode"])
    if 400 <= status < 500:
        raise GivenUp("http_refused", str(status))
    raise _unclear(method, str(status))


def _unclear(method: str, detail: str) -> TryAgain | MaybeDone:
    """Nobody knows whether the request had its effect: repeat what may be repeated, leave the rest to a person."""
    return TryAgain("http_failed", detail) if method in _REPEATABLE else MaybeDone("http_maybe_done", detail)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise GivenUp("http_answer_invalid", "json") from None


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _pause(text: str, now: datetime) -> timedelta | None:
    """Read Retry-After: seconds or a moment (RFC 9110 10.2.3); never longer than an hour, never in the past."""
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_PAUSE)
    try:
        moment = parsedate_to_datetime(text)
        return max(timedelta(0), min(moment - now, LONGEST_PAUSE))
    except (TypeError, ValueError):
        return None


def _header(response: httpcore.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), "")


def _host_header(origin: Origin) -> str:
    standard = {"https": 443, "http": 80}[origin.scheme]
    return origin.host if origin.port == standard else f"{origin.host}:{origin.port}"
