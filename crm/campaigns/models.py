"""Campaigns, participation, extracts drawn on, segments, call lists."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base.db import Base
from crm.companies.models import Workplace
from crm.people.models import CallingFirm, Jobcentre


class Campaign(Base):
    """``calls_from``/``calls_to``: minutes of the Danish day; ``calls_any_day`` opens weekends and holidays.

    ``fit_weight``: 0 calls in the list's order, 1 by how well a company fits free, drivable time; ``ranked_weight``:
    the weight the queue is ordered by now. ``quarantine_months``: a workplace that answered in another campaign within
    so many months is held back; 0 = never. Caps: ``max_attempts`` to an entry, ``max_attempts_a_day`` to an entry in
    one Danish day, ``max_number_attempts`` to a number in this campaign, ``call_backs_each`` open promises of a
    phoner. ``letter_days``: calling opens so many days after the letter was mailed.

    Reminders of agreements, in Danish working days: ``nag_before_days`` before the due date (0: none), on the day, and
    after it ``nag_overdue_days`` to the owner with the lead copied, ``nag_lead_days`` to the lead, ``nag_region_days``
    to the region as a figure. ``ending_days``: so long before a placement ends a follow-up is made.
    ``ask_company_days`` after the due date the company is asked whether it happened (0: never).
    """

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint("starts_on <= ends_on", name="dates"),
        CheckConstraint("state IN ('open','closed')", name="state"),
        CheckConstraint(
            "nag_before_days >= 0 AND 0 < nag_overdue_days AND nag_overdue_days < nag_lead_days "
            "AND nag_lead_days < nag_region_days AND ending_days > 0 AND ask_company_days >= 0",
            name="ladder",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10), default="open")
    calls_from: Mapped[int] = mapped_column(Integer, default=8 * 60)
    calls_to: Mapped[int] = mapped_column(Integer, default=17 * 60)
    calls_any_day: Mapped[bool] = mapped_column(Boolean, default=False)
    max_attempts: Mapped[int] = mapped_column(Integer, default=6)
    visit_minutes: Mapped[int] = mapped_column(Integer, default=60)
    margin_minutes: Mapped[int] = mapped_column(Integer, default=5)
    horizon_days: Mapped[int] = mapped_column(Integer, default=21)
    notice_hours: Mapped[int] = mapped_column(Integer, default=24)
    target_visits: Mapped[int | None] = mapped_column(Integer)
    fit_weight: Mapped[float] = mapped_column(Float, default=0.5)
    ranked_weight: Mapped[float | None] = mapped_column(Float)
    quarantine_months: Mapped[int] = mapped_column(Integer, default=0)
    max_attempts_a_day: Mapped[int] = mapped_column(Integer, default=2)
    max_number_attempts: Mapped[int] = mapped_column(Integer, default=10)
    call_backs_each: Mapped[int] = mapped_column(Integer, default=30)
    letter_days: Mapped[int] = mapped_column(Integer, default=4)
    nag_before_days: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    nag_overdue_days: Mapped[int] = mapped_column(Integer, default=2, server_default="2")
    nag_lead_days: Mapped[int] = mapped_column(Integer, default=5, server_default="5")
    nag_region_days: Mapped[int] = mapped_column(Integer, default=10, server_default="10")
    ending_days: Mapped[int] = mapped_column(Integer, default=10, server_default="10")
    ask_company_days: Mapped[int] = mapped_column(Integer, default=5, server_default="5")
    information_text: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]

    participations: Mapped[list[Participation]] = relationship(back_populates="campaign")


class Participation(Base):
    """A jobcentre in a campaign, and the firm that calls for it. ``calendars_full_since``: written from below
    (visits) when its consultants have no bookable time within the horizon; the queue closes meanwhile.
    ``contract_from`` and ``contract_until``: the days on which the firm may call; None = the campaign's own."""

    __tablename__ = "participations"
    __table_args__ = (UniqueConstraint("campaign_id", "jobcentre_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    jobcentre_id: Mapped[int] = mapped_column(ForeignKey("jobcentres.id"), index=True)
    calling_firm_id: Mapped[int | None] = mapped_column(ForeignKey("calling_firms.id"), index=True)
    target_visits: Mapped[int | None] = mapped_column(Integer)
    calendars_full_since: Mapped[datetime | None]
    contract_from: Mapped[date | None] = mapped_column(Date)
    contract_until: Mapped[date | None] = mapped_column(Date)

    campaign: Mapped[Campaign] = relationship(back_populates="participations")
    jobcentre: Mapped[Jobcentre] = relationship(lazy="joined", innerjoin=True)
    calling_firm: Mapped[CallingFirm | None] = relationship(lazy="joined")


class CampaignExtract(Base):
    """An import batch the campaign draws on; a campaign without one draws on the whole register."""

    __tablename__ = "campaign_extracts"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batches.id"), primary_key=True)


class CallList(Base):
    """A jobcentre's list: drawn by a segment's filters, reviewed, approved and then frozen.

    ``filters``: the saved segment (``campaigns.rules.Filters`` as a mapping). ``seed`` makes the random
    sample repeatable. ``legal_basis``: why protected companies on it may be called, who recorded it and when.
    """

    __tablename__ = "call_lists"
    __table_args__ = (CheckConstraint("state IN ('draft','approved')", name="state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    participation_id: Mapped[int] = mapped_column(ForeignKey("participations.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    filters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seed: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    legal_basis: Mapped[str | None] = mapped_column(Text)
    legal_basis_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    legal_basis_at: Mapped[datetime | None]

    participation: Mapped[Participation] = relationship(lazy="joined", innerjoin=True)


class ListEntry(Base):
    """A workplace on a list. ``struck_reason``: key of campaigns.rules.STRIKE_REASONS when struck out."""

    __tablename__ = "list_entries"
    __table_args__ = (
        UniqueConstraint("call_list_id", "workplace_id"),
        Index("ix_list_entries_call_list_id_position", "call_list_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_list_id: Mapped[int] = mapped_column(ForeignKey("call_lists.id", ondelete="CASCADE"))
    workplace_id: Mapped[int] = mapped_column(ForeignKey("workplaces.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    struck_reason: Mapped[str | None] = mapped_column(String(40))

    workplace: Mapped[Workplace] = relationship()


class SavedSegment(Base):
    """Filters a jobcentre keeps under a name, to draw lists from again."""

    __tablename__ = "saved_segments"
    __table_args__ = (UniqueConstraint("participation_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    participation_id: Mapped[int] = mapped_column(ForeignKey("participations.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    filters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]


class Script(Base):
    """What phoners say: a version of a campaign's script, for one jobcentre or (None) for all that have no own.

    Never changed once ``published_at`` is set; the newest published one is used, and one without steps says that the
    next one up (the campaign's, then the standard script) is used again. ``steps``: see ``campaigns.rules.script``.
    ``created_at`` and ``created_by``: when and by whom it was saved last.
    """

    __tablename__ = "scripts"
    __table_args__ = (
        Index("ix_scripts_campaign_id_jobcentre_id_version", "campaign_id", "jobcentre_id", "version", unique=True),
        Index(
            "ix_scripts_campaign_id_version",
            "campaign_id",
            "version",
            unique=True,
            postgresql_where=text("jobcentre_id IS NULL"),
            sqlite_where=text("jobcentre_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    jobcentre_id: Mapped[int | None] = mapped_column(ForeignKey("jobcentres.id"))
    version: Mapped[int] = mapped_column(Integer)
    steps: Mapped[list[Any]] = mapped_column(default=list)
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    published_at: Mapped[datetime | None]


class LetterBatch(Base):
    """Letters sent before the calls: which workplaces of an approved list, and the day they are mailed."""

    __tablename__ = "letter_batches"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_list_id: Mapped[int] = mapped_column(ForeignKey("call_lists.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    mailed_on: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    call_list: Mapped[CallList] = relationship()


class Letter(Base):
    """A workplace in a batch. ``left_out``: why it got no letter (key of rules.LETTER_LEFT_OUT).
    ``returned_at``: the letter came back; ``returned_because``: key of rules.RETURN_REASONS.

    A row stays what it was: who was left out, or whose letter came back, may stand in a later batch again, when the
    reason is gone. At most one letter of an entry is under way or delivered."""

    __tablename__ = "letters"
    __table_args__ = (
        Index(
            "ix_letters_live",
            "list_entry_id",
            unique=True,
            postgresql_where=text("left_out IS NULL AND returned_at IS NULL"),
            sqlite_where=text("left_out IS NULL AND returned_at IS NULL"),
        ),
    )

    batch_id: Mapped[int] = mapped_column(ForeignKey("letter_batches.id", ondelete="CASCADE"), primary_key=True)
    list_entry_id: Mapped[int] = mapped_column(
        ForeignKey("list_entries.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    left_out: Mapped[str | None] = mapped_column(String(20))
    returned_at: Mapped[datetime | None]
    returned_because: Mapped[str | None] = mapped_column(String(20))
