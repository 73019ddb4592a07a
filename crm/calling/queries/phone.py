"""Telephone calls: the one that is on, those that belong to finished calls, those nobody has ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from crm.calling.models import Call, PhoneCall, PhoneEvent, QueueEntry
from crm.calling.rules.phone import SILENT_AFTER, TALK_AFTER, PhoneFact

REPORTING = ("twilio", "fake")
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


def phone_now(session: Session, user_id: int, entry: QueueEntry) -> PhoneCall | None:
    """The user's latest telephone call to an entry that has not got its outcome yet."""
    return session.scalars(
        select(PhoneCall)
        .where(
            PhoneCall.entry_id == entry.id,
            PhoneCall.user_id == user_id,
            PhoneCall.call_id.is_(None),
            PhoneCall.started_at >= (entry.claimed_at or NEVER),
        )
        .order_by(PhoneCall.started_at.desc(), PhoneCall.id.desc())
        .limit(1)
    ).first()


def open_phones(session: Session, user_id: int) -> Sequence[PhoneCall]:
    """The user's telephone calls that nobody has ended."""
    return session.scalars(
        select(PhoneCall).where(PhoneCall.user_id == user_id, PhoneCall.ended_at.is_(None)).order_by(PhoneCall.id)
    ).all()


def phone_of(call: type[Call]) -> Any:
    """SQL: the id of a finished call's telephone call; of several the one that was talked in longest, then the
    latest."""
    return (
        select(PhoneCall.id)
        .where(PhoneCall.call_id == call.id)
        .order_by(func.coalesce(PhoneCall.seconds, -1).desc(), PhoneCall.id.desc())
        .limit(1)
        .correlate(call)
        .scalar_subquery()
    )


def facts(session: Session, phone: PhoneCall) -> list[PhoneFact]:
    """Everything told of the call so far."""
    sids = [sid for sid in (phone.token, phone.sid, phone.parent_sid) if sid]
    return [
        PhoneFact(
            event.data.get("leg", ""),
            event.event,
            event.at,
            event.data.get("state", ""),
            event.data.get("seconds"),
            event.data.get("by"),
        )
        for event in session.scalars(select(PhoneEvent).where(PhoneEvent.sid.in_(sids)))
    ]


def silent_phones(session: Session, now: datetime, limit: int = 100) -> Sequence[PhoneCall]:
    """Calls whose webhooks should have ended them by now: unanswered for minutes, or talked in past the limit."""
    unanswered = PhoneCall.answered_at.is_(None) & (PhoneCall.started_at < now - SILENT_AFTER)
    return session.scalars(
        select(PhoneCall)
        .where(
            PhoneCall.provider.in_(REPORTING),
            PhoneCall.ended_at.is_(None),
            or_(unanswered, PhoneCall.started_at < now - TALK_AFTER),
        )
        .order_by(PhoneCall.id)
        .limit(limit)
    ).all()
