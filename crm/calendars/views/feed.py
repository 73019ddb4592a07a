"""The feed and its secret link."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, request, url_for
from flask import session as cookie
from flask_babel import gettext as _

from crm.calendars import actions, queries
from crm.calendars.models import CalendarEvent
from crm.calendars.rules import Entry, feed_text
from crm.calendars.views.blueprint import back, consultant_of, pages
from crm.web.edge import now, session
from crm.web.permit import PUBLIC, actor, requires


@pages.post("/calendar/feed")
@requires("calendars.manage")
def new_feed() -> Any:
    """The link is shown on the next page only: the product keeps no more than its hash."""
    person = consultant_of(request.form.get("consultant"))
    token = actions.new_feed_link(session(), actor(), now(), person)
    base = current_app.extensions["crm.settings"].base_url.rstrip("/")
    cookie[f"feed_{person.id}"] = base + url_for("calendars.feed", token=token)
    flash(_("Et nyt link er lavet. Kopiér det nu; det vises kun denne ene gang."), "success")
    return back(person)


@pages.post("/calendar/feed/revoke")
@requires("calendars.manage")
def revoke_feed() -> Any:
    person = consultant_of(request.form.get("consultant"))
    if actions.revoke_feed_link(session(), actor(), now(), person):
        flash(_("Linket virker ikke længere."), "success")
    return back(person)


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
