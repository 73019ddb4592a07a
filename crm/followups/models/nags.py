"""Nags, the notices people get of them, the morning's digests, and how each person wants to be told."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base.db import Base
from crm.followups.models.agreements import FollowUp
from crm.people.models import User


class Nag(Base):
    """One reminder step of one due date of one follow-up: exactly one row, whatever the number of schedulers.

    ``step``: key of followups.rules.LADDER (``before``, ``due``, ``overdue``, ``escalated``, ``region``), or of
    ``UNANSWERED``: then ``due_on`` is the day the company wrote its correction.
    """

    __tablename__ = "nags"
    __table_args__ = (UniqueConstraint("follow_up_id", "step", "due_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_ups.id", ondelete="CASCADE"))
    step: Mapped[str] = mapped_column(String(20))
    due_on: Mapped[date] = mapped_column(Date)
    written_at: Mapped[datetime]
    recipient_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    follow_up: Mapped[FollowUp] = relationship()


class Digest(Base):
    """One person's reminders of one morning: one a person a Danish day, ever."""

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("user_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(Date)
    written_at: Mapped[datetime]


class Notice(Base):
    """Something a person is to know of a follow-up: shown in the product, and where it has a ``digest_id`` told in it.

    ``kind``: ``nag`` (with ``nag_id``), ``answer`` (the company corrected it; with ``nag_id`` it still waits),
    ``not_kept`` (it says that it has not happened), ``handed_over``. ``role``: why they get it: ``owner``,
    ``substitute``, ``copy``, ``lead``, ``region``.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("nag_id", "user_id"),
        CheckConstraint("kind IN ('nag','answer','not_kept','handed_over')", name="kind"),
        CheckConstraint("role IN ('owner','substitute','copy','lead','region')", name="role"),
        Index("ix_notices_user_id_seen_at", "user_id", "seen_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_ups.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    role: Mapped[str] = mapped_column(String(12), default="owner")
    nag_id: Mapped[int | None] = mapped_column(ForeignKey("nags.id", ondelete="CASCADE"))
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("digests.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]

    follow_up: Mapped[FollowUp] = relationship()
    nag: Mapped[Nag | None] = relationship()
    user: Mapped[User] = relationship()


class ReminderWishes(Base):
    """How a person wants to be reminded; without a row by mail alone. ``calendar``: their agreements stand in their
    calendar as ``todo`` or all-day ``event``, or not (``none``). What is shown in the product is always shown."""

    __tablename__ = "reminder_wishes"
    __table_args__ = (CheckConstraint("calendar IN ('none','todo','event')", name="calendar"),)

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    mail: Mapped[bool] = mapped_column(Boolean, default=True)
    sms: Mapped[bool] = mapped_column(Boolean, default=False)
    calendar: Mapped[str] = mapped_column(String(10), default="none")
