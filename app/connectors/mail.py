"""
Mails that say "you have a new message" and nothing more.

No name, no service, no health matter is ever in a mail (domain.md 3.0, R-19): the message stands behind the sign-in;
only who wrote to us without signing in gets the answer itself. A
client's mail carries a one-time link to it; who follows that is asked something that only the client should know.
The Message-ID comes from the idempotency key, so the same job makes the same mail however often it is sent.
"""

from __future__ import annotations

import contextlib
import enum
import re
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Any, TypeAlias

from app.connectors.contract import Call, GivenUp, MaybeDone, TryAgain
from app.domain.localized import LANGUAGES, LocalizedText, in_language
from app.locale import Texts
from app.settings import MailSecurity

#: a plain address: no display name, no comment, no quoting, nothing that could add a header
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_TEMPORARY = range(400, 500)


class Audience(enum.StrEnum):
    """For whom a mail is written."""

    CLIENT = "client"
    STAFF = "professional"
    #: somebody who wrote to us without signing in
    VISITOR = "visitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """
    Where a mail goes; `link_secret` is that of a client's one-time link, "" where they can only sign in.

    `answer_token` is that of a link to anonymous questions; the mail then carries that link and no other.
    """

    address: str = field(repr=False)
    language: str
    audience: Audience
    link_secret: str = field(default="", repr=False)
    answer_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """
    One notification to one or more recipients; `case_number` is for staff only.

    `message` is what a worker has written to a visitor, who has no door of ours to read it behind; "" for all others.
    """

    notification: str
    recipients: tuple[Recipient, ...]
    county: LocalizedText
    case_number: str = ""
    message: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as it goes out."""

    message_id: str
    recipient: str = field(repr=False)
    subject: str
    body: str
    language: str
    notification: str
    sent_at: datetime


#: sends a mail, or keeps it where the demo shows it; raises what a connector may raise
Deliver: TypeAlias = Callable[[Mail], None]


class MailConnector:
    """
    The connector of the job type `send_notification`.

    Counts as idempotent: a mail sent twice carries one Message-ID and says nothing, so an unclear end is repeated
    rather than left to a person.
    """

    idempotent = True

    def __init__(self, deliver: Deliver, *, sign_in_url: str, client_url: str, message_domain: str) -> None:
        self._deliver = deliver
        self._sign_in_url = sign_in_url
        self._client_url = client_url
        self._message_domain = message_domain

    def __call__(self, call: Call) -> Mapping[str, Any]:
        """
        Write and deliver one mail to each recipient of the notice in `call.request`.

        :raises GivenUp: an address is none, or the server refuses it for good
        :raises TryAgain: the server is away or asks to come later
        :raises MaybeDone: the connection broke before the server said whether it took the mail
        """
        notice = call.request
        if not isinstance(notice, Notice):
            raise GivenUp("notification_not_prepared")
        for number, recipient in enumerate(notice.recipients, start=1):
            self._deliver(self._compose(notice, recipient, f"{call.idempotency_key}.{number}", call.now))
        return {}

    def _compose(self, notice: Notice, recipient: Recipient, identifier: str, now: datetime) -> Mail:
        language = recipient.language if recipient.language in LANGUAGES else "fi"
        texts = Texts.load(language)
        subject = f"mail.{notice.notification}.subject"
        body, link = str(recipient.audience), self._sign_in_url
        if recipient.answer_token:
            body, link = "answer", f"{self._sign_in_url.rstrip('/')}/answer/{recipient.answer_token}"
        elif recipient.audience is Audience.CLIENT:
            body = "client_link" if recipient.link_secret else body
            link = f"{self._client_url}/link/{recipient.link_secret}" if recipient.link_secret else self._client_url
        elif notice.case_number:
            body = "case"
        return Mail(
            message_id=f"<{identifier}@{self._message_domain}>",
            recipient=recipient.address,
            subject=texts(subject if subject in texts else "mail.default.subject"),
            # a few notifications say something of their own
            body=texts(
                own if (own := f"mail.{notice.notification}.body") in texts else f"mail.body.{body}",
                link=link,
                county=in_language(notice.county, language),
                case_number=notice.case_number,
                message=notice.message,
            ),
            language=language,
            notification=notice.notification,
            sent_at=now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """How the mail server is reached. `timeout` holds for each exchange, in seconds."""

    host: str
    port: int
    security: MailSecurity
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 15.0

    def __call__(self, mail: Mail) -> None:
        """Hand the mail to the server. Raises as MailConnector does."""
        message = as_message(mail, sender=self.sender)
        try:
            server = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            # the settings are wrong; once they are put right the mail goes out by itself
            raise TryAgain("mail_sign_in_refused", str(error.smtp_code)) from None
        except (OSError, smtplib.SMTPException) as error:
            raise TryAgain("mail_server_away", type(error).__name__) from None
        try:
            _hand_over(server, message, sender=self.sender, recipient=mail.recipient)
        finally:
            _take_leave(server)

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        # our own name is the sender's domain: what this machine is called inside is nobody's business
        name = self.sender.rpartition("@")[2] or "localhost"
        server: smtplib.SMTP
        if self.security is MailSecurity.TLS:
            server = smtplib.SMTP_SSL(self.host, self.port, name, timeout=self.timeout, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, name, timeout=self.timeout)
        try:
            server.ehlo_or_helo_if_needed()
            if self.security is MailSecurity.STARTTLS:
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def as_message(mail: Mail, *, sender: str) -> EmailMessage:
    """
    Return the mail as it is written on the wire.

    :raises GivenUp: the address is not one plain address
    """
    if _ADDRESS.fullmatch(mail.recipient) is None:
        raise GivenUp("mail_address_invalid")
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.sent_at)
    message["Message-ID"] = mail.message_id
    message["Content-Language"] = mail.language
    # other systems do not answer automatic mail with "out of office" (RFC 3834)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message


def _hand_over(server: smtplib.SMTP, message: EmailMessage, *, sender: str, recipient: str) -> None:
    try:
        server.send_message(message, from_addr=sender, to_addrs=[recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise _refusal(code) from None
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code) from None
    except (OSError, smtplib.SMTPException) as error:
        raise MaybeDone("mail_maybe_sent", type(error).__name__) from None


def _take_leave(server: smtplib.SMTP) -> None:
    """End the session; whatever the server says to that, the mail has been taken or refused before."""
    with contextlib.suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _refusal(code: int) -> GivenUp | TryAgain:
    if code in _TEMPORARY:
        return TryAgain("mail_put_off", str(code))
    return GivenUp("mail_refused", str(code))
