"""A browser over a real connection: cookies, tokens of the page, forms; sends again what got no answer."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')
_SUBMISSION = re.compile(r'name="submission_id" value="([^"]+)"')

#: what a connection raises when the other side dies or is not there
NoAnswer = (OSError, http.client.HTTPException)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    @property
    def submission_id(self) -> str:
        found = _SUBMISSION.search(self.text)
        assert found, self.text[:2000]
        return found[1]


class Browser:
    """Somebody in front of a browser; one connection a request, so that a killed server costs one request."""

    def __init__(self, port: int, *, timeout: float = 30.0) -> None:
        self._port = port
        self._timeout = timeout
        self._cookies: dict[str, str] = {}
        self._token = ""
        #: requests that got no answer, or a 503, and were sent again
        self.repeated = 0

    def _send(self, method: str, path: str, fields: Mapping[str, str] | None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        body = None
        if method == "POST":
            body = urlencode({"csrf_token": self._token, **(fields or {})})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = f"http://127.0.0.1:{self._port}"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
            for name, value in response.getheaders():
                if name.lower() == "set-cookie":
                    key, _, rest = value.partition("=")
                    self._cookies[key] = rest.partition(";")[0]
            return Answer(response.status, text, {name.lower(): value for name, value in response.getheaders()})
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        """Open a page. Raises one of NoAnswer where the server dies meanwhile."""
        answer = self._send("GET", path, None)
        found = _TOKEN.search(answer.text)
        if found:
            self._token = found[1]
        return answer

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form once. Raises one of NoAnswer where the server dies meanwhile."""
        return self._send("POST", path, fields)

    def until_answered(self, method: str, path: str, *, within: float = 40.0, **fields: str) -> Answer:
        """Do as a person does whose page does not come, or says "try again": once more, with the same form."""
        deadline = time.monotonic() + within
        while True:
            try:
                answer = self.get(path) if method == "GET" else self.post(path, **fields)
            except NoAnswer:
                assert time.monotonic() < deadline, f"nobody answers {method} {path}"
            else:
                if answer.status != 503:
                    return answer
                assert answer.headers.get("retry-after"), answer.headers
                assert time.monotonic() < deadline, answer.text
            self.repeated += 1
            time.sleep(0.1)

    def sign_in(self, person: str) -> None:
        """Sign in as one of the demo's people, by a press."""
        self.until_answered("GET", "/sign-in")
        answer = self.until_answered("POST", "/sign-in", person=person)
        assert answer.status == 303, answer.text[:2000]
        # a new session, hence another token
        self.until_answered("GET", "/worklist")

    def complete(self, task_path: str, **answers: str) -> Answer:
        """Open the task and send its form."""
        page = self.until_answered("GET", task_path)
        assert page.status == 200, (page.status, page.text[:2000])
        return self.until_answered("POST", task_path, submission_id=page.submission_id, action="complete", **answers)
