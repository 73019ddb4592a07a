"""Telephone calls as the line saw them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.base.db import Base


class PhoneCall(Base):
    """A telephone call as the line saw it. ``sid``: the provider's id of the call to the company, None until it is
    known and for ``tel`` and ``manual``. ``call_id``: the finished call it belongs to, None while they talk.

    state follows the provider's words (``rules.phone.fold``); it never goes back from an end state. Times UTC;
    ``seconds`` talked. ``hangup_by``: ``company``, ``phoner`` or None when nobody knows. ``closed_by``: ``webhook``,
    ``job``, or None when the phoner ended it: before anything rang, or by the outcome (``tel`` and ``manual``, where
    ``completed`` without ``answered_at`` says only that the call is over).
    """

    __tablename__ = "phone_calls"
    __table_args__ = (
        CheckConstraint("provider IN ('twilio','fake','tel','manual')", name="provider"),
        CheckConstraint(
            "state IN ('dialling','queued','initiated','ringing','in-progress',"
            "'completed','busy','no-answer','failed','canceled')",
            name="state",
        ),
        Index("ix_phone_calls_number_started_at", "number", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(40), unique=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("queue_entries.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    call_id: Mapped[int | None] = mapped_column(ForeignKey("calls.id"), index=True)
    provider: Mapped[str] = mapped_column(String(10))
    sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    parent_sid: Mapped[str | None] = mapped_column(String(64), index=True)
    number: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12), default="dialling")
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    seconds: Mapped[int | None] = mapped_column(Integer)
    hangup_by: Mapped[str | None] = mapped_column(String(10))
    closed_by: Mapped[str | None] = mapped_column(String(10))
    recording_agreed_at: Mapped[datetime | None]


class PhoneEvent(Base):
    """A signed message from the provider, kept once however often it comes: ``sid`` and ``event`` name it."""

    __tablename__ = "phone_events"
    __table_args__ = (UniqueConstraint("sid", "event"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sid: Mapped[str] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
