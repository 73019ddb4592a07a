"""Candidates with the least data needed, candidates for an opening, placements."""

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
from crm.openings.models.openings import Opening
from crm.people.models import Jobcentre, Partner, User

_OFFERED = text("state = 'offered'")
"""Few of many; how many wait is asked on every page."""


class Candidate(Base):
    """Somebody who looks for work, known by a reference (a case number or initials), never by name.

    Belongs to a jobcentre or to a partner, never both. ``consent_on``: the Danish date on which the person agreed that
    we tell companies of them; nothing is sent before, nor after ``consent_withdrawn_at``. ``occupation_code``: of
    DISCO-08. ``reach_minutes``: how far they get from ``postcode``. ``types``: reporting types wanted; empty: all.
    ``erased_at``: the person's data is gone, the counts stay.
    """

    __tablename__ = "candidates"
    __table_args__ = (
        CheckConstraint("(jobcentre_id IS NULL) <> (partner_id IS NULL)", name="home"),
        CheckConstraint("reach_minutes > 0", name="reach"),
        CheckConstraint("weekly_hours IS NULL OR weekly_hours > 0", name="hours"),
        UniqueConstraint("jobcentre_id", "reference"),
        UniqueConstraint("partner_id", "reference"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    jobcentre_id: Mapped[int | None] = mapped_column(ForeignKey("jobcentres.id"))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    reference: Mapped[str] = mapped_column(String(40))
    occupation: Mapped[str] = mapped_column(String(200))
    occupation_code: Mapped[str | None] = mapped_column(String(4))
    postcode: Mapped[str] = mapped_column(String(4))
    reach_minutes: Mapped[int] = mapped_column(Integer, default=45)
    languages: Mapped[list[Any]] = mapped_column(default=list)
    weekly_hours: Mapped[float | None] = mapped_column(Float)
    types: Mapped[list[Any]] = mapped_column(default=list)
    consent_on: Mapped[date | None] = mapped_column(Date)
    consent_withdrawn_at: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    erased_at: Mapped[datetime | None]

    jobcentre: Mapped[Jobcentre | None] = relationship()
    partner: Mapped[Partner | None] = relationship()
    owner: Mapped[User | None] = relationship(foreign_keys=owner_id)


class Candidacy(Base):
    """A candidate for an opening.

    state: ``offered`` (by another jobcentre or a partner; the opening's owner has not answered), ``refused`` (the owner
    said no), ``proposed``, ``presented`` (shown the concrete job: a *presentation*, a-kasse trial report), ``sent``
    (told to the company), ``interview``, ``hired`` (has a placement), ``ended`` (``ended_because``). The moments stay
    when the state goes on, so that a presentation counts whatever came of it. ``told_at``: when an offer was first
    told to somebody who can answer it, and once it is answered when the proposer was told.
    """

    __tablename__ = "candidacies"
    __table_args__ = (
        UniqueConstraint("opening_id", "candidate_id"),
        CheckConstraint(
            "state IN ('offered','refused','proposed','presented','sent','interview','hired','ended')", name="state"
        ),
        Index("ix_candidacies_presented_at", "presented_at"),
        Index("ix_candidacies_offered", "opening_id", postgresql_where=_OFFERED, sqlite_where=_OFFERED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    opening_id: Mapped[int] = mapped_column(ForeignKey("openings.id"))
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidates.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    offered_at: Mapped[datetime | None]
    offered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    offered_words: Mapped[str] = mapped_column(Text, default="")
    answered_words: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    told_at: Mapped[datetime | None]
    proposed_at: Mapped[datetime | None]
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    presented_at: Mapped[datetime | None]
    presented_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    sent_at: Mapped[datetime | None]
    interview_at: Mapped[datetime | None]
    hired_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None] = mapped_column(String(40))

    opening: Mapped[Opening] = relationship()
    candidate: Mapped[Candidate] = relationship(lazy="joined", innerjoin=True)


class Placement(Base):
    """Somebody hired through us in one of an opening's positions; ``type``: reporting type it became (a wage subsidy
    may come of an ordinary opening). ``ends_on``: the last day, None without an end. ``ended_because`` once it is over,
    ``permanent``: whether it became an ordinary job. ``voided_at``: written by mistake, counted nowhere."""

    __tablename__ = "placements"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR starts_on <= ends_on", name="dates"),
        CheckConstraint("state IN ('agreed','ended')", name="state"),
        Index("ix_placements_jobcentre_id_starts_on", "jobcentre_id", "starts_on"),
        Index("ix_placements_ends_on", "ends_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    opening_id: Mapped[int] = mapped_column(ForeignKey("openings.id"), index=True)
    candidacy_id: Mapped[int] = mapped_column(ForeignKey("candidacies.id"), index=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    jobcentre_id: Mapped[int] = mapped_column(ForeignKey("jobcentres.id"))
    workplace_id: Mapped[int] = mapped_column(ForeignKey("workplaces.id"), index=True)
    type: Mapped[str] = mapped_column(String(20))
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10), default="agreed")
    ended_on: Mapped[date | None] = mapped_column(Date)
    ended_because: Mapped[str | None] = mapped_column(String(40))
    permanent: Mapped[bool | None] = mapped_column(Boolean)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime | None]

    opening: Mapped[Opening] = relationship()
    candidacy: Mapped[Candidacy] = relationship()
