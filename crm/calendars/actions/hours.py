"""A consultant's working hours and base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid
from crm.calendars.models import CalendarProfile, WeekdayBase, WorkingHours
from crm.calendars.rules import DEFAULT_HOURS, MAX_VISITS, Stretch, stretch_problem
from crm.people.models import User
from crm.travel.engine import place_of_postcode


def set_hours(session: Session, actor: Any, now: datetime, consultant: User, stretches: Sequence[Stretch]) -> None:
    """Replace the weekly working hours. Raises Invalid. Visits already booked stay."""
    problem = stretch_problem(stretches)
    if problem:
        raise Invalid(problem, errors={"hours": problem})
    session.execute(delete(WorkingHours).where(WorkingHours.consultant_id == consultant.id))
    session.add_all(
        [
            WorkingHours(
                consultant_id=consultant.id, weekday=s.weekday, starts_minute=s.starts_minute, ends_minute=s.ends_minute
            )
            for s in stretches
        ]
    )
    session.flush()
    activity.record(
        session,
        actor,
        now,
        "calendars.set_hours",
        consultant,
        hours=[[s.weekday, s.starts_minute, s.ends_minute] for s in stretches],
    )


def set_profile(
    session: Session,
    actor: Any,
    now: datetime,
    consultant: User,
    *,
    base_name: str,
    base_postcode: str,
    max_visits_a_day: int,
) -> CalendarProfile:
    """Set home base (by postcode) and visits a day. Raises Invalid."""
    place = place_of_postcode(base_postcode)
    errors: dict[str, str] = {}
    if place is None:
        errors["base_postcode"] = N_("Postnummeret kendes ikke.")
    if not base_name.strip():
        errors["base_name"] = N_("Skriv, hvor dagen begynder og slutter.")
    if not 1 <= max_visits_a_day <= MAX_VISITS:
        errors["max_visits_a_day"] = N_("Vælg mellem 1 og 12 besøg om dagen.")
    if errors or place is None:
        raise Invalid(N_("Kalenderen er ikke ændret. Ret felterne og prøv igen."), errors=errors)
    profile = session.get(CalendarProfile, consultant.id) or CalendarProfile(consultant_id=consultant.id)
    profile.base_name, profile.base_postcode = base_name.strip()[:120], base_postcode.strip()
    profile.base_lat, profile.base_lon = place.lat, place.lon
    profile.max_visits_a_day = max_visits_a_day
    session.add(profile)
    session.flush()
    activity.record(
        session,
        actor,
        now,
        "calendars.set_profile",
        consultant,
        base_postcode=profile.base_postcode,
        max_visits_a_day=max_visits_a_day,
    )
    return profile


def set_bases(
    session: Session, actor: Any, now: datetime, consultant: User, bases: Mapping[int, tuple[str, str]]
) -> bool:
    """Replace the bases of single weekdays, (name, postcode) by weekday with 0 = Monday; a weekday left out has the
    profile's. Whether anything changed. Raises Invalid, naming the fields ``base_name_<weekday>`` and
    ``base_postcode_<weekday>``."""
    errors: dict[str, str] = {}
    wanted: dict[int, WeekdayBase] = {}
    for weekday, (name, postcode) in sorted(bases.items()):
        place = place_of_postcode(postcode)
        if place is None:
            errors[f"base_postcode_{weekday}"] = N_("Postnummeret kendes ikke.")
        elif not name.strip() or not 0 <= weekday <= 6:
            errors[f"base_name_{weekday}"] = N_("Skriv, hvor dagen begynder og slutter.")
        else:
            wanted[weekday] = WeekdayBase(
                consultant_id=consultant.id,
                weekday=weekday,
                name=name.strip()[:120],
                postcode=postcode.strip(),
                lat=place.lat,
                lon=place.lon,
            )
    if errors:
        raise Invalid(N_("Kalenderen er ikke ændret. Ret felterne og prøv igen."), errors=errors)
    rows = session.scalars(select(WeekdayBase).where(WeekdayBase.consultant_id == consultant.id)).all()
    told = {number: (base.name, base.postcode) for number, base in wanted.items()}
    if told == {row.weekday: (row.name, row.postcode) for row in rows}:
        return False
    for row in rows:
        session.delete(row)
    session.flush()
    session.add_all(wanted.values())
    session.flush()
    weekdays = {str(number): postcode for number, (_name, postcode) in told.items()}
    activity.record(session, actor, now, "calendars.set_profile", consultant, weekday_bases=weekdays)
    return True


def default_calendar(session: Session, consultant: User, base_name: str, base_postcode: str) -> CalendarProfile:
    """The calendar a new consultant starts with: the default hours, four visits a day, day from the base and back."""
    place = place_of_postcode(base_postcode)
    if place is None:
        raise Invalid(N_("Postnummeret kendes ikke."), errors={"base_postcode": N_("Postnummeret kendes ikke.")})
    profile = session.get(CalendarProfile, consultant.id)
    if profile is None:
        profile = CalendarProfile(
            consultant_id=consultant.id,
            base_name=base_name,
            base_postcode=base_postcode,
            base_lat=place.lat,
            base_lon=place.lon,
            max_visits_a_day=4,
        )
        session.add(profile)
        session.add_all(
            [
                WorkingHours(consultant_id=consultant.id, weekday=day, starts_minute=start, ends_minute=end)
                for day, start, end in DEFAULT_HOURS
            ]
        )
    session.flush()
    return profile
