"""For who brings items: the next hour, own items with their answers, asking with a check of the text."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from flask import flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.commands.ask_consultation import Asked, ask_consultation, check_consultation, withdraw_consultation
from app.domain.anonymity import Severity
from app.domain.consultation import ItemStatus, profession_of
from app.domain.errors import Conflict, InvalidInput, Problem
from app.engine.forms import Raw
from app.queries.consultation import AskPage, ConsultationPage, ask_page, consultation_page
from app.web.access import current_actor
from app.web.asking import address, fields_sent, key_of, read, run, texts_only
from app.web.consultation.blueprint import OWN_NAMES, PATH, blueprint, shown_item, told
from app.web.forms import answered, build_form_view, raw_of
from app.web.language import current_language, texts
from app.web.shell import now


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the next hour, own items with their answers, and to the group its sessions."""
    page = read(consultation_page, area_id=request.args.get("area", ""), actor=current_actor(), now=now())
    return _index(page)


def _index(page: ConsultationPage, *, conflict: str = "") -> str:
    return render_template(
        "consultation/index.html",
        page=page,
        path=PATH,
        conflict=conflict,
        area_options=[(key, _in_words(name)) for key, name in page.areas.items()],
        own=[
            {
                **shown_item(own.item, page.item_form),
                "session": own.session,
                "number": own.number,
                "status": str(own.item.status),
                "may_withdraw": own.item.status is ItemStatus.WAITING,
                "answer": answered(
                    page.answer_form, own.item.answer, language=current_language(), choices=page.choices
                ),
            }
            for own in page.own
            if page.item_form is not None and page.answer_form is not None
        ],
        ask_address=address(f"{PATH}/ask", area=page.area_id) if page.brings else "",
        group_address=address(f"{PATH}/group", area=page.area_id) if page.arranges else "",
    )


def _in_words(name: Any) -> str:
    return str(name.get(current_language()) or name["fi"])


@blueprint.get(f"{PATH}/ask")
def ask() -> ResponseReturnValue:
    """Show the form of an item."""
    page = _page(request.args.get("area", ""))
    return _form(page, request.args.get("area", ""), raw_of(page.form, page.known, language=current_language()))


@blueprint.post(f"{PATH}/ask")
def send() -> ResponseReturnValue:
    """Check the text, and send the item where nothing stands in its way."""
    area_id, fields = request.form.get("area", ""), texts_only(fields_sent())
    given = {name: values for name, values in fields.items() if name not in OWN_NAMES}
    if request.form.get("act") == "check":
        page = _page(area_id)
        checked = read(check_consultation, area_id=area_id, actor=current_actor(), fields=given, now=now())
        return _form(page, area_id, given, asked=Asked(checked=checked), looked=True)
    try:
        asked = run(
            ask_consultation,
            area_id=area_id,
            actor=current_actor(),
            fields=given,
            page_names=frozenset(),
            language=current_language(),
            confirmed=request.form.get("confirmed", "")[:64],
            ticket=request.form.get("ticket", "")[:64],
            now=now(),
        )
    except InvalidInput as error:
        return _form(_page(area_id), area_id, given, problems=error.problems), 422
    except Conflict:
        return _form(_page(area_id), area_id, given, notice=texts()("consultation.no_session_yet")), 409
    if not asked.number:
        return _form(_page(area_id), area_id, given, asked=asked), 422
    flash(texts()("consultation.sent", number=asked.number), "success")
    return redirect(address(PATH, area=area_id), code=303)


@blueprint.post(f"{PATH}/check")
def check() -> ResponseReturnValue:
    """Say what the anonymity check finds in what is typed so far, for the script of the page; nothing is kept."""
    given = {name: values for name, values in texts_only(fields_sent()).items() if name not in OWN_NAMES}
    area_id = request.form.get("area", "")
    checked = read(check_consultation, area_id=area_id, actor=current_actor(), fields=given, now=now())
    page = _page(area_id)
    stopped = any(finding.severity is Severity.HARD for each in checked for finding in each.findings)
    return jsonify(
        html=render_template("consultation/_found.html", found=told(checked, page.form), mark="", looked=False),
        said=texts().plural("anonymity.found", count=sum(len(each.findings) for each in checked)) if checked else "",
        stopped=stopped,
    )


@blueprint.post(f"{PATH}/withdraw")
def withdraw() -> ResponseReturnValue:
    """Take back an own item that waits."""
    area_id = request.form.get("area", "")
    try:
        run(withdraw_consultation, item_key=key_of(request.form.get("item", "")), actor=current_actor())
    except Conflict:
        page = read(consultation_page, area_id=area_id, actor=current_actor(), now=now())
        return _index(page, conflict=texts()("consultation.withdrawn_too_late")), 409
    flash(texts()("consultation.withdrawn"), "success")
    return redirect(address(PATH, area=area_id), code=303)


def _page(area_id: str) -> AskPage:
    actor = current_actor()
    return read(ask_page, area_id=area_id, actor=actor, profession=profession_of(actor.roles), now=now())


def _form(
    page: AskPage,
    area_id: str,
    raw: Raw,
    *,
    problems: Sequence[Problem] = (),
    asked: Asked | None = None,
    notice: str = "",
    looked: bool = False,
) -> str:
    view = build_form_view(page.form, raw=raw, language=current_language(), around=page.around, problems=problems)
    drawn = Markup(render_template("tasks/_form.html", view=view))  # noqa: S704 - made by our own template
    return render_template(
        "consultation/ask.html",
        page=page,
        path=PATH,
        area_id=area_id,
        form_html=drawn,
        errors=len(problems) + (len(asked.checked) if asked and not looked else 0),
        found=told(asked.checked, page.form) if asked else [],
        looked=looked,
        mark=asked.mark if asked else "",
        stopped=bool(asked and asked.checked and not asked.mark and not looked),
        notice=notice,
        ticket=request.form.get("ticket", "")[:64] or secrets.token_urlsafe(16),
    )
