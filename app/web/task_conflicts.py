"""What the task page says when a form could not be kept as it was sent: what happened, and where two answers differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.errors import DraftElsewhere, InstancePaused, TaskAlreadyClosed, TaskClaimedByOther, TaskHeld
from app.engine.forms import Raw
from app.queries.task_page import TaskPage
from app.web import drafts
from app.web.drafts import Kept
from app.web.forms import Difference, differences, raw_of
from app.web.language import Formats, current_language, texts
from app.web.worklist import told_conflict


def told(
    page: TaskPage, fields: Raw | None, error: TaskAlreadyClosed | TaskClaimedByOther | TaskHeld | InstancePaused | None
) -> dict[str, Any] | None:
    """Say who was faster; where the answers are in already, in what they differ from those that were sent."""
    if error is None:
        return None
    return _notice(
        title=told_conflict(error),
        text=texts()("task.conflict_kept"),
        fields=_against_answers(page, fields) if isinstance(error, TaskAlreadyClosed) else [],
    )


def stuck(fields: Raw, kept: Kept) -> dict[str, Any]:
    """Say that the process cannot go on, and what became of what was sent."""
    say = texts()
    said = [say("task.stuck")]
    if kept.is_kept and any(drafts.answers_only(fields).values()):
        said.append(say("task.stuck_kept"))
    said.append(say("task.stuck_again"))
    return _notice(title=say("task.stuck_title"), text=" ".join(said))


def written_elsewhere(
    page: TaskPage, fields: Raw, error: DraftElsewhere, *, completing: bool = False
) -> dict[str, Any]:
    """Say that the person has typed in another window meanwhile, and in what the two differ."""
    say = texts()
    compared: tuple[Difference, ...] = ()
    if page.form is not None and page.draft is not None:
        compared = differences(
            page.form,
            yours=drafts.answers_only(fields),
            theirs=page.draft,
            language=current_language(),
            around=page.around,
        )
    return _notice(
        title=say("task.elsewhere_title"),
        text=say(
            "task.elsewhere_not_done" if completing else "task.elsewhere_text",
            when=Formats(current_language()).moment(error.at),
        ),
        fields=[_line(each.label, each.yours, each.theirs) for each in compared],
        yours=say("task.elsewhere_here"),
        theirs=say("task.elsewhere_there"),
        address=f"/tasks/{page.task.key}",
        address_text=say("task.elsewhere_open"),
    )


def _against_answers(page: TaskPage, fields: Raw | None) -> list[Mapping[str, str]]:
    """Compare with what the viewer may see of the answers that are in; what they may not see is left out."""
    if page.form is None or fields is None or page.task.status != "completed":
        return []
    found = differences(
        page.form,
        yours=drafts.answers_only(fields),
        theirs=raw_of(page.form, page.values, language=current_language()),
        language=current_language(),
        around=page.around,
        known=page.values.keys(),
    )
    return [_line(each.label, each.yours, each.theirs) for each in found]


def _line(label: str, yours: str, theirs: str) -> dict[str, str]:
    return {"label": label, "yours": yours, "theirs": theirs}


def _notice(**told: Any) -> dict[str, Any]:
    say = texts()
    usual = {"yours": say("task.conflict_yours"), "theirs": say("task.conflict_theirs")}
    return {"fields": [], "address": "", "address_text": "", **usual, **told}
