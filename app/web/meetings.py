"""Meetings of teams: the days that have one, and the working screen that the coordinator leads one from."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.complete_task import Submission
from app.commands.hold_meeting import (
    add_to_meeting,
    clear_room,
    close_meeting,
    leave_turn,
    note_presence,
    open_meeting,
    take_turn,
    write_minutes,
)
from app.commands.save_draft import draft_mark
from app.domain.errors import Conflict, DraftElsewhere, InvalidInput, Problem, TaskClaimedByOther
from app.domain.keys import parse_key
from app.domain.localized import in_language
from app.domain.meeting import Presence
from app.domain.permissions import ROLE_PERMISSIONS
from app.engine.forms import ACTION_NAME, Raw
from app.queries.meeting import AgendaLine, InHand, MeetingPage, meeting_page, meetings_page
from app.queries.people import role_names
from app.queries.task_page import TaskPage
from app.web import drafts, task_conflicts
from app.web.access import current_actor
from app.web.asking import fields_sent, key_of, read, run
from app.web.language import current_language, texts
from app.web.shell import executor, now
from app.web.stories import shown
from app.web.tasks import beside_of, client_of, drawn_form
from app.web.worklist import group_text

blueprint = Blueprint("meetings", __name__)
PATH = "/meetings"
MEETING = f"{PATH}/<key>"
#: the field of a form in which an attendee's presence stands, before their key
_PRESENCE = "presence-"


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the days with clients to speak of."""
    return _index()


@blueprint.post(PATH)
def open_now() -> ResponseReturnValue:
    """Open the meeting of a day."""
    try:
        day = date.fromisoformat(request.form.get("day", ""))
        key = run(open_meeting, day=day, actor=current_actor(), now=now())
    except (ValueError, InvalidInput):
        return _index(problem=texts()("problems.meeting_day", label="")), 422
    return redirect(f"{PATH}/{key}", code=303)


def _index(*, problem: str = "") -> str:
    return render_template(
        "meetings/index.html",
        page=read(meetings_page, actor=current_actor(), now=now()),
        path=PATH,
        problem=problem,
    )


@blueprint.get(MEETING)
def show(key: str) -> ResponseReturnValue:
    """Show the working screen."""
    return _render(_page(key))


@blueprint.post(f"{MEETING}/attendees")
def attend(key: str) -> ResponseReturnValue:
    """Add somebody who takes part."""
    guest = {name: request.form.get(f"guest_{name}", "") for name in ("name", "role", "organisation")}
    seat = request.form.get("seat", "")
    try:
        run(add_to_meeting, meeting_key=key_of(key), seat=seat, guest=guest, actor=current_actor(), now=now())
    except InvalidInput as error:
        return _render(_page(key), guest=guest, problems=error.problems), 422
    except Conflict:
        return _changed(key)
    return redirect(f"{PATH}/{key}#attendance", code=303)


@blueprint.post(f"{MEETING}/presence")
def present(key: str) -> ResponseReturnValue:
    """Write who is there."""
    said = {
        attendee: value
        for name, value in request.form.items()
        if name.startswith(_PRESENCE) and (attendee := parse_key(name.removeprefix(_PRESENCE))) is not None
    }
    command = lambda: run(  # noqa: E731 - carried out where what it raises is told
        note_presence, meeting_key=key_of(key), presence=said, actor=current_actor(), now=now()
    )
    return _done(key, command, said="meeting.presence_noted")


@blueprint.post(f"{MEETING}/take")
def take(key: str) -> ResponseReturnValue:
    """Take the next client."""
    task = key_of(request.form.get("task", ""))
    return _done(key, lambda: run(take_turn, meeting_key=key_of(key), task_key=task, actor=current_actor(), now=now()))


