"""Write a comment at a user task, and tell those whom it mentions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.commands._task_changes import note_change, tell
from app.commands.claim_task import ensure_concerns
from app.domain.actor import Actor, may_take
from app.domain.comments import LONGEST_COMMENT, MOST_MENTIONED, comment_groups, mentions
from app.domain.errors import Conflict, InvalidInput, NotAllowed, Problem
from app.domain.notices import NoticeKind
from app.domain.sharing import DataGroup
from app.domain.steps import noted_moments
from app.storage.rows import Task
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What somebody sent: the text, the code of its data group, and the user names chosen beside it."""

    text: str = field(repr=False)
    data_group: str
    mentioned: Sequence[str] = ()
    submission_id: str = ""


def write_comment(uow: UnitOfWork, *, task_key: int, written: Written, actor: Actor, now: datetime) -> None:
    """
    Keep the comment in the register of the actor's organisation; the same form sent twice is kept once.

    It belongs to a data group, and whoever may not read that group cannot be mentioned in it: a mention is told
    outside of the page, so that it would lead to something closed. A task that has ended takes comments as well.

    :raises NotFound: no such task
    :raises NotAllowed: the task is not for the actor, or the actor is a client
    :raises InvalidInput: nothing is written or too much, the data group is not open, or somebody cannot be mentioned
    :raises Conflict: the very same form was sent at the same moment
    """
    task = uow.tasks.get(task_key)
    ensure_concerns(task, actor, "write_comment")
    if actor.user_key is None or actor.client_key is not None:
        raise NotAllowed("write_comment")
    if written.submission_id and uow.tasks.find_submission(written.submission_id, user_key=actor.user_key):
        return
    text = written.text.strip()
    problems = []
    if not text:
        problems.append(Problem("required", place="comment"))
    elif len(text) > LONGEST_COMMENT:
        problems.append(Problem("comment_long", place="comment", values={"longest": LONGEST_COMMENT}))
    if written.data_group not in _open_to(uow, task, actor, actor.organisation_id, now):
        problems.append(Problem("comment_group", place="comment_group"))
    if problems:
        raise InvalidInput(problems)
    group = DataGroup(written.data_group)
    noted, _ = noted_moments(task.properties, now)
    mentioned = _mentioned(uow, task, group, [*written.mentioned, *mentions(text)], actor, now)
    key = uow.comments.add(
        task,
        controller_organisation_id=actor.organisation_id,
        data_group=group,
        text=text,
        mentioned=mentioned,
        author=actor.user_key,
        now=noted,
    )
    if written.submission_id:
        uow.tasks.remember_submission(
            written.submission_id,
            user_key=actor.user_key,
            action="write_comment",
            result={"comment": str(key)},
            now=noted,
            otherwise=Conflict("the comment was sent twice"),
        )
    tell(uow, mentioned, NoticeKind.MENTIONED, task, actor=actor, now=now)
    people = [str(person) for person in mentioned]
    note_change(
        uow,
        "comment_written",
        task,
        actor=actor,
        now=now,
        comment=str(key),
        data_group=str(group),
        mentioned=people,
    )


def _open_to(uow: UnitOfWork, task: Task, person: Actor, register: str, now: datetime) -> frozenset[str]:
    """Return the data groups of which the person may read comments in the register."""
    case = uow.care.cases.relation(task.case_key) if task.case_key is not None else None
    grants = uow.care.cases.grants(task.case_key) if task.case_key is not None else ()
    restricted = uow.data_rights.restricted(task.case_key) if task.case_key is not None else frozenset()
    found = comment_groups(
        person.viewer,
        case=case,
        area_id=task.area_id,
        grants=grants,
        at=now,
        restricted=restricted,
        register=register,
    )
    return frozenset(str(group) for group in found)


def _mentioned(
    uow: UnitOfWork, task: Task, group: DataGroup, names: Sequence[str], actor: Actor, now: datetime
) -> list[int]:
    """
    Return the keys of the people.

    :raises InvalidInput: somebody does not exist, cannot open the task, or may not read the data group
    """
    wanted = list(dict.fromkeys(names))
    if len(wanted) > MOST_MENTIONED:
        raise InvalidInput([Problem("mentions_many", place="comment", values={"most": MOST_MENTIONED})])
    found, problems = [], []
    for name in wanted:
        positions = uow.api_clients.people_named(name)
        able = [
            person
            for person in positions
            if person.user_key in (task.assignee, task.completed_by) or may_take(person, task=task.restriction)
        ]
        if not positions:
            problems.append(Problem("mention_unknown", place="comment", values={"name": name}))
        elif not able:
            problems.append(Problem("mention_no_candidate", place="comment", values={"name": name}))
        elif not any(group in _open_to(uow, task, person, actor.organisation_id, now) for person in able):
            problems.append(Problem("mention_may_not_see", place="comment", values={"name": name}))
        elif able[0].user_key is not None:
            found.append(able[0].user_key)
    if problems:
        raise InvalidInput(problems)
    return found
