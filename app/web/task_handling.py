"""Handling a task beside its form: ask for it, hand it on, give it back, open it again; why it is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from app.commands.delegate_task import ask_for_task, delegate_task, return_task
from app.commands.reopen_task import reopen_task
from app.domain.calendar import local_date, written_day
from app.domain.errors import InstancePaused, NotReopenable, TaskAlreadyClosed, TaskClaimedByOther, TaskHeld
from app.domain.localized import LocalizedText
from app.queries.task_page import TaskPage
from app.queries.why_mine import WhyMine
from app.storage.rows import Task
from app.web.access import current_actor
from app.web.addresses import own_path
from app.web.asking import key_of, run
from app.web.language import texts
from app.web.shell import now
from app.web.stories import shown
from app.web.worklist import told_conflict

blueprint = Blueprint("task_handling", __name__)


@blueprint.post("/tasks/<key>/ask")
def ask(key: str) -> ResponseReturnValue:
    """Tell the holder that the person would like to have the task."""
    task_key = key_of(key)
    return done(
        task_key,
        lambda: (
            "handling.asked"
            if run(ask_for_task, task_key=task_key, actor=current_actor(), now=now())
            else "handling.free"
        ),
    )


@blueprint.post("/tasks/<key>/delegate")
def delegate(key: str) -> ResponseReturnValue:
    """Hand the person's own task on."""
    task_key = key_of(key)

    def work() -> str:
        task = run(
            delegate_task,
            task_key=task_key,
            username=request.form.get("person", ""),
            returns=request.form.get("returns") == "yes",
            actor=current_actor(),
            now=now(),
        )
        return said(task, "handling.delegated")

    return done(task_key, work)


@blueprint.post("/tasks/<key>/return")
def give_back(key: str) -> ResponseReturnValue:
    """Give the task back to who handed it on."""
    task_key = key_of(key)
    return done(
        task_key,
        lambda: said(run(return_task, task_key=task_key, actor=current_actor(), now=now()), "handling.returned"),
    )


@blueprint.post("/tasks/<key>/reopen")
def reopen(key: str) -> ResponseReturnValue:
    """Take the completion of the person's own task back; where that cannot be, say why and show what is next."""
    task_key = key_of(key)
    try:
        run(reopen_task, task_key=task_key, actor=current_actor(), now=now())
    except NotReopenable as error:
        return _stays_done(task_key, texts()(f"reopen.not.{error.obstacle}"))
    except InstancePaused as error:
        return _stays_done(task_key, told_conflict(error))
    flash(texts()("reopen.done"), "success")
    return redirect(f"/tasks/{task_key}", code=303)


def _stays_done(task_key: int, why: str) -> ResponseReturnValue:
    flash(why, "warning")
    return redirect(own_path(request.form.get("next"), f"/tasks/{task_key}/done"), code=303)


def said(task: Task, key: str) -> str:
    return f"task.held_{task.held_event}" if task.held_event else key


def done(task_key: int, work: Callable[[], str]) -> ResponseReturnValue:
    """Do it and go back to the task; say what was done, or who was faster."""
    try:
        flash(texts()(work()), "success")
    except (TaskClaimedByOther, TaskAlreadyClosed, TaskHeld) as error:
        flash(told_conflict(error), "warning")
    return redirect(f"/tasks/{task_key}", code=303)


def handling_of(page: TaskPage, role_names: Mapping[str, LocalizedText]) -> dict[str, Any]:
    """Return what the viewer can do with the task beside its form, and why it is before them."""
    task, why = page.task, page.why
    at_rest = task.status == "open" and not task.held_event
    mine = page.mine and at_rest
    follow_up_at = task.follow_up_at
    other_has_it = at_rest and page.may_work and task.assignee is not None and not mine and not page.stands_in
    return {
        "why": reasons(why, role_names) if page.may_work and task.status == "open" else [],
        "ask_address": f"/tasks/{task.key}/ask" if other_has_it else "",
        "delegate_address": f"/tasks/{task.key}/delegate" if mine and page.comments.people else "",
        "return_address": f"/tasks/{task.key}/return" if mine and task.delegated_by else "",
        "returns_to": why.returns_to,
        "asked_by": list(why.asked_by) if mine else [],
        "people": list(page.comments.people),
        "follow_up_address": f"/tasks/{task.key}/follow-up" if mine else "",
        "follow_up": written_day(local_date(follow_up_at)) if follow_up_at else "",
        "follow_up_problem": "",
    }


def reasons(why: WhyMine, role_names: Mapping[str, LocalizedText]) -> list[str]:
    """Return in words why the task is before the viewer."""
    say = texts()
    told = []
    if why.roles:
        names = ", ".join(shown(role_names[role]) if role in role_names else role for role in why.roles)
        told.append(say("why.roles", roles=names, unit=shown(why.unit_name)))
    if why.is_named:
        told.append(say("why.named"))
    if why.given_by:
        told.append(say("why.given_by", who=why.given_by))
    elif why.is_held:
        told.append(say("why.held"))
    if why.returns_to:
        told.append(say("why.returns_to", who=why.returns_to))
    for ground, groups in why.grounds.items():
        told.append(say(f"why.ground.{ground}", groups=", ".join(say(f"data_group.{group}") for group in groups)))
    return told
