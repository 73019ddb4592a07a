"""Published events and the links that show them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.base.db import Base


class CalendarEvent(Base):
    """One event as calendars show it, written by the room that owns the engagement through ``publish``.

    ``uid`` is stable for life; ``sequence`` rises on a change of time or status (RFC 5545, 3.8.7.4). An engagement
    that went to another consultant has two rows: cancelled for the former, confirmed for the one who has it now.
    """

    __tablename__ = "calendar_events"
    __table_args__ = (
        UniqueConstraint("uid", "consultant_id"),
        Index("ix_calendar_events_consultant_id_starts_at", "consultant_id", "starts_at"),
        CheckConstraint("status IN ('CONFIRMED','CANCELLED')", name="status"),
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
    sequence: Mapped[int] = mapped_column(Integer, default=0)
    updated_at: Mapped[datetime]


class FeedLink(Base):
    """A secret link to a consultant's feed; kept as a hash, shown once. ``version`` rises with every change."""

    __tablename__ = "feed_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    consultant_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
