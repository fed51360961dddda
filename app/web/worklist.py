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
from app.queries.worklist import Due, Tab, Wish, Worklist, new_since, worklist
from app.storage.worklist import MOST_COUNTED, TaskLine
from app.web.access import current_actor
from app.web.addresses import own_path
from app.web.asking import address, key_of, run
from app.web.language import Formats, current_language, texts
from app.web.shell import executor, now

blueprint = Blueprint("worklist", __name__)
PATH = "/worklist"
LONGEST_NUMBER = 10


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the list that the address asks for."""
    actor = current_actor()
    wish = _wish()
    found = executor().read(worklist, actor=actor, wish=wish, now=now())
    return render_template("worklist/index.html", **_page(found, actor))


@blueprint.get(f"{PATH}/news")
def news() -> ResponseReturnValue:
    """Say how many tasks have come since the list was drawn, or nothing."""
    seen = request.args.get("seen", "0")
    known = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < LONGEST_NUMBER else 0
    count = executor().read(new_since, actor=current_actor(), seen=known)
    if count == 0:
        return "", 204
    return render_template("worklist/_news.html", count=count, address=address(PATH, tab="groups"))


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


def _wish() -> Wish:
    values = request.args
    return Wish(
        tab=_member(Tab, values.get("tab"), Tab.MINE),
        text=values.get("text", ""),
        group_id=values.get("group", ""),
        process_id=values.get("process", ""),
        due=_member(Due, values.get("due"), Due.ANY),
        order=values.get("sort") or "due",
        after=values.get("after", ""),
    )


def _member(kind: type[Any], text: str | None, default: Any) -> Any:
    return kind(text) if text in [member.value for member in kind] else default


def _address(wish: Wish, **changes: str) -> str:
    values = {
        "tab": wish.tab if wish.tab is not Tab.MINE else "",
        "text": wish.text,
        "group": wish.group_id,
        "process": wish.process_id,
        "due": wish.due,
        "sort": wish.order if wish.order != "due" else "",
    }
    return address(PATH, **{**values, **changes})


def _page(found: Worklist, actor: Actor) -> dict[str, Any]:
    say, language, wish = texts(), current_language(), found.wish
    narrowed = bool(wish.text or wish.group_id or wish.process_id or wish.due)
    seen = found.counts["mine"] + found.counts["groups"]
    of_all = wish.tab is Tab.DELAYED
    groups = {
        role: in_language(name, language) for role, name in found.role_names.items() if of_all or role in actor.roles
    }
    processes = {key: in_language(name, language) for key, name in found.process_names.items()}
    return {
        "tabs": [_tab(tab, found) for tab in found.tabs],
        "filters": {
            "address": PATH,
            "tab": "" if wish.tab is Tab.MINE else str(wish.tab),
            "text": wish.text,
            "group": wish.group_id,
            "process": wish.process_id,
            "due": str(wish.due),
            "sort": "" if wish.order == "due" else wish.order,
        },
        "group_options": [("", say("worklist.every_group")), *_sorted(groups)],
        "process_options": [("", say("worklist.every_process")), *_sorted(processes)],
        "due_options": [(str(due), say(f"worklist.due_{due or 'any'}")) for due in Due],
        "sort_options": [
            ("", say("worklist.sort_due")),
            *((order, say(f"worklist.sort_{order.lstrip('-')}")) for order in ("-priority", "created")),
            ("-created", say("worklist.sort_newest")),
        ],
        "columns": _columns(wish),
        "rows": [
            row_of(line, actor, found.role_names, done=wish.tab is Tab.DONE, may_open=line.key in found.openable)
            for line in found.lines
        ],
        "total_text": _total(found),
        "first_address": _address(wish) if wish.after else "",
        "next_address": _address(wish, after=found.next_cursor) if found.next_cursor else "",
        "clear_address": address(PATH, tab="" if wish.tab is Tab.MINE else wish.tab) if narrowed else "",
        "show_client": False,
        "client_switch_address": "",
        "news_address": address(f"{PATH}/news", seen=seen),
        "saved_views": [],
        "free_address": _address(Wish(tab=Tab.GROUPS)) if wish.tab is Tab.MINE and found.counts["groups"] else "",
        "free_count": found.counts["groups"],
        **({"empty_text": say("worklist.none_delayed")} if wish.tab is Tab.DELAYED else {}),
        "place_counts": {"worklist": found.counts["mine"]},
    }


def _sorted(options: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(options.items(), key=lambda item: item[1].casefold())


def _tab(tab: Tab, found: Worklist) -> dict[str, Any]:
    wish = Wish(tab=tab)
    return {
        "text": texts()(f"worklist.tab_{tab}"),
        "address": _address(wish),
        "count": found.counts.get(str(tab)),
        "current": found.wish.tab is tab,
    }


def _total(found: Worklist) -> str:
    say, wish = texts(), found.wish
    narrowed = wish.text or wish.group_id or wish.process_id or wish.due or wish.after or found.next_cursor
    count = found.counts.get(str(wish.tab), len(found.lines))
    if narrowed or count != len(found.lines):
        key = "worklist.shown_of_more" if found.next_cursor else "worklist.shown"
        return say.plural(key, count=len(found.lines))
    return say.plural("worklist.total", count=min(count, MOST_COUNTED))


def _columns(wish: Wish) -> dict[str, dict[str, str]]:
    def column(name: str, order: str = "") -> dict[str, str]:
        sorted_as = {order: "ascending", f"-{order}": "descending"}.get(wish.order, "") if order else ""
        other = f"-{order}" if wish.order == order else order
        able = order and wish.tab is not Tab.DONE
        return {
            "text": texts()(f"worklist.{name}"),
            "address": _address(wish, sort=other if other != "due" else "") if able else "",
            "sorted": sorted_as if able else "",
        }

    return {
        "task": column("task"),
        "due": column("due", "due"),
        "group": column("group"),
        "assignee": column("assignee"),
        "priority": column("priority", "priority"),
        "client": column("client"),
    }


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


def group_text(
    groups: tuple[str, ...], role_names: Mapping[str, LocalizedText], *, first: Collection[str] | None = None
) -> str:
    """Return the roles that a task is for, in words; in a list the viewer's own come `first` and some only count."""
    language = current_language()
    ordered = groups if first is None else tuple(sorted(groups, key=lambda group: group not in first))
    names = [in_language(role_names[group], language) if group in role_names else group for group in ordered]
    if first is None or len(names) <= MOST_NAMED:
        return ", ".join(names)
    return texts().plural("worklist.more_groups", count=len(names) - 1, name=names[0])
