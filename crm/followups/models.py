"""Follow-ups and the nags written for them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base.db import Base
from crm.companies.models import Workplace
from crm.people.models import User
from crm.visits.models import Visit


class FollowUp(Base):
    """An agreement. ``owed_by``: jobcentre or company. ``due_on``: a Danish working day; ``first_due_on``
    stays when it is snoozed. ``kind``: key of followups.rules.KINDS. ``voided_at``: taken back by correcting
    the report.
    """

    __tablename__ = "follow_ups"
    __table_args__ = (
        CheckConstraint("owed_by IN ('jobcentre','company')", name="owed_by"),
        CheckConstraint("state IN ('open','done')", name="state"),
        Index(
            "ix_follow_ups_open",
            "owner_id",
            "due_on",
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), index=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    jobcentre_id: Mapped[int] = mapped_column(ForeignKey("jobcentres.id"), index=True)
    workplace_id: Mapped[int] = mapped_column(ForeignKey("workplaces.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(20))
    owed_by: Mapped[str] = mapped_column(String(10))
    promise: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date] = mapped_column(Date)
    first_due_on: Mapped[date] = mapped_column(Date)
    snooze_reason: Mapped[str | None] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(10), default="open")
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    outcome: Mapped[str] = mapped_column(Text, default="")
    from_report: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime | None]

    workplace: Mapped[Workplace] = relationship(lazy="joined", innerjoin=True)
    visit: Mapped[Visit] = relationship()
    owner: Mapped[User] = relationship(foreign_keys=owner_id)


class Nag(Base):
    """One reminder step of one due date of one follow-up: exactly one row, whatever the number of schedulers.

    ``step``: key of followups.rules.LADDER (``due``, ``overdue``, ``escalated``).
    """

    __tablename__ = "nags"
    __table_args__ = (UniqueConstraint("follow_up_id", "step", "due_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_ups.id", ondelete="CASCADE"))
    step: Mapped[str] = mapped_column(String(20))
    due_on: Mapped[date] = mapped_column(Date)
    written_at: Mapped[datetime]
    recipient_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
