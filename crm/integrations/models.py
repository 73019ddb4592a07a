"""The outbox: what is to leave the building, written in the transaction that decided it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.base.db import Base, Id


class OutboxMessage(Base):
    """One mail or SMS. ``dedupe_key`` makes writing it twice impossible. ``attachments``: name, mime, text each.
    ``reply_to``: who answers people's answers to a mail.

    States: pending -> sending -> sent; failed after the last attempt; unknown when the provider's answer was lost
    and a blind retry could send twice; withheld when the receiver wants no SMS. ``last_error`` says why.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("state IN ('pending','sending','sent','failed','unknown','withheld')", name="state"),
        Index(
            "ix_outbox_due",
            "not_before",
            postgresql_where=text("state IN ('pending','sending')"),
            sqlite_where=text("state IN ('pending','sending')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(10))
    dedupe_key: Mapped[str] = mapped_column(String(200), unique=True)
    recipient: Mapped[str] = mapped_column(String(254))
    reply_to: Mapped[str | None] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(300), default="")
    body_text: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str | None] = mapped_column(Text)
    attachments: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(String(10), default="pending")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    workplace_id: Mapped[int | None] = mapped_column(Id, index=True)


class SmsOptOut(Base):
    """A number that wants no SMS from us (it answered STOP); START takes it back. ``phone`` in E.164."""

    __tablename__ = "sms_opt_outs"

    phone: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime]
    said: Mapped[str] = mapped_column(String(40), default="")


class IncomingSms(Base):
    """An SMS we got, once however often it is brought: ``sid`` names it. ``meant``: ``stop``, ``start``, ``help`` or
    empty. What people wrote is not kept."""

    __tablename__ = "incoming_sms"

    id: Mapped[int] = mapped_column(primary_key=True)
    sid: Mapped[str] = mapped_column(String(64), unique=True)
    phone: Mapped[str] = mapped_column(String(20))
    meant: Mapped[str] = mapped_column(String(10), default="")
    at: Mapped[datetime]


class IncomingMail(Base):
    """A mail from the mailbox that was read, once however often it is seen: ``message_id`` names it. ``meant``: what it
    turned out to be (``reply``, ``other``, ``broken``). What people wrote is not kept here."""

    __tablename__ = "incoming_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(300), unique=True)
    meant: Mapped[str] = mapped_column(String(10), default="")
    at: Mapped[datetime]
