"""How much V8 time a command may use in all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from app.domain.errors import BudgetExceeded

#: what one call may use when no command has set a budget, and the usual budget of a command
DEFAULT_MILLISECONDS = 250


class Budget:
    """The V8 time of one command; waiting for another thread's expression is not counted."""

    def __init__(self, *, milliseconds: float) -> None:
        self.left_seconds = milliseconds / 1000

    def spend(self, seconds: float) -> None:
        """Take the time that an expression used off the budget."""
        self.left_seconds = max(self.left_seconds - seconds, 0.0)

    def require(self) -> float:
        """Return the seconds left; raises BudgetExceeded("feel_budget") when there are none."""
        if self.left_seconds <= 0:
            raise BudgetExceeded("feel_budget", "the expressions of this command took too long")
        return self.left_seconds


_current: ContextVar[Budget | None] = ContextVar("feel_budget", default=None)


@contextmanager
def budget(*, milliseconds: float = DEFAULT_MILLISECONDS) -> Iterator[Budget]:
    """
    Give all expressions inside the block this much V8 time together.

    A block inside another one cannot get more than what is left outside, and what it uses is used outside too.
    """
    outer = _current.get()
    allowed = milliseconds if outer is None else min(milliseconds, outer.left_seconds * 1000)
    inner = Budget(milliseconds=allowed)
    token = _current.set(inner)
    try:
        yield inner
    finally:
        _current.reset(token)
        if outer is not None:
            outer.spend(allowed / 1000 - inner.left_seconds)


@contextmanager
def fresh_budget(*, milliseconds: float) -> Iterator[Budget]:
    """Give set-up work a budget of its own: what is parsed once and kept is not the work of the first command."""
    own = Budget(milliseconds=milliseconds)
    token = _current.set(own)
    try:
        yield own
    finally:
        _current.reset(token)


def current_budget() -> Budget:
    """Return the command's budget, or a fresh one for a single call outside of any command."""
    return _current.get() or Budget(milliseconds=DEFAULT_MILLISECONDS)
