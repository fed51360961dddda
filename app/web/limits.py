"""Time limits, thresholds and settings of areas: a list, and a form for each; pathways read them as `viite.*`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.change_limit import change_limit
from app.domain.errors import Conflict, InvalidInput, NotFound
from app.queries.limits import LimitLine, LimitPage, changes_of_limit, limit_page
from app.web.access import current_actor
from app.web.asking import address, run
from app.web.language import texts
from app.web.shell import now

blueprint = Blueprint("limits", __name__)
PATH = "/limits"


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the limits as they hold everywhere or in an area."""
    page = _page(request.args.get("area", ""))
    tables = [(texts()("limits.settings"), _rows(page, page.settings))] if page.settings else []
    tables.append((texts()("place.limits"), _rows(page, page.lines)))
    return render_template("limits/index.html", page=page, tables=tables, area_options=_areas(page), path=PATH)


@blueprint.get(f"{PATH}/<limit_id>")
def show(limit_id: str) -> ResponseReturnValue:
    """Show the form of a limit."""
    page = _page(request.args.get("area", ""))
    line = _line(page, limit_id)
    return _form(page, line, line.text, "")


@blueprint.post(f"{PATH}/<limit_id>")
def change(limit_id: str) -> ResponseReturnValue:
    """Write the value that was typed; what cannot be read comes back with what is wrong."""
    area_id, text = request.form.get("area", ""), request.form.get("value", "")[:2000]
    say = texts()
    try:
        changed = run(
            change_limit,
            limit_id=limit_id,
            area_id=area_id,
            text=text,
            was=request.form.get("was", ""),
            actor=current_actor(),
            now=now(),
        )
    except InvalidInput as error:
        page = _page(area_id)
        return _form(page, _line(page, limit_id), text, say(f"problems.{error.problems[0].code}")), 422
    except Conflict:
        page = _page(area_id)
        return _form(page, _line(page, limit_id), text, say("limits.changed_meanwhile")), 409
    flash(say("limits.changed" if changed else "limits.unchanged"), "success")
    return redirect(address(PATH, area=area_id), code=303)


def _page(area_id: str) -> LimitPage:
    return run(limit_page, area_id=area_id, actor=current_actor())


def _rows(page: LimitPage, lines: Sequence[LimitLine]) -> list[dict[str, Any]]:
    return [
        {"line": line, "text": _words(line), "address": address(f"{PATH}/{line.limit_id}", area=page.area_id)}
        for line in lines
    ]


def _words(line: LimitLine) -> str:
    return texts()(f"limits.{line.text}") if line.kind == "flag" else line.text


def _line(page: LimitPage, limit_id: str) -> LimitLine:
    for line in (*page.lines, *page.settings):
        if line.limit_id == limit_id:
            return line
    raise NotFound("limit", limit_id)


def _areas(page: LimitPage) -> list[tuple[str, str]]:
    say = texts()
    return [("", say("limits.everywhere")), *((key, _shown(name)) for key, name in page.areas.items())]


def _shown(name: object) -> str:
    language = texts().language
    return str(name.get(language) or name["fi"]) if isinstance(name, dict) else str(name)


def _form(page: LimitPage, line: LimitLine, text: str, problem: str) -> str:
    areas = dict(_areas(page))
    changes = run(changes_of_limit, limit_id=line.limit_id, actor=current_actor())
    return render_template(
        "limits/limit.html",
        page=page,
        line=line,
        text=text,
        problem=problem,
        area_name=areas[page.area_id],
        options=_options(line),
        changes=[(change, areas.get(change.area_id, change.area_id)) for change in changes],
        path=PATH,
    )


def _options(line: LimitLine) -> list[tuple[str, str]]:
    if line.kind == "flag":
        return [(value, texts()(f"limits.{value}")) for value in ("true", "false")]
    return [(value, value) for value in line.choices] if line.kind == "choice" else []
