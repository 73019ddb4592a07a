"""What an adapter hands to the outside world: mails as mail programs read them, SMS, and SMTP spoken for real."""

from __future__ import annotations

import socket
import threading
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from crm.base.settings import Settings
from crm.integrations.mail import FileMail, SmtpMail, as_email
from crm.integrations.sms import FileSms
from tests.conftest import NOW
from tests.factories.integrations import make_message

ICS = {"name": "besøg.ics", "mime": "text/calendar; method=REQUEST", "text": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"}
SENDER = "Jobåbner <noreply@jobaabner.invalid>"


@pytest.fixture
def message(session):
    return make_message(session, body_html="<p>Kære Mette</p>", attachments=[ICS])


def test_a_mail_reads_back_as_it_was_meant(message):
    mail = message_from_bytes(as_email(message, SENDER).as_bytes(), policy=policy.default)
    assert mail["Subject"] == "Bekræftelse på besøg"
    assert mail["To"] == "mette@eksempel.invalid"
    assert mail["From"].addresses[0].display_name == "Jobåbner"
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content() == "Kære Mette\n"
    assert mail.get_body(("html",)).get_content().strip() == "<p>Kære Mette</p>"
    [calendar] = mail.iter_attachments()
    assert calendar.get_filename() == "besøg.ics"
    assert calendar.get_content_type() == "text/calendar"
    assert calendar.get_param("method") == "REQUEST"
    assert calendar.get_payload(decode=True).decode() == ICS["text"]


def test_a_repeated_delivery_carries_the_same_message_id(message):
    assert as_email(message, SENDER)["Message-ID"] == as_email(message, SENDER)["Message-ID"]


def test_a_recipient_cannot_smuggle_headers(session):
    message = make_message(session, recipient="a@x.invalid\nBcc: alle@x.invalid")
    with pytest.raises(ValueError):
        as_email(message, SENDER)


def test_files_are_written_once_for_each_message(message, tmp_path):
    adapter = FileMail(tmp_path / "outbox", SENDER)
    adapter.deliver(message)
    adapter.deliver(message)
    [path] = (tmp_path / "outbox").iterdir()
    assert path.name == f"{message.id:08d}.eml"
    FileSms(tmp_path / "outbox").deliver(message)
    assert "Kære Mette" in (tmp_path / "outbox" / f"{message.id:08d}.sms.txt").read_text("utf-8")


class MailServer(threading.Thread):
    """Speaks just enough SMTP for one mail; ``refuse`` answers the recipient with 550."""

    def __init__(self, refuse: bool = False) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.refuse = refuse
        self.received = b""

    def run(self) -> None:
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rwb") as stream:
            say = lambda line: (stream.write(line + b"\r\n"), stream.flush())  # noqa: E731
            say(b"220 test")
            for line in stream:
                word = line[:4].upper()
                if word == b"DATA":
                    say(b"354 go on")
                    while (line := stream.readline()) not in (b".\r\n", b""):
                        self.received += line
                    say(b"250 kept")
                elif word == b"QUIT":
                    say(b"221 bye")
                    break
                else:
                    say(b"550 no such box" if self.refuse and word == b"RCPT" else b"250 ok")
        self.listener.close()


def smtp(server: MailServer, tmp_path: Path) -> SmtpMail:
    server.start()
    return SmtpMail(Settings(data_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=server.port))


def test_smtp_hands_the_mail_over(message, tmp_path):
    server = MailServer()
    smtp(server, tmp_path).deliver(message)
    server.join(5)
    assert message_from_bytes(server.received, policy=policy.default)["Subject"] == "Bekræftelse på besøg"


def test_smtp_refusals_and_dead_servers_are_errors_the_outbox_retries(message, tmp_path):
    import smtplib

    with pytest.raises(smtplib.SMTPRecipientsRefused):
        smtp(MailServer(refuse=True), tmp_path).deliver(message)
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    with pytest.raises(OSError):
        SmtpMail(Settings(data_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=port)).deliver(message)
