"""Views of the worklist: name the list as it is now, share it, begin with it, forget it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.work_views import LONGEST_NAME, begin_with_view, remove_view, save_view
from app.domain.errors import InvalidInput
from app.domain.localized import in_language
from app.locale.problems import problem_text
from app.queries.people import role_names
from app.queries.work_views import views_of
from app.queries.worklist import Wish, ensure_order, workdays_of
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.language import current_language, texts
from app.web.shell import executor, now
from app.web.wishes import PATH, USUAL_ORDER, address_of, fields_of, sort_text, wish_of

blueprint = Blueprint("work_views", __name__)


@blueprint.get(f"{PATH}/views")
def index() -> ResponseReturnValue:
    """Show the person's views; with the fields of a list, a form to save that list as one."""
    wish = wish_of(request.args, orders=request.args.getlist("sort"))
    ensure_order(wish.order)
    return render_template("worklist/views.html", **_page(wish if request.args else None))


@blueprint.post(f"{PATH}/views")
def save() -> ResponseReturnValue:
    """Keep the list under the name that was typed, and open it."""
    wish = wish_of(request.form)
    typed = {name: request.form.get(name, "") for name in ("name", "shared_with", "begin")}
    try:
        ensure_order(wish.order)
        run(
            save_view,
            name=typed["name"],
            fields=fields_of(wish),
            group_id=typed["shared_with"],
            begin_with_it=bool(typed["begin"]),
            actor=current_actor(),
            now=now(),
        )
    except InvalidInput as error:
        problem = problem_text(error.problems[0], texts())
        return render_template("worklist/views.html", **_page(wish, typed=typed, problem=problem)), 422
    flash(texts()("views.saved", name=" ".join(typed["name"].split())), "success")
    return redirect(address_of(wish), code=303)


@blueprint.post(f"{PATH}/views/first")
def choose_first() -> ResponseReturnValue:
    """Let the worklist begin with the view, or again with one's own tasks."""
    chosen = request.form.get("view", "")
    run(begin_with_view, view_key=key_of(chosen) if chosen else None, actor=current_actor())
    flash(texts()("views.first_chosen" if chosen else "views.first_forgotten"), "success")
    return redirect(f"{PATH}/views", code=303)


@blueprint.post(f"{PATH}/views/<key>/remove")
def remove(key: str) -> ResponseReturnValue:
    """Forget one of one's own views; it can be saved again at once."""
    name = run(remove_view, view_key=key_of(key), actor=current_actor())
    flash(texts()("views.removed", name=name), "success")
    return redirect(f"{PATH}/views", code=303)


def _page(wish: Wish | None, *, typed: dict[str, str] | None = None, problem: str = "") -> dict[str, Any]:
    actor, say, language = current_actor(), texts(), current_language()
    roles = executor().read(role_names)
    own = sorted((role, in_language(roles[role], language)) for role in actor.roles if role in roles)
    return {
        "path": PATH,
        "fields": fields_of(wish) if wish else {},
        "narrowed_to": _said(wish, {role: in_language(name, language) for role, name in roles.items()}) if wish else "",
        "role_options": [("", say("views.only_me")), *((role, say("views.role", role=name)) for role, name in own)],
        "typed": typed or {"name": "", "shared_with": "", "begin": ""},
        "longest_name": LONGEST_NAME,
        "problem": problem,
        "views": [
            {
                "name": view.name,
                "address": address_of(wish_of(view.fields)),
                "said": _said(wish_of(view.fields), {key: in_language(name, language) for key, name in roles.items()}),
                "shared_with": in_language(roles[view.group_id], language) if view.group_id in roles else "",
                "by": "" if view.owner_key == actor.user_key else view.owner_name,
                "first": view.is_default,
                "key": str(view.key),
                "remove_address": f"{PATH}/views/{view.key}/remove" if view.owner_key == actor.user_key else "",
            }
            for view in executor().look_up(views_of, actor=actor)
        ],
    }


def _said(wish: Wish, roles: dict[str, str]) -> str:
    """Return what the list holds, in words."""
    say = texts()
    days = workdays_of(wish.due)
    due = say.plural("worklist.due_workdays", count=days) if days else wish.due and say(f"worklist.due_{wish.due}")
    parts = [
        say(f"worklist.tab_{wish.tab}"),
        f"”{wish.text}”" if wish.text else "",
        roles.get(wish.group_id, wish.group_id),
        wish.process_id,
        due,
        wish.holder and say(f"worklist.holder_{wish.holder}"),
        wish.unit and say("worklist.unit_mine"),
        wish.follow_up and say(f"worklist.follow_{wish.follow_up}"),
        "" if wish.order == USUAL_ORDER else ", ".join(sort_text(name) for name in wish.order),
    ]
    return " · ".join(part for part in parts if part)
