"""The secret links to a consultant's feed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from crm.base import activity
from crm.calendars.models import FeedLink
from crm.people.models import User
from crm.people.rules import new_token, token_hash


def new_feed_link(session: Session, actor: Any, now: datetime, consultant: User, kind: str = "own") -> str:
    """A new secret token; the former link of the kind ends at once. Only the hash is kept: show the token now.

    kind: ``own``, or ``busy`` for colleagues, which says when and nothing else.
    """
    revoke_feed_link(session, actor, now, consultant, kind)
    token = new_token()
    session.add(FeedLink(consultant_id=consultant.id, token_hash=token_hash(token), created_at=now, kind=kind))
    session.flush()
    activity.record(session, actor, now, "calendars.new_feed_link", consultant, kind=kind)
    return token


def revoke_feed_link(session: Session, actor: Any, now: datetime, consultant: User, kind: str = "own") -> bool:
    """End the live link of the kind; False when there is none."""
    ended = session.execute(
        update(FeedLink)
        .where(FeedLink.consultant_id == consultant.id, FeedLink.kind == kind, FeedLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if not getattr(ended, "rowcount", 0):
        return False
    activity.record(session, actor, now, "calendars.revoke_feed_link", consultant, kind=kind)
    session.flush()
    return True
