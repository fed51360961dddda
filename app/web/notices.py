"""The inbox of notices: what a person should know about tasks, and how a mail tells them of it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.read_notices import choose_notice_mail, read_notices
from app.domain.notices import NoticeMail, wanted_mail
from app.queries.notices import inbox
from app.web.access import current_actor, signed_in
from app.web.asking import address, read, run
from app.web.language import texts
from app.web.shell import now
from app.web.stories import shown

blueprint = Blueprint("notices", __name__)
PATH = "/notices"


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the notices, the newest first."""
    after = request.args.get("after", "")
    found = read(inbox, actor=current_actor(), after=after)
    say, account = texts(), signed_in().account
    return render_template(
        "notices/index.html",
        rows=[
            {
                "text": say(f"notices.kind.{notice.kind}"),
                "task": shown(notice.task_name),
                "address": f"/tasks/{notice.task_key}",
                "case_number": notice.case_number,
                "who": notice.by_name,
                "at": notice.at,
                "unread": notice.read_at is None,
            }
            for notice in found.notices
        ],
        unread=found.unread,
        first_address=PATH if after else "",
        next_address=address(PATH, after=found.next_cursor) if found.next_cursor else "",
        mail=str(wanted_mail(account.settings)),
        mail_options=[(str(choice), say(f"notices.mail.{choice}")) for choice in NoticeMail],
        mail_address_known=bool(account.email),
    )


@blueprint.post(f"{PATH}/read")
def mark_read() -> ResponseReturnValue:
    """Note that the person has seen everything."""
    count = run(read_notices, actor=current_actor(), now=now())
    flash(texts().plural("notices.marked", count=count), "success")
    return redirect(PATH, code=303)


@blueprint.post(f"{PATH}/mail")
def choose_mail() -> ResponseReturnValue:
    """Keep how the person wants to be told by mail."""
    run(choose_notice_mail, signed_in=signed_in(), choice=request.form.get("notice_mail", ""), now=now())
    flash(texts()("notices.mail_kept"), "success")
    return redirect(PATH, code=303)
