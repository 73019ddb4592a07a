"""The fake provider's post: signs as the provider does, and can hold back, repeat and mix up what it sends."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator


@dataclass(frozen=True)
class Letter:
    """One signed request: ``url`` is the public one that was signed."""

    url: str
    form: Mapping[str, str]
    signature: str

    @property
    def path(self) -> str:
        """Path and query, for whoever delivers it."""
        parts = urlsplit(self.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")


# delivers a letter; status and body of the answer
Sender = Callable[[Letter], tuple[int, str]]


class Post:
    """``hold``: keep callbacks in ``held`` instead of sending them. ``unruly``: send each one to three times, each
    up to 5 s late, so that they overtake each other."""

    def __init__(self, secret: str, later: Callable[[float, Callable[[], None]], None]) -> None:
        self.validator = RequestValidator(secret)
        self.later = later
        self.sender: Sender | None = None
        self.hold = False
        self.held: list[Letter] = []
        self.unruly: random.Random | None = None

    def sign(self, url: str, form: Mapping[str, str]) -> Letter:
        return Letter(url, dict(form), self.validator.compute_signature(url, form))

    def ask(self, url: str, form: Mapping[str, str]) -> str | None:
        """Send, and give the answer's body; None when nobody answers or the answer is an error."""
        if self.sender is None:
            return None
        try:
            status, body = self.sender(self.sign(url, form))
        except OSError:
            return None
        return body if status < 300 else None

    def tell(self, url: str, form: Mapping[str, str]) -> None:
        """A callback whose answer does not matter."""
        if self.hold:
            self.held.append(self.sign(url, form))
        elif self.unruly is None:
            self.ask(url, form)
        else:
            for _ in range(self.unruly.randint(1, 3)):
                self.later(self.unruly.uniform(0, 5), lambda: void(self.ask(url, form)))


def void(_answer: object) -> None:
    """Callbacks need no answer."""


def over_http(address: str) -> Sender:
    """To the product at ``address``, whatever its public address: what a name server and a proxy do otherwise."""
    import requests

    session = requests.Session()
    session.trust_env = False

    def send(letter: Letter) -> tuple[int, str]:
        headers = {"X-Twilio-Signature": letter.signature, "User-Agent": "TwilioProxy/1.1"}
        answer = session.post(address.rstrip("/") + letter.path, data=dict(letter.form), headers=headers, timeout=10)
        return answer.status_code, answer.text

    return send
