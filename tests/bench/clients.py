"""People behind keep-alive connections, in a process of their own: it spends as little as can be on their side."""

from __future__ import annotations

import multiprocessing
import re
import secrets
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')


@dataclass(frozen=True)
class Person:
    """Somebody signed in."""

    port: int
    cookie: str
    token: str

    def get(self, path: str) -> bytes:
        """Return a request for a page."""
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\n\r\n".encode()

    def post(self, path: str, fields: Mapping[str, Any]) -> bytes:
        """Return a request that sends a form."""
        body = urlencode(
            {"csrf_token": self.token, "submission_id": secrets.token_urlsafe(16), "draft_seen": "", **fields},
            doseq=True,
        ).encode()
        return (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\n"
            f"Origin: http://127.0.0.1:{self.port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body


def sign_in(port: int, username: str) -> Person:
    """Sign in as one of the demo's people."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as browser:
        token = _TOKEN.search(browser.get("/sign-in").text)
        assert token
        answer = browser.post(
            "/sign-in",
            data={"csrf_token": token[1], "person": username},
            headers={"Origin": f"http://127.0.0.1:{port}"},
        )
        assert answer.status_code == 303, answer.text[:1000]
        token = _TOKEN.search(browser.get("/worklist").text)
        assert token
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        return Person(port, cookie, token[1])


@dataclass(frozen=True)
class Sent:
    """How long each request took in milliseconds, and all of them in seconds."""

    times: list[float]
    seconds: float
    statuses: dict[int, int]

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.times) / self.seconds


def send(port: int, requests: Sequence[bytes], *, clients: int = 1, status: int = 303, pause: float = 0.0) -> Sent:
    """
    Send the requests through so many connections, each as soon as its last is answered; `pause` seconds between.

    :raises AssertionError: an answer had another status
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        sent = pool.submit(_send_all, port, list(requests), clients, pause).result()
    assert set(sent.statuses) == {status}, sent.statuses
    return sent


def _send_all(port: int, requests: list[bytes], clients: int, pause: float) -> Sent:
    waiting = list(reversed(requests))
    times: list[float] = []
    statuses: dict[int, int] = {}
    ready = threading.Barrier(clients + 1)

    def work() -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ready.wait()
            while True:
                try:
                    request = waiting.pop()
                except IndexError:
                    return
                begun = time.perf_counter()
                connection.sendall(request)
                status = _read_answer(connection)
                times.append((time.perf_counter() - begun) * 1000)
                statuses[status] = statuses.get(status, 0) + 1
                if pause:
                    time.sleep(pause)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return Sent(times, time.perf_counter() - begun, statuses)


def _read_answer(connection: socket.socket) -> int:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            raise ConnectionError("the server closed the connection")
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: (\d+)", head)
    missing = int(found[1] if found else 0) - len(body)
    while missing > 0:
        missing -= len(connection.recv(65536))
    return int(head.split(b" ", 2)[1])
