"""Mails say nothing, go out once per job, and a real server's answers are understood."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from datetime import UTC, datetime

import pytest

from app.connectors import HTTP_REQUEST, SEND_NOTIFICATION, installed_connectors
from app.connectors.contract import Call, GivenUp, MaybeDone, TryAgain
from app.connectors.mail import Audience, Mail, MailConnector, Notice, Recipient, SmtpServer
from app.locale import Texts
from app.settings import MailSecurity, Settings

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
COUNTY = {"fi": "Keski-Suomen hyvinvointialue", "sv": "Mellersta Finlands välfärdsområde", "en": "Central Finland"}
NOTIFICATIONS = ["n_ajanvaraus", "n_muistutus", "n_eskalaatio", "n_seuranta", "n_kutsu", "n_jokin_uusi"]


def recipient(address="matti@example.fi", language="fi", audience=Audience.CLIENT):
    return Recipient(address=address, language=language, audience=audience)


def send(*recipients, notification="n_ajanvaraus", key="77", case_number=""):
    sent = []
    connector = MailConnector(
        sent.append,
        sign_in_url="https://tyky.example.fi",
        client_url="https://tyky.example.fi/oma",
        message_domain="tyky.example.fi",
    )
    notice = Notice(notification=notification, recipients=recipients, county=COUNTY, case_number=case_number)
    assert connector(Call(idempotency_key=key, type="send_notification", attempt=1, now=NOW, request=notice)) == {}
    return sent


@pytest.mark.parametrize("notification", NOTIFICATIONS)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_mail_to_a_client_holds_a_link_and_nothing_of_the_client_or_the_service(notification, language):
    (mail,) = send(recipient(language=language), notification=notification, case_number="2026-00001")
    text = f"{mail.subject} {mail.body}"
    assert "https://tyky.example.fi" in text
    assert COUNTY[language] in text
    words = (
        "matti",
        "2026-00001",
        "terve",
        "työky",
        "ajanvara",
        "tid ",
        "appoint",
        "hälso",
        "health",
        "{",
        notification,
    )
    for word in words:
        assert word not in text.lower().replace("https://tyky.example.fi", "")


def test_every_language_has_its_own_text():
    mails = [send(recipient(language=language))[0] for language in ("fi", "sv", "en")]
    assert len({mail.subject for mail in mails}) == 3
    assert len({mail.body for mail in mails}) == 3
    assert send(recipient(language="se"))[0].language == "fi"


def test_staff_are_told_the_number_of_the_case():
    (mail,) = send(recipient(audience=Audience.STAFF), notification="n_eskalaatio", case_number="2026-00001")
    assert "2026-00001" in mail.body
    (mail,) = send(recipient(audience=Audience.STAFF), notification="n_kutsu")
    assert "None" not in mail.body


def test_the_same_job_makes_the_same_message_ids_and_each_recipient_an_own_mail():
    first, again = (send(recipient("a@x.fi"), recipient("b@x.fi")) for _ in range(2))
    assert [mail.message_id for mail in first] == [mail.message_id for mail in again]
    assert len({mail.message_id for mail in first}) == 2
    assert first[0].message_id == "<77.1@tyky.example.fi>"


def test_without_a_recipient_nothing_goes_out():
    assert send() == []


def test_a_job_that_was_not_prepared_is_given_up():
    connector = MailConnector(lambda _: None, sign_in_url="", client_url="", message_domain="x")
    with pytest.raises(GivenUp):
        connector(Call(idempotency_key="1", type="send_notification", attempt=1, now=NOW))


def test_subjects_do_not_tell_clients_apart_from_one_another():
    texts = Texts.load("fi")
    assert texts("mail.n_ajanvaraus.subject") == texts("mail.n_seuranta.subject") == texts("mail.default.subject")


# -- against a server ------------------------------------------------------------------------------------------


class _Smtp(socketserver.StreamRequestHandler):
    """Just enough of a mail server; `replies` of the server override the answer to a command."""

    def handle(self):
        self.say("220 test")
        while line := self.rfile.readline().decode().strip():
            word = line.split(" ")[0].upper().split(":")[0]
            self.server.commands.append(line)
            if word == "DATA" and "DATA" not in self.server.replies:
                self.say("354 go on")
                content = b""
                while not content.endswith(b"\r\n.\r\n"):
                    content += self.rfile.readline()
                self.server.mails.append(content[:-5])
                reply = self.server.replies.get("END", "250 ok")
            else:
                reply = self.server.replies.get(word, "250 ok")
            if reply == "hang up":
                return
            self.say(reply)
            if word == "QUIT":
                return

    def say(self, reply):
        self.wfile.write(reply.encode() + b"\r\n")


@pytest.fixture
def server():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp)
    server.daemon_threads = True
    server.commands, server.mails, server.replies = [], [], {}
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def mail(to="matti@example.fi", subject="Sinulle on uusi viesti"):
    return Mail(
        message_id="<77.1@tyky.example.fi>",
        recipient=to,
        subject=subject,
        body="Hei,\n\nkirjaudu: https://tyky.example.fi\n",
        language="fi",
        notification="n_ajanvaraus",
        sent_at=NOW,
    )


def deliver(server, what, **options):
    port = server if isinstance(server, int) else server.server_address[1]
    settings = {"security": MailSecurity.NONE, "sender": "tyky@example.fi", "timeout": 2.0} | options
    SmtpServer(host="127.0.0.1", port=port, **settings)(what)


def test_a_mail_reaches_the_server_whole(server):
    deliver(server, mail(subject="Työ odottaa, ö"))
    (content,) = server.mails
    received = email.message_from_bytes(content, policy=email.policy.default)
    assert received["To"] == "matti@example.fi"
    assert received["Subject"] == "Työ odottaa, ö"
    assert received["Message-ID"] == "<77.1@tyky.example.fi>"
    assert received["Auto-Submitted"] == "auto-generated"
    assert received["Date"].datetime == NOW
    assert "https://tyky.example.fi" in received.get_content()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "matti",
        "a@b\r\nBcc: evil@x.fi",
        "a@b, c@d",
        "Matti <a@b.fi>",
        "a b@c.fi",
        "a@b.fi\n",
        '"a"@b.fi',
        "ä@b.fi",
        "a@-",
        "@b",
    ],
)
def test_an_address_that_is_not_one_plain_address_is_refused_before_anything_is_sent(server, address):
    if address == "a@-":
        address = "a@b..fi"
    with pytest.raises(GivenUp):
        deliver(server, mail(to=address))
    assert server.commands == []


@pytest.mark.parametrize(
    ("replies", "failure", "code"),
    [
        ({"RCPT": "550 no such user"}, GivenUp, "mail_refused"),
        ({"RCPT": "451 greylisted"}, TryAgain, "mail_put_off"),
        ({"MAIL": "452 full"}, TryAgain, "mail_put_off"),
        ({"DATA": "554 no"}, GivenUp, "mail_refused"),
        ({"END": "554 spam"}, GivenUp, "mail_refused"),
        ({"END": "451 later"}, TryAgain, "mail_put_off"),
        ({"END": "hang up"}, MaybeDone, "mail_maybe_sent"),
        ({"EHLO": "hang up"}, TryAgain, "mail_server_away"),
    ],
)
def test_what_the_server_answers_decides_what_happens_next(server, replies, failure, code):
    server.replies.update(replies)
    with pytest.raises(failure) as caught:
        deliver(server, mail())
    assert caught.value.code == code
    assert "matti" not in str(caught.value)


def test_a_server_that_does_not_protect_the_connection_gets_nothing(server):
    with pytest.raises(TryAgain):
        deliver(server, mail(), security=MailSecurity.STARTTLS)
    assert server.mails == []


def test_nobody_listening_is_away(server):
    port = server.server_address[1]
    server.shutdown()
    server.server_close()
    with pytest.raises(TryAgain):
        deliver(port, mail())


# -- what an installation has ----------------------------------------------------------------------------------


def test_without_a_mail_server_mails_are_kept_and_without_a_list_nothing_is_called():
    kept = []
    settings = Settings(public_url="https://tyky.example.fi")
    connectors = installed_connectors(settings, keep_mail=kept.append)
    assert set(connectors) == {SEND_NOTIFICATION}
    notice = Notice(notification="n_ajanvaraus", recipients=(recipient(),), county=COUNTY)
    connectors[SEND_NOTIFICATION](Call(idempotency_key="1", type="t", attempt=1, now=NOW, request=notice))
    assert [one.recipient for one in kept] == ["matti@example.fi"]


def test_a_list_of_systems_brings_the_http_connector_and_a_wrong_one_stops_the_start():
    assert HTTP_REQUEST in installed_connectors(Settings(connector_hosts="api.example.fi"), keep_mail=lambda _: None)
    with pytest.raises(ValueError, match="connector_hosts"):
        installed_connectors(Settings(connector_hosts="http://x.fi"), keep_mail=lambda _: None)


def test_every_failure_of_a_connector_has_its_text_in_every_language():
    codes = [
        "job_without_case",
        "mail_server_away",
        "mail_sign_in_refused",
        "mail_put_off",
        "mail_refused",
        "mail_address_invalid",
        "mail_maybe_sent",
        "http_not_allowed",
        "http_maybe_done",
    ]
    for language in ("fi", "sv", "en"):
        for code in codes:
            assert f"incidents.{code}" in Texts.load(language)


@pytest.mark.parametrize("reply", ["hang up", "421 bye", "250 ok"])
def test_what_the_server_says_to_the_farewell_does_not_undo_the_mail(server, reply):
    server.replies["QUIT"] = reply
    deliver(server, mail())
    assert len(server.mails) == 1
