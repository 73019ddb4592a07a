"""A jobcentre in a campaign: its lists and saved segments; a new list; a draft drawn again or dropped."""

from __future__ import annotations

import secrets
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.errors import Invalid
from crm.campaigns.actions import delete_draft, draw_list, redraw, save_segment
from crm.campaigns.forms import PARTNER_HINT, SegmentForm
from crm.campaigns.models import CallList, Participation
from crm.campaigns.queries import call_list as load_list
from crm.campaigns.queries import (
    list_counts,
    lists_of,
    participation,
    saved_segments,
    segment_count,
)
from crm.campaigns.rules import Filters
from crm.campaigns.views.blueprint import pages
from crm.campaigns.views.sentence import condition_texts, segment_query
from crm.web.edge import now, session
from crm.web.filters import dk_number
from crm.web.permit import actor, requires, scope, scope_for


@pages.get(
    "/campaigns/<int:campaign_id>/jobcentres/<int:jobcentre_id>",
    endpoint="participation",
)
@requires("campaigns.read")
def participation_page(campaign_id: int, jobcentre_id: int) -> Any:
    found = participation(session(), scope(), campaign_id, jobcentre_id)
    lists = lists_of(session(), found.id)
    counts = list_counts(session(), [item.id for item in lists])
    segments = [(kept, condition_texts(Filters.from_json(kept.filters)), segment_query(kept.filters))
                for kept in saved_segments(session(), found.id)]  # fmt: skip
    return render_template("campaigns/participation.html", participation=found, lists=lists, counts=counts,
                           segments=segments, may_segment=may_segment(found))  # fmt: skip


def may_segment(found: Participation) -> bool:
    reach = scope_for("campaigns.segment")
    return reach.everything or found.jobcentre_id in reach.jobcentres


@pages.route(
    "/campaigns/<int:campaign_id>/jobcentres/<int:jobcentre_id>/lists/new",
    methods=["GET", "POST"],
)
@requires("campaigns.segment")
def new_list(campaign_id: int, jobcentre_id: int) -> Any:
    """The segment as a sentence. GET counts what the conditions in the address leave; POST draws the list."""
    found = participation(session(), scope(), campaign_id, jobcentre_id)
    form = _form(found)
    if request.method == "POST" and form.validate():
        try:
            if request.form.get("do") == "save":
                return _save(found, form)
            if request.form.get("do") != "count":
                seed = form.seed.data if form.seed.data is not None else secrets.randbelow(10_000)
                made = draw_list(session(), actor(), now(), found, filters=form.filters(), seed=seed,
                                 name=form.name.data or "")  # fmt: skip
                flash(_("Listen er trukket. Gennemgå den og streg ud, før den godkendes."), "success")
                return redirect(url_for("campaigns.call_list", list_id=made.id))
        except Invalid as refusal:
            form.refused(refusal)
    return _segment_page(found, form, None)


def _form(found: Participation) -> SegmentForm:
    """From the POST, from conditions in the address, or empty with the number of the list as its name."""
    if request.method == "POST":
        return SegmentForm()
    if request.args:
        return SegmentForm(request.args)
    count = len(lists_of(session(), found.id)) + 1
    return SegmentForm(formdata=None, data={"name": _("Liste %(number)d", number=count)})


def _save(found: Participation, form: SegmentForm) -> Any:
    kept = save_segment(session(), actor(), now(), found, name=form.segment_name.data or "", filters=form.filters())
    flash(_("Vilkårene er gemt som %(name)s.", name=kept.name), "success")
    return redirect(url_for("campaigns.new_list", campaign_id=found.campaign_id, jobcentre_id=found.jobcentre_id,
                            name=form.name.data, **segment_query(kept.filters)))  # fmt: skip


def _segment_page(found: Participation, form: SegmentForm, draft: CallList | None) -> Any:
    filters = form.filters()
    page = render_template(
        "campaigns/segment.html", participation=found, form=form, call_list=draft,
        count=segment_count(session(), found, filters, now(), call_list=draft),
        words=condition_texts(filters), partner_hint=PARTNER_HINT)  # fmt: skip
    return page, 422 if form.errors or form.form_errors else 200


@pages.route("/lists/<int:list_id>/segment", methods=["GET", "POST"])
@requires("campaigns.segment")
def list_segment(list_id: int) -> Any:
    """Change a draft's conditions and draw it again; strike-outs stay on those drawn again."""
    draft = load_list(session(), scope(), list_id)
    held = Filters.from_json(draft.filters)
    form = SegmentForm.of(held, name=draft.name, seed=draft.seed)
    if request.method == "POST":
        form = SegmentForm(held=held)
    elif request.args:
        form = SegmentForm(request.args, held=held)
    if request.method == "POST" and form.validate():
        try:
            if request.form.get("do") == "save":
                save_segment(session(), actor(), now(), draft.participation, name=form.segment_name.data or "",
                             filters=form.filters())  # fmt: skip
                flash(_("Vilkårene er gemt. Listen er ikke trukket igen."), "success")
                return redirect(url_for("campaigns.list_segment", list_id=draft.id))
            if request.form.get("do") != "count":
                return _redraw(draft, form)
        except Invalid as refusal:
            form.refused(refusal)
    return _segment_page(draft.participation, form, draft)


def _redraw(draft: CallList, form: SegmentForm) -> Any:
    seed = form.seed.data if form.seed.data is not None else draft.seed
    drawn = redraw(session(), actor(), now(), draft, name=form.name.data or "", filters=form.filters(), seed=seed)
    flash(ngettext("Listen er trukket igen: %(count)s virksomhed.", "Listen er trukket igen: %(count)s virksomheder.",
                   drawn, count=dk_number(drawn)), "success")  # fmt: skip
    return redirect(url_for("campaigns.call_list", list_id=draft.id))


@pages.post("/lists/<int:list_id>/delete")
@requires("campaigns.segment")
def delete_list(list_id: int) -> Any:
    draft = load_list(session(), scope(), list_id)
    place = draft.participation
    delete_draft(session(), actor(), now(), draft)
    flash(_("Kladden er slettet. Dens virksomheder kan trækkes igen."), "success")
    return redirect(url_for("campaigns.participation", campaign_id=place.campaign_id, jobcentre_id=place.jobcentre_id))
