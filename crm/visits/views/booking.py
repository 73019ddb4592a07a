"""The call screen's right column: times, holding one, the booking itself, and taking it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from crm.base.errors import N_, Invalid, NotFound, Refusal
from crm.calling.actions import claim
from crm.calling.models import Call, QueueEntry
from crm.calling.queries import entry as load_entry
from crm.visits.actions import book as book_visit
from crm.visits.actions import hold as hold_slot
from crm.visits.actions import prolong
from crm.visits.actions import release_hold as release
from crm.visits.actions import undo_booking as undo
from crm.visits.api.ahead import fetch_for_entry
from crm.visits.forms import LARGEST_ID, BookForm, parse_slot
from crm.visits.models import SlotHold, Visit
from crm.visits.queries import booked_with
from crm.visits.views.blueprint import pages
from crm.visits.views.panel import SLOTS, fragment, refused_view, told
from crm.web.edge import now, session
from crm.web.filters import dk_datetime
from crm.web.i18n import say
from crm.web.permit import actor, may, requires, scope


@pages.get("/visits/slots")
@requires("visits.book")
def slots_panel() -> Any:
    """The list of times as a fragment for #slots of the call screen."""
    entry = load_entry(session(), scope(), _number(request.args.get("entry_id", type=int)))
    return fragment(entry, request.args.get("week"), every=request.args.get("all") == "1")


def _number(number: int | None) -> int:
    """Raises NotFound for what is no number of a record."""
    if number is None or not 1 <= number <= LARGEST_ID:
        raise NotFound
    return number


@pages.post("/visits/hold")
@requires("visits.book")
def hold() -> Any:
    """Keep a time while talking; without a time the one that is held is prolonged. How many seconds are left as JSON,
    or, refused, the list again with what became of the time."""
    entry = load_entry(session(), scope(), _number(request.form.get("entry_id", type=int)))
    raw = request.form.get("slot", "")
    wanted = parse_slot(raw[:80])
    try:
        if raw and wanted is None:
            raise Invalid(N_("Vælg en tid i listen."), errors={"slot": N_("Vælg en tid i listen.")})
        if wanted is None:
            kept = prolong(session(), actor(), now(), entry)
        else:
            fetch_for_entry(entry, wanted[1])
            kept = hold_slot(session(), actor(), now(), entry, *wanted)
    except NotFound:
        refusal = Invalid(_("Konsulenten hører ikke til jobcentret. Vælg en tid i listen."))
        return _unheld(entry, refusal, None)
    except Refusal as refusal:
        return _unheld(entry, refusal, wanted)
    return jsonify(told(kept))


def _unheld(entry: QueueEntry, refusal: Refusal, wanted: tuple[int, datetime] | None) -> Any:
    """What was held before stays held: the status undoes what the attempt has changed."""
    session().rollback()
    own = session().get(SlotHold, entry.id)
    if wanted is None and own is not None and own.user_id == actor().id:
        wanted = own.consultant_id, own.starts_at
    return render_template(SLOTS, **refused_view(entry, refusal, wanted, [])), refusal.status


@pages.post("/visits/hold/release")
@requires("visits.book")
def release_hold() -> Any:
    """Let the held time go."""
    entry = load_entry(session(), scope(), _number(request.form.get("entry_id", type=int)))
    release(session(), actor(), now(), entry)
    return "", 204


@pages.post("/visits/undo/<int:call_id>")
@requires("visits.book")
def undo_booking(call_id: int) -> Any:
    """Take the booking back within ten seconds; the company is the phoner's again."""
    call = session().scalar(select(Call).where(Call.id == _number(call_id), Call.user_id == actor().id))
    if call is None:
        raise NotFound
    entry = undo(session(), actor(), now(), call)
    flash(_("Bookingen er fortrudt. Du har %(company)s igen med dine noter.", company=entry.workplace.name), "success")
    target = url_for("calling.call")
    return ("", 204, {"HX-Redirect": target}) if request.headers.get("HX-Request") else redirect(target, 303)


@pages.post("/visits/book")
@requires("visits.book")
def book() -> Any:
    """Book, claim the next company for a phoner, and go on; refused: the list again, with three other times."""
    form = BookForm()
    entry = load_entry(session(), scope(), _number(form.entry_id.data))
    if not form.validate():
        return _refused(entry, form, Invalid(_("Besøget er ikke booket. Ret det, der mangler, og gem igen.")))
    key = form.key.data or None
    before = booked_with(session(), actor().id, entry, key)
    if before is not None:  # the first answer was lost on its way
        return _booked(entry, before)
    fetch_for_entry(entry, form.wanted[1])
    try:
        visit = book_visit(
            session(), actor(), now(), entry, *form.wanted, form.contact, form.note.data or "", idempotency_key=key
        )
    except NotFound:
        return _refused(entry, form, Invalid(_("Konsulenten hører ikke til jobcentret. Vælg en tid i listen.")))
    except Refusal as refusal:
        return _refused(entry, form, refusal)
    return _booked(entry, visit)


def _booked(entry: QueueEntry, visit: Visit) -> Any:
    flash(
        _(
            "Besøget hos %(company)s er booket %(when)s hos %(who)s.",
            company=entry.workplace.name,
            when=dk_datetime(visit.starts_at),
            who=visit.consultant.name,
        ),
        "success",
    )
    if actor().has_role("phoner"):
        claim(session(), actor(), now(), entry.campaign_id, _chosen_jobcentre(entry))
        target = url_for("calling.call")
    else:
        target = url_for("visits.show", visit_id=visit.id)
    if request.headers.get("HX-Request"):
        return "", 200, {"HX-Redirect": target}
    return redirect(target, 303)


def _chosen_jobcentre(entry: QueueEntry) -> int | None:
    """The jobcentre the phoner chose to call for, if it is this entry's; None for the whole campaign."""
    chosen = request.form.get("jobcentre_id", type=int)
    return chosen if chosen == entry.jobcentre_id else None


def _refused(entry: QueueEntry, form: BookForm, refusal: Refusal) -> Any:
    """The fragment with what is wrong; the transaction is rolled back by the status."""
    wanted = form.wanted if form.slot.data and not form.slot.errors else None
    errors = [*(text for field in form for text in field.errors), *(say(text) for text in refusal.errors.values())]
    session().rollback()
    template = SLOTS if request.headers.get("HX-Request") else "visits/book.html"
    back = url_for("visits.today" if may("visits.today") else "visits.index")
    view = refused_view(entry, refusal, wanted, errors) | {"phoner": actor().has_role("phoner"), "back": back}
    return render_template(template, form=form, **view), refusal.status
