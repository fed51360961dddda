from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest

from app.domain.errors import BudgetExceeded, ExpressionError
from app.engine.feel import budget, check, evaluate_one, machine
from app.engine.feel.machine import _machine

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
ENDLESS = 'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+$")'


def value_of(text, context=None):
    return evaluate_one(text, context or {}, now=NOW)


def test_an_endless_expression_is_stopped_and_the_next_one_runs():
    started = time.monotonic()
    with pytest.raises(BudgetExceeded) as stopped:
        value_of(ENDLESS)
    assert stopped.value.code == "feel_budget"
    assert time.monotonic() - started < 20
    assert value_of("1 + 1") == 2


def test_a_command_has_one_budget_for_all_its_expressions():
    slow = "count(for i in 1..60000 return i * 2)"
    with budget(milliseconds=60) as limits, pytest.raises(BudgetExceeded):
        all(value_of(slow) for _ in range(100))
    assert limits.left_seconds == 0


def test_what_is_used_inside_is_used_outside():
    with budget(milliseconds=100) as outer:
        with budget(milliseconds=500) as inner:
            assert inner.left_seconds <= 0.1
            value_of("count(for i in 1..5000 return i)")
        assert outer.left_seconds < 0.1


def test_a_used_up_budget_asks_nothing_more():
    with budget(milliseconds=0), pytest.raises(BudgetExceeded):
        value_of("1 + 1")
    assert value_of("1 + 1") == 2


def test_simple_expressions_cost_no_budget():
    with budget(milliseconds=0):
        assert value_of('tulos = "a"', {"tulos": "a"}) is True


def test_memory_beyond_the_limit_ends_the_isolate_not_the_process(monkeypatch):
    grow = "count([" + ",".join(["for i in 1..190 return (for j in 1..1000 return {a: i, b: [i, j]})"] * 30) + "])"
    _machine.discard()
    monkeypatch.setattr(machine, "_HARD_LIMIT_BYTES", 24 * 1024 * 1024)
    with budget(milliseconds=20_000), pytest.raises(BudgetExceeded) as stopped:
        value_of(grow)
    monkeypatch.undo()
    assert stopped.value.code == "feel_memory"
    assert value_of("1 + 1") == 2


@pytest.mark.parametrize(
    "text",
    [
        "for i in 1..1000000000 return i",
        "for a in 1..1000, b in 1..1000, c in 1..1000 return a",
        'for i in 1..60 return if i = 1 then "xxxxxxxxxx" else partial[-1] + partial[-1]',
        "for i in 1..60 return if i = 1 then [1, 2, 3] else concatenate(partial[-1], partial[-1])",
        '{s: string join(for i in 1..100000 return "a"), r: replace(s, "a", s)}.r',
        "{f: function(g, x) g(g, x), r: f(f, 1)}.r",
        "(" * 4000 + "1" + ")" * 4000,
        "[" * 3000 + "]" * 3000,
        "-" * 9000 + "1",
        "1" + "+1" * 4900,
        "a" * 20_000,
    ],
)
def test_bombs_are_refused_soon(text):
    started = time.monotonic()
    with pytest.raises((ExpressionError, BudgetExceeded)):
        value_of(text)
    assert time.monotonic() - started < 20
    assert value_of("1 + 1") == 2


def test_an_upload_cannot_keep_the_parser_busy():
    with pytest.raises(ExpressionError, match="nested too deeply"):
        check("[" * 3000 + "]" * 3000)


def test_a_bad_expression_blocks_other_threads_only_up_to_its_budget():
    waits: list[float] = []

    def bad():
        with pytest.raises(BudgetExceeded):
            value_of(ENDLESS)

    def good():
        started = time.monotonic()
        assert value_of("20 + 1") == 21
        waits.append(time.monotonic() - started)

    threads = [threading.Thread(target=bad)] + [threading.Thread(target=good) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(waits) == 6
    assert max(waits) < 20


def test_many_threads_get_their_own_answers():
    wrong: list[object] = []

    def work(number):
        for turn in range(30):
            value = value_of("a * 1000 + b", {"a": number, "b": turn})
            if value != number * 1000 + turn:
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def test_importing_the_engine_makes_no_isolate():
    script = "import app.engine.feel.machine as m, app.engine.decisions; print(m._machine.generation)"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert answer.stdout.strip() == "0"


def test_a_child_after_a_fork_makes_its_own_isolate_and_ends_well():
    script = """
import os, sys, threading, warnings
warnings.simplefilter("ignore")
from datetime import datetime, UTC
from app.engine.feel import evaluate_one
from app.engine.feel.machine import _machine
now = datetime(2026, 1, 1, tzinfo=UTC)
assert evaluate_one("1 + 1", {}, now=now) == 2
held = threading.Event()
def hold():
    with _machine.lock:
        held.set()
        threading.Event().wait(1)
threading.Thread(target=hold, daemon=True).start()
held.wait()
child = os.fork()
if child == 0:
    assert evaluate_one("1 + 2", {}, now=now) == 3
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert evaluate_one("1 + 3", {}, now=now) == 4
print("both")
"""
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True, env=os.environ
    )
    assert answer.stdout.strip() == "both"
