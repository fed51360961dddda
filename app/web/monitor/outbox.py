"""The mail that the demo does not send."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.queries.monitor import sent_mail
from app.web.access import current_actor
from app.web.asking import address, run
from app.web.language import texts
from app.web.monitor.blueprint import PATH, blueprint


@blueprint.get(f"{PATH}/outbox")
def outbox() -> ResponseReturnValue:
    """Show the mail that the demo does not send; its texts hold no client data."""
    say, chosen = texts(), request.args.get("mail", "")
    mails = run(sent_mail, actor=current_actor())
    rows = [
        {
            "address": address(f"{PATH}/outbox", mail=mail.message_id),
            "recipient": "",
            "subject": mail.subject,
            "language": mail.language,
            "language_text": say(f"client.language_{mail.language}"),
            "notification": mail.notification,
            "sent_at": mail.sent_at,
            "current": mail.message_id == chosen,
        }
        for mail in mails
    ]
    found = next((mail for mail in mails if mail.message_id == chosen), None)
    mail = None
    if found is not None:
        mail = {
            "recipient": "",
            "subject": found.subject,
            "body": found.body,
            "sent_at": found.sent_at,
            "language": found.language,
        }
    return render_template(
        "monitor/outbox.html",
        rows=rows,
        mail=mail,
        total_text=say.plural("outbox.shown", count=len(rows)),
        first_address="",
        next_address="",
    )
