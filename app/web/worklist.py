"""The worklist: whose turn it is, with one press to take it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.claim_task import claim_task, release_task
from app.domain.actor import Actor
from app.domain.errors import InstancePaused, TaskAlreadyClosed, TaskClaimedByOther, TaskHeld
from app.domain.localized import LocalizedText, in_language
from app.queries.people import names_of
from app.queries.reminders import reminders_due
from app.queries.work_views import views_of
from app.queries.worklist import (
    OWN_UNIT,
    SUPERVISED,
    Due,
    FollowUp,
    Holder,
    Tab,
    Wish,
    Worklist,
    new_since,
    workdays_of,
    worklist,
)
from app.storage.work_views import WorkView
from app.storage.worklist import MOST_COUNTED, TaskLine
from app.web.access import current_actor
from app.web.addresses import own_path
from app.web.asking import key_of, run
from app.web.columns import chosen_columns, heading, headings
from app.web.handling import handling_form
from app.web.language import Formats, current_language, texts
from app.web.shell import executor, now
from app.web.wishes import PATH, address_of, fields_of, sort_text, wish_of

blueprint = Blueprint("worklist", __name__)
LONGEST_NUMBER = 10
#: "due by the third working day from today" and the like, as the form offers them; an address may name any number
WORKDAYS = (3, 5, 7, 10)


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the list that the address asks for; the bare address begins with the view that the person has chosen."""
    actor = current_actor()
    if not request.args:
        views = executor().look_up(views_of, actor=actor)
        first = next((view for view in views if view.is_default), None)
        if first is not None:
            return redirect(address_of(wish_of(first.fields)), code=303)
    wish = wish_of(request.args, orders=request.args.getlist("sort"))
    found = executor().read(worklist, actor=actor, wish=wish, now=now())
    due = [] if "HX-Request" in request.headers else executor().look_up(reminders_due, actor=actor, now=now())
    return render_template("worklist/index.html", **_page(found, actor), reminders=due)


@blueprint.get(f"{PATH}/news")
def news() -> ResponseReturnValue:
    """Say how many tasks have come since the list was drawn, or nothing; the rows stay until the person asks."""
    seen = request.args.get("seen", "0")
    known = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < LONGEST_NUMBER else 0
    count = executor().read(new_since, actor=current_actor(), seen=known, now=now())
    if count == 0:
        return "", 204
    wish = wish_of(request.args, orders=request.args.getlist("sort"))
    return render_template("worklist/_news.html", count=count, address=address_of(wish))


@blueprint.post("/tasks/<key>/take")
def take(key: str) -> ResponseReturnValue:
    """Give the task to the person and open it; who was slower is told who has it."""
    task_key = key_of(key)
    try:
        run(claim_task, task_key=task_key, actor=current_actor(), now=now())
    except (TaskClaimedByOther, TaskAlreadyClosed, TaskHeld) as error:
        flash(told_conflict(error), "warning")
        return redirect(own_path(request.form.get("next"), PATH), code=303)
    return redirect(f"/tasks/{task_key}", code=303)


@blueprint.post("/tasks/<key>/release")
def release(key: str) -> ResponseReturnValue:
    """Give the task back to its group."""
    task_key = key_of(key)
    try:
        task = run(release_task, task_key=task_key, actor=current_actor(), now=now())
    except (TaskAlreadyClosed, TaskHeld) as error:
        flash(told_conflict(error), "warning")
    else:
        said = "task.release_held" if task.held_event else "task.released"
        flash(texts()(said, name=in_language(task.name, current_language())), "success")
    return redirect(own_path(request.form.get("next"), PATH), code=303)


def told_conflict(error: TaskClaimedByOther | TaskAlreadyClosed | TaskHeld | InstancePaused) -> str:
    """Say who was faster, and when, or what has to be checked first."""
    say, formats = texts(), Formats(current_language())
    if isinstance(error, InstancePaused):
        return texts()("task.paused")
    if isinstance(error, TaskHeld):
        return say(f"task.held_{error.event}")
    names = executor().read(names_of, keys=[error.by] if error.by else [])
    who = names.get(error.by or 0, say("task.somebody"))
    if isinstance(error, TaskClaimedByOther):
        return say("task.claimed_by", who=who)
    if error.state == "cancelled":
        return say("task.withdrawn", when=formats.moment(error.at))
    return say("task.completed_by", who=who, when=formats.moment(error.at))


