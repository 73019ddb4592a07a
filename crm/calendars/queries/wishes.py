"""What a consultant wishes of bookings, where their days begin, and their own appointments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from crm.calendars.models import BusyTime, CalendarProfile, CalendarWishes, WeekdayBase
from crm.people.models import User


@dataclass(frozen=True)
class Settings:
    """A consultant's calendar settings; None where nothing is set. ``bases``: by weekday, 0 = Monday."""

    profile: CalendarProfile | None
    wishes: CalendarWishes | None
    bases: Mapping[int, WeekdayBase]


@dataclass(frozen=True)
class DayBase:
    """Where one day begins and ends (WGS 84 degrees), and what is wished of it."""

    name: str
    lat: float
    lon: float
    wishes: CalendarWishes | None


def settings_of(session: Session, consultant_id: int) -> Settings:
    """One query."""
    rows = session.execute(
        select(User.id, CalendarProfile, CalendarWishes, WeekdayBase)
        .outerjoin(CalendarProfile, CalendarProfile.consultant_id == User.id)
        .outerjoin(CalendarWishes, CalendarWishes.consultant_id == User.id)
        .outerjoin(WeekdayBase, WeekdayBase.consultant_id == User.id)
        .where(User.id == consultant_id)
    ).all()
    if not rows:
        return Settings(None, None, {})
    _number, profile, wishes, _base = rows[0]
    return Settings(profile, wishes, {base.weekday: base for *_, base in rows if base is not None})


def base_on(session: Session, consultant_id: int, day: date) -> DayBase | None:
    """Where the consultant's ``day`` begins: the weekday's own base, else the profile's; None without a profile. One
    query."""
    own = and_(WeekdayBase.consultant_id == CalendarProfile.consultant_id, WeekdayBase.weekday == day.weekday())
    row = session.execute(
        select(CalendarProfile, WeekdayBase, CalendarWishes)
        .outerjoin(WeekdayBase, own)
        .outerjoin(CalendarWishes, CalendarWishes.consultant_id == CalendarProfile.consultant_id)
        .where(CalendarProfile.consultant_id == consultant_id)
    ).one_or_none()
    if row is None:
        return None
    profile, base, wishes = row
    if base is not None:
        return DayBase(base.name, base.lat, base.lon, wishes)
    return DayBase(profile.base_name, profile.base_lat, profile.base_lon, wishes)


def busy_between(session: Session, consultant_id: int, frm: datetime, to: datetime) -> Sequence[BusyTime]:
    """The consultant's own appointments that touch [frm, to), by start; what they are about is not known."""
    return session.scalars(
        select(BusyTime)
        .where(BusyTime.consultant_id == consultant_id, BusyTime.starts_at < to, BusyTime.ends_at > frm)
        .order_by(BusyTime.starts_at, BusyTime.ends_at)
        .limit(500)
    ).all()
