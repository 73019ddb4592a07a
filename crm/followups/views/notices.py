"""What a person is to know of agreements: the product's own list of it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import N_
from crm.followups.actions.notices import mark_seen
from crm.followups.models import Notice
from crm.followups.queries import notices as queries
from crm.followups.rules.digest import CHANGES
from crm.followups.views.blueprint import pages
from crm.followups.views.cards import card, on_phone
from crm.web.edge import now, session
from crm.web.permit import actor, may, requires

STEPS = {
    "before": N_("Fristen nærmer sig"),
    "due": N_("Fristen er kommet"),
    "overdue": N_("Over fristen"),
    "escalated": N_("Stadig ikke på plads"),
    "region": N_("Langt over fristen"),
    "unanswered": N_("Virksomhedens rettelse venter på svar"),
    "unanswered_lead": N_("Virksomhedens rettelse venter stadig på svar"),
}
ROLES = {
    "substitute": N_("Du vikarierer for %(name)s"),
    "lead": N_("Tal med %(name)s"),
    "copy": N_("Til orientering: %(name)s har aftalen"),
}


@pages.get("/notices")
@requires("followups.reminders")
def notices() -> Any:
    today = danish_date(now())
    found = queries.notices(session(), actor().id, request.args.get("page", 1, type=int))
    regional = any(held.role == "regional_lead" for held in actor().roles)
    return render_template(
        "followups/notices.html",
        found=found,
        lines=[_line(one, today) for one in found.notices],
        figures=queries.regional(session(), actor().id, today) if regional else [],
        last_id=queries.newest(session(), actor().id),
        phone=on_phone(),
    )


def _line(notice: Notice, today: Any) -> dict[str, Any]:
    """One notice as the page shows it; who may not read agreements gets no link to it."""
    follow_up = notice.follow_up
    what = STEPS[notice.nag.step] if notice.nag else CHANGES[notice.kind]
    why = ROLES.get(notice.role)
    return {
        "n": notice,
        "what": _(what),
        "why": _(why, name=follow_up.owner.name) if why else "",
        "card": card(follow_up, today),
        "url": url_for("followups.show", follow_up_id=follow_up.id) if may("followups.read") else "",
    }


@pages.post("/notices/seen")
@requires("followups.reminders")
def notices_seen() -> Any:
    """Mark what was on the page's list when it was shown; what has come since stays unseen."""
    until = request.form.get("until", 0, type=int)
    mark_seen(session(), now(), actor().id, min(max(until, 0), 2**53))
    flash(_("Alt er markeret som læst."), "success")
    return redirect(url_for("followups.notices"), 303)