def _page(found: Worklist, actor: Actor) -> dict[str, Any]:
    say, wish = texts(), found.wish
    seen = found.counts["mine"] + found.counts["groups"]
    return {
        "tabs": [_tab(tab, found) for tab in found.tabs],
        **_filters(found, actor),
        "columns": {"task": heading(wish, say("worklist.task")), "client": heading(wish, say("worklist.client"))},
        "headings": headings(wish, chosen_columns()),
        "client_search_address": f"{PATH}/clients",
        "workload_address": f"{PATH}/workload" if Tab.UNIT in found.tabs else "",
        "columns_address": address_of(wish, path=f"{PATH}/columns"),
        "rows": [
            row_of(line, actor, found.role_names, done=wish.tab is Tab.DONE, may_open=line.key in found.openable)
            | {"stands_in_for": line.assignee_name if _is_of_absent(line, found, actor) else ""}
            | {"reopen_address": f"/tasks/{line.key}/reopen" if line.key in found.reopenable else ""}
            for line in found.lines
        ],
        "total_text": _total(found),
        "here_address": address_of(wish, after=wish.after),
        "first_address": address_of(wish) if wish.after else "",
        "next_address": address_of(wish, after=found.next_cursor) if found.next_cursor else "",
        "clear_address": address_of(Wish(tab=wish.tab)) if wish.is_narrowed else "",
        "show_client": False,
        "client_switch_address": "",
        "news_address": address_of(wish, path=f"{PATH}/news", seen=str(seen)),
        "saved_views": [*_built_in(found), *(_view(view, wish, actor) for view in found.views)],
        "save_view_address": address_of(wish, path=f"{PATH}/views"),
        "mark_all_address": address_of(wish, path=f"{PATH}/selection"),
        "handling": None if wish.tab is Tab.DONE else handling_form(wish, actor, found.colleagues),
        "free_address": address_of(Wish(tab=Tab.GROUPS)) if wish.tab is Tab.MINE and found.counts["groups"] else "",
        "free_count": found.counts["groups"],
        **({"empty_text": say("worklist.none_delayed")} if wish.tab is Tab.DELAYED else {}),
        "place_counts": {"worklist": found.counts["mine"]},
    }


def _filters(found: Worklist, actor: Actor) -> dict[str, Any]:
    """Return the fields of the form above the list with what each can be."""
    say, language, wish = texts(), current_language(), found.wish
    of_all = wish.tab in SUPERVISED
    groups = {
        role: in_language(name, language) for role, name in found.role_names.items() if of_all or role in actor.roles
    }
    processes = {key: in_language(name, language) for key, name in found.process_names.items()}
    sorts = [(name, sort_text(name)) for name in ("-priority", "created", "-created", "follow_up", "number")]
    known = {"due", *(name for name, _ in sorts)}
    sorts += [(name, sort_text(name)) for name in wish.order if name not in known]
    due = [(str(item), say(f"worklist.due_{item or 'any'}")) for item in Due]
    asked = {int(days) for days in (workdays_of(wish.due),) if days}
    due += [
        (f"workdays-{days}", say.plural("worklist.due_workdays", count=days)) for days in sorted({*WORKDAYS, *asked})
    ]
    first, *then = wish.order
    return {
        "filters": {
            "address": PATH,
            **dict.fromkeys(("text", "group", "process", "due", "holder", "unit", "follow"), ""),
            **fields_of(wish),
            "sort": "" if first == "due" else first,
            "then": then[0] if then else "",
        },
        "more_filters": bool(wish.holder or wish.unit or wish.follow_up or then),
        "group_options": _with_gone([("", say("worklist.every_group")), *_sorted(groups)], wish.group_id),
        "process_options": _with_gone([("", say("worklist.every_process")), *_sorted(processes)], wish.process_id),
        "due_options": due,
        "holder_options": [(str(item), say(f"worklist.holder_{item or 'any'}")) for item in Holder],
        "unit_options": [("", say("worklist.unit_any")), (OWN_UNIT, say("worklist.unit_mine"))],
        "follow_options": [(str(item), say(f"worklist.follow_{item or 'any'}")) for item in FollowUp],
        "sort_options": [("", say("worklist.sort_due")), *sorts],
        "then_options": [("", say("worklist.sort_no_more")), ("due", say("worklist.sort_due")), *sorts],
    }


