"""People who work through a hundred cases over HTTP, and keep account of what they were told is done."""

from __future__ import annotations

import random
import re
import secrets
import threading
import time
from dataclasses import dataclass, field

from tests.faults.browser import Answer, Browser

_TASK = re.compile(r'"/tasks/(\d+)"')
PROCESS = "/start/load"


@dataclass
class Account:
    """What the people were told."""

    started: int = 0
    completed: set[int] = field(default_factory=set)
    #: tasks that someone else had done when the form came in
    too_late: int = 0
    repeated: int = 0
    #: status and text of answers that nobody should get
    wrong: list[tuple[int, str]] = field(default_factory=list)


class Load:
    """Threads that start instances (as many as `let` allows), do the first task, and any other task they find."""

    def __init__(self, port: int, *, people: int, instances: int, seed: int) -> None:
        self._port = port
        self._instances = instances
        self._allowed = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.account = Account()
        self._threads = [
            threading.Thread(target=self._work, args=(f"person{number}", random.Random(seed + number)), daemon=True)
            for number in range(people)
        ]
        for thread in self._threads:
            thread.start()

    def let(self, instances: int) -> None:
        """Allow so many instances to be started in all."""
        self._allowed = min(instances, self._instances)

    def stop(self) -> None:
        """Let everybody go home."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in self._threads)

    def _work(self, person: str, choice: random.Random) -> None:
        browser = Browser(self._port, timeout=20)
        try:
            browser.sign_in(person)
            while not self._stop.is_set():
                if self._take_start():
                    self._start(browser)
                elif not self._do_something(browser, choice):
                    time.sleep(0.1)
        except AssertionError as error:
            self.account.wrong.append((0, str(error)))
        finally:
            with self._lock:
                self.account.repeated += browser.repeated

    def _take_start(self) -> bool:
        with self._lock:
            if self.account.started >= self._allowed:
                return False
            self.account.started += 1
            return True

    def _start(self, browser: Browser) -> None:
        # as from a page that was opened before: what it carries is the token and the submission's id
        answer = browser.until_answered("POST", PROCESS, submission_id=secrets.token_urlsafe(16))
        if answer.status != 303 or not answer.location.startswith("/tasks/"):
            self._note_wrong(answer)
            return
        key = int(answer.location.removeprefix("/tasks/"))
        self._note(key, browser.until_answered("POST", answer.location, submission_id=secrets.token_urlsafe(16)))

    def _do_something(self, browser: Browser, choice: random.Random) -> bool:
        page = browser.until_answered("GET", "/worklist?tab=groups")
        found = sorted({int(key) for key in _TASK.findall(page.text)})
        if not found:
            return False
        self._complete(browser, choice.choice(found))
        return True

    def _complete(self, browser: Browser, key: int) -> None:
        self._note(key, browser.complete(f"/tasks/{key}"))

    def _note(self, key: int, answer: Answer) -> None:
        with self._lock:
            if answer.status == 303:
                if key in self.account.completed:
                    self.account.wrong.append((303, f"task {key} was completed twice"))
                self.account.completed.add(key)
            elif answer.status == 409:
                self.account.too_late += 1
            else:
                self.account.wrong.append((answer.status, answer.text[:500]))

    def _note_wrong(self, answer: Answer) -> None:
        with self._lock:
            self.account.wrong.append((answer.status, answer.text[:500]))
