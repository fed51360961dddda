"""Comments as the pages of tasks and cases show them, and what was sent to write one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import request

from app.commands.write_comment import Written
from app.domain.comments import LONGEST_COMMENT, Comment
from app.domain.errors import Problem
from app.locale.problems import problem_text
from app.queries.comments import CommentThread
from app.web.language import texts
from app.web.stories import shown

#: names of the fields of the form
TEXT, GROUP, MENTION = "comment", "comment_group", "mention"


def written() -> Written:
    """Return the comment that was sent."""
    return Written(
        text=request.form.get(TEXT, "").replace("\r\n", "\n")[: LONGEST_COMMENT + 1],
        data_group=request.form.get(GROUP, ""),
        mentioned=request.form.getlist(MENTION),
        submission_id=request.form.get("submission_id", "")[:64],
    )


def comment_lines(comments: Iterable[Comment], *, task_key: int = 0) -> list[dict[str, Any]]:
    """Return comments as they are shown; each names its task unless that is the page's own."""
    say = texts()
    return [
        {
            "key": str(comment.key),
            "text": comment.text,
            "who": comment.author_name,
            "at": comment.at,
            "group": say(f"data_group.{comment.data_group}"),
            "task": "" if comment.task_key in (0, task_key) else shown(comment.task_name),
            "task_address": f"/tasks/{comment.task_key}",
        }
        for comment in comments
    ]


def comments_of(
    thread: CommentThread, *, task_key: int, typed: Written | None, problems: Sequence[Problem], submission_id: str
) -> dict[str, Any]:
    """Return the comments beside a task with the form for another one, holding what was typed where it was refused."""
    say = texts()
    chosen = typed.data_group if typed else str(thread.proposed or "")
    told: dict[str, list[str]] = {}
    for problem in problems:
        named = {"name": say(f"comment.{problem.place}"), **problem.values}
        told.setdefault(problem.place, []).append(
            problem_text(Problem(problem.code, place=named["name"], values=named), say)
        )
    return {
        "lines": comment_lines(thread.comments, task_key=task_key),
        "hidden": thread.hidden,
        "address": f"/tasks/{task_key}/comments" if thread.groups else "",
        "groups": [(str(group), say(f"data_group.{group}"), str(group) == chosen) for group in thread.groups],
        "people": [
            (username, name, typed is not None and username in typed.mentioned) for username, name in thread.people
        ],
        "text": typed.text if typed else "",
        "longest": LONGEST_COMMENT,
        "problems": told,
        "submission_id": submission_id,
    }
