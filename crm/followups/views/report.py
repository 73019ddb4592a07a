"""The page that closes a visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import Refusal
from crm.followups import actions, queries
from crm.followups.forms.agreement import quick_details
from crm.followups.forms.report import ReportForm, today_of, typed_before, with_types
from crm.followups.models import FollowUp
from crm.followups.views.blueprint import pages
from crm.openings.actions import carrying
from crm.openings.models import Opening
from crm.openings.queries import of_visit, offered
from crm.openings.rules.types import own_numbers
from crm.visits import queries as visit_queries
from crm.visits.models import Visit
from crm.web.edge import now, session
from crm.web.permit import actor, may, requires, scope


@pages.route("/visits/<int:visit_id>/report", methods=["GET", "POST"])
@requires("visits.report")
def report(visit_id: int) -> Any:
    visit = visit_queries.visit(session(), scope(), visit_id)
    there = of_visit(session(), visit.id, from_report=True)
    agreed = next((f for f in reversed(queries.of_visit(session(), visit.id)) if f.from_report), None)
    form = _form(visit, there, agreed)
    status = 422 if request.method == "POST" else 200
    reported_at = visit.reported_at  # a refused report is rolled back, but the visit in hand has taken it over
    if request.method == "POST" and form.validate():
        told, moment = form.openings(_by_worth(there)), now()
        seen: dict[str, Any] = {"seen": form.seen.data or "", "may_go": form.may_go()}
        decided = form.decision(visit, agreed)
        try:
            actions.close_visit(session(), actor(), moment, visit, form.report(), told, decided, **seen)
        except Refusal as refusal:
            form.refused_report(refusal, told)
            status = 409 if refusal.code == "stale" else status
        else:
            flash(_closed_text(visit, moment), "success")
            return redirect(_after(visit))
    page = render_template(
        "followups/report.html",
        form=form,
        visit=visit,
        reported_at=reported_at,
        too_early=now() < visit.starts_at,
        back=_after(visit),
        details=quick_details(today_of(visit, now())),
    )
    return page, status


def _by_worth(there: Sequence[Opening]) -> list[Opening]:
    """Those that something hangs on first: the others give where a number was corrected."""
    carried = carrying(session(), there)
    return sorted(there, key=lambda opening: opening.id not in carried)


def _form(visit: Visit, there: Sequence[Opening], agreed: FollowUp | None) -> ReportForm:
    """With the administrators' types in use, and those out of use that the visit's openings have, or that were sent
    from a page opened before."""
    kept = [one.own_type_id for one in there if one.own_type_id]
    own = offered(session(), visit.jobcentre_id, now(), keep={*kept, *own_numbers(request.form.getlist("types"))})
    form = with_types(own)(data=typed_before(visit, there, agreed))
    form.fit(today_of(visit, now()), own)
    return form


def _closed_text(visit: Visit, moment: datetime) -> str:
    """Says that the agreement was sent where this report sent one."""
    company = visit.workplace.name
    if not any(f.told_at == moment for f in queries.of_visit(session(), visit.id)):
        return str(_("Besøget hos %(company)s er lukket.", company=company))
    return str(
        _(
            "Besøget hos %(company)s er lukket, og aftalen er sendt til %(email)s.",
            company=company,
            email=visit.contact_email,
        )
    )


def _after(visit: Visit) -> str:
    """Consultants go on with their day, others see the visit."""
    return url_for("visits.today") if may("visits.today") else url_for("visits.show", visit_id=visit.id)
