"""What every command of the terminal gets, and how it answers."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import datetime

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
    now: datetime
