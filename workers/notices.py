"""Notices before tasks are due, and mails about notices; in a loop of its own, because a mail server may be slow."""

from __future__ import annotations

from datetime import datetime

import structlog

from app.commands.mail_notices import (
    AT_ONCE,
    NoticesToMail,
    give_up_notice_mail,
    settle_notice_mail,
    take_notice_mails,
    tell_due,
)
from app.connectors import SEND_NOTIFICATION
from app.connectors.contract import Call, Connector, ConnectorFailed, GivenUp
from app.connectors.mail import Audience, Notice, Recipient
from app.executor import Executor

log = structlog.get_logger(__name__)

#: seconds between two rounds
MAIL_EVERY = 20.0
#: the key of the mail's texts
NOTIFICATION = "notices"


class NoticeMails:
    """Tasks that are soon due -> notices; notices -> one mail a person, as each has chosen."""

    def __init__(self, executor: Executor, connector: Connector | None) -> None:
        """`connector` is that of mails; where there is none, people are told on the pages only."""
        self._executor = executor
        self._connector = connector

    def __call__(self, now: datetime) -> bool:
        """Do one round; return whether more tasks are soon due."""
        told = self._executor.run(tell_due, now=now)
        if self._connector is not None:
            for mail in self._executor.run(take_notice_mails, now=now):
                self._send(self._connector, mail, now)
        return told == AT_ONCE

    def _send(self, connector: Connector, mail: NoticesToMail, now: datetime) -> None:
        try:
            connector(_call(mail, now))
        except GivenUp as error:
            log.warning("notices.mail_refused", reason=error.code)
            self._executor.run(give_up_notice_mail, keys=mail.keys, now=now)
        except ConnectorFailed as error:
            log.warning("notices.mail_put_off", reason=error.code)
        else:
            self._executor.run(settle_notice_mail, keys=mail.keys)


def _call(mail: NoticesToMail, now: datetime) -> Call:
    recipient = Recipient(address=mail.address, language=mail.language, audience=Audience.STAFF)
    notice = Notice(notification=NOTIFICATION, recipients=(recipient,), county=mail.county)
    # the same notices make the same Message-ID, however often they are tried
    key = f"{NOTIFICATION}.{mail.keys[0]}.{len(mail.keys)}"
    return Call(idempotency_key=key, type=SEND_NOTIFICATION, attempt=1, now=now, request=notice)
