"""Queue entries, calls, who calls a list, and what a phoner is doing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base.db import Base
from crm.campaigns.models import Campaign
from crm.companies.models import Workplace
from crm.people.models import Jobcentre

_CLAIM_ORDER = ("priority", "rank", "behind", "due_at", "id")


def _claim_index(name: str, *columns: Any) -> Index:
    """In the order in which entries are offered, over those that can be."""
    live = text("state = 'waiting' AND awake")
    return Index(name, *columns, postgresql_where=live, sqlite_where=live)


class QueueEntry(Base):
    """One workplace to be called in one campaign; it counts once there, by its last final answer.

    ``priority``: 0 before all others, 1 as usual, 2 after all others; copied from the list's allotment.
    ``fit``: how well the workplace fits free, drivable time of the jobcentre's consultants, 0 to 1; computed in
    ``visits``, None when it is not known. ``turn``: its place in the list, 1 first to 0 last. ``behind``: what the
    claim orders by within a tier, 0 first to 1000 last (``rules.behind_of``).
    ``awake``: due, or due soon; entries asleep are outside the claim's index until they are woken.
    ``shared_phone``: another entry, in any campaign, has the same number. ``day_attempts``: calls on the Danish day
    of ``last_called_at``.

    state: ``waiting`` (offered when ``due_at`` has come), ``done`` (has an outcome that ends the calling).
    A live claim is ``claimed_by`` with ``claimed_until`` in the future, whatever the state.
    ``call_back_by``: the phoner who promised to call; None = anyone. ``rank``: 0 call-back, 1 retry, 2 fresh.
    ``final_outcome`` (``booked``, ``declined`` or an unworkable key) with time, phoner and firm: the rates read it.
    """

    __tablename__ = "queue_entries"
    __table_args__ = (
        UniqueConstraint("campaign_id", "workplace_id"),
        CheckConstraint("state IN ('waiting','done')", name="state"),
        _claim_index("ix_queue_entries_claim", "campaign_id", "jobcentre_id", *_CLAIM_ORDER),
        _claim_index("ix_queue_entries_claim_any", "campaign_id", "calling_firm_id", *_CLAIM_ORDER),
        Index(
            "ix_queue_entries_asleep",
            "campaign_id",
            "due_at",
            postgresql_where=text("state = 'waiting' AND NOT awake"),
            sqlite_where=text("state = 'waiting' AND NOT awake"),
        ),
        Index(
            "ix_queue_entries_call_back",
            "call_back_by",
            "due_at",
            postgresql_where=text("state = 'waiting' AND call_back_by IS NOT NULL"),
            sqlite_where=text("state = 'waiting' AND call_back_by IS NOT NULL"),
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
    shared_phone: Mapped[bool] = mapped_column(Boolean, default=False)
    priority: Mapped[int] = mapped_column(Integer, default=1)
    fit: Mapped[float | None] = mapped_column(Float)
    turn: Mapped[float] = mapped_column(Float, default=0.5)
    behind: Mapped[int] = mapped_column(Integer, default=500)
    awake: Mapped[bool] = mapped_column(Boolean, default=True)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    rank: Mapped[int] = mapped_column(Integer, default=2)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    day_attempts: Mapped[int] = mapped_column(Integer, default=0)
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
    was finished. ``idempotency_key`` makes a repeated finish answer with the first one's result.

    ``answer``: ``booked`` or ``declined`` when the call gave an answer to the offer, whatever the outcome's own key.
    ``before``: the entry's columns as they were, for the ten seconds in which the outcome can be taken back."""

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
    answer: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(Text, default="")
    call_back_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    before: Mapped[dict[str, Any] | None]
    idempotency_key: Mapped[str | None] = mapped_column(String(100))


class ListAllotment(Base):
    """Who calls a list when it is not simply the firm of its participation: another firm, a priority group, or
    nobody (``released_at``) until it is allotted again."""

    __tablename__ = "list_allotments"

    call_list_id: Mapped[int] = mapped_column(ForeignKey("call_lists.id", ondelete="CASCADE"), primary_key=True)
    calling_firm_id: Mapped[int | None] = mapped_column(ForeignKey("calling_firms.id"), index=True)
    priority: Mapped[int] = mapped_column(Integer, default=1)
    released_at: Mapped[datetime | None]


class Presence(Base):
    """What a phoner is doing: ``calling``, ``paused`` (with ``reason``) or ``away``; ``since`` when, ``seen_at``: the
    last sign of life."""

    __tablename__ = "phoner_presence"
    __table_args__ = (CheckConstraint("state IN ('calling','paused','away')", name="state"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(20))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"), index=True)
    jobcentre_id: Mapped[int | None] = mapped_column(ForeignKey("jobcentres.id"))
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
