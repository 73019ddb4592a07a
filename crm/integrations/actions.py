"""Send: write to the outbox inside the deciding transaction; deliver what is due outside of it."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from crm.base import activity
from crm.base.db import for_update_skip_locked, insert_new
from crm.base.errors import N_, Refusal
from crm.integrations.mail import Adapter
from crm.integrations.models import OutboxMessage, SmsOptOut
from crm.integrations.opt_outs import is_first_sms, note_opt_out, opted_out
from crm.integrations.sms import AmbiguousDelivery, OptedOut
from crm.integrations.sms_words import STOP_LINE
from crm.integrations.unreadable import Unreadable, forget, load, waits
from crm.recurring.actions import put_aside
from crm.recurring.rules import describe

log = logging.getLogger("crm.integrations")

LEASE = timedelta(minutes=5)
WITHHELD = N_("Modtageren har frabedt sig SMS.")
STOPPED = N_("Afsendelsen blev afbrudt undervejs. Spørg udbyderen, om beskeden er sendt.")
BACKOFF = (1, 5, 15, 60, 240, 720)  # minutes before each further attempt; then failed


def send(
    session: Session,
    now: datetime,
    *,
    channel: str,
    dedupe_key: str,
    to: str,
    text: str,
    subject: str = "",
    html: str | None = None,
    attachments: Sequence[Mapping[str, str]] = (),
    not_before: datetime | None = None,
    workplace_id: int | None = None,
    reply_to: str | None = None,
) -> bool:
    """Put one message in the outbox; False when a message with this ``dedupe_key`` is there already.

    channel: ``mail`` or ``sms``. attachments: mappings with ``name``, ``mime`` and ``text``. It leaves after commit.
    """
    return (
        send_many(
            session,
            now,
            [
                {
                    "channel": channel,
                    "dedupe_key": dedupe_key,
                    "to": to,
                    "text": text,
                    "subject": subject,
                    "html": html,
                    "attachments": attachments,
                    "not_before": not_before,
                    "workplace_id": workplace_id,
                    "reply_to": reply_to,
                }
            ],
        )
        == 1
    )


def send_many(session: Session, now: datetime, messages: Sequence[Mapping[str, Any]]) -> int:
    """``send`` for many in one statement: mappings of its keyword arguments; how many were not there already.

    An SMS to a number that wants none is written as withheld, so that everybody sees that it was not sent.
    """
    refusing = opted_out(session, [m["to"] for m in messages if m["channel"] == "sms"])
    rows = [
        {
            "channel": m["channel"],
            "dedupe_key": m["dedupe_key"],
            "recipient": m["to"],
            "subject": m.get("subject", ""),
            "body_text": m["text"],
            "body_html": m.get("html"),
            "attachments": [dict(item) for item in m.get("attachments", ())],
            "state": "withheld" if m["channel"] == "sms" and m["to"] in refusing else "pending",
            "last_error": WITHHELD if m["channel"] == "sms" and m["to"] in refusing else None,
            "attempts": 0,
            "created_at": now,
            "not_before": m.get("not_before") or now,
            "workplace_id": m.get("workplace_id"),
            "reply_to": m.get("reply_to"),
        }
        for m in messages
    ]
    written = insert_new(session, OutboxMessage, rows, ["dedupe_key"])
    if written:
        session.info["outbox_written"] = True
    return written


def withdraw(session: Session, dedupe_key: str) -> bool:
    """Take back a message that has not left yet (a reminder of a time that no longer holds); False when it has."""
    gone = session.execute(
        delete(OutboxMessage).where(
            OutboxMessage.dedupe_key == dedupe_key, OutboxMessage.state.in_(("pending", "withheld"))
        )
    )
    return bool(getattr(gone, "rowcount", 0))


def deliver_due(
    sessions: sessionmaker[Session],
    adapters: Mapping[str, Adapter],
    now: datetime,
    *,
    only_quick: bool = False,
    limit: int = 100,
) -> int:
    """Deliver what is due, each message claimed and settled in its own transactions; how many were sent.

    At-least-once: a message whose worker died while *sending* is taken up again after its lease (SMS: set to
    unknown, because a second SMS cannot be recognised by its receiver). One that cannot even be loaded is set aside.
    """
    channels = [name for name, adapter in adapters.items() if adapter.quick or not only_quick]
    sent = 0
    for _ in range(limit):
        message = _claim(sessions, adapters, channels, now)
        if message is None:
            break
        if isinstance(message, Unreadable):
            put_aside(sessions.begin, message.job, str(message.id), message.error, now)
            continue
        sent += _deliver_one(sessions, adapters[message.channel], message, now)
    return sent


def _claim(
    sessions: sessionmaker[Session], adapters: Mapping[str, Adapter], channels: Sequence[str], now: datetime
) -> OutboxMessage | Unreadable | None:
    with sessions.begin() as session:
        if "sms" in channels:
            _withhold(session, now)
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.state == "sending", OutboxMessage.channel == "sms", OutboxMessage.lease_until < now)
            .values(state="unknown", last_error=STOPPED)
        )
        due = (
            select(OutboxMessage.id)
            .where(
                OutboxMessage.channel.in_(channels),
                OutboxMessage.not_before <= now,
                ~waits(now),
                or_(
                    OutboxMessage.state == "pending",
                    (OutboxMessage.state == "sending") & (OutboxMessage.lease_until < now),
                ),
            )
            .order_by(OutboxMessage.not_before, OutboxMessage.id)
            .limit(1)
        )
        number = session.scalar(for_update_skip_locked(session, due))
        message = load(session, number) if number is not None else None
        if isinstance(message, OutboxMessage):
            forget(session, read=message.id)
            message.state, message.lease_until, message.attempts = "sending", now + LEASE, message.attempts + 1
            if message.channel == "sms" and getattr(adapters["sms"], "answerable", False):
                _offer_stop(session, message)
        return message


def _withhold(session: Session, now: datetime) -> None:
    """SMS that are due to numbers that have said STOP since they were written."""
    session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.channel == "sms",
            OutboxMessage.state == "pending",
            OutboxMessage.not_before <= now,
            OutboxMessage.recipient.in_(select(SmsOptOut.phone)),
        )
        .values(state="withheld", last_error=WITHHELD)
    )


def _offer_stop(session: Session, message: OutboxMessage) -> None:
    """The first SMS to a number says how to get no more."""
    if STOP_LINE not in message.body_text and is_first_sms(session, message):
        message.body_text = f"{message.body_text.rstrip()} {STOP_LINE}"


def _deliver_one(sessions: sessionmaker[Session], adapter: Adapter, message: OutboxMessage, now: datetime) -> int:
    """What came of it is written only while the row is still this delivery's: who was frozen past its lease must not
    undo what the next one did."""
    changes: dict[str, Any]
    try:
        adapter.deliver(message)
        changes = {"state": "sent", "sent_at": now, "last_error": None}
    except OptedOut:
        changes = {"state": "withheld", "last_error": WITHHELD}
    except AmbiguousDelivery as exc:
        changes = {"state": "unknown", "last_error": str(exc)[:2000]}
    except Exception as exc:
        known = isinstance(exc, OSError | smtplib.SMTPException)
        if not known:
            log.error("outbox row %s cannot be delivered: %s", message.id, describe(exc, private=True))
        if not known and message.channel == "sms":  # it may have left before it failed
            told = f"{type(exc).__name__}: {exc}"[:2000]
            return _settle(sessions, message, now, {"state": "unknown", "last_error": told})
        tried = message.attempts
        again = tried <= len(BACKOFF)
        changes = {
            "state": "pending" if again else "failed",
            "last_error": str(exc)[:2000],
            "not_before": now + timedelta(minutes=BACKOFF[tried - 1]) if again else message.not_before,
        }
    return _settle(sessions, message, now, changes)


def _settle(sessions: sessionmaker[Session], message: OutboxMessage, now: datetime, changes: dict[str, Any]) -> int:
    sent = changes["state"] == "sent"
    still = ("sending", "unknown") if sent else ("sending",)
    mine = (OutboxMessage.id == message.id, OutboxMessage.attempts == message.attempts, OutboxMessage.state.in_(still))
    with sessions.begin() as session:
        session.execute(update(OutboxMessage).where(*mine).values(lease_until=None, **changes))
        if changes["state"] == "withheld":
            note_opt_out(session, now, message.recipient, "")
    return int(sent)


def retry(session: Session, actor: Any, now: datetime, message: OutboxMessage) -> None:
    """Set a failed, unknown or withheld message to be tried again now, on an administrator's word.

    Raises Refusal ``not_failed`` for one that waits, is on its way or has left: a second copy is never asked for;
    ``opted_out`` while the receiver still wants no SMS.
    """
    state = session.scalar(select(OutboxMessage.state).where(OutboxMessage.id == message.id).with_for_update())
    if state == "withheld" and opted_out(session, [message.recipient]):
        raise Refusal(
            "opted_out",
            N_("Modtageren har frabedt sig SMS, så beskeden sendes ikke. Ring, eller skriv en mail."),
        )
    if state not in ("failed", "unknown", "withheld"):
        raise Refusal("not_failed", N_("Beskeden er hverken fejlet eller uvist sendt, så den prøves ikke igen."))
    message.state, message.not_before, message.attempts, message.lease_until = "pending", now, 0, None
    activity.record(session, actor, now, "integrations.retry", message, workplace_id=message.workplace_id)
    session.info["outbox_written"] = True
    session.flush()
