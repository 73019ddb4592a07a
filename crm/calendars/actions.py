"""Writes of consultants' time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid
from crm.calendars.models import Absence, CalendarEvent, CalendarProfile, FeedLink, WorkingHours
from crm.calendars.rules import DEFAULT_HOURS, MAX_VISITS, Stretch, stretch_problem
from crm.people.models import User
from crm.people.rules import new_token, token_hash
from crm.travel.engine import place_of_postcode

LONGEST_ABSENCE = timedelta(days=400)


def publish(
    session: Session,
    now: datetime,
    *,
    uid: str,
    consultant_id: int,
    starts_at: datetime,
    ends_at: datetime,
    summary: str,
    location: str = "",
    description: str = "",
    status: str = "CONFIRMED",
) -> CalendarEvent:
    """Write or change the event ``uid``; the same again changes nothing.

    SEQUENCE rises with a change of time, place, person or status (RFC 5545, 3.8.7.4).
    """
    event = session.scalar(select(CalendarEvent).where(CalendarEvent.uid == uid))
    new: dict[str, Any] = {
        "consultant_id": consultant_id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "summary": summary[:300],
        "location": location[:400],
        "description": description,
        "status": status,
    }
    if event is None:
        event = CalendarEvent(uid=uid, sequence=0, updated_at=now, **new)
        session.add(event)
    else:
        changed = {name for name, value in new.items() if getattr(event, name) != value}
        for name in changed:
            setattr(event, name, new[name])
        if changed:
            event.updated_at = now
        if changed - {"summary", "description"}:
            event.sequence += 1
    session.flush()
    return event


def unpublish(session: Session, uid: str) -> None:
    """Remove the event ``uid`` as if it had never been; what people may have seen is cancelled instead."""
    session.execute(delete(CalendarEvent).where(CalendarEvent.uid == uid))


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


def add_absence(
    session: Session, actor: Any, now: datetime, consultant: User, starts_at: datetime, ends_at: datetime, title: str
) -> Absence:
    """Time the consultant cannot be booked; half-open. Raises Invalid. Visits already booked in it stay."""
    if ends_at <= starts_at:
        raise Invalid(
            N_("Fraværet skal slutte efter, at det begynder."),
            errors={"ends_on": N_("Fraværet skal slutte efter, at det begynder.")},
        )
    if ends_at - starts_at > LONGEST_ABSENCE:
        raise Invalid(
            N_("Fraværet er længere end et år. Del det op, eller tjek datoerne."),
            errors={"ends_on": N_("Fraværet er længere end et år. Del det op, eller tjek datoerne.")},
        )
    absence = Absence(
        consultant_id=consultant.id, starts_at=starts_at, ends_at=ends_at, title=title.strip()[:120] or "Optaget"
    )
    session.add(absence)
    session.flush()
    activity.record(
        session,
        actor,
        now,
        "calendars.add_absence",
        consultant,
        absence_id=absence.id,
        starts_at=starts_at.isoformat(),
        ends_at=ends_at.isoformat(),
    )
    return absence


def remove_absence(session: Session, actor: Any, now: datetime, absence: Absence) -> None:
    consultant = session.get_one(User, absence.consultant_id)
    activity.record(
        session,
        actor,
        now,
        "calendars.remove_absence",
        consultant,
        absence_id=absence.id,
        starts_at=absence.starts_at.isoformat(),
        ends_at=absence.ends_at.isoformat(),
    )
    session.delete(absence)
    session.flush()


def new_feed_link(session: Session, actor: Any, now: datetime, consultant: User) -> str:
    """A new secret token; the former link ends at once. Only the hash is kept: show the token now."""
    revoke_feed_link(session, actor, now, consultant)
    token = new_token()
    session.add(FeedLink(consultant_id=consultant.id, token_hash=token_hash(token), created_at=now))
    session.flush()
    activity.record(session, actor, now, "calendars.new_feed_link", consultant)
    return token


def revoke_feed_link(session: Session, actor: Any, now: datetime, consultant: User) -> bool:
    """End the live link; False when there is none."""
    ended = session.execute(
        update(FeedLink)
        .where(FeedLink.consultant_id == consultant.id, FeedLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if not getattr(ended, "rowcount", 0):
        return False
    activity.record(session, actor, now, "calendars.revoke_feed_link", consultant)
    session.flush()
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
