"""Openings, the administrators' own types, and what was relaxed of the wishes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Date, Float, ForeignKey, Index, Integer, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base.db import Base
from crm.companies.models import Workplace
from crm.people.models import User
from crm.visits.models import Visit


class OwnType(Base):
    """A type administrators added (fleksjob, trainee); ``reports_as``: the reporting type, key of openings.rules.TYPES,
    fixed once it is used."""

    __tablename__ = "opening_types"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    reports_as: Mapped[str] = mapped_column(String(20))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Opening(Base):
    """A job opening a visit gave. ``type``: key of openings.rules.TYPES, also where ``own_type_id`` names a finer one.
    ``akutjob``: flag on ordinary ones.

    ``stage``: how far it has come, kept by openings.rules.stage_of: ``told``, ``specified``, ``presented``,
    ``interview``, ``part`` (some positions hired), ``hired`` (all); ``state``: open or closed (``closed_reason``).
    ``consultant_id``: who answers for it now. ``occupation_code``: DISCO-08 where the occupation was found in the list.
    ``wishes`` as they stand now; what they were stands in its relaxations. The contact is the visit's where none is
    named here. ``languages``: needed, keys of openings.rules.LANGUAGES. ``names_company``: boards name the company.

    ``from_report``: written by the visit report, so that correcting the report replaces it; ``voided_at``:
    taken back by a correction, and then counted nowhere.
    """

    __tablename__ = "openings"
    __table_args__ = (
        CheckConstraint("positions >= 1", name="positions"),
        CheckConstraint("akutjob = false OR type = 'ordinary'", name="akutjob"),
        CheckConstraint("state IN ('open','closed')", name="state"),
        CheckConstraint("stage IN ('told','specified','presented','interview','part','hired')", name="stage"),
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
    own_type_id: Mapped[int | None] = mapped_column(ForeignKey("opening_types.id"))
    occupation_code: Mapped[str | None] = mapped_column(String(4))
    tasks: Mapped[str] = mapped_column(Text, default="", server_default="")
    weekly_hours: Mapped[float | None] = mapped_column(Float)
    hours_note: Mapped[str] = mapped_column(String(120), default="", server_default="")
    starts_on: Mapped[date | None] = mapped_column(Date)
    starts_note: Mapped[str] = mapped_column(String(60), default="", server_default="")
    languages: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    scheme: Mapped[str | None] = mapped_column(String(40))
    contact_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    contact_title: Mapped[str] = mapped_column(String(120), default="", server_default="")
    contact_phone: Mapped[str | None] = mapped_column(String(20))
    contact_email: Mapped[str | None] = mapped_column(String(254))
    wishes: Mapped[str] = mapped_column(Text, default="")
    cvs_wanted: Mapped[int | None] = mapped_column(Integer)
    cvs_by: Mapped[date | None] = mapped_column(Date)
    stage: Mapped[str] = mapped_column(String(10), default="told", server_default="told")
    state: Mapped[str] = mapped_column(String(10), default="open")
    closed_reason: Mapped[str | None] = mapped_column(String(40))
    closed_at: Mapped[datetime | None]
    names_company: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    from_report: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime | None]

    visit: Mapped[Visit] = relationship()
    workplace: Mapped[Workplace] = relationship(lazy="joined", innerjoin=True)
    consultant: Mapped[User] = relationship(foreign_keys=consultant_id)
    own_type: Mapped[OwnType | None] = relationship()


class Relaxation(Base):
    """The company gave way on a wish: what it was, what it is now, and who there agreed."""

    __tablename__ = "opening_relaxations"

    id: Mapped[int] = mapped_column(primary_key=True)
    opening_id: Mapped[int] = mapped_column(ForeignKey("openings.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    agreed_with: Mapped[str] = mapped_column(String(200))
    was: Mapped[str] = mapped_column(Text)
    now: Mapped[str] = mapped_column(Text)
