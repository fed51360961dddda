"""What a web process weighs after a thousand requests, and how long it takes to start."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.clients import send, sign_in
from tests.bench.installation import Installation
from tests.bench.measuring import Line, contention, median, own_megabytes, resident_megabytes
from tests.bench.processes import ANSWERS

STARTS = 5
TASKS = 250


def web_process(place: Installation) -> Iterator[Line]:
    """Start it several times, then open pages and complete tasks: a thousand requests by four people."""
    starts = []
    load = contention()
    for _ in range(STARTS):
        starts.append(place.start("web"))
        place.stop("web")
    seconds = median(starts)
    note = f"until the first answer, database checked; {min(starts):.1f}-{max(starts):.1f} s, contention {load:.1f}"
    yield Line("start-up of the web", f"{seconds:.1f} s", "<= 3 s", seconds <= 3, note)
    place.start("web")
    before = resident_megabytes(place.web_worker())
    place.start_instances("completion", TASKS, cases=place.cases(50))
    person = sign_in(place.port, "counsellor")
    keys = place.open_tasks("kysy")
    send(place.port, [person.get(f"/tasks/{key}") for key in keys], clients=4, status=200)
    send(place.port, [person.post(f"/tasks/{key}", {**ANSWERS, "action": "complete"}) for key in keys], clients=4)
    send(place.port, [person.get(f"/tasks/{key}/done") for key in keys], clients=4, status=200)
    send(place.port, [person.get("/worklist?tab=groups")] * TASKS, clients=4, status=200)
    weight = resident_megabytes(place.web_worker())
    note = f"{before:.0f} MB when started; resident, shared pages included"
    name = f"memory of a web process after {4 * TASKS:,} requests"
    yield Line(name, f"{weight:.0f} MB", "<= 160 MB", weight <= 160, note)
    place.start_instances("feel", TASKS, asked="20", cases=place.cases(1))
    keys = place.open_tasks("mietitty")
    send(place.port, [person.post(f"/tasks/{key}", {"action": "complete"}) for key in keys], clients=4)
    weight = resident_megabytes(place.web_worker())
    note = f"{TASKS} requests more; {own_megabytes(place.web_worker()):.0f} MB with its share of shared pages only"
    yield Line("the same with V8 at work", f"{weight:.0f} MB", "<= 160 MB", weight <= 160, note)
