"""Own calendars by a link: what they are, whether they can be read, one more. Only their owner changes them."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash
from flask import session as cookie
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.errors import NotFound, Refusal
from crm.base.seal import SealBroken
from crm.calendars import actions, queries
from crm.calendars.forms import SourceForm
from crm.calendars.jobs.links import NO_CALENDAR, found_in, keep_fetched, read_link
from crm.calendars.models import BusySource
from crm.calendars.rules.ahead import read_ahead
from crm.calendars.rules.busy import NotACalendar
from crm.calendars.views.blueprint import back, pages
from crm.calendars.views.page import page_of
from crm.integrations.fetch import FetchFailed
from crm.people.models import User
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope


@pages.context_processor
def _for_the_page() -> dict[str, Any]:
    """What ``calendars/_sources.html`` and ``_feed.html`` show beside what the page hands them."""
    return {
        "own_sources": lambda person: queries.sources(session(), person.id),
        "host_of_source": _host,
        "fresh_source_form": lambda: SourceForm(formdata=None),
        "busy_link": lambda person: queries.feed_link(session(), person.id, "busy"),
        "busy_feed_url": lambda person: cookie.pop(f"feed_busy_{person.id}", None),
    }


def _host(source: BusySource) -> str:
    """All that is ever shown of an address, and to its owner only."""
    if source.consultant_id != actor().id:
        return ""
    try:
        return actions.host_of(current_app.extensions["crm.vault"].open(source.address))
    except SealBroken:
        return ""


def _me() -> User:
    """Raises NotFound for who is no consultant: nobody gives away another's calendar."""
    return queries.consultant(session(), scope(), actor().id)


def _mine(source_id: int) -> BusySource:
    source = queries.source(session(), scope(), source_id)
    if source.consultant_id != actor().id or source.kind != "ics":
        raise NotFound
    return source


@pages.post("/calendar/sources")
@requires("calendars.manage")
def add_source() -> Any:
    """The link is tried at once, with no transaction open; one that cannot be read is not added."""
    form, person = SourceForm(), _me()
    if not form.validate():
        return _refused(person, form)
    moment, address = now(), form.address.data or ""
    session().rollback()
    try:
        fetched = current_app.extensions["crm.fetcher"].get(address)
    except FetchFailed as failed:
        form.address.errors = [*form.address.errors, say(failed.sentence, {})]
        return _refused(_me(), form)
    ahead = read_ahead(moment, [fetched.text] if fetched.text is not None else [])
    try:
        source = actions.add_source(
            session(),
            current_app.extensions["crm.vault"],
            actor(),
            moment,
            _me(),
            kind="ics",
            name=form.name.data or "",
            address=address,
        )
        keep_fetched(session(), moment, source, fetched, ahead)
    except NotACalendar:
        form.address.errors = [*form.address.errors, say(NO_CALENDAR, {})]
    except Refusal as refusal:
        form.refused(refusal)
    else:
        _tell(source, ahead.skipped)
        return back(_me())
    session().rollback()
    return _refused(_me(), form)


def _refused(person: User, form: SourceForm) -> Any:
    return page_of(person, queries.consultants(session(), scope()), 422, source_form=form)


def _tell(source: BusySource, skipped: int = 0) -> None:
    found = found_in(session(), now(), source, skipped)
    told = ngettext(
        "%(name)s er læst: %(num)s optaget tid de næste 6 måneder.",
        "%(name)s er læst: %(num)s optagne tider de næste 6 måneder.",
        found.taken,
        name=source.name,
    )
    flash(told, "success")
    if found.skipped:
        text = ngettext(
            "%(num)s aftale kunne ikke læses og spærrer ikke for booking.",
            "%(num)s aftaler kunne ikke læses og spærrer ikke for booking.",
            found.skipped,
        )
        flash(text, "warning")


@pages.post("/calendar/sources/<int:source_id>/refresh")
@requires("calendars.manage")
def refresh_source(source_id: int) -> Any:
    """Read it now."""
    _mine(source_id)
    moment = now()
    session().rollback()
    extensions = current_app.extensions
    read = read_link(extensions["crm.sessions"], extensions["crm.vault"], extensions["crm.fetcher"], moment, source_id)
    source = _mine(source_id)
    if read:
        _tell(source)
    else:
        flash(
            _(
                "%(name)s kunne ikke læses. %(why)s",
                name=source.name,
                why=say(source.last_error, {}) if source.last_error else "",
            ),
            "warning",
        )
    return back(_me())


@pages.post("/calendar/sources/<int:source_id>/remove")
@requires("calendars.manage")
def remove_source(source_id: int) -> Any:
    source = _mine(source_id)
    name = source.name
    actions.remove_source(session(), actor(), now(), source)
    flash(_("%(name)s er fjernet, og adressen er slettet. Optaget tid fra den tæller ikke mere.", name=name), "success")
    return back(_me())
