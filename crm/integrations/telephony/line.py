"""What every telephone adapter can do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Line:
    """What the browser needs to place the call: an address to open (``tel:``), or an access token and our own
    one-time ``call`` token for the provider's SDK; nothing when the call is placed by hand or on the server."""

    provider: str
    tel: str = ""
    access_token: str = ""
    call: str = ""


@dataclass(frozen=True)
class Reported:
    """A call as the provider's REST interface tells of it: its own word for the state, times in UTC."""

    state: str
    seconds: int | None = None
    ended_at: datetime | None = None


class Telephony(Protocol):
    """``name`` goes into PhoneCall.provider. ``reports``: it tells by webhooks how a call goes.
    ``in_browser``: the phoner talks through the browser, so there is a microphone to mute and keys to send."""

    name: str
    reports: bool
    in_browser: bool

    def line(self, user_id: int, token: str, number: str) -> Line:
        """Ready a call of this user to ``number``; nothing rings yet."""
        ...

    def begin(self, user_id: int, token: str) -> None:
        """After the commit: place the call, where that is not the browser's matter."""
        ...

    def hang_up(self, parent_sid: str) -> None:
        """End the phoner's leg, and with it the call. Raises OSError when the provider cannot be reached."""
        ...

    def report(self, sid: str) -> Reported | None:
        """How the call stands; None when the provider does not know it. Raises OSError when it is not reached."""
        ...

    def start(self, address: str) -> None:
        """The product now answers at ``address`` (a served fake begins its work)."""
        ...


def identity(user_id: int) -> str:
    """The user's name at the provider."""
    return f"user-{user_id}"
