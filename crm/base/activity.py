"""The activity log: who did what to which record, when. Upstream rooms write facts; downstream jobs read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.base.db import Base, Id


class Activity(Base):
    """One fact. ``workplace_id`` and ``campaign_id`` are plain numbers: base knows no other room's tables."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("ix_activity_subject", "subject_type", "subject_id"),
        Index("ix_activity_workplace_id_at", "workplace_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(Id)
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    verb: Mapped[str] = mapped_column(String(60))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(Id)
    workplace_id: Mapped[int | None] = mapped_column(Id)
    campaign_id: Mapped[int | None] = mapped_column(Id)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


def record(
    session: Session,
    actor: Any,
    now: datetime,
    verb: str,
    subject: Any,
    *,
    workplace_id: int | None = None,
    campaign_id: int | None = None,
    **data: Any,
) -> Activity:
    """Write one fact. ``verb`` is ``room.verb`` such as ``visits.book``; ``actor`` is a user or None (a job).

    ``subject`` must be flushed (have an id). ``data`` must be JSON: times as ISO strings.
    """
    activity = Activity(
        at=now,
        actor_id=getattr(actor, "id", None),
        actor_name=getattr(actor, "name", "") or "",
        verb=verb,
        subject_type=subject.__tablename__,
        subject_id=subject.id,
        workplace_id=workplace_id,
        campaign_id=campaign_id,
        data=data,
    )
    session.add(activity)
    return activity
