"""
Systems outside that service tasks call.

A job type names a connector; which of them an installation has is decided by its settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from app.connectors.addresses import read_allow_list
from app.connectors.contract import Connector
from app.connectors.http import HttpConnector
from app.connectors.mail import Deliver, MailConnector, SmtpServer
from app.settings import Settings

SEND_NOTIFICATION = "send_notification"
HTTP_REQUEST = "http_request"


def installed_connectors(settings: Settings, *, keep_mail: Deliver) -> Mapping[str, Connector]:
    """
    Return the connectors of this installation by job type.

    `keep_mail` takes the mails where no mail server is set: they stay in the outbox, where the demo shows them.

    :raises ValueError: the list of hosts makes no sense
    """
    deliver: Deliver = keep_mail
    if settings.mail_host:
        deliver = SmtpServer(
            host=settings.mail_host,
            port=settings.mail_port,
            security=settings.mail_security,
            sender=settings.mail_from,
            user=settings.mail_user,
            password=settings.mail_password,
        )
    connectors: dict[str, Connector] = {
        SEND_NOTIFICATION: MailConnector(
            deliver,
            sign_in_url=settings.public_url,
            client_url=f"{settings.public_url.rstrip('/')}/oma",
            message_domain=urlsplit(settings.public_url).hostname or "localhost",
        )
    }
    allowed = read_allow_list(settings.connector_hosts)
    if allowed:
        connectors[HTTP_REQUEST] = HttpConnector(allowed)
    return connectors
