"""One compiled process serves all instances and threads and never changes."""

import threading

from app.engine.seam import UserTaskOpened
from tests.unit.engine.drawing import (
    ROOTS,
    boundary,
    diagram,
    end,
    event_sub,
    message,
    multi,
    parallel,
    start,
    timer,
    user,
    xor,
)
from tests.unit.engine.walk import Walk, compiled

XML = diagram(
    start(),
    user("u", multi("=lista", output=("kaikki", "=vastaus"))),
    boundary("late", "u", timer("timeDuration", "P1D")),
    parallel("f"),
    user("a"),
    user("b"),
    parallel("j"),
    xor("g", default="g__e"),
    end(),
    end("e2"),
    event_sub("es", message(), user("x"), end("ex"), flow="es_s x; x ex", interrupting=False),
    flow="s u; u f; f a; f b; a j; b j; j g; g a [=uudelleen]; g e; late e2",
    roots=ROOTS,
)


def _spec_facts(process) -> dict[str, object]:
    return {
        name: {key: repr(value) for key, value in vars(spec).items() if not key.endswith("_event")}
        for name, spec in process.spec.task_specs.items()
    }


def _walk(process, name: str) -> Walk:
    walk = Walk(process, {"lista": [f"{name}1", f"{name}2"], "avain": name})
    walk.message("es_s", viesti=name)
    for answer in ("x", "y"):
        walk.complete("u", vastaus=name + answer)
    walk.complete("b")
    walk.complete("a", uudelleen=False)
    walk.complete("x")
    return walk


def test_two_instances_on_one_spec_do_not_touch_each_other():
    process = compiled(XML)
    before = _spec_facts(process)
    first = Walk(process, {"lista": [1], "avain": "1"})
    second = Walk(process, {"lista": [2, 3], "avain": "2"})
    assert len(first.waits(UserTaskOpened)) == 1
    second.complete("u", vastaus="2")
    first.complete("u", vastaus="1")
    assert first.tasks == ["a", "b"]
    assert second.tasks == ["u"]
    assert first.root()["kaikki"] == ["1"]
    assert _spec_facts(process) == before


def test_threads_on_one_spec_do_not_touch_each_other():
    process = compiled(XML)
    before = _spec_facts(process)
    results: dict[str, Walk] = {}
    threads = [
        threading.Thread(target=lambda name=name: results.update({name: _walk(process, name)})) for name in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, walk in results.items():
        assert walk.ended
        assert walk.root()["kaikki"] == [name + "x", name + "y"]
        assert walk.root()["viesti"] == name
    assert len(results) == 4
    assert _spec_facts(process) == before
