"""The chart of the whole as a drawing, and the same in words beside it."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.domain.chart import LinkKind, Passage, Spot
from app.domain.localized import sort_key
from app.queries.pathway_chart import PathwayLine, pathway_chart
from app.web.asking import address, read
from app.web.language import texts
from app.web.stories import shown

blueprint = Blueprint("pathway_chart", __name__)
PATH = "/services/pathways"

#: the drawing's measures in its own units
_BOX_WIDTH, _BOX_HEIGHT = 210, 52
_COLUMN, _ROW, _MARGIN = 300, 72, 20
_LINE_OF_NAME, _LINES_OF_NAME = 27, 2
#: the number of a pathway in front of what it says of itself
_NUMBER = re.compile(r"^[A-Z][\w() ]{1,15}: ")


@blueprint.get(PATH)
def show() -> ResponseReturnValue:
    """Show how the pathways hang together, all of them or one with those next to it."""
    chosen = request.args.get("pathway", "")
    chart = read(pathway_chart, chosen=chosen)
    names = {process_id: shown(name) for process_id, name in chart.names.items()}
    at = {spot.process_id: _corner(spot) for spot in chart.spots}
    return render_template(
        "directory/pathways.html",
        boxes=[
            {
                "x": at[line.process_id][0],
                "y": at[line.process_id][1],
                "lines": _wrapped(names[line.process_id]),
                "chosen": line.process_id == chosen,
            }
            for line in chart.lines
        ],
        curves=[{"path": _curve(at[way.source], at[way.target]), "kind": way.kind.value} for way in chart.passages],
        width=max((x for x, _ in at.values()), default=0) + _BOX_WIDTH + 3 * _MARGIN,
        height=max((y for _, y in at.values()), default=0) + _BOX_HEIGHT + _MARGIN,
        box=(_BOX_WIDTH, _BOX_HEIGHT),
        rows=[_row(line, names) for line in chart.lines if chosen in ("", line.process_id)],
        chosen=names.get(chosen, ""),
        path=PATH,
        options=[
            ("", texts()("chart.all")),
            *sorted(names.items(), key=lambda option: sort_key(option[1])),
        ],
        option=chosen,
        kinds=[(kind.value, texts()(f"chart.{kind.value}")) for kind in LinkKind if kind is not LinkKind.HEARS],
    )


def _corner(spot: Spot) -> tuple[int, int]:
    return _MARGIN + spot.column * _COLUMN, _MARGIN + spot.row * _ROW


def _curve(source: tuple[int, int], target: tuple[int, int]) -> str:
    """Return the path of a line: to the left side of what stands further right, else around to the right side."""
    (from_x, from_y), (to_x, to_y) = source, target
    begin_x, begin_y, end_y = from_x + _BOX_WIDTH, from_y + _BOX_HEIGHT // 2, to_y + _BOX_HEIGHT // 2
    if to_x > from_x:
        bend = (to_x - begin_x) // 2
        return f"M{begin_x} {begin_y}C{begin_x + bend} {begin_y} {to_x - bend} {end_y} {to_x} {end_y}"
    end_x, side = to_x + _BOX_WIDTH, begin_x + 40
    return f"M{begin_x} {begin_y}C{side} {begin_y} {max(side, end_x + 40)} {end_y} {end_x} {end_y}"


def _wrapped(name: str) -> list[str]:
    return textwrap.wrap(name, _LINE_OF_NAME, max_lines=_LINES_OF_NAME, placeholder=" …")


def _row(line: PathwayLine, names: dict[str, str]) -> dict[str, Any]:
    say = texts()
    said = _NUMBER.sub("", shown(line.documentation))
    begins = [{"text": say("chart.by_hand"), "address": ""}] if line.by_hand else []
    begins += [{"text": say("chart.by_time"), "address": ""}] if line.by_time else []
    begins += [_way_in(way, names) for way in line.ways_in]
    return {
        "name": names[line.process_id],
        "address": address(PATH, pathway=line.process_id),
        "said": said.split(". ")[0].rstrip("."),
        "begins": begins,
        "leads": [_way_out(way, names) for way in line.ways_out],
    }


def _way_in(way: Passage, names: dict[str, str]) -> dict[str, str]:
    said = texts()(f"chart.in_{way.kind.value}", name=names[way.source])
    return {"text": said, "address": address(PATH, pathway=way.source)}


def _way_out(way: Passage, names: dict[str, str]) -> dict[str, str]:
    said = texts()(f"chart.out_{way.kind.value}", name=names[way.target])
    return {"text": said, "address": address(PATH, pathway=way.target)}
