"""Drives that an engine over HTTP has answered, kept so that nobody waits for the same answer twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Float, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.base.db import Base


class TravelLeg(Base):
    """One drive. Places are ten-thousandths of a degree (about ten metres); ``engine`` names engine, address and
    profile, so that another engine's answers are never taken for its own."""

    __tablename__ = "travel_legs"
    __table_args__ = (Index("ix_travel_legs_asked_at", "asked_at"),)

    engine: Mapped[str] = mapped_column(String(40), primary_key=True)
    from_lat: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    from_lon: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    to_lat: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    to_lon: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    km: Mapped[float] = mapped_column(Float)
    minutes: Mapped[int] = mapped_column(Integer)
    ferry: Mapped[str | None] = mapped_column(String(200))
    reachable: Mapped[bool] = mapped_column(Boolean)
    asked_at: Mapped[datetime]
