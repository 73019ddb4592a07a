"""The outbox's channel ``calendar``: events that go into consultants' own calendars.

The message names a row and nothing else; what is written is read when it leaves. The outbox knows no calendars: the
composition gives the verb that writes.
"""

from __future__ import annotations

from collections.abc import Callable

from crm.integrations.models import OutboxMessage


class CalendarOut:
    """Hands the row's number to ``write``. Whatever goes wrong is an OSError for the outbox, which tries again."""

    quick = False

    def __init__(self, write: Callable[[int], None]) -> None:
        self.write = write

    def deliver(self, message: OutboxMessage) -> None:
        try:
            self.write(int(message.body_text.removeprefix("copy ")))
        except OSError:
            raise
        except Exception as exc:  # one event that cannot be written must not stop the others
            raise OSError(f"the event could not be written ({type(exc).__name__})") from exc
