"""On what grounds client data is processed: a page for anybody, signed in or not."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.domain.localized import LocalizedText
from app.queries.grounds import grounds_page
from app.web.access import public
from app.web.asking import read
from app.web.language import texts
from app.web.stories import shown

blueprint = Blueprint("grounds", __name__)
PATH = "/data-protection"


@blueprint.get(PATH)
@public
def show() -> ResponseReturnValue:
    """Show the purposes with their grounds in law, and to whom each data group may open."""
    page, say = read(grounds_page), texts()
    purposes = [
        {
            "name": shown(line.name),
            "groups": ", ".join(say(f"data_group.{group}") for group in line.groups),
            "article": line.article,
            "statute": shown(line.statute),
            "exchange": line.exchange,
        }
        for line in page.grounds
    ]
    return render_template(
        "grounds.html",
        purposes=[each for each in purposes if not each["exchange"]],
        exchanges=[each for each in purposes if each["exchange"]],
        groups=[
            {
                "name": say(f"data_group.{line.group}"),
                "own": _names(line.own),
                "by_consent": _names(line.by_consent),
                "by_statute": _names(line.by_statute),
            }
            for line in page.groups
        ],
    )


def _names(names: Sequence[LocalizedText]) -> str:
    return ", ".join(shown(name) for name in names)
