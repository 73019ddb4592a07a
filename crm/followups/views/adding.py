"""Pages: the agreements of a visit, and one added after the report."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import Refusal
from crm.followups import actions, queries
from crm.followups.forms.agreement import AgreementForm, quick_details
from crm.followups.models import FollowUp
from crm.followups.rules import OUTCOMES
from crm.followups.views.blueprint import pages
from crm.followups.views.cards import card, on_phone
from crm.visits import queries as visit_queries
from crm.web.edge import now, session
from crm.web.permit import actor, may, requires, scope


@pages.get("/visits/<int:visit_id>/followups")
@requires("followups.read")
def of_visit(visit_id: int) -> Any:
    """The visit's agreements, open and done; those a colleague has got are named, and opened by them."""
    visit = visit_queries.visit(session(), scope(), visit_id)
    found = queries.of_visit(session(), visit.id)
    today = danish_date(now())
    mine = queries.statement(scope(), state=None).where(FollowUp.visit_id == visit.id)
    return render_template(
        "followups/of_visit.html",
        reach=set(session().scalars(mine.with_only_columns(FollowUp.id))),
        visit=visit,
        cards=[card(f, today) for f in found],
        outcomes=OUTCOMES,
        may_add=may("visits.report") and visit.reported_at is not None,
        may_hand_over=may("followups.hand_over") and any(f.state == "open" for f in found),
        phone=on_phone(),
    )


@pages.route("/visits/<int:visit_id>/followups/add", methods=["GET", "POST"])
@requires("visits.report")
def add(visit_id: int) -> Any:
    """Another agreement of a visit that is reported; the company gets it in writing."""
    visit = visit_queries.visit(session(), scope(), visit_id)
    form = AgreementForm()
    today = danish_date(now())
    form.fit_dates(today)
    if request.method == "POST" and form.validate():
        try:
            actions.add(session(), actor(), now(), visit, form.agreement(today))
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Aftalen er tilføjet."), "success")
            return redirect(url_for("followups.of_visit", visit_id=visit.id))
    page = render_template("followups/add.html", visit=visit, form=form, details=quick_details(today), phone=on_phone())
    return page, 422 if request.method == "POST" else 200
