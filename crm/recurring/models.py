"""Runs of recurring jobs, the leader's heart-beat, and items that failed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Float, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.base.db import Base, Id


class JobRun(Base):
    """How a job went last, one row a job. ``asked_at``: somebody wants it run now; ``running_since`` with
    ``running_by`` (host and process) while it runs. ``done``: how many things the last run did; ``seconds`` it took;
    both have totals over all runs. ``retry_at``: it failed or was cut short, and is tried again before its own time."""

    __tablename__ = "job_runs"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    seconds: Mapped[float | None] = mapped_column(Float)
    done: Mapped[int] = mapped_column(Integer, default=0)
    runs: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    last_error_at: Mapped[datetime | None]
    running_since: Mapped[datetime | None]
    running_by: Mapped[str] = mapped_column(String(120), default="")
    succeeded_at: Mapped[datetime | None]
    seconds_total: Mapped[float] = mapped_column(Float, default=0.0)
    done_total: Mapped[int] = mapped_column(default=0)
    failed_in_a_row: Mapped[int] = mapped_column(Integer, default=0)
    retry_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    asked_by: Mapped[int | None] = mapped_column(Id)


class Leader(Base):
    """The one scheduler that runs the jobs: one row. ``beat_at``: its last sign of life."""

    __tablename__ = "scheduler_leader"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(120))
    since: Mapped[datetime]
    beat_at: Mapped[datetime]
    handovers: Mapped[int] = mapped_column(Integer, default=0)


class SetAside(Base):
    """An item a job could not do, with its error; it is tried again at ``retry_at``, and never stops the others."""

    __tablename__ = "set_aside"
    __table_args__ = (UniqueConstraint("job", "item"), Index("ix_set_aside_job_retry_at", "job", "retry_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(40))
    item: Mapped[str] = mapped_column(String(80))
    error: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(Integer, default=1)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    retry_at: Mapped[datetime]
