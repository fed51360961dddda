"""The group of an area's hour: who leads in which turn, who the experts are, where it meets."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.arrange_consultation import arrange_consultation
from app.domain.errors import InvalidInput
from app.domain.keys import parse_key
from app.queries.consultation import GroupPage, group_page
from app.web.access import current_actor
from app.web.asking import address, read, run
from app.web.consultation.blueprint import PATH, blueprint
from app.web.language import texts
from app.web.shell import now

#: facilitators that can be named, one after the other
MOST_FACILITATORS = 6


@blueprint.get(f"{PATH}/group")
def group() -> ResponseReturnValue:
    """Show the group."""
    page = _page(request.args.get("area", ""))
    return _form(page, list(page.facilitators), list(page.experts), page.remote_link)


@blueprint.post(f"{PATH}/group")
def change_group() -> ResponseReturnValue:
    """Write the group; what is wrong comes back with what was chosen."""
    area_id = request.form.get("area", "")
    facilitators = _keys("facilitators")
    experts = _keys("experts")
    link = request.form.get("remote_link", "")[:1000]
    try:
        run(
            arrange_consultation,
            area_id=area_id,
            facilitators=facilitators,
            experts=experts,
            remote_link=link,
            actor=current_actor(),
            now=now(),
        )
    except InvalidInput as error:
        wrong = {problem.place: texts()(f"consultation.wrong_{problem.place}") for problem in error.problems}
        return _form(_page(area_id), facilitators, experts, link, wrong), 422
    flash(texts()("consultation.group_changed"), "success")
    return redirect(address(PATH, area=area_id), code=303)


def _keys(name: str) -> list[int]:
    found = (parse_key(text) for text in request.form.getlist(name)[:200])
    return list(dict.fromkeys(key for key in found if key is not None))


def _page(area_id: str) -> GroupPage:
    return read(group_page, area_id=area_id, actor=current_actor())


def _form(
    page: GroupPage, facilitators: list[int], experts: list[int], link: str, wrong: dict[str, str] | None = None
) -> str:
    rows = max(2, min(MOST_FACILITATORS, len(facilitators) + 1))
    return render_template(
        "consultation/group.html",
        page=page,
        path=PATH,
        facilitators=[*facilitators, *[0] * rows][:rows],
        experts=experts,
        link=link,
        wrong=wrong or {},
    )
