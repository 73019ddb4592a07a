"""Move and cancel a visit."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import Invalid, NotFound, Refusal
from crm.calendars.rules import monday_of, week_name
from crm.visits.actions import cancel as cancel_visit
from crm.visits.actions import move as move_visit
from crm.visits.forms import CancelForm, MoveForm
from crm.visits.models import Visit
from crm.visits.queries import ask_for_visit
from crm.visits.queries import visit as load_visit
from crm.visits.views.blueprint import VISIT, pages
from crm.visits.views.slots import alternatives_block, panel
from crm.web.edge import now, session
from crm.web.filters import dk_datetime
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope


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
    keys = [line["value"] for block in nearest for group in block["groups"] for line in group["slots"]]
    week = request.args.get("week") or week_name(monday_of(max(form.wanted[1] if slot else visit.starts_at, now())))
    shown = panel(
        session(),
        now(),
        ask_for_visit(visit),
        week,
        every=request.args.get("all") == "1",
        checked=slot if refusal and refusal.status == 422 else None,
        without=keys,
    )
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
