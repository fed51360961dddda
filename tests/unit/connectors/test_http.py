"""The HTTP connector against a real server on loopback."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.connectors import http as module
from app.connectors.addresses import read_allow_list
from app.connectors.contract import BusinessError, Call, GivenUp, MaybeDone, TryAgain
from app.connectors.http import HttpConnector

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _do(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        answer = self.server.answer
        if answer is None:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, headers, content = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do  # noqa: N815 - the library's names

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.seen, server.answer = [], (200, {}, b"{}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def ask(server, *, path="/", method="POST", variables=None, key="42", interrupted=False):
    port = server.server_address[1]
    # the name does not exist: the connection must go to the address that the operator fixed
    connector = HttpConnector(read_allow_list(f"http://system.invalid:{port}=127.0.0.1"))
    headers = {"url": f"http://system.invalid:{port}{path}", "method": method}
    return connector(
        Call(
            idempotency_key=key,
            type="http_request",
            attempt=1,
            now=NOW,
            headers=headers,
            variables=variables or {},
            interrupted=interrupted,
        )
    )


def test_variables_go_out_as_json_with_the_idempotency_key_and_the_answer_comes_back(server):
    server.answer = (200, {"Content-Type": "application/json"}, b'{"tila": "ok"}')
    assert ask(server, path="/ajat?x=1", variables={"asia": "7", "nimi": "ä"}) == {"response": {"tila": "ok"}}
    ((method, path, headers, body),) = server.seen
    assert (method, path, json.loads(body)) == ("POST", "/ajat?x=1", {"asia": "7", "nimi": "ä"})
    assert headers["Idempotency-Key"] == "42"
    assert headers["Host"].startswith("system.invalid")
    assert "Cookie" not in headers


def test_a_get_has_no_body(server):
    ask(server, method="GET", variables={"x": 1})
    assert server.seen[0][3] == b""


def test_an_empty_answer_is_null(server):
    server.answer = (204, {}, b"")
    assert ask(server) == {"response": None}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(server, status):
    server.answer = (status, {"Location": "http://169.254.169.254/latest/meta-data"}, b"")
    with pytest.raises(GivenUp) as caught:
        ask(server)
    assert caught.value.code == "http_redirected"
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("written", "pause"),
    [
        ("120", timedelta(minutes=2)),
        ("999999999999", timedelta(hours=1)),
        ("Mon, 02 Mar 2026 08:10:00 GMT", timedelta(minutes=10)),
        ("Mon, 02 Mar 2020 08:10:00 GMT", timedelta(0)),
        ("soon", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_system_says_when_to_come_back(server, status, written, pause):
    server.answer = (status, {"Retry-After": written}, b"")
    with pytest.raises(TryAgain) as caught:
        ask(server)
    assert caught.value.after == pause


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410])
def test_a_refusal_is_final(server, status):
    server.answer = (status, {}, b"{}")
    with pytest.raises(GivenUp) as caught:
        ask(server)
    assert caught.value.detail == str(status)


def test_an_error_that_the_diagram_knows_is_a_business_error(server):
    server.answer = (422, {}, b'{"errorCode": "ei_vapaita_aikoja"}')
    with pytest.raises(BusinessError) as caught:
        ask(server)
    assert caught.value.code == "ei_vapaita_aikoja"


@pytest.mark.parametrize(
    ("method", "failure"),
    [("GET", TryAgain), ("PUT", TryAgain), ("DELETE", TryAgain), ("POST", MaybeDone), ("PATCH", MaybeDone)],
)
def test_an_unclear_end_is_repeated_only_where_twice_is_once(server, method, failure):
    server.answer = (500, {}, b"")
    with pytest.raises(failure):
        ask(server, method=method)
    server.answer = None
    with pytest.raises(failure):
        ask(server, method=method)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_call_that_a_dead_worker_may_have_made_is_not_made_again(server, method):
    with pytest.raises(MaybeDone):
        ask(server, method=method, interrupted=True)
    assert server.seen == []
    ask(server, method="PUT", interrupted=True)
    assert len(server.seen) == 1


def test_nobody_listening_is_away():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    connector = HttpConnector(read_allow_list(f"http://system.invalid:{port}=127.0.0.1"))
    with pytest.raises(TryAgain) as caught:
        connector(
            Call(idempotency_key="1", type="t", attempt=1, now=NOW, headers={"url": f"http://system.invalid:{port}/"})
        )
    assert caught.value.code == "http_away"


@pytest.mark.parametrize("content", [b"<html>", b"{", b"\xff\xfe", b"NaN", b"[" * 100_000])
def test_an_answer_that_is_no_json_is_refused(server, content):
    server.answer = (200, {}, content)
    with pytest.raises(GivenUp) as caught:
        ask(server)
    assert caught.value.code == "http_answer_invalid"


def test_a_huge_answer_is_cut_off(server):
    server.answer = (200, {}, b'"' + b"x" * (module.LARGEST_ANSWER + 10) + b'"')
    with pytest.raises(GivenUp) as caught:
        ask(server)
    assert caught.value.detail == "size"


def test_a_huge_request_is_not_sent(server):
    with pytest.raises(GivenUp):
        ask(server, variables={"x": "y" * (module.LARGEST_REQUEST + 1)})
    assert server.seen == []


@contextmanager
def dripping():
    """A server that sends its answer byte by byte and never ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not stop.wait(0.02):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    stop.set()
    thread.join(5)
    listener.close()


@pytest.mark.parametrize(("method", "failure"), [("GET", TryAgain), ("POST", MaybeDone)])
def test_an_answer_that_never_ends_is_left(monkeypatch, method, failure):
    monkeypatch.setattr(module, "WHOLE_SECONDS", 0.3)
    with dripping() as port:
        connector = HttpConnector(read_allow_list(f"http://system.invalid:{port}=127.0.0.1"))
        headers = {"url": f"http://system.invalid:{port}/", "method": method}
        begun = time.monotonic()
        with pytest.raises(failure):
            connector(Call(idempotency_key="1", type="t", attempt=1, now=NOW, headers=headers))
        assert time.monotonic() - begun < 5


def test_other_methods_are_refused(server):
    for method in ("CONNECT", "TRACE", "OPTIONS", "X\r\nY"):
        with pytest.raises(GivenUp):
            ask(server, method=method)
    assert server.seen == []


# -- TLS -------------------------------------------------------------------------------------------------------


def certificate(folder, name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(
    ("name", "trusted", "fits"),
    [("system.invalid", True, True), ("system.invalid", False, False), ("other.invalid", True, False)],
)
def test_the_certificate_has_to_be_trusted_and_of_the_name_that_the_operator_listed(
    server, tmp_path, name, trusted, fits
):
    path = certificate(tmp_path, name)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(path)
    server.socket = ours.wrap_socket(server.socket, server_side=True)
    port = server.server_address[1]
    theirs = ssl.create_default_context(cafile=str(path) if trusted else None)
    connector = HttpConnector(read_allow_list(f"https://system.invalid:{port}=127.0.0.1"), tls=theirs)
    call = Call(idempotency_key="1", type="t", attempt=1, now=NOW, headers={"url": f"https://system.invalid:{port}/"})
    if fits:
        assert connector(call) == {"response": {}}
    else:
        with pytest.raises(TryAgain):
            connector(call)
        assert server.seen == []
