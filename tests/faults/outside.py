"""A system outside: a small server on loopback that writes down every call and does what the test says."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: the name under which diagrams call it; the allow-list ties it to loopback
HOST = "outside.test"


@dataclass(frozen=True)
class Received:
    """A call as it came in."""

    key: str
    method: str
    path: str
    body: Any
    at: float


@dataclass(frozen=True)
class Reply:
    """What is answered. `silence`: seconds until then; `cut`: the connection is closed instead."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    silence: float = 0.0
    cut: bool = False
    #: whether the call has its effect, whatever is answered
    effect: bool = True


class Outside:
    """The server, its append-only log of calls and of effects: a key that comes again has no second effect."""

    def __init__(self, answer: Callable[[Received, int], Reply] | None = None) -> None:
        self._answer = answer or (lambda _call, _number: Reply())
        self._lock = threading.Lock()
        self.calls: list[Received] = []
        self.effects: list[str] = []
        #: calls that wait for their answer now
        self.under_way = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self._server.server_port}"

    @property
    def allowed(self) -> str:
        """The setting that lets the HTTP connector call it."""
        return f"{self.origin}=127.0.0.1"

    def calls_of(self, path: str) -> list[Received]:
        with self._lock:
            return [call for call in self.calls if call.path == path]

    def calls_by_key(self) -> Counter[str]:
        with self._lock:
            return Counter(call.key for call in self.calls)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _receive(self, call: Received) -> Reply:
        with self._lock:
            self.calls.append(call)
            number = sum(1 for item in self.calls if item.key == call.key)
            reply = self._answer(call, number)
            self.under_way += 1
            if reply.effect and call.key not in self.effects:
                self.effects.append(call.key)
        return reply

    def _answered(self) -> None:
        with self._lock:
            self.under_way -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outside = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _take(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                reply = outside._receive(
                    Received(
                        key=self.headers["Idempotency-Key"],
                        method=self.command,
                        path=self.path,
                        body=json.loads(content) if content else None,
                        at=time.monotonic(),
                    )
                )
                time.sleep(reply.silence)
                outside._answered()
                self.close_connection = True
                if reply.cut:
                    return
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            do_POST = do_PUT = do_GET = _take  # noqa: N815 - names of the library

            def log_message(self, *_: object) -> None:
                pass

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    # the caller was killed
                    self.close_connection = True

        return Handler
