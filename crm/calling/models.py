"""Queue entries and calls."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base.db import Base
from crm.campaigns.models import Campaign
from crm.companies.models import Workplace
from crm.people.models import Jobcentre


class QueueEntry(Base):
    """One workplace to be called in one campaign; it counts once there, by its last final answer.

    state: ``waiting`` (offered when ``due_at`` has come), ``done`` (has an outcome that ends the calling).
    A live claim is ``claimed_by`` with ``claimed_until`` in the future, whatever the state.
    ``call_back_by``: the phoner who promised to call; None = anyone. ``rank``: 0 call-back, 1 retry, 2 fresh.
    ``final_outcome`` (``booked``, ``declined`` or an unworkable key) with time, phoner and firm: the rates read it.
    """

    __tablename__ = "queue_entries"
    __table_args__ = (
        UniqueConstraint("campaign_id", "workplace_id"),
        CheckConstraint("state IN ('waiting','done')", name="state"),
        Index(
            "ix_queue_entries_claim",
            "campaign_id",
            "jobcentre_id",
            "rank",
            "due_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_queue_entries_claim_any",
            "campaign_id",
            "rank",
            "due_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_queue_entries_claimed_by",
            "claimed_by",
            postgresql_where=text("claimed_by IS NOT NULL"),
            sqlite_where=text("claimed_by IS NOT NULL"),
        ),
        Index("ix_queue_entries_rate", "campaign_id", "final_outcome", "jobcentre_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    jobcentre_id: Mapped[int] = mapped_column(ForeignKey("jobcentres.id"), index=True)
    calling_firm_id: Mapped[int | None] = mapped_column(ForeignKey("calling_firms.id"), index=True)
    workplace_id: Mapped[int] = mapped_column(ForeignKey("workplaces.id"), index=True)
    list_entry_id: Mapped[int] = mapped_column(ForeignKey("list_entries.id"))
    phone: Mapped[str | None] = mapped_column(String(20), index=True)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    rank: Mapped[int] = mapped_column(Integer, default=2)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_outcome: Mapped[str | None] = mapped_column(String(20))
    last_called_at: Mapped[datetime | None]
    call_back_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    claimed_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    draft_note: Mapped[str] = mapped_column(Text, default="")
    final_outcome: Mapped[str | None] = mapped_column(String(20))
    final_at: Mapped[datetime | None]
    final_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    final_firm_id: Mapped[int | None] = mapped_column(ForeignKey("calling_firms.id"))

    campaign: Mapped[Campaign] = relationship(lazy="joined", innerjoin=True)
    workplace: Mapped[Workplace] = relationship(lazy="joined", innerjoin=True)
    jobcentre: Mapped[Jobcentre] = relationship(lazy="joined", innerjoin=True)


class Call(Base):
    """One call with its outcome. ``started_at`` is when the entry was claimed or dialled, ``ended_at`` when it
    was finished. ``idempotency_key`` makes a repeated finish answer with the first one's result."""

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("user_id", "idempotency_key"),
        Index("ix_calls_user_id_ended_at", "user_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("queue_entries.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    calling_firm_id: Mapped[int | None] = mapped_column(ForeignKey("calling_firms.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(Text, default="")
    call_back_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    idempotency_key: Mapped[str | None] = mapped_column(String(100))
