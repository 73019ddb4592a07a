"""Telling the company of candidates: the mail is shown before it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.errors import Refusal
from crm.openings import queries
from crm.openings.actions import candidacies as actions
from crm.openings.actions import telling
from crm.openings.models import Candidacy, Opening
from crm.openings.queries import candidates as read
from crm.openings.rules.candidates import is_consented
from crm.openings.views.blueprint import pages
from crm.openings.views.candidacies import row_of, to_opening
from crm.openings.views.people import on_phone
from crm.openings.views.shared import or_back
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope

MENDED_HERE = ("consent", "nobody", "no_contact")
"""What the page of sending shows how to mend; the rest is told on the opening's."""
CAN_BE_SENT = ("proposed", "presented", "interview")


@pages.get("/openings/<int:opening_id>/send")
@requires("openings.candidates")
def send(opening_id: int) -> Any:
    """Choose among those not sent yet; those chosen (``candidacy``, several) stand ticked, all with consent when none
    is named."""
    found = queries.opening(session(), scope(), opening_id)
    there = [one for one in read.of_opening(session(), found.id) if one.state in CAN_BE_SENT and not one.sent_at]
    asked = set(request.args.getlist("candidacy", type=int))
    ready = [one for one in there if is_consented(one.candidate, now())]
    chosen = [one for one in ready if one.id in asked] or ready
    return render_template(
        "openings/send.html",
        o=found,
        rows=[row_of(one) for one in there],
        ready={one.id for one in ready},
        chosen={one.id for one in chosen},
        unseen=[one for one in chosen if one.presented_at is None],
        to=telling.contact(found),
        mail=telling.mail(session(), found, chosen) if chosen else None,
        phone=on_phone(),
    )


@pages.post("/openings/<int:opening_id>/send")
@requires("openings.candidates")
@or_back
def send_now(opening_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    chosen = _chosen(found)
    by_mail = request.form.get("how") != "other"
    shown = request.form.getlist("shown", type=int)
    try:
        actions.send(session(), actor(), now(), found, chosen, by_mail=by_mail, shown=shown)
    except Refusal as refusal:
        if refusal.code not in MENDED_HERE:
            raise
        session().rollback()
        flash(say(refusal.message, refusal.fields), "warning")
        return redirect(url_for("openings.send", opening_id=opening_id), 303)
    if by_mail:
        text = ngettext(
            "%(num)s kandidat er sendt til %(to)s.",
            "%(num)s kandidater er sendt til %(to)s.",
            len(chosen),
            to=telling.contact(found)[0],
        )
    else:
        text = _("Det er noteret, at virksomheden har hørt om dem.")
    flash(text, "success")
    return to_opening(found.id)


def _chosen(found: Opening) -> Sequence[Candidacy]:
    asked = set(request.form.getlist("candidacy", type=int))
    return [one for one in read.of_opening(session(), found.id) if one.id in asked]
