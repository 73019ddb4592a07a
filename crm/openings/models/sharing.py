"""Openings shared with other jobcentres and with partners."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base.db import Base
from crm.openings.models.openings import Opening
from crm.people.models import Jobcentre, Partner


class OpeningShare(Base):
    """An opening on the board of one jobcentre or one partner. ``told_at``: when it stood in the partner's
    mail; for a jobcentre the morning (07.30) whose mails tell its people of it, each once."""

    __tablename__ = "opening_shares"
    __table_args__ = (
        CheckConstraint("(jobcentre_id IS NULL) <> (partner_id IS NULL)", name="receiver"),
        UniqueConstraint("opening_id", "jobcentre_id"),
        UniqueConstraint("opening_id", "partner_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    opening_id: Mapped[int] = mapped_column(ForeignKey("openings.id"))
    jobcentre_id: Mapped[int | None] = mapped_column(ForeignKey("jobcentres.id"), index=True)
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"), index=True)
    shared_at: Mapped[datetime]
    shared_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]

    opening: Mapped[Opening] = relationship()
    jobcentre: Mapped[Jobcentre | None] = relationship()
    partner: Mapped[Partner | None] = relationship()
