"""What every command of the terminal gets, and how it answers."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import datetime

from app.clock import DatabaseClock
from app.executor import Executor
from app.settings import Settings


class Refused(Exception):
    """The terminal's own refusals: a file that is not there, an argument that makes no sense."""


def say(text: str = "") -> None:
    """Write a line of the answer."""
    sys.stdout.write(text + "\n")


@dataclass(frozen=True, slots=True)
class Context:
    """What every command gets."""

    settings: Settings
    executor: Executor
    arguments: argparse.Namespace
    clock: DatabaseClock

    @property
    def now(self) -> datetime:
        """The present moment, by the database's clock where there is a database."""
        self.clock.look()
        return self.clock.moment()
