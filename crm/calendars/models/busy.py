"""Consultants' own calendars: where they lie, what is known of them, and the copies of our events in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.base.db import Base


class BusySource(Base):
    """A calendar of the consultant's own: a subscribed iCalendar link (``ics``) or a CalDAV collection (``caldav``).

    ``address``, ``username`` and ``password`` are sealed (crm.base.seal): a link is a key as much as a password is.
    ``collection``: the chosen CalDAV calendar, sealed. ``writes``: our visits are written there. ``sync_token``
    (CalDAV), ``etag``/``last_modified`` (link) say where reading got to. ``reads``: its appointments are busy time.
    ``ending_at``: disconnected, and gone by then at the latest: our events are being taken out. ``read_at``: last
    success; ``failing_since``, ``failures``, ``last_error`` (a Danish sentence): since when and why not.
    """

    __tablename__ = "busy_sources"
    __table_args__ = (CheckConstraint("kind IN ('ics','caldav')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultant_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(Text)
    username: Mapped[str] = mapped_column(Text, default="")
    password: Mapped[str] = mapped_column(Text, default="")
    collection: Mapped[str] = mapped_column(Text, default="")
    writes: Mapped[bool] = mapped_column(Boolean, default=False)
    reads: Mapped[bool] = mapped_column(Boolean, default=True)
    ending_at: Mapped[datetime | None]
    sync_token: Mapped[str | None] = mapped_column(Text)
    etag: Mapped[str | None] = mapped_column(String(300))
    last_modified: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    next_at: Mapped[datetime] = mapped_column(index=True)
    failing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)


class BusyObject(Base):
    """One calendar object as read, with nothing in it but what says when it takes place (no title, no people)."""

    __tablename__ = "busy_objects"
    __table_args__ = (UniqueConstraint("source_id", "href"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("busy_sources.id", ondelete="CASCADE"))
    href: Mapped[str] = mapped_column(String(500))
    etag: Mapped[str | None] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)


class BusyTime(Base):
    """One stretch in which the consultant is taken by an own appointment; recurring ones spelled out. Half-open, UTC.

    ``kind``: FBTYPE of RFC 5545, 3.2.9; tentative ones take up time as well.
    """

    __tablename__ = "busy_times"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        CheckConstraint("kind IN ('BUSY','BUSY-TENTATIVE','BUSY-UNAVAILABLE')", name="kind"),
        Index("ix_busy_times_consultant_id_starts_at", "consultant_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("busy_sources.id", ondelete="CASCADE"), index=True)
    object_id: Mapped[int | None] = mapped_column(ForeignKey("busy_objects.id", ondelete="CASCADE"), index=True)
    consultant_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20), default="BUSY")
    all_day: Mapped[bool] = mapped_column(Boolean, default=False)


class CalendarCopy(Base):
    """Our event ``uid`` as it was written into a consultant's own calendar.

    state: ``wanted`` (to be written), ``written``, ``gone`` (taken out again), ``failed``. ``etag`` guards the next
    write (If-Match). ``version`` rises with each wish to write. ``theirs_*``: the owner moved or deleted it there,
    which is a proposal and is not overwritten until it has been settled; ``theirs_change``: ``moved`` or ``deleted``.
    ``settled_*``: a time there that has been settled and may be overwritten.
    """

    __tablename__ = "calendar_copies"
    __table_args__ = (
        UniqueConstraint("source_id", "uid"),
        CheckConstraint("state IN ('wanted','written','gone','failed')", name="state"),
        CheckConstraint("theirs_change IS NULL OR theirs_change IN ('moved','deleted')", name="theirs_change"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("busy_sources.id", ondelete="CASCADE"))
    uid: Mapped[str] = mapped_column(String(120), index=True)
    href: Mapped[str] = mapped_column(Text, default="")
    etag: Mapped[str | None] = mapped_column(String(300))
    sequence: Mapped[int] = mapped_column(Integer, default=0)
    version: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[str] = mapped_column(String(10), default="wanted")
    written_at: Mapped[datetime | None]
    theirs_change: Mapped[str | None] = mapped_column(String(10))
    theirs_starts_at: Mapped[datetime | None]
    theirs_ends_at: Mapped[datetime | None]
    theirs_seen_at: Mapped[datetime | None]
    settled_starts_at: Mapped[datetime | None]
    settled_ends_at: Mapped[datetime | None]
