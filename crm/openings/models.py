"""Openings."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base.db import Base
from crm.companies.models import Workplace
from crm.visits.models import Visit


class Opening(Base):
    """A job opening a visit gave. ``type``: key of openings.rules.TYPES. ``akutjob``: flag on ordinary ones.

    ``from_report``: written by the visit report, so that correcting the report replaces it; ``voided_at``:
    taken back by a correction, and then counted nowhere.
    """

    __tablename__ = "openings"
    __table_args__ = (
        CheckConstraint("positions >= 1", name="positions"),
        CheckConstraint("akutjob = false OR type = 'ordinary'", name="akutjob"),
        CheckConstraint("state IN ('open','closed')", name="state"),
        Index("ix_openings_campaign_id_type", "campaign_id", "type"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), index=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    jobcentre_id: Mapped[int] = mapped_column(ForeignKey("jobcentres.id"), index=True)
    workplace_id: Mapped[int] = mapped_column(ForeignKey("workplaces.id"), index=True)
    consultant_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    type: Mapped[str] = mapped_column(String(20))
    positions: Mapped[int] = mapped_column(Integer)
    akutjob: Mapped[bool] = mapped_column(Boolean, default=False)
    occupation: Mapped[str] = mapped_column(String(200), default="")
    wishes: Mapped[str] = mapped_column(Text, default="")
    cvs_wanted: Mapped[int | None] = mapped_column(Integer)
    cvs_by: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10), default="open")
    closed_reason: Mapped[str | None] = mapped_column(String(40))
    closed_at: Mapped[datetime | None]
    from_report: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime | None]

    visit: Mapped[Visit] = relationship()
    workplace: Mapped[Workplace] = relationship(lazy="joined", innerjoin=True)
