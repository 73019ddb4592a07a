"""Regions, municipalities, jobcentres, calling firms, partners, users with roles, leave, API tokens."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base.db import Base

ROLES = ("phoner", "consultant", "jobcentre_lead", "regional_lead", "campaign_manager", "admin")


class Region(Base):
    __tablename__ = "regions"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(100))


class Municipality(Base):
    """One of the 98; ``code`` is Danmarks Statistik's number without leading zero, such as ``101``."""

    __tablename__ = "municipalities"

    code: Mapped[str] = mapped_column(String(3), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id"), index=True)
    tile_x: Mapped[int] = mapped_column(Integer)
    tile_y: Mapped[int] = mapped_column(Integer)
    jobcentre_id: Mapped[int | None] = mapped_column(ForeignKey("jobcentres.id"), index=True)

    region: Mapped[Region] = relationship()


class Jobcentre(Base):
    """A municipality's unit for employers, under whatever name it goes by; some serve more municipalities."""

    __tablename__ = "jobcentres"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id"), index=True)
    street: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(4))
    city: Mapped[str] = mapped_column(String(100), default="")
    phone: Mapped[str | None] = mapped_column(String(20))

    region: Mapped[Region] = relationship()
    municipalities: Mapped[list[Municipality]] = relationship(order_by=Municipality.code)


class CallingFirm(Base):
    __tablename__ = "calling_firms"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)


class User(Base):
    """A person who signs in. ``email`` is lower case. ``session_key`` changes to end every open sign-in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    initials: Mapped[str] = mapped_column(String(6))
    title: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str | None] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200))
    session_key: Mapped[str] = mapped_column(String(32))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime]

    roles: Mapped[list[UserRole]] = relationship(
        back_populates="user", cascade="all, delete-orphan", lazy="selectin", order_by="UserRole.id"
    )

    # What Flask-Login asks of a user.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        return self.active

    def get_id(self) -> str:
        return f"{self.id}:{self.session_key}"

    def has_role(self, role: str) -> bool:
        return any(held.role == role for held in self.roles)

    @property
    def jobcentre_id(self) -> int | None:
        """The jobcentre of the first role that names one (a consultant belongs to one jobcentre)."""
        return next((held.jobcentre_id for held in self.roles if held.jobcentre_id), None)

    @property
    def calling_firm_id(self) -> int | None:
        return next((held.calling_firm_id for held in self.roles if held.calling_firm_id), None)


class UserRole(Base):
    """A role and what it covers: a phoner a calling firm, consultant and lead a jobcentre, a regional lead a region."""

    __tablename__ = "user_roles"
    __table_args__ = (
        UniqueConstraint("user_id", "role", "jobcentre_id", "calling_firm_id", "region_id"),
        CheckConstraint(
            "role IN ('phoner','consultant','jobcentre_lead','regional_lead','campaign_manager','admin')", name="role"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    jobcentre_id: Mapped[int | None] = mapped_column(ForeignKey("jobcentres.id"), index=True)
    calling_firm_id: Mapped[int | None] = mapped_column(ForeignKey("calling_firms.id"), index=True)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"), index=True)

    user: Mapped[User] = relationship(back_populates="roles")


class Leave(Base):
    """Away from work, Danish dates, both included: no reminder goes to the person; ``substitute_id`` gets them, and
    where nobody was named the leads."""

    __tablename__ = "leaves"
    __table_args__ = (
        CheckConstraint("from_on <= until_on", name="dates"),
        CheckConstraint("substitute_id IS NULL OR substitute_id <> user_id", name="substitute"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date] = mapped_column(Date)
    substitute_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    user: Mapped[User] = relationship(foreign_keys=user_id)
    substitute: Mapped[User | None] = relationship(foreign_keys=substitute_id)


class Partner(Base):
    """An organisation outside the jobcentres that knows candidates: unemployment fund, volunteer network, other.

    With a jobcentre it works with that one alone, with a region with all of the region's, with neither everywhere.
    ``digest``: it wants the morning's mail of openings shared with it. ``link_key`` changes to end every link it holds.
    """

    __tablename__ = "partners"
    __table_args__ = (
        CheckConstraint("kind IN ('unemployment_fund','network','other')", name="kind"),
        CheckConstraint("jobcentre_id IS NULL OR region_id IS NULL", name="reach"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    contact_name: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"), index=True)
    jobcentre_id: Mapped[int | None] = mapped_column(ForeignKey("jobcentres.id"), index=True)
    digest: Mapped[bool] = mapped_column(Boolean, default=True)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    link_key: Mapped[str] = mapped_column(String(32), default=lambda: secrets.token_hex(16))
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class ApiToken(Base):
    """A bearer token, kept as a SHA-256 hash; the token itself is shown once."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
