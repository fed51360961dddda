"""What every view needs at hand: the executor, the settings, the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from app.executor import Executor
from app.settings import Settings

EXTENSION = "kykypolku"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What the application was made with."""

    executor: Executor
    settings: Settings
    clock: Callable[[], datetime]


def shell() -> Shell:
    """Return what the current application was made with."""
    found: Shell = current_app.extensions[EXTENSION]
    return found


def executor() -> Executor:
    """Return the one way to the commands and queries."""
    return shell().executor


def settings() -> Settings:
    """Return what the installation sets."""
    return shell().settings


def now() -> datetime:
    """Return the moment of this request, in UTC, from the application's clock."""
    return shell().clock()
