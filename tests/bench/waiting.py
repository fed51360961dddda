"""Timers, and the way through Celery: how late, how many, how fast."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import psycopg

from app.commands.messages import broadcast_signal
from tests.bench.clients import Person, send, sign_in
from tests.bench.installation import Installation
from tests.bench.measuring import Line, contention, median, milliseconds, percentile

TIMERS = 10_000
LATE_TIMERS = 30
LISTENERS = 5_000
STEPS = 40
JOBS = 1_000
NO_OPS = 3_000
ROUNDS = 3
WORKER, SCHEDULER = "tests.bench.worker", "tests.bench.scheduler"


def _until(condition: Callable[[], bool], *, seconds: float, every: float = 0.02) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(every)


def timers(place: Installation) -> Iterator[Line]:
    """Fire timers one by one, then ten thousand at once while somebody uses the pages."""
    place.start("web")
    person = sign_in(place.port, "counsellor")
    place.start("scheduler")
    yield _lateness(place)
    place.stop("scheduler")
    yield from _drain(place, person, ["scheduler"])
    yield from _drain(place, person, ["scheduler", "second scheduler"])


def _lateness(place: Installation) -> Line:
    """Return the line of timers that come due one after the other while nothing else happens."""
    for number in range(LATE_TIMERS):
        place.start_instances("timer", 1, kesto=f"PT{3 + number % 6}S")
        time.sleep(0.17)
    _until(lambda: place.sql("SELECT count(*) FROM timer WHERE status = 'open'") == [(0,)], seconds=60)
    rows = place.sql(
        "SELECT extract(epoch FROM task.created_at - timer.due_at)::float8 FROM timer"
        " JOIN user_task task ON task.instance_key = timer.instance_key"
    )
    late = [float(str(row[0])) for row in rows]
    slow = percentile(late, 0.95)
    note = f"median {median(late):.2f} s, worst {max(late):.2f} s of {len(late)}"
    return Line("timer lateness, p95", f"{slow:.2f} s", "<= 1.5 s", slow <= 1.5, note)


def _drain(place: Installation, person: Person, schedulers: Sequence[str]) -> Iterator[Line]:
    place.start_instances("timer", TIMERS, kesto="P1D")
    place.sql("UPDATE timer SET due_at = now() WHERE status = 'open'")
    (since,) = place.sql("SELECT now()")
    load = contention()
    begun = time.monotonic()
    for called in schedulers:
        place.start("scheduler", called=called)
    answered: list[float] = []

    def left() -> int:
        return int(str(place.sql("SELECT count(*) FROM timer WHERE status = 'open'")[0][0]))

    while left():
        answered += send(place.port, [person.get("/worklist?tab=groups")] * 8, status=200, pause=0.05).times
        if time.monotonic() - begun > 900:
            raise TimeoutError
    # by the scheduler's own account: from its first timer to its last
    (row,) = place.sql(
        "SELECT extract(epoch FROM max(ended_at) - min(ended_at))::float8 FROM timer WHERE ended_at > %s", since[0]
    )
    seconds = float(str(row[0]))
    number = {1: "one scheduler", 2: "two schedulers"}[len(schedulers)]
    note = f"{TIMERS / seconds:.0f}/s with engine steps; contention {load:.1f}"
    what = f"{TIMERS:,} timers due at once, {number}, all fired in"
    yield Line(what, f"{seconds:.0f} s", "<= 60 s", seconds <= 60, note)
    slow = percentile(answered, 0.95)
    note = f"median {median(answered):.0f} ms of {len(answered)} worklist pages"
    yield Line("web p95 meanwhile", f"{slow:.0f} ms", "< 1 s", slow < 1000, note)
    for called in schedulers:
        place.stop(called)


def signal(place: Installation) -> Iterator[Line]:
    """Tell five thousand instances at once: one delivery each, every one in a transaction of its own."""
    place.start_instances("signal", LISTENERS)
    broadcast = milliseconds(
        lambda: place.place.executor.run(
            broadcast_signal, name="kaikille", actor=place.place.people["owner"], now=datetime.now(UTC)
        )
    )
    begun = time.monotonic()
    place.start("scheduler")
    _until(lambda: place.sql("SELECT count(*) FROM signal_subscription WHERE status = 'open'") == [(0,)], seconds=600)
    seconds = time.monotonic() - begun
    note = f"{LISTENERS / seconds:.0f}/s with engine steps, one scheduler; the broadcast itself {broadcast:.0f} ms"
    yield Line(f"a signal to {LISTENERS:,} instances, all delivered in", f"{seconds:.0f} s", note=note)
    place.stop("scheduler")


def latency(place: Installation) -> Iterator[Line]:
    """Complete a task before a service task and wait until the task behind it is there."""
    place.start("web")
    place.start("scheduler", module=SCHEDULER)
    place.start("worker", module=WORKER)
    place.start_instances("service", STEPS + 5)
    person = sign_in(place.port, "counsellor")
    times = []
    with psycopg.connect(place.dsn, autocommit=True) as connection:

        def there(task: int) -> bool:
            return bool(
                connection.execute(
                    "SELECT 1 FROM user_task next JOIN user_task done USING (instance_key)"
                    " WHERE done.key = %s AND next.element_id = 'sitten'",
                    (task,),
                ).fetchone()
            )

        for number, task in enumerate(place.open_tasks("ensin")):
            begun = time.perf_counter()
            sent = send(place.port, [person.post(f"/tasks/{task}", {"action": "complete"})])
            # what the client's process costs to start is not waited for by anybody
            begun = max(begun, time.perf_counter() - sent.seconds)
            _until(lambda task=task: there(task), seconds=30, every=0.003)  # type: ignore[misc]
            if number >= 5:
                times.append((time.perf_counter() - begun) * 1000)
    slow = percentile(times, 0.95)
    note = f"median {median(times):.0f} ms of {len(times)}"
    yield Line("user task -> service task -> next task visible, p95", f"{slow:.0f} ms", "<= 700 ms", slow <= 700, note)
    place.stop("worker")
    place.stop("scheduler")


def throughput(place: Installation) -> Iterator[Line]:
    """Let two worker processes do jobs that do nothing, and Celery's own tasks that do nothing, in turns."""
    place.start("worker", module=WORKER)
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(_no_ops(place))
        ours.append(_jobs(place))
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    share = median(ratios)
    note = f"{median(ours):.0f}/s against {median(bare):.0f}/s; rounds {min(ratios):.0%}-{max(ratios):.0%}"
    yield Line("service jobs, 2 workers, against Celery's no-op", f"{share:.0%}", ">= 25 %", share >= 0.25, note)
    place.stop("worker")