@blueprint.post(f"{MEETING}/clear")
def clear(key: str) -> ResponseReturnValue:
    """Confirm that those who may not hear of the client have left."""
    task = key_of(request.form.get("task", ""))
    outside = [found for text in request.form.getlist("outside") if (found := parse_key(text)) is not None]
    return _done(
        key,
        lambda: run(
            clear_room, meeting_key=key_of(key), task_key=task, outside=outside, actor=current_actor(), now=now()
        ),
    )


@blueprint.post(f"{MEETING}/leave")
def leave(key: str) -> ResponseReturnValue:
    """Put the client out of hand."""
    return _done(key, lambda: run(leave_turn, meeting_key=key_of(key), actor=current_actor(), now=now()))


@blueprint.post(f"{MEETING}/close")
def close(key: str) -> ResponseReturnValue:
    """Close the meeting."""
    return _done(
        key,
        lambda: run(close_meeting, meeting_key=key_of(key), actor=current_actor(), now=now()),
        said="meeting.closed_now",
    )


@blueprint.post(f"{MEETING}/minutes/<task>")
def minutes(key: str, task: str) -> ResponseReturnValue:
    """Write the minutes of the client in hand, or add or remove a row of them."""
    fields = fields_sent()
    action = request.form.get(ACTION_NAME, "")
    if action:
        return _render(_page(key), fields=fields, row_action=action, draft_seen=request.form.get("draft_seen"))
    submission = Submission(
        fields=fields,
        page_names=drafts.PAGE_NAMES,
        language=current_language(),
        submission_id=request.form.get("submission_id", "")[:64],
        page=drafts.page_written_on(),
    )
    try:
        run(
            write_minutes,
            meeting_key=key_of(key),
            task_key=key_of(task),
            submission=submission,
            actor=current_actor(),
            now=now(),
        )
    except InvalidInput as error:
        seen = request.form.get("draft_seen")
        return _render(_page(key), fields=fields, problems=error.problems, draft_seen=seen), 422
    except DraftElsewhere as error:
        return _render(_page(key), fields=fields, elsewhere=error), 409
    except Conflict:
        # what was typed is kept: as a draft of this person, and on the page as far as it may still be shown
        drafts.keep_what_was_sent(key_of(task), fields)
        return _changed(key, fields=fields)
    flash(texts()("meeting.minutes_written"), "success")
    return redirect(f"{PATH}/{key}", code=303)


def _done(key: str, command: Callable[[], object], *, said: str = "") -> ResponseReturnValue:
    """Carry out what was pressed and show the meeting again."""
    try:
        command()
    except TaskClaimedByOther:
        return _render(_page(key), conflict=texts()("meeting.held_by_other")), 409
    except Conflict:
        return _changed(key)
    if said:
        flash(texts()(said), "success")
    return redirect(f"{PATH}/{key}", code=303)


def _changed(key: str, *, fields: Raw | None = None) -> ResponseReturnValue:
    return _render(_page(key), conflict=texts()("meeting.changed_meanwhile"), fields=fields), 409


def _page(key: str) -> MeetingPage:
    return run(meeting_page, meeting_key=key_of(key), actor=current_actor(), now=now())


