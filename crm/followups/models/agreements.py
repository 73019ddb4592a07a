"""Follow-ups, and what companies answer to them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base.db import Base
from crm.companies.models import Workplace
from crm.openings.models import Opening, Placement
from crm.people.models import User
from crm.visits.models import Visit


class FollowUp(Base):
    """An agreement. ``owed_by``: jobcentre or company. ``due_on``: a Danish working day; ``first_due_on``
    stays when it is snoozed. ``kind``: key of followups.rules.KINDS. ``voided_at``: taken back by correcting
    the report. ``outcome_key``: key of followups.rules.OUTCOMES once done; ``no_next_because``: why nothing comes after
    it; ``follows_id``: the one it continues. ``opening_id``, ``placement_id``: what it is about, where it is about one.
    ``snoozes``: how often it was put off. ``told_at``: when the company last got it in writing, None for what it was
    never told. ``confirmed_at``: the company agreed by its link; ``asked_at``, ``company_kept``: it was asked whether
    it happened, and what it said (None: has not answered).
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
        CheckConstraint(
            "kind IN ('we_owe','company_owes','future_need','care','placement_ending','data_missing')", name="kind"
        ),
        Index(
            "uq_follow_ups_missing",
            "opening_id",
            unique=True,
            postgresql_where=text("kind = 'data_missing' AND state = 'open' AND voided_at IS NULL"),
            sqlite_where=text("kind = 'data_missing' AND state = 'open' AND voided_at IS NULL"),
        ),
        Index(
            "uq_follow_ups_ending",
            "placement_id",
            unique=True,
            postgresql_where=text("kind = 'placement_ending' AND state = 'open' AND voided_at IS NULL"),
            sqlite_where=text("kind = 'placement_ending' AND state = 'open' AND voided_at IS NULL"),
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
    snoozes: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    state: Mapped[str] = mapped_column(String(10), default="open")
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    outcome: Mapped[str] = mapped_column(Text, default="")
    outcome_key: Mapped[str | None] = mapped_column(String(20))
    no_next_because: Mapped[str | None] = mapped_column(String(300))
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("follow_ups.id"))
    opening_id: Mapped[int | None] = mapped_column(ForeignKey("openings.id"), index=True)
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placements.id"), index=True)
    told_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    company_kept: Mapped[bool | None] = mapped_column(Boolean)
    from_report: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime | None]

    workplace: Mapped[Workplace] = relationship(lazy="joined", innerjoin=True)
    visit: Mapped[Visit] = relationship()
    owner: Mapped[User] = relationship(foreign_keys=owner_id)
    opening: Mapped[Opening | None] = relationship()
    placement: Mapped[Placement | None] = relationship()


class Answer(Base):
    """What the company said through its link. ``kind``: ``confirmed``, ``corrected`` (``words``, perhaps another
    ``due_on``, perhaps the other side ``owed_by``), ``kept`` or ``not_kept``. A correction is settled by the owner:
    ``accepted`` or ``declined`` with the words ``reply``, or neither where what was agreed was done meanwhile;
    ``declined`` without ``settled_by`` the company took it back itself."""

    __tablename__ = "follow_up_answers"
    __table_args__ = (
        CheckConstraint("kind IN ('confirmed','corrected','kept','not_kept')", name="kind"),
        CheckConstraint("settled_as IS NULL OR settled_as IN ('accepted','declined')", name="settled_as"),
        CheckConstraint("owed_by IS NULL OR owed_by IN ('jobcentre','company')", name="owed_by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_ups.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(Text, default="")
    due_on: Mapped[date | None] = mapped_column(Date)
    owed_by: Mapped[str | None] = mapped_column(String(10))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    settled_as: Mapped[str | None] = mapped_column(String(10))
    reply: Mapped[str] = mapped_column(Text, default="")

    follow_up: Mapped[FollowUp] = relationship()
