"""What somebody has typed and chosen and not sent: kept as their draft, files too, whatever kept it from being sent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from flask import request

from app.commands.keep_uploads import KeptFields
from app.commands.save_draft import WrittenOn, save_draft
from app.domain.actor import Actor
from app.domain.errors import KykypolkuError, Problem
from app.domain.keys import parse_key
from app.engine.forms import ACTION_NAME, Raw, Upload
from app.web import security
from app.web.access import current_actor
from app.web.asking import fields_sent, run, texts_only
from app.web.shell import executor, now

#: names in a task's form that are the page's own
PAGE_NAMES = frozenset({security.CSRF_FIELD, "submission_id", "revision", "draft_seen", "action", ACTION_NAME})

T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """
    What the page shows again: fields with the keys of kept files, and problems of files that were not kept.

    `is_kept` is False where there is no draft of it.
    """

    fields: Raw = field(repr=False)
    problems: tuple[Problem, ...] = ()
    is_kept: bool = True


def answers_only(fields: Mapping[str, Sequence[T]]) -> dict[str, Sequence[T]]:
    """Return the fields without the page's own."""
    return {name: values for name, values in fields.items() if name not in PAGE_NAMES}


def has_files(fields: Raw) -> bool:
    """Tell whether files were sent."""
    return any(isinstance(each, Upload) for sent in fields.values() for each in sent)


def keep_draft(task_key: int, fields: Raw, *, page: WrittenOn | None = None) -> KeptFields:
    """Keep the fields as the person's draft. :raises KykypolkuError: as save_draft"""
    return run(save_draft, task_key=task_key, actor=current_actor(), fields=answers_only(fields), now=now(), page=page)


def page_written_on() -> WrittenOn | None:
    """Return the page that the request's form was typed into; None where it does not say which draft it knows."""
    if "draft_seen" not in request.form:
        return None
    return WrittenOn(page_id=request.form.get("submission_id", "")[:64], seen=request.form["draft_seen"])


def keep_what_was_sent(task_key: int, fields: Raw) -> Kept:
    """
    Keep the fields as the person's draft as far as that can be done, and return what the page shows again.

    The page shows what was typed in any case; files that could not be kept have to be chosen again, and it says so.
    """
    try:
        kept = keep_draft(task_key, fields)
    except KykypolkuError as error:
        # the page still shows what was typed; that it could not be kept as well is for the log
        log.warning("draft_not_kept", task_key=task_key, error=type(error).__name__)
        return Kept(fields=fields, is_kept=False)
    return Kept(fields={**texts_only(fields), **kept.fields}, problems=kept.problems)


def joined(problems: Sequence[Problem], more: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return all problems, one a place: a file that was refused is refused for the same reason when it is kept."""
    places = {problem.place for problem in problems}
    return (*problems, *(problem for problem in more if problem.place not in places))


_TASK = re.compile(r"/tasks/([0-9]+)(?:/draft)?(?:\?.*)?")


def texts_of_ended_session(owner: Actor, address: str) -> dict[str, list[str]]:
    """
    Return the texts of the form that was sent after the session had ended, its files kept for their owner.

    That it was them is known by the token of the form, which only a page of that session carries.
    """
    fields = fields_sent()
    match = _TASK.fullmatch(address)
    task_key = parse_key(match[1]) if match else None
    texts = texts_only(fields)
    if task_key is None or not has_files(fields):
        return texts
    try:
        kept = executor().run(save_draft, task_key=task_key, actor=owner, fields=answers_only(fields), now=now())
    except KykypolkuError as error:
        log.warning("files_not_kept", task_key=task_key, error=type(error).__name__)
        return texts
    return {**texts, **{name: list(sent) for name, sent in kept.fields.items()}}
