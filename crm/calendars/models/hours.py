"""Working hours, base, wishes and absence of a consultant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Integer, String, UniqueConstraint
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


class WeekdayBase(Base):
    """Where the day starts and ends on one weekday (0 = Monday), where that is not the profile's base."""

    __tablename__ = "weekday_bases"
    __table_args__ = (CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),)

    consultant_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    weekday: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(120))
    postcode: Mapped[str] = mapped_column(String(4))
    lat: Mapped[float] = mapped_column(Float)
    lon: Mapped[float] = mapped_column(Float)


class CalendarWishes(Base):
    """What a consultant wishes of bookings; without a row there are none.

    ``lunch_minutes`` free of visits and driving between ``lunch_from`` and ``lunch_to`` (minutes of the Danish day),
    0: none. ``notice_hours``: no visit booked closer than this; ``horizon_days``: none further out (None: as the
    campaign says; the stricter of the two counts). ``areas``: ``[from, to]`` postcodes, both included, in which
    visits may lie; empty: everywhere.
    """

    __tablename__ = "calendar_wishes"
    __table_args__ = (
        CheckConstraint("lunch_minutes BETWEEN 0 AND 120 AND lunch_from + lunch_minutes <= lunch_to", name="lunch"),
        CheckConstraint("notice_hours >= 0 AND (horizon_days IS NULL OR horizon_days > 0)", name="notice"),
    )

    consultant_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    lunch_minutes: Mapped[int] = mapped_column(Integer, default=0)
    lunch_from: Mapped[int] = mapped_column(Integer, default=660)
    lunch_to: Mapped[int] = mapped_column(Integer, default=810)
    notice_hours: Mapped[int] = mapped_column(Integer, default=0)
    horizon_days: Mapped[int | None] = mapped_column(Integer)
    areas: Mapped[list[Any]] = mapped_column(default=list)
