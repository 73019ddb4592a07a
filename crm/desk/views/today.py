"""The overview: one part for each role the reader has."""

from __future__ import annotations

from typing import Any

from flask import current_app, redirect, render_template, url_for
from flask_babel import gettext as _

from crm.base.clock import day_bounds
from crm.calling.queries import desks, pace, why_dry
from crm.calling.rules import WHY_DRY
from crm.companies.queries import batches
from crm.desk.queries import owed, room
from crm.desk.queries import today as queries
from crm.desk.views.base import on_phone, pages
from crm.desk.views.base import today as danish_today
from crm.followups.queries.digests import figures
from crm.followups.queries.kept import kept_rate
from crm.followups.rules import overdue_days
from crm.recurring import queries as recurring
from crm.recurring.rules import is_silent
from crm.reports import queries as reports
from crm.reports.rules import margin, pct, points
from crm.web.edge import now, session
from crm.web.permit import actor, may, requires, scope_for


@pages.get("/")
@requires("people.self")
def today() -> Any:
    """A consultant without other roles goes to the day's drive; everyone else gets their overview."""
    if on_phone():
        return redirect(url_for("visits.today"))
    parts: dict[str, Any] = {"day": danish_today()}
    roles = {held.role for held in actor().roles}
    for role, part in (
        ("phoner", _phoner),
        ("jobcentre_lead", _lead),
        ("regional_lead", _region),
        ("campaign_manager", _manager),
        ("admin", _admin),
    ):
        if role in roles:
            parts[role] = part()
    return render_template("desk/today.html", **parts)


def _phoner() -> dict[str, Any]:
    scope = scope_for("calling.call")
    _start, end = day_bounds(danish_today())
    return {
        "pace": pace(session(), actor().id, now()),
        "desks": desks(session(), scope, danish_today()),
        "call_backs": queries.call_backs(session(), actor().id, now()),
        "end": end,
    }


def _lead() -> dict[str, Any]:
    scope = scope_for("campaigns.segment")
    rows, count = queries.overdue(session(), scope, danish_today(), limit=6)
    waiting = [one for one in room.lists(session(), scope) if one.state == "draft"]
    return {
        "overdue": rows,
        "overdue_count": count,
        "late": {one.id: overdue_days(one.due_on, danish_today()) for one in rows},
        "team": owed.team(session(), scope, danish_today()),
        "visits": queries.visits(session(), scope, now()),
        "waiting": waiting,
    }


def _region() -> dict[str, Any]:
    """Both rates of the newest campaign in reach, and how what was promised is kept."""
    scope = scope_for("reports.read")
    found = reports.campaigns(session(), scope)
    promised = {
        "kept": kept_rate(session(), scope, danish_today()),
        "old": figures(session(), dict.fromkeys(scope.jobcentres, 0), danish_today()),
    }
    if not found:
        return {"campaign": None, **promised}
    booking = reports.booking(session(), scope, found[0].id, now=now())
    visits = reports.visit_tables(session(), scope, found[0].id, now=now())
    opening, share = visits["opening_rate"], visits["opening_share"]
    return {
        **promised,
        "campaign": found[0],
        "as_of": booking.as_of,
        "booking": booking,
        "opening": opening,
        "share": share,
        "pct": pct,
        "points": points,
        "margin": margin,
    }


def _manager() -> dict[str, Any]:
    scope = scope_for("campaigns.manage")
    paces = queries.paces(session(), scope, now())
    running = next((one.campaign for one in paces if one.campaign.starts_on <= danish_today()), None)
    dry = why_dry(session(), scope, running.id, now()) if running else []
    return {
        "paces": paces,
        "running": running,
        "dry": [(_(WHY_DRY[key]), count) for key, count in dry],
        "queues": queries.queues(session(), scope, running.id) if running else [],
        "imports": batches(session())[0][:5] if may("companies.import") else [],
    }


def _admin() -> dict[str, Any]:
    runs, leader = recurring.runs(session()), recurring.leader(session())
    names = {plan.key: plan.description for plan in current_app.extensions["crm.jobs"]}
    return {
        "house": queries.house(session()),
        "failing": [_(names[key]) for key in recurring.failing(runs) if key in names],
        "aside": sum(recurring.aside_counts(session()).values()),
        "leader": leader,
        "silent": is_silent(leader, now()),
    }
