"""A form in a real browser: the example form behind a server of the standard library, drawn and read by our code."""

import json
import mimetypes
import threading
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.domain.errors import InvalidSubmission
from app.engine.forms import ACTION_NAME, Around, Upload, parse_submission, read_form
from app.web import theme
from app.web.forms import apply_action, build_form_view, conditions_now
from tests.unit.forms.conftest import CHOICES, EXAMPLE, NOW, STORED

ROOT = Path(__file__).parents[3]
ASSETS = ROOT / "app" / "web" / "assets"
DIST = ROOT / "app" / "web" / "static" / "dist"
AROUND = Around(now=NOW, contexts={"asia": {"ika": 25}}, choices=CHOICES, documents={"77": STORED})
PAGE = """<!doctype html>
<html lang="fi" data-color-scheme="light" data-size="sm" data-color="accent">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ view.title_prefix }}{{ view.title }}</title>
<link rel="stylesheet" href="/colours.css"><link rel="stylesheet" href="/dist/app.css">
<link rel="stylesheet" href="/assets/css/form.css">
<script type="module" src="/assets/js/form.js"></script></head>
<body><main style="max-inline-size:46rem;margin:2rem auto;padding:1rem"><h1>{{ view.title }}</h1>
{% from "forms/form.html" import form_body %}
<form method="post" action="/" enctype="multipart/form-data" novalidate autocomplete="off">
<button class="k-sr" type="submit" tabindex="-1" aria-hidden="true"></button>
{{ form_body(view, conditions_url="/conditions") }}
<button class="ds-button" type="submit">Valmis</button></form></main>
<p id="k-status" role="status" class="k-sr"></p></body></html>"""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.form = read_form(EXAMPLE.read_bytes())
        self.accepted = []
        self.asked = 0
        environment = Environment(
            loader=FileSystemLoader(ROOT / "app" / "web" / "templates"), autoescape=True, undefined=StrictUndefined
        )
        self.template = environment.from_string(PAGE)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path == "/":
            self.draw({})
        elif self.path == "/colours.css":
            self.answer(200, "text/css", theme.stylesheet(theme.DEFAULT_ACCENT).encode())
        elif self.path == "/favicon.ico":
            self.answer(204, "image/x-icon", b"")
        else:
            self.file()

    def file(self):
        _, room, name = self.path.split("/", 2)
        folder = ASSETS
        if room == "dist":
            manifest = DIST / "manifest.json"
            folder, name = DIST, json.loads(manifest.read_text()).get(name, name) if manifest.exists() else name
        path = folder / name
        if not path.is_file():
            self.answer(404, "text/plain", b"")
            return
        self.answer(200, mimetypes.guess_type(path.name)[0] or "text/plain", path.read_bytes())

    def do_POST(self):
        raw = self.sent()
        if self.path == "/conditions":
            self.server.asked += 1
            told = conditions_now(self.server.form, raw=raw, language="fi", around=AROUND)
            self.answer(200, "application/json", json.dumps(told).encode())
            return
        [action] = raw.pop(ACTION_NAME, [""])
        changed = apply_action(self.server.form, raw, action=action) if action else None
        if changed:
            self.draw(changed.raw, focus_id=changed.focus_id)
            return
        try:
            self.server.accepted.append(parse_submission(self.server.form, raw, language="fi", around=AROUND))
        except InvalidSubmission as error:
            self.draw(raw, problems=error.problems, status=422)
            return
        self.answer(200, "text/html; charset=utf-8", b"<title>Valmis</title><h1>Tallennettu</h1>")

    def sent(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        raw = {}
        for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            file_name = part.get_filename()
            value = Upload(file_name, content) if file_name is not None else content.decode()
            raw.setdefault(name, []).append(value)
        return raw

    def draw(self, raw, *, problems=(), focus_id="", status=200):
        view = build_form_view(
            self.server.form, raw=raw, language="fi", around=AROUND, problems=problems, focus_id=focus_id
        )
        self.answer(status, "text/html; charset=utf-8", self.server.template.render(view=view).encode())

    def answer(self, status, kind, content):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        policy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture(scope="module")
def server():
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=[True, False], ids=["script", "no_script"])
def any_page(request, browser):
    """A page with JavaScript, then one without."""
    yield from _page(browser, java_script_enabled=request.param)


@pytest.fixture
def page(browser):
    yield from _page(browser, java_script_enabled=True)


def _page(browser, **options):
    context = browser.new_context(locale="en-US", **options)
    context.set_default_timeout(5000)
    page = context.new_page()
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert [each for each in troubles if "422" not in each] == []
