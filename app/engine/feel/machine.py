"""
The process's one V8 isolate: made at the first use, replaced when it broke, never carried over a fork.

Importing this module makes nothing. An isolate made before a fork hangs in the child, so it belongs to a process id.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

from app.domain.errors import BudgetExceeded, ExpressionError, Unavailable
from app.engine.feel.budget import Budget, current_budget
from app.engine.feel.isolate import Isolate, ScriptFailed, ScriptOutOfMemory, ScriptTimedOut

_BUNDLE = Path(__file__).parent / "dist" / "feel.js"
_MEGABYTE = 1024 * 1024
_SOFT_LIMIT_BYTES = 48 * _MEGABYTE
_HARD_LIMIT_BYTES = 128 * _MEGABYTE
#: memory of a process grew from 72 to 161 MB without this (design 2.3)
_CALLS_BETWEEN_COLLECTIONS = 2_000
#: loading the bundle is set-up, not a command's work
_LOADING_SECONDS = 20.0
#: the answer of a function that lacks what it should work on
_MISSING = '{"missing":true}'
_WARM_UP = json.dumps(
    {
        "now": "2026-01-01T00:00:00",
        "zone": "Europe/Helsinki",
        "contexts": [{"a": 1, "b": ["x"], "c": {"$feel": "date", "value": "2026-01-01"}}],
        "asks": [
            ['if a + 1 >= 2 and b[1] = "x" then now() + duration("P1D") else c', 0, "expression"],
            ["for each in b[item != null] return {n: count(b), t: each in (each)}", 0, "expression"],
            ["< 5, not_a.name, [1..2]", 0, "unary"],
        ],
    }
)


class _Machine:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.process_id = 0
        self.isolate: Isolate | None = None
        #: isolates that hang if touched (another process's); kept so that nothing ever frees them
        self.abandoned: list[Isolate] = []
        #: rises with every new isolate; what was loaded into an older one is gone
        self.generation = 0

    def ready(self) -> Isolate:
        if self.isolate is not None and self.process_id != os.getpid():
            self.abandoned.append(self.isolate)
            self.isolate = None
        if self.isolate is None:
            self.isolate = _make_isolate()
            self.process_id = os.getpid()
            self.generation += 1
        return self.isolate

    def discard(self) -> None:
        isolate, self.isolate = self.isolate, None
        if isolate is not None:
            # a thread of its own: freeing waits for a script that may not stop at once
            threading.Thread(target=isolate.close, name="free-v8", daemon=True).start()


_machine = _Machine()


def _after_fork_in_child() -> None:
    # another thread of the parent may have held the lock at the moment of the fork
    _machine.lock = threading.RLock()


os.register_at_fork(after_in_child=_after_fork_in_child)


def _make_isolate() -> Isolate:
    try:
        bundle = _BUNDLE.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Unavailable(f"{_BUNDLE} is missing: run `npm run build` (or `node app/engine/feel/build.mjs`)") from error
    isolate = Isolate(soft_limit_bytes=_SOFT_LIMIT_BYTES, hard_limit_bytes=_HARD_LIMIT_BYTES)
    isolate.run(f'{bundle}\n;"loaded"', seconds=_LOADING_SECONDS)
    # V8 compiles what it runs for the first time: that is set-up too
    isolate.run(f"kyky.evaluate({json.dumps(_WARM_UP)})", seconds=_LOADING_SECONDS)
    return isolate


def warm_up() -> None:
    """Make this process's isolate now, so that the first person does not wait for it (a few tenths of a second)."""
    with _machine.lock:
        _machine.ready()


def call(function: str, argument: str) -> str:
    """
    Call a function of the bundle with a text and return its text, within the command's budget.

    Raises BudgetExceeded ("feel_budget" for time, "feel_memory" for memory; the isolate is replaced in both cases) and
    ExpressionError("feel_failed") when the bundle itself throws.
    """
    limits = current_budget()
    limits.require()
    with _machine.lock:
        return _call(function, argument, limits)


def call_with(function: str, argument: str, load: Callable[[], tuple[str, str]]) -> str:
    """
    Call a function that may answer `{"missing":true}`: then `load` tells what to call first, once for each isolate.

    Loading is set-up and is not counted. Raises like `call`.
    """
    limits = current_budget()
    limits.require()
    with _machine.lock:
        answer = _call(function, argument, limits)
        if answer == _MISSING:
            _call(*load(), Budget(milliseconds=_LOADING_SECONDS * 1000))
            answer = _call(function, argument, limits)
        return answer


def _call(function: str, argument: str, limits: Budget) -> str:
    isolate = _machine.ready()
    script = f"kyky.{function}({json.dumps(argument)})"
    try:
        answer = isolate.run(script, seconds=limits.require())
        if isolate.calls % _CALLS_BETWEEN_COLLECTIONS == 0:
            isolate.collect_garbage()
    except ScriptTimedOut as error:
        _machine.discard()
        raise BudgetExceeded("feel_budget", f"the expressions of this command took too long: {error}") from None
    except ScriptOutOfMemory:
        _machine.discard()
        raise BudgetExceeded("feel_memory", "an expression needed too much memory") from None
    except ScriptFailed as error:
        raise ExpressionError("feel_failed", _first_line(str(error))) from None
    finally:
        limits.spend(isolate.used_seconds)
    return answer


def _first_line(text: str) -> str:
    lines = text.splitlines()
    return lines[0] if lines else text
