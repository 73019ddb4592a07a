"""What stands around the slots: held times, how fit was computed, a jobcentre's weights."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from crm.base.db import Base


class SlotHold(Base):
    """A time kept for a phoner who is talking with the company; it takes up time until ``until``, visible to others,
    and lapses by itself. An entry has one at a time."""

    __tablename__ = "slot_holds"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        Index("ix_slot_holds_consultant_id_starts_at", "consultant_id", "starts_at"),
    )

    entry_id: Mapped[int] = mapped_column(ForeignKey("queue_entries.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    consultant_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    lat: Mapped[float] = mapped_column(Float)
    lon: Mapped[float] = mapped_column(Float)
    held_at: Mapped[datetime]
    until: Mapped[datetime]


class FitRun(Base):
    """When the fit of a jobcentre's waiting companies was last computed, for which visits and how long it took."""

    __tablename__ = "fit_runs"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    jobcentre_id: Mapped[int] = mapped_column(ForeignKey("jobcentres.id", ondelete="CASCADE"), primary_key=True)
    ran_at: Mapped[datetime]
    last_event_id: Mapped[int] = mapped_column(Integer, default=0)
    entries: Mapped[int] = mapped_column(Integer, default=0)
    seconds: Mapped[float] = mapped_column(Float, default=0)


class SlotWeights(Base):
    """How a jobcentre ranks its times, in minutes of extra driving. Without a row both are 0: least extra driving,
    then the consultant with the fewest visits that week, then the earliest.

    ``fairness_min``: a visit more that week weighs as much; ``earliness_min``: a day later weighs as much.
    """

    __tablename__ = "slot_weights"
    __table_args__ = (
        CheckConstraint("fairness_min BETWEEN 0 AND 240 AND earliness_min BETWEEN 0 AND 240", name="minutes"),
    )

    jobcentre_id: Mapped[int] = mapped_column(
        ForeignKey("jobcentres.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    fairness_min: Mapped[int] = mapped_column(Integer, default=0)
    earliness_min: Mapped[int] = mapped_column(Integer, default=0)
