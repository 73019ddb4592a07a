"""Pages: the visit report, the work list, one follow-up."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.clock import danish_date, working_days_between
from crm.base.errors import Refusal
from crm.followups import actions, queries
from crm.followups.forms import (
    FulfilForm,
    ReportForm,
    SnoozeForm,
    quick_details,
    today_of,
    typed_before,
)
from crm.followups.models import FollowUp
from crm.followups.rules import KINDS, OWED_BY, overdue_days
from crm.openings.queries import of_visit
from crm.people.queries import consultants_of
from crm.visits import queries as visit_queries
from crm.visits.models import Visit
from crm.web.edge import now, session
from crm.web.permit import actor, may, requires, scope

pages = Blueprint("followups", __name__)


@pages.route("/visits/<int:visit_id>/report", methods=["GET", "POST"])
@requires("visits.report")
def report(visit_id: int) -> Any:
    visit = visit_queries.visit(session(), scope(), visit_id)
    there = of_visit(session(), visit.id, from_report=True)
    agreed = next((f for f in reversed(queries.of_visit(session(), visit.id)) if f.from_report), None)
    form = ReportForm(data=typed_before(visit, there, agreed))
    form.fit(today_of(visit, now()))
    reported_at = visit.reported_at  # a refused report is rolled back, but the visit in hand has taken it over
    if request.method == "POST" and form.validate():
        told = form.openings(there)
        try:
            actions.close_visit(session(), actor(), now(), visit, form.report(), told, form.decision(visit, agreed))
        except Refusal as refusal:
            form.refused_report(refusal, told)
        else:
            flash(_closed_text(visit), "success")
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
    return page, 422 if request.method == "POST" else 200


def _closed_text(visit: Visit) -> str:
    company = visit.workplace.name
    if visit.no_follow_up_because or not visit.contact_email or visit.state == "nobody_there":
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


@pages.get("/followups")
@requires("followups.read")
def index() -> Any:
    today = danish_date(now())
    phone = on_phone()
    people = [] if phone else consultants_of(session(), sorted(scope().jobcentres))
    asked = request.args.get("consultant", type=int)
    owner_id = asked if asked in {person.id for person in people} else None
    overdue = request.args.get("overdue") == "1" and not phone
    found = queries.board(
        session(), scope(), today, owner_id=owner_id, overdue=overdue, page=request.args.get("page", 1, type=int)
    )
    return render_template(
        "followups/index_phone.html" if phone else "followups/index_desk.html",
        board=found,
        people=people,
        chosen=owner_id,
        overdue=overdue,
        due=[card(f, today) for f in found.due],
        coming=[card(f, today) for f in found.coming],
    )


@pages.get("/followups/<int:follow_up_id>")
@requires("followups.read")
def show(follow_up_id: int) -> Any:
    found = queries.follow_up(session(), scope(), follow_up_id)
    return _page(found, FulfilForm(formdata=None))


@pages.post("/followups/<int:follow_up_id>/fulfil")
@requires("followups.fulfil")
def fulfil(follow_up_id: int) -> Any:
    found = queries.follow_up(session(), scope(), follow_up_id)
    form = FulfilForm()
    if form.validate():
        try:
            actions.fulfil(session(), actor(), now(), found, form.outcome.data or "")
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Gjort: %(what)s", what=_short(found.promise)), "success")
            return redirect(url_for("followups.index"))
    return _page(found, form), 422


@pages.route("/followups/<int:follow_up_id>/snooze", methods=["GET", "POST"])
@requires("followups.fulfil")
def snooze(follow_up_id: int) -> Any:
    found = queries.follow_up(session(), scope(), follow_up_id)
    form = SnoozeForm()
    if request.method == "POST" and form.validate() and form.due_on.data:
        try:
            actions.snooze(session(), actor(), now(), found, form.due_on.data, form.reason.data or "")
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Udskudt: %(what)s", what=_short(found.promise)), "success")
            return redirect(url_for("followups.index"))
    page = render_template(
        "followups/snooze.html", form=form, f=found, card=card(found, danish_date(now())), phone=on_phone()
    )
    return page, 422 if request.method == "POST" else 200


def _page(found: FollowUp, form: FulfilForm) -> str:
    return render_template(
        "followups/show.html",
        f=found,
        form=form,
        card=card(found, danish_date(now())),
        kind=_(KINDS[found.kind]),
        phone=on_phone(),
    )


def on_phone() -> bool:
    """Consultants without another role work on the telephone's pages."""
    return {held.role for held in actor().roles} == {"consultant"}


def card(found: FollowUp, today: date) -> dict[str, Any]:
    """One agreement as the lists show it."""
    late = found.state == "open" and found.due_on < today
    return {
        "f": found,
        "late": late,
        "when": _when(found.due_on, today),
        "who": _(OWED_BY[found.owed_by]),
        "title": _short(found.promise),
        "phone": found.visit.contact_phone or found.workplace.phone,
        "days": overdue_days(found.due_on, today),
    }


def _short(promise: str) -> str:
    line = promise.strip().splitlines()[0]
    return line if len(line) <= 120 else line[:119].rstrip() + "…"


def _when(due_on: date, today: date) -> str:
    """``3 arbejdsdage over``, ``I dag``, ``om 4 arbejdsdage``, ``om 3 måneder``."""
    days = working_days_between(today, due_on)
    if due_on == today:
        return str(_("I dag"))
    if due_on < today:
        days = overdue_days(due_on, today)
        return str(ngettext("%(num)s arbejdsdag over", "%(num)s arbejdsdage over", days) if days else _("Over fristen"))
    if days <= 20:
        return str(ngettext("om %(num)s arbejdsdag", "om %(num)s arbejdsdage", days))
    months = round((due_on - today).days / 30.4)
    return str(ngettext("om %(num)s måned", "om %(num)s måneder", months))
