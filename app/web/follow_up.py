"""Putting one's task off to a day; a day that cannot be is said beside what was typed."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.commands.delegate_task import set_follow_up
from app.domain.errors import InvalidInput
from app.locale.problems import problem_text
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.language import texts
from app.web.shell import now
from app.web.task_handling import done, said
from app.web.tasks import shown_again

blueprint = Blueprint("follow_up", __name__)


@blueprint.post("/tasks/<key>/follow-up")
def follow_up(key: str) -> ResponseReturnValue:
    """Keep on which day the person goes on with the task."""
    task_key, day = key_of(key), request.form.get("follow_up", "").strip()[:20]

    def work() -> str:
        task = run(set_follow_up, task_key=task_key, day=day, actor=current_actor(), now=now())
        return said(task, "handling.put_off" if day else "handling.not_put_off")

    try:
        return done(task_key, work)
    except InvalidInput as error:
        problem = problem_text(error.problems[0], texts())
        return shown_again(key, handling={"follow_up": day, "follow_up_problem": problem}), 422
