"""Late: which of the day's visits are affected, and a ready message to each company."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.clock import danish_date
from crm.base.errors import NotFound
from crm.visits.actions import late_message, tell_late
from crm.visits.queries import DayPlan, day_plan
from crm.visits.rules.late import CHOICES, Delayed, propagate, suggested
from crm.visits.views.blueprint import pages
from crm.web.edge import now, session
from crm.web.filters import dk_time
from crm.web.permit import actor, requires


@pages.route("/today/late", methods=["GET", "POST"])
@requires("visits.today")
def late() -> Any:
    """``?min=15``: how late one is. The visits are not moved; the companies that are ticked get word."""
    plan = day_plan(session(), actor(), danish_date(now()), now())
    minutes = _minutes(request.values.get("min"), plan)
    delayed = _delayed(plan, minutes)
    if request.method == "POST":
        return _send(delayed, minutes)
    return _page(plan, delayed, minutes)


def _page(plan: DayPlan, delayed: list[Delayed], minutes: int) -> Any:
    affected = [one for one in delayed if one.late_min > 0]
    return render_template(
        "visits/late.html",
        plan=plan,
        minutes=minutes,
        choices=CHOICES,
        affected=[{"late": one, "message": late_message(session(), one.halt.ref, one.said_at)} for one in affected],
        in_time=[one for one in delayed if one.late_min == 0],
        arrived=plan.next is not None and plan.next.arrived_at is not None,
    )


def _minutes(text: str | None, plan: DayPlan) -> int:
    """What was chosen, else what the clock says of the next drive."""
    if text and text.isascii() and text.isdigit() and int(text[:4]) in CHOICES:
        return int(text[:4])
    leg = plan.route.leg_to(plan.next) if plan.next else None
    behind = int((now() - leg.leave_by).total_seconds() // 60) if leg else 0
    return suggested(max(0, behind))


def _delayed(plan: DayPlan, minutes: int) -> list[Delayed]:
    if plan.next is None:
        return []
    first = next(index for index, halt in enumerate(plan.route.halts) if halt.ref is plan.next)
    found = propagate(plan.route, first, minutes, arrived=plan.next.arrived_at is not None)
    return [one for one in found if one.halt.ref.state == "booked"]


def _send(delayed: list[Delayed], minutes: int) -> Any:
    ticked = {int(raw) for raw in request.form.getlist("visit") if raw.isascii() and raw.isdigit() and len(raw) < 16}
    known = {one.halt.ref.id: one for one in delayed if one.late_min > 0}
    if not ticked <= {one.halt.ref.id for one in delayed}:
        raise NotFound
    chosen = [(one.halt.ref, one.said_at) for number, one in known.items() if number in ticked]
    if not chosen:
        flash(_("Ingen er valgt, så der er ikke sendt noget. Sæt kryds ved dem, der skal have besked."), "warning")
        return redirect(url_for("visits.late", min=minutes), 303)
    told, left = tell_late(session(), actor(), now(), chosen)
    if told:
        who = ", ".join(
            _("%(company)s (ca. kl. %(time)s)", company=visit.workplace.name, time=dk_time(known[visit.id].said_at))
            for visit in told
        )
        count = ngettext("%(num)s besked er sendt", "%(num)s beskeder er sendt", len(told))
        flash(_("%(count)s: %(who)s. Besøgenes tider er ikke flyttet.", count=count, who=who), "success")
    if left:
        who = ", ".join(visit.workplace.name for visit in left)
        flash(_("%(who)s har fået den besked i forvejen eller kan kun nås på telefon.", who=who), "warning")
    return redirect(url_for("visits.today"), 303)