def _with_gone(options: list[tuple[str, str]], chosen: str) -> list[tuple[str, str]]:
    """A view or a bookmark may name what is not there any more: the form says so, as the list is empty by it."""
    known = {value for value, _ in options}
    return options if chosen in known else [*options, (chosen, texts()("worklist.gone", value=chosen))]


def _built_in(found: Worklist) -> list[dict[str, Any]]:
    """Return the views that everybody has, with their counts where they are known."""
    late = Wish(tab=Tab.MINE, due=Due.OVERDUE)
    later = Wish(tab=Tab.MINE, follow_up=FollowUp.AHEAD, order=("follow_up",))
    counts: dict[Wish, int | None] = {late: found.counts["overdue"], later: None}
    names = {late: "overdue", later: "follow_up"}
    if "away" in found.counts:
        away = Wish(tab=Tab.MINE, holder=Holder.AWAY)
        counts[away], names[away] = found.counts["away"], "away"
    return [
        {
            "text": texts()(f"worklist.view_{name}"),
            "count": counts[wish],
            "note": "",
            "address": address_of(wish),
            "current": fields_of(found.wish) == fields_of(wish),
        }
        for wish, name in names.items()
    ]


def _view(view: WorkView, wish: Wish, actor: Actor) -> dict[str, Any]:
    return {
        "text": view.name,
        "count": None,
        "note": "" if view.owner_key == actor.user_key else texts()("views.by", who=view.owner_name),
        "address": address_of(wish_of(view.fields)),
        "current": dict(view.fields) == fields_of(wish),
    }


def _sorted(options: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(options.items(), key=lambda item: item[1].casefold())


def _tab(tab: Tab, found: Worklist) -> dict[str, Any]:
    return {
        "text": texts()(f"worklist.tab_{tab}"),
        "address": address_of(Wish(tab=tab)),
        "count": found.counts.get(str(tab)),
        "current": found.wish.tab is tab,
    }


def _is_of_absent(line: TaskLine, found: Worklist, actor: Actor) -> bool:
    """Tell whether the task stands among the person's own because they stand in for its holder."""
    return found.wish.tab is Tab.MINE and line.assignee != actor.user_key


def _total(found: Worklist) -> str:
    say, wish = texts(), found.wish
    count = found.counts.get(str(wish.tab), len(found.lines))
    if wish.is_narrowed or wish.after or found.next_cursor or count != len(found.lines):
        key = "worklist.shown_of_more" if found.next_cursor else "worklist.shown"
        return say.plural(key, count=len(found.lines))
    return say.plural("worklist.total", count=min(count, MOST_COUNTED))


def row_of(
    line: TaskLine,
    actor: Actor,
    role_names: Mapping[str, LocalizedText],
    *,
    done: bool = False,
    may_open: bool = True,
) -> dict[str, Any]:
    """Return a task as the lists show it."""
    mine = line.assignee is not None and line.assignee == actor.user_key
    free = may_open and line.assignee is None and line.status == "open"
    return {
        "key": str(line.key),
        "name": line.name,
        "process_name": line.process_name,
        "case_number": line.case_number,
        "due_at": line.due_at,
        "follow_up_at": line.follow_up_at,
        "created_at": line.created_at,
        "priority": line.priority,
        "group_text": group_text(line.candidate_groups, role_names, first=actor.roles),
        "assignee_name": line.assignee_name,
        "mine": mine and not done,
        "has_draft": line.has_draft,
        "delayed_at": line.escalated_at if line.status == "open" else None,
        "paused": line.status == "open" and line.paused_at is not None,
        "client_name": "",
        "address": f"/tasks/{line.key}" if may_open else "",
        "take_address": f"/tasks/{line.key}/take" if free else "",
        "release_address": f"/tasks/{line.key}/release" if mine and line.status == "open" else "",
    }


#: a list names so many roles of a task and counts the others
MOST_NAMED = 2


def group_text(groups: tuple[str, ...], role_names: Mapping[str, LocalizedText], *, first: Collection[str]) -> str:
    """Return the roles that a task is for, in words: the viewer's own come `first`, and of many some only count."""
    language = current_language()
    ordered = sorted(groups, key=lambda group: group not in first)
    names = [in_language(role_names[group], language) if group in role_names else group for group in ordered]
    if len(names) <= MOST_NAMED:
        return ", ".join(names)
    return texts().plural("worklist.more_groups", count=len(names) - 1, name=names[0])
