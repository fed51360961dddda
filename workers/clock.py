"""What the workers take as a clock; in production it is `app.clock.DatabaseClock`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
