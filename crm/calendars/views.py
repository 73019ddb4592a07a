"""The calendar page of a consultant, for themselves and for their lead; the feed that calendars subscribe to."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.clock import danish_date, day_bounds
from crm.base.errors import NotFound, Refusal
from crm.calendars import actions, queries
from crm.calendars.forms import AbsenceForm, HoursForm, ProfileForm
from crm.calendars.models import CalendarEvent
from crm.calendars.rules import Entry, feed_text, hours_between, monday_of, week_bounds, week_name, week_of
from crm.people.models import User
from crm.web.edge import now, session
from crm.web.permit import PUBLIC, actor, requires, scope, scope_for

pages = Blueprint("calendars", __name__)
LARGEST = 2**53


@pages.get("/calendar")
@requires("calendars.read")
def index() -> Any:
    """Own calendar, or with ``?consultant=`` one in reach; a lead without a choice sees the first."""
    people = queries.consultants(session(), scope())
    wanted = request.args.get("consultant")
    if wanted:
        return _page(_consultant(wanted), people)
    if not people:
        return render_template("calendars/nobody.html")
    return _page(next((person for person in people if person.id == actor().id), people[0]), people)


def _consultant(number: str | None) -> User:
    if not (number or "").isascii() or not (number or "").isdigit() or not 1 <= int(number or 0) <= LARGEST:
        raise NotFound
    return queries.consultant(session(), scope(), int(number or 0))


def _page(person: User, people: Any, status: int = 200, **forms: Any) -> Any:
    """The page, with the forms that were refused in place of fresh ones."""
    monday = week_of(request.args.get("week")) or monday_of(now())
    start, end = week_bounds(monday)
    stretches = queries.weekly_hours(session(), person.id)
    profile = queries.profiles(session(), [person.id]).get(person.id)
    hours, base = HoursForm(formdata=None), ProfileForm(formdata=None)
    hours.fill(stretches)
    base.fill(profile)
    shown: dict[str, Any] = {"hours_form": hours, "profile_form": base, "absence_form": AbsenceForm(formdata=None)}
    absences = queries.absences(session(), person.id, min(start, now()))
    events = queries.events(session(), person.id, start, end)
    working = hours_between(stretches, start, end)
    return render_template(
        "calendars/index.html",
        person=person,
        people=people,
        profile=profile,
        monday=monday,
        days=[_day(monday + timedelta(days=n), working, absences, events) for n in range(7)],
        week=week_name(monday),
        earlier=week_name(monday - timedelta(days=7)),
        later=week_name(monday + timedelta(days=7)),
        absences=[a for a in absences if a.ends_at > now()],
        link=queries.feed_link(session(), person.id),
        feed_url=cookie.pop(f"feed_{person.id}", None),
        mine=person.id == actor().id,
        may_manage=_may_manage(person),
        **{**shown, **forms},
    ), status


def _may_manage(person: User) -> bool:
    reach = scope_for("calendars.manage")
    return reach.everything or reach.own == person.id or person.jobcentre_id in reach.jobcentres


def _day(day: date, working: Any, absences: Any, events: Any) -> dict[str, Any]:
    start, end = day_bounds(day)

    def within(a: datetime, b: datetime) -> bool:
        return a < end and b > start

    return {
        "day": day,
        "today": day == danish_date(now()),
        "hours": [s for s in working if within(*s)],
        "absences": [a for a in absences if within(a.starts_at, a.ends_at)],
        "events": [e for e in events if within(e.starts_at, e.ends_at)],
    }


def _back(person: User) -> Any:
    return redirect(url_for("calendars.index", consultant=person.id if person.id != actor().id else None), 303)


@pages.post("/calendar/hours")
@requires("calendars.manage")
def hours() -> Any:
    form, person = HoursForm(), _consultant(request.form.get("consultant"))
    if form.validate():
        try:
            actions.set_hours(session(), actor(), now(), person, form.stretches)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            if form.stretches:
                flash(_("Arbejdstiden er gemt. Booking retter sig efter den med det samme."), "success")
            else:
                flash(_("Arbejdstiden er gemt uden en eneste dag, så ingen kan booke besøg her."), "warning")
            return _back(person)
    return _page(person, queries.consultants(session(), scope()), 422, hours_form=form)


@pages.post("/calendar/profile")
@requires("calendars.manage")
def profile() -> Any:
    form, person = ProfileForm(), _consultant(request.form.get("consultant"))
    if form.validate():
        try:
            actions.set_profile(
                session(),
                actor(),
                now(),
                person,
                base_name=form.base_name.data or "",
                base_postcode=form.base_postcode.data or "",
                max_visits_a_day=form.max_visits_a_day.data or 0,
            )
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Hjemsted og antal besøg er gemt."), "success")
            return _back(person)
    return _page(person, queries.consultants(session(), scope()), 422, profile_form=form)


@pages.post("/calendar/absences")
@requires("calendars.manage")
def add_absence() -> Any:
    """Booked visits inside it stay; the page says how many, for somebody must move them."""
    form, person = AbsenceForm(), _consultant(request.form.get("consultant"))
    if form.validate():
        try:
            away = actions.add_absence(session(), actor(), now(), person, *form.span, form.title.data or "")
        except Refusal as refusal:
            form.refused(refusal)
        else:
            inside = sum(
                1 for e in queries.events(session(), person.id, away.starts_at, away.ends_at) if e.status == "CONFIRMED"
            )
            flash(_("Fraværet er gemt; der bookes ikke i det."), "success")
            if inside:
                flash(
                    ngettext(
                        "%(num)s besøg ligger allerede i fraværet. Flyt det.",
                        "%(num)s besøg ligger allerede i fraværet. Flyt dem.",
                        inside,
                    ),
                    "warning",
                )
            return _back(person)
    return _page(person, queries.consultants(session(), scope()), 422, absence_form=form)


@pages.post("/calendar/absences/<int:absence_id>/remove")
@requires("calendars.manage")
def remove_absence(absence_id: int) -> Any:
    absence = queries.absence(session(), scope(), absence_id)
    person = queries.consultant(session(), scope(), absence.consultant_id)
    actions.remove_absence(session(), actor(), now(), absence)
    flash(_("Fraværet er fjernet; tiden kan bookes igen."), "success")
    return _back(person)


@pages.post("/calendar/feed")
@requires("calendars.manage")
def new_feed() -> Any:
    """The link is shown on the next page only: the product keeps no more than its hash."""
    person = _consultant(request.form.get("consultant"))
    token = actions.new_feed_link(session(), actor(), now(), person)
    base = current_app.extensions["crm.settings"].base_url.rstrip("/")
    cookie[f"feed_{person.id}"] = base + url_for("calendars.feed", token=token)
    flash(_("Et nyt link er lavet. Kopiér det nu; det vises kun denne ene gang."), "success")
    return _back(person)


@pages.post("/calendar/feed/revoke")
@requires("calendars.manage")
def revoke_feed() -> Any:
    person = _consultant(request.form.get("consultant"))
    if actions.revoke_feed_link(session(), actor(), now(), person):
        flash(_("Linket virker ikke længere."), "success")
    return _back(person)


@pages.get("/calendar/<token>.ics")
@requires(PUBLIC)
def feed(token: str) -> Any:
    """RFC 5545, for calendars that subscribe; the token is the key. 404 unknown, 410 ended, 304 unchanged."""
    found = queries.feed(session(), token, now())
    if found.revoked:
        return Response(_("Linket er lukket. Lav et nyt på kalendersiden."), 410, mimetype="text/plain")
    response = Response(mimetype="text/calendar")
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(found.version)
    if request.if_none_match.contains(found.version):
        response.status_code = 304
        return response
    events = queries.feed_events(session(), found.consultant.id, now())
    response.set_data(feed_text(f"Jobåbner – {found.consultant.name}", map(_entry, events)))
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    return response


def _entry(event: CalendarEvent) -> Entry:
    return Entry(
        event.uid,
        event.starts_at,
        event.ends_at,
        event.summary,
        event.location,
        event.description,
        event.status,
        event.sequence,
        event.updated_at,
    )
