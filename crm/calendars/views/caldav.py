"""Connect a calendar of one's own by CalDAV. Only the consultant does it: it is their password."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.errors import NotFound, Refusal
from crm.calendars import queries
from crm.calendars.actions.caldav import READ_ONLY, Draft, change, connect, disconnect, keep_draft, kept_draft
from crm.calendars.forms import CaldavForm, ChangeCaldavForm, ChooseCalendarForm
from crm.calendars.jobs.copies import opened
from crm.calendars.models import BusySource
from crm.calendars.queries.copies import counts, left_in, sealed
from crm.calendars.views.blueprint import pages
from crm.integrations.caldav_wire import MISSING, Account, CalDavFailed, completed
from crm.people.models import User
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope

SOURCE = "<int:source_id>"


def _me() -> User:
    """Raises NotFound for who is no consultant: a lead does not connect another's calendar."""
    return queries.consultant(session(), scope(), actor().id)


def _mine(source_id: int) -> BusySource:
    source = queries.source(session(), scope(), source_id)
    if source.consultant_id != actor().id or source.kind != "caldav":
        raise NotFound
    return source


@pages.get("/calendar/caldav")
@requires("calendars.manage")
def caldav() -> Any:
    """What is connected, since when it works or does not, and one more."""
    return _page(_me(), CaldavForm(formdata=None))


def _page(person: User, form: CaldavForm, status: int = 200) -> Any:
    found = [one for one in queries.sources(session(), person.id) if one.kind == "caldav"]
    of = counts(session(), [one.id for one in found])
    return render_template(
        "calendars/caldav.html",
        connected=found,
        left={number: left for number, (left, _failed) in of.items()},
        unwritten={number: failed for number, (_left, failed) in of.items()},
        form=form,
    ), status


@pages.post("/calendar/caldav/find")
@requires("calendars.manage")
def caldav_find() -> Any:
    """Look for calendars behind the address. The server is asked with no transaction open."""
    person, form = _me(), CaldavForm()
    if not form.validate():
        return _page(person, form, 422)
    number, moment = person.id, now()
    account = Account(completed(form.address.data or ""), form.username.data or "", form.password.data or "")
    session().rollback()
    try:
        with current_app.extensions["crm.caldav"](account) as dav:
            draft = Draft(account, dav.calendars())
    except CalDavFailed as failed:
        form.form_errors.append(say(failed.sentence, {}))
        return _page(_me(), form, 422)
    kept = keep_draft(current_app.extensions["crm.vault"], moment, number, draft)
    return _choice(draft, ChooseCalendarForm.of(draft.found, kept))


def _choice(draft: Draft, form: ChooseCalendarForm, status: int = 200) -> Any:
    return render_template("calendars/caldav_choose.html", form=form, username=draft.account.username), status


@pages.post("/calendar/caldav/connect")
@requires("calendars.manage")
def caldav_connect() -> Any:
    person, vault = _me(), current_app.extensions["crm.vault"]
    try:
        draft = kept_draft(vault, now(), person.id, request.form.get("kept", ""))
    except Refusal as refusal:
        form = CaldavForm(formdata=None)
        form.refused(refusal)
        return _page(person, form, refusal.status)
    choice = ChooseCalendarForm.typed(draft.found)
    use = {"writes": bool(choice.writes.data), "reads": bool(choice.reads.data)}
    try:
        source = connect(session(), vault, actor(), now(), person, draft, choice.collection.data or "", **use)
    except Refusal as refusal:
        choice.refused(refusal)
        return _choice(draft, choice, refusal.status)
    written = left_in(session(), source.id)
    flash(_("Kalenderen %(name)s er forbundet. Den læses første gang om lidt.", name=source.name), "success")
    if written:
        flash(
            ngettext("%(num)s besøg skrives i den nu.", "%(num)s besøg skrives i den nu.", written),
            "success",
        )
    return redirect(url_for("calendars.caldav"), 303)


@pages.route(f"/calendar/caldav/{SOURCE}/change", methods=["GET", "POST"])
@requires("calendars.manage")
def caldav_change(source_id: int) -> Any:
    """Other uses, or a new password, which is tried first, with no transaction open; a wrong one changes nothing."""
    source = _mine(source_id)
    if source.ending_at is not None:
        return redirect(url_for("calendars.caldav"), 303)
    if request.method == "GET":
        form = ChangeCaldavForm(formdata=None, data={"writes": source.writes, "reads": source.reads})
        return _change_page(source, form)
    form, moment = ChangeCaldavForm(), now()
    if not form.validate():
        return _change_page(source, form, 422)
    password = form.password.data or ""
    if password or (form.writes.data and not source.writes):
        problem = _tried(source, password, writes=bool(form.writes.data))
        source = _mine(source_id)
        if problem:
            form.form_errors.append(say(problem, {}))
            return _change_page(source, form, 422)
    use = {"writes": bool(form.writes.data), "reads": bool(form.reads.data)}
    try:
        change(session(), current_app.extensions["crm.vault"], actor(), moment, source, password=password, **use)
    except Refusal as refusal:
        form.refused(refusal)
        return _change_page(source, form, refusal.status)
    flash(_("%(name)s er ændret. Den læses igen om lidt.", name=source.name), "success")
    return redirect(url_for("calendars.caldav"), 303)


def _tried(source: BusySource, password: str, *, writes: bool) -> str:
    """Why the calendar cannot be used so, empty when it can. The server is asked with no transaction open."""
    way = sealed(source)
    session().rollback()
    try:
        account, collection = opened(current_app.extensions["crm.vault"], way)
        with current_app.extensions["crm.caldav"](replace(account, password=password or account.password)) as dav:
            found = next((one for one in dav.calendars() if one.url == collection), None)
    except CalDavFailed as failed:
        return failed.sentence
    if found is None:
        return MISSING
    return READ_ONLY if writes and not found.writable else ""


def _change_page(source: BusySource, form: ChangeCaldavForm, status: int = 200) -> Any:
    return render_template("calendars/caldav_change.html", source=source, form=form), status


@pages.post(f"/calendar/caldav/{SOURCE}/disconnect")
@requires("calendars.manage")
def caldav_disconnect(source_id: int) -> Any:
    """``take_out=1``: our events are taken out of it first."""
    source = _mine(source_id)
    if disconnect(session(), actor(), now(), source, take_out=request.form.get("take_out") == "1"):
        flash(_("Kalenderen er afbrudt, og adgangskoden er slettet. Optaget tid fra den tæller ikke mere."), "success")
    else:
        flash(_("Kalenderen afbrydes: besøgene tages ud først, og så slettes adgangskoden."), "success")
    return redirect(url_for("calendars.caldav"), 303)
