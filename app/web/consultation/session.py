"""The working screen of a session: who is there, the queue, the item in hand, the answer, closing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.commands.lead_consultation import (
    Answered,
    Closed,
    add_walk_in,
    answer_item,
    close_session,
    note_present,
    open_session,
    pass_over_item,
    take_item,
)
from app.domain.consultation import SessionStatus
from app.domain.errors import Conflict, InvalidInput, Problem
from app.domain.keys import parse_key
from app.engine.forms import Raw
from app.queries.consultation import SessionPage, session_page
from app.web.access import current_actor
from app.web.asking import fields_sent, key_of, read, run, texts_only
from app.web.consultation.blueprint import OWN_NAMES, PATH, blueprint, marked, shown_item, told
from app.web.forms import answered, build_form_view
from app.web.language import current_language, texts
from app.web.shell import now

SESSION = f"{PATH}/sessions/<key>"


@blueprint.get(SESSION)
def show_session(key: str) -> ResponseReturnValue:
    """Show the session."""
    return _render(_page(key))


@blueprint.post(f"{SESSION}/open")
def open_now(key: str) -> ResponseReturnValue:
    """Open the session once the ground rules have been gone through."""
    return _done(
        key,
        lambda: run(
            open_session,
            session_key=key_of(key),
            rules_read=request.form.get("rules") == "read",
            actor=current_actor(),
            now=now(),
        ),
    )


@blueprint.post(f"{SESSION}/present")
def present(key: str) -> ResponseReturnValue:
    """Write who is there."""
    people = [found for text in request.form.getlist("present") if (found := parse_key(text)) is not None]
    return _done(
        key,
        lambda: run(note_present, session_key=key_of(key), present=people, actor=current_actor(), now=now()),
        said="consultation.present_noted",
    )


@blueprint.post(f"{SESSION}/take")
def take(key: str) -> ResponseReturnValue:
    """Take the item in hand."""
    return _done(key, lambda: run(take_item, session_key=key_of(key), item_key=_item(), actor=current_actor()))


@blueprint.post(f"{SESSION}/pass")
def pass_over(key: str) -> ResponseReturnValue:
    """Pass over an item whose requester is absent."""
    return _done(
        key,
        lambda: run(pass_over_item, session_key=key_of(key), item_key=_item(), actor=current_actor(), now=now()),
        said="consultation.passed_over",
    )


@blueprint.post(f"{SESSION}/walk-in")
def walk_in(key: str) -> ResponseReturnValue:
    """Open an item for somebody who has come along."""
    topics = request.form.getlist("topics")[:10]
    return _done(
        key,
        lambda: run(add_walk_in, session_key=key_of(key), topics=topics, actor=current_actor()),
        said="consultation.walk_in_added",
    )


@blueprint.post(f"{SESSION}/answer")
def answer(key: str) -> ResponseReturnValue:
    """Write the group's answer to the item in hand."""
    given = {name: values for name, values in texts_only(fields_sent()).items() if name not in OWN_NAMES}
    try:
        done = run(
            answer_item,
            session_key=key_of(key),
            item_key=_item(),
            actor=current_actor(),
            fields=given,
            page_names=frozenset(),
            language=current_language(),
            confirmed=request.form.get("confirmed", "")[:64],
            now=now(),
        )
    except InvalidInput as error:
        return _render(_page(key), raw=given, problems=error.problems), 422
    except Conflict:
        return _render(_page(key), raw=given, conflict=texts()("consultation.changed_meanwhile")), 409
    if not done.written:
        return _render(_page(key), raw=given, stopped=done), 422
    flash(texts()("consultation.answered"), "success")
    return redirect(f"{PATH}/sessions/{key}", code=303)


@blueprint.post(f"{SESSION}/close")
def close(key: str) -> ResponseReturnValue:
    """Close the session; what is left goes to the next one."""
    learnt = request.form.get("learnt", "")[:20_000]
    try:
        done = run(close_session, session_key=key_of(key), learnt=learnt, actor=current_actor(), now=now())
    except Conflict:
        return _render(_page(key), conflict=texts()("consultation.changed_meanwhile"), learnt=learnt), 409
    if not done.closed:
        return _render(_page(key), learnt=learnt, not_closed=done), 422
    flash(texts()("consultation.closed", handled=done.handled, carried=done.carried), "success")
    return redirect(f"{PATH}/sessions/{key}", code=303)


def _item() -> int:
    return key_of(request.form.get("item", ""))


def _done(key: str, command: Callable[[], object], *, said: str = "") -> ResponseReturnValue:
    """Carry out what was pressed and show the session again."""
    try:
        command()
    except InvalidInput as error:
        return _render(_page(key), conflict=texts()(f"problems.{error.problems[0].code}", label="")), 422
    except Conflict:
        return _render(_page(key), conflict=texts()("consultation.changed_meanwhile")), 409
    if said:
        flash(texts()(said), "success")
    return redirect(f"{PATH}/sessions/{key}", code=303)


def _page(key: str) -> SessionPage:
    return read(session_page, session_key=key_of(key), actor=current_actor(), now=now())


def _render(
    page: SessionPage,
    *,
    raw: Raw | None = None,
    problems: Sequence[Problem] = (),
    stopped: Answered | None = None,
    conflict: str = "",
    learnt: str = "",
    not_closed: Closed | None = None,
) -> str:
    session, in_hand = page.session, page.in_hand
    texts_open = page.leads or session.status is SessionStatus.OPEN

    def shown(item: Any) -> dict[str, Any]:
        line = shown_item(item, page.item_form, page.organisations)
        return line if texts_open else {**line, "answers": ()}

    answer_view: Any = ""
    if in_hand is not None and page.leads and session.status is SessionStatus.OPEN:
        view = build_form_view(
            page.answer_form, raw=raw or {}, language=current_language(), around=page.around, problems=problems
        )
        drawn = render_template("tasks/_form.html", view=view)
        answer_view = Markup(drawn)  # noqa: S704 - made by our own template
    topics = page.item_form.by_path.get(("aihe",))
    return render_template(
        "consultation/session.html",
        page=page,
        session=session,
        address=f"{PATH}/sessions/{session.key}",
        path=PATH,
        status=str(session.status),
        in_hand=shown(in_hand) if in_hand else None,
        waiting=[shown(item) for item in page.waiting],
        answered=[
            {
                **shown(item),
                "answer": answered(
                    page.answer_form, item.answer, language=current_language(), choices=page.around.choices
                ),
            }
            for item in page.answered
        ],
        answer_html=answer_view,
        errors=len(problems) + (len(stopped.checked) if stopped else 0),
        found=told(stopped.checked, page.answer_form) if stopped else [],
        mark=stopped.mark if stopped else "",
        conflict=conflict,
        learnt=learnt or session.learnt,
        learnt_found=marked(learnt, not_closed.findings) if not_closed else [],
        topics=[
            (option.value, option.label.get(current_language()) or option.label["fi"])
            for option in (topics.options if topics else ())
        ],
    )
