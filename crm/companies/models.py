"""Companies, workplaces, contacts, and what a register import did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base.db import Base


class Company(Base):
    __tablename__ = "companies"

    id: Mapped[int] = mapped_column(primary_key=True)
    cvr_number: Mapped[str] = mapped_column(String(8), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]


class Workplace(Base):
    """A production unit. ``row_hash`` is the digest of the register fields, so that a re-import sees what changed.

    ``geo_source``: ``file`` (coordinates came with the extract), ``address`` (the address was looked up), ``street``
    (only its street was found), ``postcode`` (centre of the postcode), ``none``.
    ``industry_version``: ``DB25`` or ``DB07``. ``do_not_call_*`` is the company's own wish, for every campaign.
    """

    __tablename__ = "workplaces"
    __table_args__ = (
        Index("ix_workplaces_segment", "municipality_code", "industry_code", "employees"),
        CheckConstraint("geo_source IN ('file','address','street','postcode','none')", name="geo_source"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("companies.id"), index=True)
    p_number: Mapped[str] = mapped_column(String(10), unique=True)
    name: Mapped[str] = mapped_column(String(300), index=True)
    street: Mapped[str] = mapped_column(String(300), default="")
    postcode: Mapped[str] = mapped_column(String(4), index=True)
    city: Mapped[str] = mapped_column(String(120), default="")
    municipality_code: Mapped[str] = mapped_column(ForeignKey("municipalities.code"))
    industry_code: Mapped[str | None] = mapped_column(String(6))
    industry_version: Mapped[str] = mapped_column(String(4), default="DB25")
    employees: Mapped[int | None] = mapped_column(Integer)
    phone: Mapped[str | None] = mapped_column(String(20), index=True)
    email: Mapped[str | None] = mapped_column(String(254))
    advertising_protected: Mapped[bool] = mapped_column(Boolean, default=False)
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    geo_source: Mapped[str] = mapped_column(String(10), default="none")
    row_hash: Mapped[str] = mapped_column(String(32), default="")
    do_not_call_at: Mapped[datetime | None]
    do_not_call_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    mail_returned_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    company: Mapped[Company] = relationship(lazy="joined", innerjoin=True)
    contacts: Mapped[list[Contact]] = relationship(order_by="Contact.id", back_populates="workplace")


class Contact(Base):
    """A person at the workplace. ``source``: ``register`` or ``call`` or ``visit``."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    workplace_id: Mapped[int] = mapped_column(ForeignKey("workplaces.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(254))
    source: Mapped[str] = mapped_column(String(10), default="register")

    workplace: Mapped[Workplace] = relationship(back_populates="contacts")


class ImportBatch(Base):
    """One register import. read = new + updated + unchanged + rejected rows; ``warnings`` counts values left out."""

    __tablename__ = "import_batches"

    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(String(300))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    read: Mapped[int] = mapped_column(Integer, default=0)
    new: Mapped[int] = mapped_column(Integer, default=0)
    updated: Mapped[int] = mapped_column(Integer, default=0)
    unchanged: Mapped[int] = mapped_column(Integer, default=0)
    rejected: Mapped[int] = mapped_column(Integer, default=0)
    warnings: Mapped[int] = mapped_column(Integer, default=0)
    header: Mapped[list[Any]] = mapped_column(default=list)
    industry_version: Mapped[str] = mapped_column(String(4), default="DB25")
    undone_at: Mapped[datetime | None]


class ImportRemark(Base):
    """Why a row was set aside (``kind`` reject), what was left out of it (warning), or a word on the file (note).

    ``reason`` is a Danish msgid filled from ``fields``. A rejected row's first remark carries its original ``cells``,
    from which the correction file is made.
    """

    __tablename__ = "import_remarks"
    __table_args__ = (Index("ix_import_remarks_batch_id_kind_id", "batch_id", "kind", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batches.id", ondelete="CASCADE"))
    row_number: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(10))
    column: Mapped[str] = mapped_column(String(60))
    value: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(300))
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    cells: Mapped[list[Any] | None] = mapped_column()


class ImportedWorkplace(Base):
    """Which workplaces an extract held: the gross list a campaign draws on.

    ``change``: new, updated or unchanged. ``before``: of an updated one, the values the import replaced, for undo.
    """

    __tablename__ = "imported_workplaces"

    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batches.id", ondelete="CASCADE"), primary_key=True)
    workplace_id: Mapped[int] = mapped_column(
        ForeignKey("workplaces.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    change: Mapped[str] = mapped_column(String(10), default="unchanged")
    before: Mapped[dict[str, Any] | None] = mapped_column()


class Geocoding(Base):
    """Looking up where a workplace's address lies. ``asked``: the address as it was asked for, so that a corrected one
    is looked up anew.

    state: ``found``, ``unclear`` (several answers, none certain), ``unknown``, ``failed`` (no answer; tried again at
    ``next_at``). ``matched``: the address that was found.
    """

    __tablename__ = "geocodings"
    __table_args__ = (CheckConstraint("state IN ('found','unclear','unknown','failed')", name="state"),)

    workplace_id: Mapped[int] = mapped_column(
        ForeignKey("workplaces.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    asked: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(10))
    matched: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[datetime | None]
