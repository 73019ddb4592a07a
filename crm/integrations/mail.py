"""Mail adapters: SMTP, and files in a folder (the default, so that a newcomer sees every mail)."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from pathlib import Path
from typing import Protocol

from crm.base.settings import Settings
from crm.integrations.models import OutboxMessage


class Adapter(Protocol):
    """Takes one message. Raises OSError or smtplib.SMTPException when the provider did not take it.

    ``quick`` adapters deliver within the request that wrote the message; slow ones are left to the worker.
    """

    quick: bool

    def deliver(self, message: OutboxMessage) -> None: ...


def as_email(message: OutboxMessage, sender: str) -> EmailMessage:
    """RFC 5322 mail with text, HTML alternative and attachments; Message-ID follows the dedupe key, so that a
    mail server or reader can recognise a repeated delivery."""
    name, address = parseaddr(sender)
    mail = EmailMessage()
    user, _, domain = address.partition("@")
    mail["From"] = Address(name, user, domain)
    mail["To"] = message.recipient
    if message.reply_to:
        mail["Reply-To"] = message.reply_to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<outbox.{message.id}@{domain or make_msgid()}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body_text)
    if message.body_html:
        mail.add_alternative(message.body_html, subtype="html")
    for item in message.attachments:
        if "method=" in item["mime"]:
            _add(mail.add_alternative, item)
    for item in message.attachments:
        _add(mail.add_attachment, item, filename=item["name"])
    return mail


def _add(add: Callable[..., None], item: Mapping[str, str], **more: str) -> None:
    """One part, its bytes untouched. An invitation stands among the alternatives as well as beside them: Outlook and
    Gmail offer yes and no for the one, other programs open the other (RFC 6047, 2.4; METHOD equals the file's)."""
    kind, _, rest = item["mime"].partition("/")
    subtype, *params = [part.strip() for part in rest.split(";")]
    told = {"charset": "utf-8", **dict(param.split("=", 1) for param in params)}
    add(item["text"].encode(), maintype=kind, subtype=subtype, params=told, **more)


class FileMail:
    """Writes each mail as ``<id>.eml`` into a folder."""

    quick = True

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder = folder
        self.sender = sender

    def deliver(self, message: OutboxMessage) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{message.id:08d}.eml"
        path.write_bytes(as_email(message, self.sender).as_bytes())


class SmtpMail:
    quick = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def deliver(self, message: OutboxMessage) -> None:
        s = self.settings
        with smtplib.SMTP(s.smtp_host, s.smtp_port, timeout=20) as server:
            if s.smtp_tls:
                server.starttls()
            if s.smtp_user:
                server.login(s.smtp_user, s.smtp_password)
            server.send_message(as_email(message, s.mail_from))
