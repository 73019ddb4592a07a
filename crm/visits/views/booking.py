"""The call screen's right column: times, and the booking itself."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import Invalid, NotFound, Refusal
from crm.calendars.rules import monday_of, week_name
from crm.calling.actions import claim
from crm.calling.models import QueueEntry
from crm.calling.queries import entry as load_entry
from crm.visits.actions import book as book_visit
from crm.visits.forms import LARGEST_ID, BookForm
from crm.visits.models import Visit
from crm.visits.queries import ask_for_entry
from crm.visits.views.blueprint import pages
from crm.visits.views.slots import alternatives_block, panel
from crm.web.edge import now, session
from crm.web.filters import dk_datetime
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope


@pages.get("/visits/slots")
@requires("visits.book")
def slots_panel() -> Any:
    """The list of times as a fragment for #slots of the call screen."""
    entry = load_entry(session(), scope(), _entry_id())
    try:
        return _fragment(entry, request.args.get("week"), every=request.args.get("all") == "1")
    except Refusal as refusal:
        return render_template(
            "visits/_slots.html",
            entry=entry,
            panel=None,
            days=[],
            refusal=None,
            problem=say(refusal.message, refusal.fields),
        )


def _entry_id() -> int:
    number = request.args.get("entry_id", type=int)
    if number is None or not 1 <= number <= LARGEST_ID:
        raise NotFound
    return number


def _fragment(entry: QueueEntry, week: str | None, *, every: bool = False, checked: str | None = None) -> str:
    shown = panel(session(), now(), _ask(entry), week, every=every, checked=checked)
    return render_template("visits/_slots.html", entry=entry, panel=shown, days=shown.days, refusal=None, problem=None)


def _ask(entry: QueueEntry) -> Any:
    return ask_for_entry(entry, notice=actor().has_role("phoner"))


@pages.post("/visits/book")
@requires("visits.book")
def book() -> Any:
    """Book, claim the next company for a phoner, and go on; refused: the list again, with three other times."""
    form = BookForm()
    if form.entry_id.data is None or not 1 <= form.entry_id.data <= LARGEST_ID:
        raise NotFound
    entry = load_entry(session(), scope(), form.entry_id.data)
    if not form.validate():
        return _refused(entry, form, Invalid(_("Besøget er ikke booket. Ret det, der mangler, og gem igen.")))
    consultant_id, starts_at = form.wanted
    try:
        visit = book_visit(
            session(), actor(), now(), entry, consultant_id, starts_at, form.contact, form.note.data or ""
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
    found = refusal.extra.get("alternatives", [])
    nearest = alternatives_block(found)
    keys = [line["value"] for block in nearest for group in block["groups"] for line in group["slots"]]
    slot = form.slot.data if not form.slot.errors else None
    errors = [*(text for field in form for text in field.errors), *(say(text) for text in refusal.errors.values())]
    view: dict[str, Any] = {
        "entry": entry,
        "refusal": refusal,
        "problem": None,
        "errors": errors,
        "nearest": nearest,
        "detail": say(refusal.message, refusal.fields),
        "form": form,
    }
    if refusal.code == "no_place":
        shown = None
    else:
        week = week_name(monday_of(form.wanted[1])) if slot else None
        shown = panel(
            session(), now(), _ask(entry), week, without=keys, checked=slot if refusal.status == 422 else None
        )
    view |= {"panel": shown, "days": shown.days if shown else []}
    template = "visits/_slots.html" if request.headers.get("HX-Request") else "visits/book.html"
    return render_template(template, **view), refusal.status
