"""The feed and its secret links."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from flask import Response, current_app, flash, request, url_for
from flask import session as cookie
from flask_babel import gettext as _

from crm.base.errors import NotFound
from crm.calendars import actions, queries
from crm.calendars.rules import busy_only, feed_text
from crm.calendars.views.blueprint import back, consultant_of, pages
from crm.web.edge import now, session
from crm.web.permit import PUBLIC, actor, requires

KINDS = ("own", "busy")


class Bodies:
    """The latest feeds as they were written, by version: a few megabytes of them at most."""

    def __init__(self, room: int = 16 * 2**20) -> None:
        self._room, self._taken = room, 0
        self._known: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, version: str) -> bytes | None:
        with self._lock:
            if version in self._known:
                self._known.move_to_end(version)
            return self._known.get(version)

    def keep(self, version: str, body: bytes) -> None:
        with self._lock:
            self._taken += len(body) - len(self._known.pop(version, b""))
            self._known[version] = body
            while self._taken > self._room:
                self._taken -= len(self._known.popitem(last=False)[1])


@pages.post("/calendar/feed")
@requires("calendars.manage")
def new_feed() -> Any:
    """The link is shown on the next page only: the product keeps no more than its hash."""
    person, kind = consultant_of(request.form.get("consultant")), _kind()
    token = actions.new_feed_link(session(), actor(), now(), person, kind)
    base = current_app.extensions["crm.settings"].base_url.rstrip("/")
    cookie[f"feed_{person.id}" if kind == "own" else f"feed_{kind}_{person.id}"] = base + url_for(
        "calendars.feed", token=token
    )
    flash(_("Et nyt link er lavet. Kopiér det nu; det vises kun denne ene gang."), "success")
    return back(person)


@pages.post("/calendar/feed/revoke")
@requires("calendars.manage")
def revoke_feed() -> Any:
    person = consultant_of(request.form.get("consultant"))
    if actions.revoke_feed_link(session(), actor(), now(), person, _kind()):
        flash(_("Linket virker ikke længere."), "success")
    return back(person)


def _kind() -> str:
    kind = request.form.get("kind") or "own"
    if kind not in KINDS:
        raise NotFound
    return kind


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
    if found.changed_at is not None:
        response.last_modified = found.changed_at
    if _unchanged(found):
        response.status_code = 304
        return response
    response.set_data(_body(found))
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    return response


def _unchanged(found: queries.Feed) -> bool:
    """By the version where the reader names one, else by the time (RFC 9110, 13.2.2)."""
    if request.headers.get("If-None-Match"):
        return request.if_none_match.contains_weak(found.version)
    since = request.if_modified_since
    return since is not None and found.changed_at is not None and since >= found.changed_at


def _body(found: queries.Feed) -> bytes:
    """The version was read before the events, so that a change in between is never kept under a version to come."""
    bodies: Bodies = current_app.extensions.setdefault("crm.feed_bodies", Bodies())
    body = bodies.get(found.version)
    if body is None:
        entries = map(queries.entry_of, queries.feed_events(session(), found.consultant.id, now()))
        if found.kind == "busy":
            taken = (busy_only(entry) for entry in entries if entry.kind == "engagement")
            body = feed_text(f"{found.consultant.name} – optaget", taken)
        else:
            body = feed_text(f"Jobåbner – {found.consultant.name}", entries)
        bodies.keep(found.version, body)
    return body
