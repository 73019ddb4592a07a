"""Move a visit, hand it over, cancel it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import Invalid, NotFound, Refusal
from crm.calendars.rules import monday_of, week_name
from crm.visits.actions import cancel as cancel_visit
from crm.visits.actions import hand_over as give
from crm.visits.actions import move as move_visit
from crm.visits.actions.check import others
from crm.visits.api.ahead import fetch_for_visit, while_writing
from crm.visits.forms import CancelForm, HandOverForm, MoveForm
from crm.visits.models import Visit
from crm.visits.queries import ask_for_visit, open_conflicts
from crm.visits.queries import visit as load_visit
from crm.visits.queries.reassign import colleagues
from crm.visits.rules import refusal_short
from crm.visits.views.blueprint import VISIT, pages
from crm.visits.views.listing import within
from crm.visits.views.slots import alternatives_block, panel
from crm.web.edge import now, session
from crm.web.filters import dk_datetime
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope, scope_for


@pages.route(f"/visits/{VISIT}/move", methods=["GET", "POST"])
@requires("visits.change")
def move(visit_id: int) -> Any:
    """The week's times across the jobcentre's consultants; a refused one brings three others."""
    visit = load_visit(session(), scope(), visit_id)
    if visit.state != "booked":
        return _no_longer(visit)
    form = MoveForm()
    if request.method == "GET":
        return _page(visit, form, None)
    if not form.validate():
        return _page(visit, form, Invalid(_("Besøget er ikke flyttet. Ret det, der mangler, og gem igen.")))
    consultant_id, starts_at = form.wanted
    fetch_for_visit(visit, starts_at)
    try:
        move_visit(session(), actor(), now(), visit, starts_at, form.reason.data or "", consultant_id)
    except NotFound:
        return _page(visit, form, Invalid(_("Konsulenten hører ikke til jobcentret. Vælg en tid i listen.")))
    except Refusal as refusal:
        return _page(visit, form, refusal)
    flash(
        _(
            "Besøget er flyttet til %(when)s hos %(who)s. %(told)s",
            when=dk_datetime(visit.starts_at),
            who=visit.consultant.name,
            told=_told(visit),
        ),
        "success",
    )
    return redirect(url_for("visits.show", visit_id=visit.id), 303)


def _page(visit: Visit, form: MoveForm, refusal: Refusal | None) -> Any:
    slot = form.slot.data if refusal and not form.slot.errors else None
    nearest = alternatives_block(refusal.extra.get("alternatives", []), form.wanted) if refusal and slot else []
    if refusal is None and conflict_of(visit):
        wanted = visit.consultant_id, visit.starts_at
        found = others(session(), now(), ask_for_visit(visit), *wanted, locked=False)["alternatives"]
        nearest = alternatives_block(found, wanted)
    keys = [line["value"] for block in nearest for group in block["groups"] for line in group["slots"]]
    week = request.args.get("week") or week_name(monday_of(max(form.wanted[1] if slot else visit.starts_at, now())))
    checked, every = slot if refusal and refusal.status == 422 else None, request.args.get("all") == "1"
    with while_writing():
        shown = panel(session(), now(), ask_for_visit(visit), week, every=every, checked=checked, without=keys)
    detail = say(refusal.message, refusal.fields) if refusal else None
    return render_template(
        "visits/move.html",
        visit=visit,
        form=form,
        panel=shown,
        days=shown.days,
        nearest=nearest,
        refusal=refusal,
        detail=detail,
    ), refusal.status if refusal else 200


def conflict_of(visit: Visit) -> bool:
    """Whether the visit does not fit where it lies: other times are offered at once then."""
    return bool(open_conflicts(session(), scope(), now(), visit_id=visit.id))


@pages.route(f"/visits/{VISIT}/hand-over", methods=["GET", "POST"])
@requires("visits.change")
def hand_over(visit_id: int) -> Any:
    """Who of the jobcentre can come at the same time; a refusal says why not."""
    visit = load_visit(session(), scope(), visit_id)
    if visit.state != "booked":
        return _no_longer(visit)
    form = HandOverForm()
    if request.method == "GET" or not form.validate():
        return _colleagues(visit, form, None, 200 if request.method == "GET" else 422)
    fetch_for_visit(visit, visit.starts_at)
    try:
        give(session(), actor(), now(), visit, int(form.to.data or 0), form.reason.data or "")
    except NotFound:
        return _colleagues(visit, form, _("Konsulenten hører ikke til jobcentret. Vælg en anden."), 422)
    except Refusal as refusal:
        return _colleagues(visit, form, say(refusal.message, refusal.fields), refusal.status)
    flash(_("%(who)s har nu besøget. %(told)s", who=visit.consultant.name, told=_told(visit)), "success")
    mine = within(scope_for("visits.read"), visit)
    return redirect(url_for("visits.show", visit_id=visit.id) if mine else url_for("visits.index"), 303)


def _colleagues(visit: Visit, form: HandOverForm, refusal: str | None, status: int) -> Any:
    with while_writing():
        found = colleagues(session(), now(), visit)
    able = [
        {
            "id": slot.consultant_id,
            "name": slot.consultant,
            "drive": _(
                "%(there)s min derhen, %(onward)s min videre",
                there=slot.travel_before_min,
                onward=slot.travel_after_min,
            ),
        }
        for slot in found
        if not slot.reason
    ]
    unable = [{"name": slot.consultant, "why": say(*refusal_short(slot))} for slot in found if slot.reason]
    page = render_template("visits/hand_over.html", visit=visit, form=form, able=able, unable=unable, refusal=refusal)
    return page, status


@pages.route(f"/visits/{VISIT}/cancel", methods=["GET", "POST"])
@requires("visits.change")
def cancel(visit_id: int) -> Any:
    """Who cancels, and why: both parties are told."""
    visit = load_visit(session(), scope(), visit_id)
    if visit.state != "booked":
        return _no_longer(visit)
    form = CancelForm()
    if form.validate_on_submit():
        try:
            cancel_visit(session(), actor(), now(), visit, form.by.data, form.cancel_reason.data or "")
        except Refusal as refusal:
            form.refused(refusal)
            return render_template("visits/cancel.html", visit=visit, form=form), refusal.status
        flash(_("Besøget er aflyst. %(told)s", told=_told(visit)), "success")
        return redirect(url_for("visits.show", visit_id=visit.id), 303)
    return render_template("visits/cancel.html", visit=visit, form=form), 422 if request.method == "POST" else 200


def _told(visit: Visit) -> str:
    return str(
        _("Virksomheden og konsulenten har fået besked.")
        if visit.contact_email
        else _("Konsulenten har fået besked. Virksomheden har ingen mailadresse: ring og sig det.")
    )


def _no_longer(visit: Visit) -> Any:
    flash(_("Besøget er allerede aflyst eller rapporteret. Intet er ændret."), "warning")
    return redirect(url_for("visits.show", visit_id=visit.id), 303)
