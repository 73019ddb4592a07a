"""Published events and the links that show them."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from crm.base.db import Base


def fresh_stamp() -> int:
    """A number that no other state of a row has had, as far as can be; the sum of 10,000 fits 64 bits."""
    return secrets.randbits(48)


class CalendarEvent(Base):
    """One event as calendars show it, written by the room that owns the engagement through ``publish``.

    ``uid`` is stable for life; ``sequence`` rises on a change of time or status (RFC 5545, 3.8.7.4). An engagement
    that went to another consultant has two rows: cancelled for the former, confirmed for the one who has it now.
    ``stamp`` is drawn anew by every write of the row, so that the sum of the stamps shown tells whether anything shown
    has changed.

    ``kind``: ``engagement`` takes time; ``note`` is shown and takes none; ``todo`` is a task due at ``starts_at``,
    ``completed_at`` once it is done. ``all_day``: the Danish day from ``starts_at`` to ``ends_at``.
    """

    __tablename__ = "calendar_events"
    __table_args__ = (
        UniqueConstraint("uid", "consultant_id"),
        Index("ix_calendar_events_consultant_id_starts_at", "consultant_id", "starts_at"),
        CheckConstraint("status IN ('CONFIRMED','CANCELLED')", name="status"),
        CheckConstraint("kind IN ('engagement','note','todo')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(120))
    consultant_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    summary: Mapped[str] = mapped_column(String(300))
    location: Mapped[str] = mapped_column(String(400), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(10), default="CONFIRMED")
    kind: Mapped[str] = mapped_column(String(12), default="engagement", server_default="engagement")
    all_day: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    completed_at: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(Integer, default=0)
    updated_at: Mapped[datetime]
    stamp: Mapped[int] = mapped_column(BigInteger, default=fresh_stamp, onupdate=fresh_stamp, server_default="0")


class FeedLink(Base):
    """A secret link to a consultant's feed; kept as a hash, shown once.

    ``kind``: ``own`` shows everything, ``busy`` (for colleagues) only when. ``gone_at``: when an event was last taken
    out of the calendar as if it had never been.
    """

    __tablename__ = "feed_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    consultant_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    kind: Mapped[str] = mapped_column(String(10), default="own", server_default="own")
    gone_at: Mapped[datetime | None]
