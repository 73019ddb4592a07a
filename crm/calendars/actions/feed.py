"""The secret link to a consultant's feed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from crm.base import activity
from crm.calendars.models import FeedLink
from crm.people.models import User
from crm.people.rules import new_token, token_hash


def new_feed_link(session: Session, actor: Any, now: datetime, consultant: User) -> str:
    """A new secret token; the former link ends at once. Only the hash is kept: show the token now."""
    revoke_feed_link(session, actor, now, consultant)
    token = new_token()
    session.add(FeedLink(consultant_id=consultant.id, token_hash=token_hash(token), created_at=now))
    session.flush()
    activity.record(session, actor, now, "calendars.new_feed_link", consultant)
    return token


def revoke_feed_link(session: Session, actor: Any, now: datetime, consultant: User) -> bool:
    """End the live link; False when there is none."""
    ended = session.execute(
        update(FeedLink)
        .where(FeedLink.consultant_id == consultant.id, FeedLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if not getattr(ended, "rowcount", 0):
        return False
    activity.record(session, actor, now, "calendars.revoke_feed_link", consultant)
    session.flush()
    return True
