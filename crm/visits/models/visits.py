"""Visits and their history; the database itself refuses overlap."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Boolean, CheckConstraint, Float, ForeignKey, Index, Integer, String, Table, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base.db import Base
from crm.base.overlap import refuse_overlap
from crm.calling.models import QueueEntry
from crm.companies.models import Workplace
from crm.people.models import User

OCCUPYING = "state IN ('booked','held','nobody_there')"


class Visit(Base):
    """A visit to a workplace. Times half-open, UTC. The place is copied at booking: the drive was checked with it.

    state: ``booked``, ``held``, ``cancelled_by_company``, ``cancelled_by_jobcentre``, ``nobody_there``.
    ``responsible_id``: who answers for it now (passes from phoner to consultant at booking).
    No two visits of a consultant may overlap while in an occupying state: the database itself refuses
    (exclusion constraint ``visit_overlap`` on PostgreSQL, triggers of that name on SQLite; migration 0001).
    """

    __tablename__ = "visits"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        CheckConstraint(
            "state IN ('booked','held','cancelled_by_company','cancelled_by_jobcentre','nobody_there')", name="state"
        ),
        Index("ix_visits_consultant_id_starts_at", "consultant_id", "starts_at"),
        Index("ix_visits_campaign_id_state", "campaign_id", "state"),
        Index(
            "uq_visits_live_entry",
            "queue_entry_id",
            unique=True,
            postgresql_where=text("state = 'booked'"),
            sqlite_where=text("state = 'booked'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    queue_entry_id: Mapped[int] = mapped_column(ForeignKey("queue_entries.id"), index=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    jobcentre_id: Mapped[int] = mapped_column(ForeignKey("jobcentres.id"), index=True)
    workplace_id: Mapped[int] = mapped_column(ForeignKey("workplaces.id"), index=True)
    consultant_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    responsible_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    booked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    booked_firm_id: Mapped[int | None] = mapped_column(ForeignKey("calling_firms.id"), index=True)
    booked_at: Mapped[datetime]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(24), default="booked")
    sequence: Mapped[int] = mapped_column(Integer, default=0)
    lat: Mapped[float] = mapped_column(Float)
    lon: Mapped[float] = mapped_column(Float)
    contact_name: Mapped[str] = mapped_column(String(200))
    contact_title: Mapped[str] = mapped_column(String(120), default="")
    contact_phone: Mapped[str | None] = mapped_column(String(20))
    contact_email: Mapped[str | None] = mapped_column(String(254))
    note: Mapped[str] = mapped_column(Text, default="")
    arrived_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]
    reported_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    pressed: Mapped[bool | None] = mapped_column(Boolean)
    schemes: Mapped[list[Any]] = mapped_column(default=list)
    materials: Mapped[list[Any]] = mapped_column(default=list)
    report_note: Mapped[str] = mapped_column(Text, default="")
    no_follow_up_because: Mapped[str | None] = mapped_column(String(300))

    entry: Mapped[QueueEntry] = relationship()
    workplace: Mapped[Workplace] = relationship(lazy="joined", innerjoin=True)
    consultant: Mapped[User] = relationship(foreign_keys=consultant_id)
    responsible: Mapped[User] = relationship(foreign_keys=responsible_id)
    events: Mapped[list[VisitEvent]] = relationship(order_by="VisitEvent.id", back_populates="visit")


class VisitEvent(Base):
    """The visit's history: ``book``, ``move``, ``cancel``, ``arrive``, ``report``; old and new values in ``data``."""

    __tablename__ = "visit_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)

    visit: Mapped[Visit] = relationship(back_populates="events")
    actor: Mapped[User | None] = relationship(foreign_keys=actor_id)
    responsible: Mapped[User | None] = relationship(foreign_keys=responsible_id)


refuse_overlap(cast(Table, Visit.__table__), "consultant_id", OCCUPYING)
