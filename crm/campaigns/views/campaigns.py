"""Campaigns: list, set up, edit, show; the extracts they draw on."""

from __future__ import annotations

import re
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid
from crm.campaigns.actions import Join, create_campaign, update_campaign, use_extract
from crm.campaigns.forms import CampaignForm, ExtractForm
from crm.campaigns.models import Campaign
from crm.campaigns.queries import campaign as load
from crm.campaigns.queries import (
    campaigns,
    extracts,
    latest_batches,
    overview,
    participation_counts,
    participations,
)
from crm.campaigns.rules import in_calling_hours
from crm.campaigns.views.blueprint import pages
from crm.people.queries import calling_firms, jobcentres
from crm.web.edge import now, session
from crm.web.filters import dk_datetime, dk_number
from crm.web.forms import choices
from crm.web.permit import actor, requires, scope

_DEFAULTS = {"calls_from": 480, "calls_to": 1020, "visit_minutes": 60, "margin_minutes": 5, "max_attempts": 6,
             "horizon_days": 21, "notice_hours": 24, "state": "open", "max_attempts_a_day": 2,
             "max_number_attempts": 10, "call_backs_each": 30, "quarantine_months": 0, "fit_weight": 0.5,
             "letter_days": 4, "nag_before_days": 1, "nag_overdue_days": 2, "nag_lead_days": 5, "nag_region_days": 10,
             "ending_days": 10, "ask_company_days": 5}  # fmt: skip


@pages.get("/campaigns")
@requires("campaigns.read")
def index() -> Any:
    reach = scope()
    return render_template("campaigns/index.html", campaigns=campaigns(session(), reach), now=now(),
                           standing=overview(session(), reach), today=danish_date(now()))  # fmt: skip


@pages.route("/campaigns/new", methods=["GET", "POST"])
@requires("campaigns.manage")
def create() -> Any:
    form = CampaignForm(data=_DEFAULTS)
    rows = _join_rows(form, {})
    if form.validate_on_submit():
        try:
            made = create_campaign(session(), actor(), now(), joins=_joins(), **form.settings())
        except Invalid as refusal:
            form.refused(refusal)
        else:
            flash(_("Kampagnen er oprettet. Jobcentrene kan nu trække lister."), "success")
            return redirect(url_for("campaigns.show", campaign_id=made.id))
    status = 422 if request.method == "POST" else 200
    return render_template("campaigns/edit.html", form=form, rows=rows, campaign=None), status


@pages.route("/campaigns/<int:campaign_id>/edit", methods=["GET", "POST"])
@requires("campaigns.manage")
def edit(campaign_id: int) -> Any:
    found = load(session(), scope(), campaign_id)
    held = {part.jobcentre_id: part for part in participations(session(), found.id)}
    form = CampaignForm(obj=found)
    if request.method == "GET":
        form.joins.data = list(held)
    rows = _join_rows(form, held)
    if form.validate_on_submit():
        try:
            update_campaign(session(), actor(), now(), found, joins=_joins(), **form.settings())
        except Invalid as refusal:
            session().expire(found)
            form.refused(refusal)
        else:
            flash(_("Kampagnen er gemt."), "success")
            return redirect(url_for("campaigns.show", campaign_id=found.id))
    status = 422 if request.method == "POST" else 200
    return render_template("campaigns/edit.html", form=form, rows=rows, campaign=found), status


def _join_rows(form: CampaignForm, held: dict[int, Any]) -> list[dict[str, Any]]:
    """The table of jobcentres: what was typed after a POST, else what is stored."""
    every = jobcentres(session())
    form.joins.choices = [(jobcentre.id, jobcentre.name) for jobcentre in every]
    firms = choices([(firm.id, firm.name) for firm in calling_firms(session())], empty=_("ingen endnu"))
    rows = []
    for jobcentre in every:
        part = held.get(jobcentre.id)
        firm, target = (part.calling_firm_id, part.target_visits) if part else (None, None)
        if request.method == "POST":
            firm, target = request.form.get(f"firm-{jobcentre.id}"), request.form.get(f"target-{jobcentre.id}")
        rows.append({"jobcentre": jobcentre, "firm": str(firm or ""), "target": target or "", "firms": firms,
                     "on": jobcentre.id in (form.joins.data or [])})  # fmt: skip
    return rows


def _joins() -> list[Join]:
    """The ticked rows. Raises Invalid for a target that is no number."""
    made = []
    for raw in request.form.getlist("joins", type=int):
        firm = request.form.get(f"firm-{raw}", "")
        target = request.form.get(f"target-{raw}", "").strip().replace(".", "")
        if target and not re.fullmatch(r"\d{1,7}", target):
            raise Invalid(N_("Kampagnen er ikke gemt. Ret felterne og prøv igen."),
                          errors={"joins": N_("Et mål for besøg er et tal fra 1 og op")})  # fmt: skip
        made.append(Join(raw, int(firm) if re.fullmatch(r"\d{1,15}", firm) else None, int(target) if target else None))
    return made


@pages.get("/campaigns/<int:campaign_id>")
@requires("campaigns.read")
def show(campaign_id: int) -> Any:
    found = load(session(), scope(), campaign_id)
    return _show(found)


def _show(found: Campaign, form: ExtractForm | None = None) -> str:
    parts = participations(session(), found.id, scope())
    drawn_on = extracts(session(), found.id)
    offered = _offered(drawn_on)
    if form is None:
        form = ExtractForm(formdata=None)
        form.batch_id.choices = offered
    return render_template("campaigns/show.html", campaign=found, participations=parts, extracts=drawn_on,
                           standing=participation_counts(session(), found.id), form=form,
                           open_now=in_calling_hours(found, now()))  # fmt: skip


def _offered(drawn_on: Any) -> list[tuple[str, str]]:
    """Extracts that can be added, newest first."""
    used = {batch.id for batch in drawn_on}
    labels = [(batch.id, _("%(file)s, %(when)s, %(count)s rækker", file=batch.filename, count=dk_number(batch.read),
                           when=dk_datetime(batch.started_at)))
              for batch in latest_batches(session()) if batch.id not in used]  # fmt: skip
    return choices(labels, empty=_("Vælg udtræk"))


@pages.post("/campaigns/<int:campaign_id>/extracts")
@requires("campaigns.manage")
def add_extract(campaign_id: int) -> Any:
    found = load(session(), scope(), campaign_id)
    form = ExtractForm()
    form.batch_id.choices = _offered(extracts(session(), found.id))
    if not form.validate_on_submit():
        return _show(found, form), 422
    use_extract(session(), actor(), now(), found, form.batch_id.data)
    flash(_("Kampagnen trækker nu på udtrækket. Lister, der er trukket, er ikke ændret."), "success")
    return redirect(url_for("campaigns.show", campaign_id=found.id))