def _no_ops(place: Installation) -> float:
    """Return Celery's no-ops per second between the first tenth and the end."""
    from tests.bench.worker import NO_OP  # noqa: PLC0415 # the module registers a task
    from workers import QUEUE, make_celery  # noqa: PLC0415

    celery = make_celery(place.settings())
    for _ in range(NO_OPS):
        celery.send_task(NO_OP, queue=QUEUE)
    with place.servers.valkey.client() as client:
        _until(lambda: client.llen(QUEUE) <= NO_OPS * 0.9, seconds=60, every=0.001)
        first, begun = client.llen(QUEUE), time.perf_counter()
        _until(lambda: client.llen(QUEUE) == 0, seconds=120, every=0.001)
        return first / (time.perf_counter() - begun)


def _jobs(place: Installation) -> float:
    """Return our jobs per second by their own account, from the first tenth to the last."""
    place.start_instances("job", JOBS)
    since = datetime.now(UTC)
    place.start("scheduler", module=SCHEDULER)
    open_jobs = "SELECT count(*) FROM job WHERE status IN ('ready', 'leased')"
    _until(lambda: place.sql(open_jobs) == [(0,)], seconds=300, every=0.1)
    place.stop("scheduler")
    rows = place.sql("SELECT extract(epoch FROM ended_at)::float8 FROM job WHERE ended_at > %s ORDER BY 1", since)
    ended = [float(str(row[0])) for row in rows]
    tenth = len(ended) // 10
    return (len(ended) - tenth) / (ended[-1] - ended[tenth])
