"""A campaign's own outcomes and reasons."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.base.db import Base


class CampaignOutcome(Base):
    """An outcome of a campaign that has set its own; without any, the campaign uses ``rules.OUTCOMES``.

    ``human``: somebody was spoken to. ``final``: the calling ends. ``answer``: ``booked``, ``declined`` or None, the
    answer to the offer that the rates count. ``unworkable``: there is nobody to call here. ``do_not_call``: the
    company's wish, for every campaign. A try that is not final comes again after ``retry_minutes``, or not before
    the next calling day, at another part of the day when ``spread``; after ``max_tries`` of this outcome it ends.
    """

    __tablename__ = "campaign_outcomes"
    __table_args__ = (
        UniqueConstraint("campaign_id", "key"),
        CheckConstraint("outcome_group IN ('reached','unreached','permanent')", name="outcome_group"),
        CheckConstraint("answer IN ('booked','declined')", name="answer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    position: Mapped[int] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(20))
    label_da: Mapped[str] = mapped_column(String(40))
    label_en: Mapped[str] = mapped_column(String(40))
    letter: Mapped[str] = mapped_column(String(1))
    outcome_group: Mapped[str] = mapped_column(String(10))
    human: Mapped[bool] = mapped_column(Boolean, default=False)
    final: Mapped[bool] = mapped_column(Boolean, default=False)
    answer: Mapped[str | None] = mapped_column(String(10))
    unworkable: Mapped[bool] = mapped_column(Boolean, default=False)
    do_not_call: Mapped[bool] = mapped_column(Boolean, default=False)
    retry_minutes: Mapped[int] = mapped_column(Integer, default=0)
    next_day: Mapped[bool] = mapped_column(Boolean, default=False)
    spread: Mapped[bool] = mapped_column(Boolean, default=False)
    max_tries: Mapped[int | None] = mapped_column(Integer)
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class DeclineReason(Base):
    """A reason for a no that a campaign offers; without any, the campaign uses ``rules.DECLINE_REASONS``."""

    __tablename__ = "decline_reasons"
    __table_args__ = (UniqueConstraint("campaign_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    position: Mapped[int] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(40))
    label_da: Mapped[str] = mapped_column(String(60))
    label_en: Mapped[str] = mapped_column(String(60))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
