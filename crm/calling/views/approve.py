"""Approve a jobcentre's list: frozen and in the queue, or neither."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import ngettext

from crm.base.errors import Refusal
from crm.calling.actions import enqueue, follow_firms, follow_letters
from crm.calling.views.blueprint import pages
from crm.campaigns.actions import approve as freeze
from crm.campaigns.queries import call_list, list_sums
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope


@pages.post("/lists/<int:list_id>/approve")
@requires("campaigns.segment")
def approve(list_id: int) -> Any:
    found = call_list(session(), scope(), list_id)
    target = redirect(url_for("campaigns.call_list", list_id=list_id))
    try:
        freeze(session(), actor(), now(), found)
        queued = enqueue(session(), actor(), now(), found)
        follow_firms(session(), now(), [found.id])
        follow_letters(session(), now())
    except Refusal as refusal:
        session().rollback()
        flash(say(refusal.message, refusal.fields), "error")
        return target
    already = list_sums(session(), found).on_list - queued
    text = ngettext(
        "Listen er godkendt: %(num)s virksomhed er lagt i køen.",
        "Listen er godkendt: %(num)s virksomheder er lagt i køen.",
        queued,
    )
    if already:
        text += " " + ngettext("%(num)s var der allerede.", "%(num)s var der allerede.", already)
    flash(text, "success")
    return target
