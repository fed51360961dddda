"""Complete a user task: over HTTP, in statements, and against the bare engine with one commit."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import event

from app.commands.complete_task import Submission, complete_task
from app.commands.save_draft import WrittenOn
from app.web import create_app
from app.web.drafts import PAGE_NAMES
from tests.bench.clients import Person, send, sign_in
from tests.bench.engine.step import bare_step
from tests.bench.installation import Installation
from tests.bench.measuring import Line, contention, median, milliseconds, processor_seconds
from tests.bench.processes import ANSWERS

ROUNDS = 5
IN_ROUND = 240
ALONE = 150
CLIENTS = 4


def _requests(person: Person, keys: list[int]) -> list[bytes]:
    return [person.post(f"/tasks/{key}", {**ANSWERS, "action": "complete"}) for key in keys]


def over_http(place: Installation) -> Iterator[Line]:
    """Measure the rate with four people and the time with one, in alternating rounds."""
    cases = place.cases(100)
    place.start_instances("completion", ROUNDS * (IN_ROUND + ALONE) + 100, cases=cases)
    keys = place.open_tasks("kysy")
    person = sign_in(place.port, "counsellor")
    requests = _requests(person, keys)
    send(place.port, [requests.pop() for _ in range(100)], clients=CLIENTS)
    web = place.web_worker()
    rates, times, spent, factors = [], [], [], []
    for _ in range(ROUNDS):
        factors.append(contention())
        before = processor_seconds(web)
        rates.append(send(place.port, [requests.pop() for _ in range(IN_ROUND)], clients=CLIENTS).rate)
        spent.append((processor_seconds(web) - before) * 1000 / IN_ROUND)
        times.append(median(send(place.port, [requests.pop() for _ in range(ALONE)]).times))
    rate, alone = median(rates), median(times)
    note = f"{ROUNDS} rounds, {min(rates):.0f}-{max(rates):.0f}; contention {median(factors):.1f}"
    yield Line("complete a user task over HTTP, 4 clients", f"{rate:.0f}/s", ">= 120/s", rate >= 120, note)
    note = f"rounds {min(times):.1f}-{max(times):.1f}"
    yield Line("the same, 1 client, p50", f"{alone:.1f} ms", "<= 8 ms", alone <= 8, note)
    cost = median(spent)
    yield Line("processor time of the web process for it", f"{cost:.1f} ms", note=f"{1000 / cost:.0f}/s at most")


class Counting:
    """What one request says to the database."""

    def __init__(self, engine: Any) -> None:
        self.statements: list[tuple[str, bool, int]] = []
        self.commits = 0
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)

    def _statement(self, _c: object, _cursor: object, text: str, values: Any, _context: object, many: bool) -> None:
        self.statements.append((" ".join(text.split()), many, len(values) if many else 1))

    def _commit(self, _connection: object) -> None:
        self.commits += 1

    def reset(self) -> None:
        """Begin anew."""
        self.statements, self.commits = [], 0


def statements(place: Installation, *, show: bool = False) -> Iterator[Line]:
    """Count the statements and commits of one request, from the session's look-up to the commit."""
    cases = place.cases(5)
    place.start_instances("completion", 5, cases=cases)
    app = create_app(place.place.executor, place.settings(), clock=lambda: datetime.now(UTC))
    client = app.test_client()
    person = sign_in(place.port, "counsellor")
    name, _, value = person.cookie.partition("=")
    client.set_cookie(name, value)
    counting = Counting(place.place.executor.database.engine)
    found: list[int] = []
    commits: list[int] = []
    for key in place.open_tasks("kysy")[:5]:
        counting.reset()
        page = {"csrf_token": person.token, "submission_id": secrets.token_urlsafe(16), "draft_seen": ""}
        fields = {**ANSWERS, **page}
        answer = client.post(f"/tasks/{key}", data=fields, headers={"Origin": f"http://127.0.0.1:{place.port}"})
        assert answer.status_code == 303, answer.text[:1000]
        found.append(len(counting.statements))
        commits.append(counting.commits)
    if show:
        for text, many, rows in counting.statements:
            print(f"   {text[:150]}{f'   x{rows}' if many else ''}")
    rows = sum(number for _, many, number in counting.statements if many)
    kinds = Counter(text.split()[0] for text, _, _ in counting.statements)
    note = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common()) + f"; {rows} rows by lists"
    figure = f"{median(found):.0f} / {median(commits):.0f}"
    reached = median(found) <= 18 and median(commits) == 1
    yield Line("SQL statements / commits, session and access log included", figure, "<= 18 / 1", reached, note)


def _size(values: Any) -> int:
    """Return about how many bytes the values take."""
    if isinstance(values, bytes | str):
        return len(values)
    if isinstance(values, dict):
        return sum(_size(item) for item in values.values())
    if isinstance(values, list | tuple):
        return sum(_size(item) for item in values)
    return 8


def against_bare_engine(place: Installation, *, rounds: int = 7, in_round: int = 40) -> Iterator[Line]:
    """Compare the command with a bare step in memory and one commit of the same bytes, in alternating rounds."""
    place.start_instances("completion", rounds * in_round + 1, cases=place.cases(20))
    keys = place.open_tasks("kysy")
    written: list[int] = []

    def note_size(_c: object, _cursor: object, text: str, values: Any, _context: object, _many: bool) -> None:
        if not text.startswith("SELECT"):
            written.append(_size(values))

    def complete() -> None:
        page_id = secrets.token_urlsafe(16)
        submission = Submission(
            fields={name: [each] if isinstance(each, str) else list(each) for name, each in ANSWERS.items()},
            page_names=PAGE_NAMES,
            submission_id=page_id,
            page=WrittenOn(page_id=page_id, seen=""),
        )
        place.place.executor.run(
            complete_task,
            task_key=keys.pop(),
            actor=place.place.people["counsellor"],
            submission=submission,
            now=datetime.now(UTC),
        )

    engine = place.place.executor.database.engine
    event.listen(engine, "before_cursor_execute", note_size)
    complete()
    event.remove(engine, "before_cursor_execute", note_size)
    content = secrets.token_bytes(sum(written))
    ours, bare, commits = [], [], []
    with psycopg.connect(place.dsn) as connection:
        connection.execute("CREATE TABLE bench_bytes (key bigserial PRIMARY KEY, content bytea)")
        connection.commit()

        def commit() -> None:
            connection.execute("INSERT INTO bench_bytes (content) VALUES (%s)", (content,))
            connection.commit()

        for _ in range(rounds):
            ours.append(median([milliseconds(complete) for _ in range(in_round)]))
            bare.append(bare_step(in_round))
            commits.append(median([milliseconds(commit) for _ in range(in_round)]))
    ratios = [mine / (step + end) for mine, step, end in zip(ours, bare, commits, strict=True)]
    note = (
        f"{median(ours):.2f} ms against {median(bare):.2f} + {median(commits):.2f} ms ({len(content)} bytes); "
        f"rounds {min(ratios):.1f}-{max(ratios):.1f}"
    )
    ratio = median(ratios)
    yield Line("the command against a bare step and one commit", f"{ratio:.1f}x", "<= 3.0x", ratio <= 3.0, note)
