"""The way ahead as a client is told of it: which steps that have words for them can still come, in their order."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable

#: so many steps ahead are told; what is further away is not known well enough to promise
MOST_AHEAD = 4


def steps_ahead(ways: Iterable[tuple[str, str]], *, active: Collection[str], told: Collection[str]) -> tuple[str, ...]:
    """
    Return the told elements to which the flows can lead from the active ones, the nearest first.

    `ways` are (element, element) as the diagram draws them, `told` the elements with words for clients. Where a step
    can go several ways all of them are returned: which comes is decided later. The active ones are not ahead.
    """
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in ways:
        after[source].append(target)
    found: list[str] = []
    seen, waiting = set(active), deque(active)
    while waiting:
        for target in after[waiting.popleft()]:
            if target not in seen:
                seen.add(target)
                waiting.append(target)
                if target in told:
                    found.append(target)
    return tuple(found)
