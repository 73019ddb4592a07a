"""While a company is open: notes and the claim are kept, the next company is reserved, times are understood."""

from __future__ import annotations

from typing import Any

from flask import jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish
from crm.base.errors import N_, Invalid, Refusal
from crm.calling import actions, queries, rules
from crm.calling.forms import OutcomeForm
from crm.calling.views.blueprint import ENTRY, pages
from crm.calling.views.call import refused
from crm.calling.views.screen import asked_by_script, company_page, jobcentre_for
from crm.campaigns.rules import in_calling_hours
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope


@pages.post(f"/call/{ENTRY}/note")
@requires("calling.call")
def note(entry_id: int) -> Any:
    """Notes save themselves; the answer says when, on the Danish clock."""
    entry = queries.entry(session(), scope(), entry_id)
    text = request.form.get("note", "")
    if len(text) > 4000:
        raise Invalid(N_("Noten er for lang: højst 4000 tegn."), errors={"note": N_("Højst 4000 tegn")})
    actions.save_draft(session(), actor(), now(), entry, text.replace("\0", ""))
    local = danish(now())
    return "", 204, {"X-Saved-At": f"{local.hour}.{local:%M.%S}"}


@pages.post(f"/call/{ENTRY}/heartbeat")
@requires("calling.call")
def heartbeat(entry_id: int) -> Any:
    """Keep the company mine; 409 with what to do when it no longer is."""
    entry = queries.entry(session(), scope(), entry_id)
    try:
        actions.heartbeat(session(), actor(), now(), entry)
    except Refusal as refusal:
        session().rollback()
        entry = queries.entry(session(), scope(), entry_id)
        text = say(refusal.message, refusal.fields)
        return render_template("calling/_answer.html", entry=entry, lost=True, text=text), refusal.status
    campaign_id, chosen = entry.campaign_id, jobcentre_for(entry)
    actions.note_presence(session(), actor(), now(), "calling", campaign_id=campaign_id, jobcentre_id=chosen)
    return "", 204


@pages.post("/call/reserve")
@requires("calling.call")
def reserve() -> Any:
    """Lock the next company to me while I talk: its number, and where its free times are; 204 when there is none."""
    held = queries.live_claim(session(), actor().id, now())
    if held is None:
        return "", 204
    following = actions.reserve(session(), actor(), now(), held.campaign_id, jobcentre_for(held))
    if following is None:
        return "", 204
    return jsonify(entry_id=following.id, slots_url=url_for("visits.slots_panel", entry_id=following.id))


@pages.post(f"/call/{ENTRY}/retake")
@requires("calling.call")
def retake(entry_id: int) -> Any:
    """Take a lost company back, with the notes typed meanwhile, if nobody else has it."""
    form = OutcomeForm()
    entry = queries.entry(session(), scope(), entry_id)
    try:
        actions.retake(session(), actor(), now(), entry)
        if "note" in request.form:
            actions.save_draft(session(), actor(), now(), entry, (form.note.data or "")[:4000])
    except Refusal as refusal:
        session().rollback()
        return refused(entry_id, form, refusal)
    return company_page(entry) if asked_by_script() else redirect(url_for("calling.call"))


@pages.get("/call/when")
@requires("calling.call")
def when() -> Any:
    """How a typed call-back time is understood, while it is typed."""
    text = request.args.get("call_back_at", "")[:60].strip()
    held = queries.live_claim(session(), actor().id, now())
    if not text or held is None:
        return ""
    try:
        moment = rules.parse_time(text, now())
    except ValueError as exc:
        return render_template("calling/_when.html", refusal=_(str(exc)))
    if not in_calling_hours(held.campaign, moment):
        message, fields = rules.outside_hours(held.campaign)
        return render_template("calling/_when.html", moment=moment, refusal=say(message, fields))
    return render_template("calling/_when.html", moment=moment)
