"""Pages: one follow-up, done, opened again, put off. The list stands in listing."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import Refusal
from crm.followups import actions, queries
from crm.followups.actions.agreements import REOPEN_FOR
from crm.followups.forms.agreement import quick_details
from crm.followups.forms.work import FulfilForm, SnoozeForm
from crm.followups.models import FollowUp
from crm.followups.rules import KINDS, OUTCOMES
from crm.followups.views.answers import panel
from crm.followups.views.blueprint import pages
from crm.followups.views.cards import card, on_phone, short
from crm.followups.views.endings import page_after
from crm.followups.views.history import lines
from crm.openings.rules.life import missing
from crm.web.edge import now, session
from crm.web.permit import actor, may, requires, scope


@pages.get("/followups/<int:follow_up_id>")
@requires("followups.read")
def show(follow_up_id: int) -> Any:
    found = queries.follow_up(session(), scope(), follow_up_id, day=danish_date(now()))
    return _page(found, FulfilForm(formdata=None))


@pages.post("/followups/<int:follow_up_id>/fulfil")
@requires("followups.fulfil")
def fulfil(follow_up_id: int) -> Any:
    found = queries.follow_up(session(), scope(), follow_up_id, day=danish_date(now()))
    form = FulfilForm()
    today = danish_date(now())
    form.fit(found, today, last=queries.is_last_promise(session(), found))
    if form.validate():
        try:
            actions.fulfil(
                session(),
                actor(),
                now(),
                found,
                form.outcome.data or "",
                outcome_key=form.outcome_key.data,
                then=form.next_contact(found, today),
            )
        except Refusal as refusal:
            form.refused(refusal)
        else:
            return redirect(page_after(found) or url_for("followups.index", done=found.id))
    return _page(found, form), 422


@pages.post("/followups/<int:follow_up_id>/reopen")
@requires("followups.fulfil")
def reopen(follow_up_id: int) -> Any:
    """Take a mistaken "Gjort" back."""
    found = queries.follow_up(session(), scope(), follow_up_id, day=danish_date(now()))
    try:
        actions.reopen(session(), actor(), now(), found)
    except Refusal as refusal:
        form = FulfilForm(formdata=None)
        form.refused(refusal)
        return _page(found, form), 422
    flash(_("Åben igen: %(what)s", what=short(found.promise)), "success")
    return redirect(url_for("followups.show", follow_up_id=found.id))


@pages.route("/followups/<int:follow_up_id>/snooze", methods=["GET", "POST"])
@requires("followups.fulfil")
def snooze(follow_up_id: int) -> Any:
    found = queries.follow_up(session(), scope(), follow_up_id, day=danish_date(now()))
    form = SnoozeForm()
    if request.method == "POST" and form.validate() and form.due_on.data:
        try:
            actions.snooze(session(), actor(), now(), found, form.due_on.data, form.reason.data or "")
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Udskudt: %(what)s", what=short(found.promise)), "success")
            return redirect(url_for("followups.index"))
    page = render_template(
        "followups/snooze.html",
        form=form,
        f=found,
        card=card(found, danish_date(now())),
        phone=on_phone(),
        told=found.told_at is not None and found.owed_by == "jobcentre",
    )
    return page, 422 if request.method == "POST" else 200


def _page(found: FollowUp, form: FulfilForm) -> str:
    today = danish_date(now())
    last = found.state == "open" and queries.is_last_promise(session(), found)
    if found.state == "open":
        form.fit(found, today, last=last)
    return render_template(
        "followups/show.html",
        f=found,
        form=form,
        card=card(found, today),
        kind=_(KINDS[found.kind]),
        came=_(OUTCOMES[found.outcome_key]) if found.outcome_key else "",
        phone=on_phone(),
        may_act=may("followups.fulfil"),
        may_reopen=found.state == "done" and found.done_at is not None and now() - found.done_at <= REOPEN_FOR,
        may_hand_over=may("followups.hand_over"),
        last=last,
        after=queries.next_of(session(), found),
        nothing_lacks=found.kind == "data_missing" and found.opening is not None and not missing(found.opening),
        details=quick_details(today),
        history=lines(queries.history(session(), found)),
        **panel(found),
    )
