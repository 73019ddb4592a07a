"""The calendar page: the week, and everything that is set on it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import render_template, request
from flask import session as cookie

from crm.base.clock import danish_date, day_bounds
from crm.calendars import queries
from crm.calendars.forms import AbsenceForm, HoursForm, ProfileForm, WishesForm
from crm.calendars.queries.wishes import Settings, busy_between, settings_of
from crm.calendars.rules import hours_between, monday_of, week_bounds, week_name, week_of
from crm.calendars.views.blueprint import consultant_of, may_manage, pages
from crm.calendars.views.words import said
from crm.people.models import User
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


@pages.get("/calendar")
@requires("calendars.read")
def index() -> Any:
    """Own calendar, or with ``?consultant=`` one in reach; a lead without a choice sees the first."""
    people = queries.consultants(session(), scope())
    wanted = request.args.get("consultant")
    if wanted:
        return page_of(consultant_of(wanted), people)
    if not people:
        return render_template("calendars/nobody.html")
    return page_of(next((person for person in people if person.id == actor().id), people[0]), people)


def page_of(person: User, people: Any, status: int = 200, **forms: Any) -> Any:
    """The page, with the forms that were refused in place of fresh ones."""
    monday = week_of(request.args.get("week")) or monday_of(now())
    start, end = week_bounds(monday)
    stretches = queries.weekly_hours(session(), person.id)
    settings = settings_of(session(), person.id)
    shown = {**_forms(stretches, settings), **forms}
    absences = queries.absences(session(), person.id, min(start, now()))
    events = queries.events(session(), person.id, start, end)
    busy = busy_between(session(), person.id, start, end)
    working = hours_between(stretches, start, end)
    return render_template(
        "calendars/index.html",
        person=person,
        people=people,
        profile=settings.profile,
        settings=said(settings),
        monday=monday,
        days=[_day(monday + timedelta(days=n), working, absences, events, busy) for n in range(7)],
        week=week_name(monday),
        earlier=week_name(monday - timedelta(days=7)),
        later=week_name(monday + timedelta(days=7)),
        absences=[a for a in absences if a.ends_at > now()],
        link=queries.feed_link(session(), person.id),
        feed_url=cookie.pop(f"feed_{person.id}", None),
        mine=person.id == actor().id,
        may_manage=may_manage(person),
        **shown,
    ), status


def _forms(stretches: Any, settings: Settings) -> dict[str, Any]:
    """Fresh ones that show what holds now."""
    hours, base, wishes = HoursForm(formdata=None), ProfileForm(formdata=None), WishesForm(formdata=None)
    hours.fill(stretches)
    base.fill(settings.profile, settings.bases)
    wishes.fill(settings.wishes)
    absence = AbsenceForm(formdata=None)
    return {"hours_form": hours, "profile_form": base, "wishes_form": wishes, "absence_form": absence}


def _day(day: date, working: Any, absences: Any, events: Any, busy: Any) -> dict[str, Any]:
    start, end = day_bounds(day)

    def within(a: datetime, b: datetime) -> bool:
        return a < end and b > start

    return {
        "day": day,
        "today": day == danish_date(now()),
        "hours": [s for s in working if within(*s)],
        "absences": [a for a in absences if within(a.starts_at, a.ends_at)],
        "events": [e for e in events if within(e.starts_at, e.ends_at)],
        "busy": [
            {"whole": b.starts_at <= start and b.ends_at >= end, "starts_at": b.starts_at, "ends_at": b.ends_at}
            for b in busy
            if within(b.starts_at, b.ends_at)
        ],
    }