def _render(
    page: MeetingPage,
    *,
    fields: Raw | None = None,
    problems: Sequence[Problem] = (),
    row_action: str = "",
    conflict: str = "",
    guest: dict[str, str] | None = None,
    draft_seen: str | None = None,
    elsewhere: DraftElsewhere | None = None,
) -> str:
    roles, language = executor().read(role_names), current_language()
    places = {problem.place for problem in problems}
    following = page.following
    address = f"{PATH}/{page.meeting.key}"
    in_hand = None
    if page.in_hand:
        in_hand = _in_hand(page.in_hand, fields, problems if fields else (), row_action, draft_seen)
        if elsewhere is not None and fields is not None and page.in_hand.page is not None:
            in_hand["differs"] = _written_elsewhere(page.in_hand.page, fields, elsewhere, address)
    return render_template(
        "meetings/meeting.html",
        meeting=page.meeting,
        address=address,
        path=PATH,
        is_today=page.is_today,
        leader_name=page.leader_name,
        attendees=[
            {
                "key": str(each.key),
                "field": f"{_PRESENCE}{each.key}",
                "name": each.name,
                "role_text": in_language(roles.get(each.role_id, {}), language),
                "organisation": shown(page.organisations.get(each.organisation_id, {})),
                "presence": str(each.presence),
            }
            for each in page.attendees
        ],
        presences=[(str(each), texts()(f"meeting.presence_{each}")) for each in Presence],
        agenda=[_line(line) for line in page.agenda],
        following=_line(following) if following else None,
        in_hand=in_hand,
        seats=[
            (
                f"{seat.user_key}:{seat.role_id}:{seat.unit_id}",
                f"{seat.name}: {in_language(seat.role_name, language)}, {shown(seat.organisation_name)}",
            )
            for seat in page.seats
            if seat.role_id in ROLE_PERMISSIONS
        ],
        guest=guest or {"name": "", "role": "", "organisation": ""},
        guest_problems=[
            texts()(f"meeting.missing_{place}") for place in sorted(places) if place.startswith(("guest", "seat"))
        ],
        role_options=[("", ""), *_roles(roles, language)],
        organisation_options=[("", ""), *((each, shown(name)) for each, name in page.organisations.items())],
        errors=len(problems),
        conflict=conflict,
        submission_id=request.form.get("submission_id") or secrets.token_urlsafe(16),
    )


def _roles(roles: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Return the roles of professionals by name."""
    named = ((role, in_language(name, language)) for role, name in roles.items() if role in ROLE_PERMISSIONS)
    return sorted(named, key=lambda option: option[1])


def _line(line: AgendaLine) -> dict[str, Any]:
    return {
        "task": str(line.task.key),
        "number": line.task.case_number,
        "begins_at": line.task.begins_at,
        "minutes": line.minutes,
        "state": line.state,
        "spent": int(line.spent.total_seconds() // 60),
        "leaving": line.leaving,
        "not_health": line.not_health,
    }


def _written_elsewhere(page: TaskPage, fields: Raw, error: DraftElsewhere, address: str) -> dict[str, Any]:
    return {**task_conflicts.written_elsewhere(page, fields, error, completing=True), "address": address}


def _in_hand(
    found: InHand, fields: Raw | None, problems: Sequence[Problem], row_action: str, draft_seen: str | None
) -> dict[str, Any]:
    roles, page = executor().read(role_names), found.page
    form_html: Any = ""
    if page is not None:
        form_html, _ = drawn_form(
            page,
            fields,
            problems,
            row_action,
            conditions_address=f"/tasks/{page.task.key}/conditions",
            disabled=not page.mine,
        )
    return {
        **_line(found.line),
        "case_address": f"/cases/{found.turn.case_key}",
        "taken_at": found.turn.taken_at,
        "is_cleared": found.is_cleared,
        "asked_to_leave": [{"key": str(each.key), "name": each.name} for each in found.leaving],
        "client": client_of(page.panel) if page is not None and page.panel else None,
        "form_html": form_html,
        "may_edit": page is not None and page.mine,
        "task_address": f"/tasks/{found.turn.task_key}",
        "draft_saved_at": page.draft_saved_at if page is not None else None,
        "draft_seen": draft_mark(page.draft_saved_at if page is not None else None)
        if draft_seen is None
        else draft_seen,
        "differs": None,
        # earlier forms may hold health, and the screen hangs on a wall
        "beside": beside_of(page) if page is not None and not found.line.not_health else [],
        "beside_kept": page is not None and bool(page.beside.forms) and bool(found.line.not_health),
        "changes": found.changes,
        "follows": [
            {
                "name": shown(line.name),
                "who": line.assignee_name or group_text(line.candidate_groups, roles, first=current_actor().roles),
                "due_at": line.due_at,
                "address": f"/tasks/{line.key}" if is_own else "",
            }
            for line, is_own in found.follows
        ],
    }
