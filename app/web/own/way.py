"""The client's way as a drawing: what has been, where we are and what can come, from top to bottom."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

#: the drawing's measures in its own units; so wide that it stands on the narrowest telephone as it is
WIDTH = 236
_LEFT, _TEXT, _TOP = 16, 40, 20
_LINE, _BETWEEN = 20, 26
_LETTERS = 22
#: of what has been the latest are drawn; all of it stands in the words below
_MOST_BEEN = 4


def drawn_way(
    *, been: Sequence[str], here: Sequence[str], ahead: Sequence[str], waits: str, earlier: str
) -> dict[str, Any]:
    """
    Return the stations and lines of the drawing, with its height.

    Each station is {kind (been, here, ahead), y, lines: [{y, text, is_note}]}. `waits` says under the last step of now
    what is waited for, or stands alone where no step of now has a name; `earlier` stands for what is not drawn.
    """
    shown = [(earlier, "been")] if len(been) > _MOST_BEEN else []
    shown += [(text, "been") for text in been[-_MOST_BEEN:]]
    now = [*here] or [waits]
    shown += [(text, "here") for text in now] + [(text, "ahead") for text in ahead]
    stations, y = [], _TOP
    for number, (text, kind) in enumerate(shown):
        lines = [(part, False) for part in textwrap.wrap(text, _LETTERS)]
        is_last_of_now = kind == "here" and (number + 1 == len(shown) or shown[number + 1][1] != "here")
        if is_last_of_now and here:
            lines += [(part, True) for part in textwrap.wrap(waits, _LETTERS + 4)]
        stations.append(
            {
                "kind": kind,
                "y": y,
                "lines": [
                    {"y": y + 5 + place * _LINE, "text": part, "is_note": is_note}
                    for place, (part, is_note) in enumerate(lines)
                ],
            }
        )
        y += len(lines) * _LINE + _BETWEEN
    return {
        "stations": stations,
        "joints": [{"from": one["y"], "to": other["y"], "kind": other["kind"]} for one, other in pairwise(stations)],
        "left": _LEFT,
        "text": _TEXT,
        "width": WIDTH,
        "height": y - _BETWEEN + 8,
    }
