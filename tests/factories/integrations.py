"""Factory of outbox messages."""

from __future__ import annotations

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from crm.integrations.models import OutboxMessage
from tests.conftest import NOW

_serial = count(1)


def make_message(session: Session, **fields: Any) -> OutboxMessage:
    """A mail that waits, unless told otherwise."""
    values: dict[str, Any] = {
        "channel": "mail", "dedupe_key": f"test:{next(_serial)}", "recipient": "mette@eksempel.invalid",
        "subject": "Bekræftelse på besøg", "body_text": "Kære Mette\n", "created_at": NOW, "not_before": NOW, **fields,
    }  # fmt: skip
    made = OutboxMessage(**values)
    session.add(made)
    session.flush()
    return made
