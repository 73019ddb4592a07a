"""What happens to a visit from outside: days that no longer fit, answers to invitations, moves that are proposed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base.db import Base
from crm.visits.models.visits import Visit


class VisitConflict(Base):
    """A booked visit that no longer fits its day because something beside it changed (base, hours, absence, own
    appointments, a neighbour, the campaign's margin), or because its consultant is gone. One open row a visit.

    ``reason``: a key of rules.conflicts.WORDS. ``data``: needed_min, available_min, place. ``told_at``: when the
    consultant and the leads were told. Settled when the day fits again, or the visit is moved or cancelled, or somebody
    says that it will do: ``settled_how`` is ``fits``, ``changed``, ``over`` or ``accepted``, the last with who and why.
    ``signature``: what stands in the way, in one line; an accepted one is not raised again while that stays the same,
    and is emptied once the day has fitted.
    """

    __tablename__ = "visit_conflicts"
    __table_args__ = (
        Index(
            "uq_visit_conflicts_open",
            "visit_id",
            unique=True,
            postgresql_where=text("settled_at IS NULL"),
            sqlite_where=text("settled_at IS NULL"),
        ),
        CheckConstraint(
            "settled_how IS NULL OR settled_how IN ('fits','changed','over','accepted')", name="settled_how"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(20))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    signature: Mapped[str] = mapped_column(String(200), default="")
    found_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    settled_how: Mapped[str | None] = mapped_column(String(10))
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    accepted_because: Mapped[str] = mapped_column(String(300), default="")

    visit: Mapped[Visit] = relationship()


class ConflictCheck(Base):
    """How far the search for conflicts has read the activity log: one row, number 1.

    ``gaps``: numbers up to ``last_activity_id`` that were not there yet, each with when that was first seen (ISO 8601):
    a transaction that is still open may fill them.
    """

    __tablename__ = "conflict_checks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_activity_id: Mapped[int] = mapped_column(Integer)
    gaps: Mapped[list[Any]] = mapped_column(default=list)
    ran_at: Mapped[datetime]


class VisitReply(Base):
    """An answer to an invitation (iTIP REPLY, RFC 5546, 3.2.3), once however often the mail is read.

    ``party``: company or consultant; ``partstat``: ACCEPTED, DECLINED or TENTATIVE; ``sequence``: of the invitation
    that is answered.
    """

    __tablename__ = "visit_replies"
    __table_args__ = (
        CheckConstraint("party IN ('company','consultant')", name="party"),
        CheckConstraint("partstat IN ('ACCEPTED','DECLINED','TENTATIVE')", name="partstat"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"), index=True)
    party: Mapped[str] = mapped_column(String(10))
    email: Mapped[str] = mapped_column(String(254))
    partstat: Mapped[str] = mapped_column(String(10))
    sequence: Mapped[int] = mapped_column(Integer, default=0)
    comment: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    message_id: Mapped[str] = mapped_column(String(300), unique=True)

    visit: Mapped[Visit] = relationship()


class MoveProposal(Base):
    """A move that the consultant made in an own calendar: it waits for a yes, and the visit stays where it is.

    state: ``open``, ``accepted``, ``refused``, ``lapsed`` (the visit changed meanwhile). ``starts_at`` None: it was
    deleted there.
    """

    __tablename__ = "move_proposals"
    __table_args__ = (
        CheckConstraint("state IN ('open','accepted','refused','lapsed')", name="state"),
        Index(
            "uq_move_proposals_open",
            "visit_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"), index=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("busy_sources.id", ondelete="SET NULL"))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    made_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="open")
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    visit: Mapped[Visit] = relationship()
