"""The comments beside a task: those that the viewer may read, how many are hidden, and what they may write."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.domain.access import Ground
from app.domain.actor import Actor
from app.domain.comments import Comment, comment_groups
from app.domain.masking import may_know_process
from app.domain.sharing import DataGroup
from app.queries.access import Sight
from app.storage.rows import Task
from app.storage.unit_of_work import UnitOfWork

#: comments that a page shows; those before stand in the copy of the case's data
MOST_SHOWN = 100
#: people who are offered to be mentioned; others are written as @user.name
MOST_OFFERED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentThread:
    """The comments of a case, the newest first, or of a task that has no case yet."""

    comments: tuple[Comment, ...] = field(default=(), repr=False)
    #: comments of data groups that the viewer may not see
    hidden: int = 0
    #: data groups in which the viewer may write, the likeliest first
    groups: tuple[DataGroup, ...] = ()
    #: the group to begin with, where the form leaves no doubt; else it has to be chosen
    proposed: DataGroup | None = None
    #: user name and name of people who could be mentioned
    people: tuple[tuple[str, str], ...] = ()

    @property
    def read(self) -> frozenset[DataGroup]:
        """The data groups of which something is shown."""
        return frozenset(comment.data_group for comment in self.comments)


def comment_thread(
    uow: UnitOfWork,
    *,
    task: Task,
    sight: Sight | None,
    likely: Collection[DataGroup],
    actor: Actor,
    now: datetime,
) -> CommentThread:
    """
    Return what the actor, who may work on the task, sees of its comments and may add; who calls logs what is read.

    `likely` are the data groups that the task's form asks about.
    """
    viewer = actor.viewer
    groups = comment_groups(
        viewer,
        case=sight.relation if sight else None,
        area_id=task.area_id,
        grants=sight.grants if sight else (),
        at=now,
        restricted=sight.restricted if sight else frozenset(),
    )
    if sight is None:
        visible = {(group, actor.organisation_id) for group in groups}
    else:
        visible = {pair for pair, decision in sight.decisions.items() if not decision.masked}
    pairs = uow.comments.pairs(task_key=task.key, case_key=task.case_key)
    with uow.care.seen_by(actor, now=now):
        comments = uow.comments.of_task(task_key=task.key, case_key=task.case_key, visible=visible, limit=MOST_SHOWN)
    people = uow.accounts.colleagues(
        task.candidate_groups, area_id=task.area_id, unit_id=task.restriction.unit_id, limit=MOST_OFFERED + 1
    )
    # who is let in by an open task alone learns nothing of what there is elsewhere
    follows = sight is None or bool(sight.groups)
    return CommentThread(
        comments=_known(comments, actor, follows=follows),
        hidden=sum(pair not in visible for pair in pairs) if follows else 0,
        groups=tuple(sorted(groups, key=lambda group: _place(group, likely))),
        proposed=_proposed(groups, likely),
        people=tuple(person for person in people if person[0] != actor.name)[:MOST_OFFERED],
    )


def case_comments(uow: UnitOfWork, *, sight: Sight, actor: Actor, now: datetime) -> tuple[Comment, ...]:
    """
    Return the comments of the case that the actor may read, the newest first; who calls logs what is read.

    A law that the reader names opens what was answered, not what workers say to one another.
    """
    visible = {
        pair
        for pair, decision in sight.decisions.items()
        if not decision.masked and decision.ground is not Ground.STATUTE
    }
    if not visible:
        return ()
    with uow.care.seen_by(actor, now=now):
        comments = uow.comments.of_case(sight.case.key, visible=visible, limit=MOST_SHOWN)
    return _known(comments, actor, follows=bool(sight.by_right))


def _known(comments: Iterable[Comment], actor: Actor, *, follows: bool) -> tuple[Comment, ...]:
    """
    Return the comments without those of pathways of which the actor's organisation may not know (R-25).

    Who does not follow the case sees what was written, and not at which tasks.
    """
    kind = actor.organisation_type
    known = [each for each in comments if may_know_process(each.process_id, organisation_type=kind)]
    return tuple(known if follows else (replace(each, task_name={}, task_key=0) for each in known))


def _proposed(groups: Collection[DataGroup], likely: Collection[DataGroup]) -> DataGroup | None:
    found = [group for group in groups if group in likely and group is not DataGroup.BASIC]
    return found[0] if len(found) == 1 else None


def _place(group: DataGroup, likely: Collection[DataGroup]) -> tuple[bool, bool, int]:
    """Return where the group stands among the choices; who the client is, is asked in every form, seldom remarked."""
    return group not in likely, group is DataGroup.BASIC, list(DataGroup).index(group)
