"""What has changed between the first measurement of a client and the last one (domain.md 5, M08)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.measure import Measure

FIRST_OCCASION = "alku"
#: asked on a scale from 0 to 10 already
ITEMS = ("tyokyky_0_10", "toimintakyky_0_10")
SECTIONS = ("osallisuus", "mieli", "arki", "taidot", "keho")
#: the scale on which sections are compared
LONGEST_SCALE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A score from 0 to 10 and its day."""

    score: float
    day: date


def changes_of(measures: Sequence[Measure]) -> Iterator[tuple[str, Measured, Measured | None]]:
    """
    Yield each section with its first score and the last later one, None where nobody has measured it again.

    `measures` are one client's in one case, the oldest first. The first is the first of the occasion "alku"; a later
    one on another scale is not compared, and a section that was not measured affects itself only.
    """
    first = next((measure for measure in measures if measure.occasion == FIRST_OCCASION), None)
    if first is None:
        return
    later = [measure for measure in measures if measure.measured_on > first.measured_on]
    for name in (*ITEMS, *SECTIONS):
        before = _measured(first, name)
        if before is None:
            continue
        comparable = [measure for measure in later if name in ITEMS or _scale(measure) == _scale(first)]
        again = [after for measure in comparable if (after := _measured(measure, name)) is not None]
        yield name, before, again[-1] if again else None


def _scale(measure: Measure) -> tuple[float | None, float | None]:
    return measure.scores.get("asteikko_min"), measure.scores.get("asteikko_max")


def _measured(measure: Measure, name: str) -> Measured | None:
    score = measure.scores.get(name)
    if score is None:
        return None
    if name in ITEMS:
        return Measured(score=float(score), day=measure.measured_on)
    lowest, highest = _scale(measure)
    if lowest is None or highest is None or highest <= lowest:
        return None
    return Measured(score=LONGEST_SCALE * (score - lowest) / (highest - lowest), day=measure.measured_on)
