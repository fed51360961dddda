"""Durations as diagrams and reference data write them: ISO 8601, days and shorter."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(
    r"P(?!$)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


def parse_duration(text: str) -> timedelta:
    """
    Return the length of an ISO 8601 duration of weeks, days, hours, minutes and seconds, e.g. "P14D" or "PT36H".

    :raises ValueError: something else, e.g. months, which have no fixed length
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError("no duration of weeks, days or hours")
    return timedelta(**{unit: int(count) for unit, count in match.groupdict(default="0").items()})
