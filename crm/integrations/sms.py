"""SMS adapters: Twilio, and files in a folder (the default)."""

from __future__ import annotations

from pathlib import Path

from crm.base.settings import Settings
from crm.integrations.models import OutboxMessage

OPTED_OUT = 21610  # Twilio: "Attempt to send to unsubscribed recipient"


class AmbiguousDelivery(Exception):
    """The provider may or may not have taken the message: creating an SMS is not idempotent, so nobody retries."""


class OptedOut(Exception):
    """The receiver has told the provider to let no more of our SMS through."""


class FileSms:
    """Writes each SMS as ``<id>.sms.txt`` into a folder."""

    quick = True
    answerable = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(self, message: OutboxMessage) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{message.id:08d}.sms.txt").write_text(
            f"To: {message.recipient}\n\n{message.body_text}\n", encoding="utf-8"
        )


class TwilioSms:
    """Twilio Programmable Messaging. A lost answer raises AmbiguousDelivery, a refusal OSError, a receiver who has
    said STOP to Twilio itself OptedOut (error 21610). ``answerable``: a sender that is a name takes no answers."""

    quick = False

    def __init__(self, settings: Settings) -> None:
        from twilio.http.http_client import TwilioHttpClient
        from twilio.rest import Client

        self.sender = settings.twilio_from
        self.answerable = self.sender.startswith(("+", "MG"))
        self.base_url = settings.base_url.rstrip("/")
        self.client = Client(
            settings.twilio_account_sid, settings.twilio_auth_token, http_client=TwilioHttpClient(timeout=20)
        )

    def deliver(self, message: OutboxMessage) -> None:
        import requests
        from twilio.base.exceptions import TwilioRestException

        told = {"status_callback": f"{self.base_url}/telephony/sms-status?message={message.id}"}
        try:
            self.client.messages.create(
                to=message.recipient,
                from_=self.sender,
                body=message.body_text,
                **(told if self.base_url.startswith("https://") else {}),
            )
        except TwilioRestException as exc:
            if exc.code == OPTED_OUT:
                raise OptedOut from exc
            raise OSError(f"Twilio {exc.status}: {exc.msg}") from exc
        except requests.ConnectionError as exc:
            raise OSError(f"Twilio not reached: {exc}") from exc
        except requests.RequestException as exc:
            raise AmbiguousDelivery(str(exc)) from exc
