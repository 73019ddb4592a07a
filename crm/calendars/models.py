"""Working hours, base, absence, published calendar events, feed links."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.base.db import Base


class CalendarProfile(Base):
    """Where a consultant's day starts and ends, and how many visits a day they take at most."""

    __tablename__ = "calendar_profiles"

    consultant_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    base_name: Mapped[str] = mapped_column(String(120))
    base_postcode: Mapped[str] = mapped_column(String(4))
    base_lat: Mapped[float] = mapped_column(Float)
    base_lon: Mapped[float] = mapped_column(Float)
    max_visits_a_day: Mapped[int] = mapped_column(Integer, default=4)


class WorkingHours(Base):
    """A weekly stretch on the Danish clock: weekday 0 = Monday, minutes of the day."""

    __tablename__ = "working_hours"
    __table_args__ = (
        UniqueConstraint("consultant_id", "weekday", "starts_minute"),
        CheckConstraint("weekday BETWEEN 0 AND 6 AND starts_minute < ends_minute AND ends_minute <= 1440", name="span"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultant_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    weekday: Mapped[int] = mapped_column(Integer)
    starts_minute: Mapped[int] = mapped_column(Integer)
    ends_minute: Mapped[int] = mapped_column(Integer)


class Absence(Base):
    """Holiday, course, leave, other appointments: time the consultant cannot be booked. Half-open, UTC."""

    __tablename__ = "absences"
    __table_args__ = (
        Index("ix_absences_consultant_id_starts_at", "consultant_id", "starts_at"),
        CheckConstraint("starts_at < ends_at", name="span"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultant_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    title: Mapped[str] = mapped_column(String(120))


class CalendarEvent(Base):
    """One event as calendars show it, written by the room that owns the engagement through ``publish``.

    ``uid`` is stable for life; ``sequence`` rises on a change of time or status (RFC 5545, 3.8.7.4).
    """

    __tablename__ = "calendar_events"
    __table_args__ = (
        Index("ix_calendar_events_consultant_id_starts_at", "consultant_id", "starts_at"),
        CheckConstraint("status IN ('CONFIRMED','CANCELLED')", name="status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(120), unique=True)
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
