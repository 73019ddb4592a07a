"""The consultant's day on the telephone: when to leave, where to, whom to ring, and the route."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.clock import danish_date
from crm.travel.engine import default_engine
from crm.visits.actions import arrive as arrive_at
from crm.visits.queries import DayPlan, day_plan
from crm.visits.queries import visit as load_visit
from crm.visits.queries.spare import JUDGED, Proposal, proposals
from crm.visits.rules.spare import Opening, openings
from crm.visits.views.blueprint import VISIT, pages
from crm.visits.views.stops import Near, apple_url, drawing, geo_url, navigate_url, stops, whole_url
from crm.web.edge import now, session
from crm.web.filters import dk_number, dk_time, minutes_hm
from crm.web.permit import actor, may, requires, scope, scope_for

FURTHEST = timedelta(days=400)
SHORT = 3
"""Proposals on the page itself."""


@dataclass(frozen=True)
class Leave:
    """The big line: when to leave for the next visit. ``late``: that moment has passed."""

    at: datetime
    in_min: int
    late: bool
    drive_min: int
    slack_min: int
    ferry: str | None
    estimate: bool


@dataclass(frozen=True)
class Spare:
    """The next spare time and the companies that fit into it; ``count`` of them, the best ones in ``best``."""

    opening: Opening
    url: str
    count: int
    best: list[Proposal]


@pages.get("/today")
@requires("visits.today")
def today() -> Any:
    """``?day=`` shows another day; the next visit stands first on the day itself."""
    here = danish_date(now())
    day = _day(request.args.get("day"), here)
    plan = day_plan(session(), actor(), day, now())
    free = openings_of(plan) if day == here else []
    spare = _spare(free)
    rows = stops(plan, _near(plan, free, spare))
    return render_template(
        "visits/today.html",
        plan=plan,
        day=day,
        today=here,
        stops=rows,
        drawing=drawing(plan),
        in_words=in_words(rows),
        leave=_leave(plan),
        summary=summary(plan),
        spare=spare,
        whole=whole_url(plan) if day >= here else None,
        previous=day - timedelta(days=1),
        following=day + timedelta(days=1),
        navigate=navigate_url,
        geo=geo_url,
        apple=apple_url,
    )


def _day(text: str | None, here: date) -> date:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return here
    return day if abs(day - here) < FURTHEST else here


def _leave(plan: DayPlan) -> Leave | None:
    """None without a drive to make: no profile, or already there."""
    leg = plan.route.leg_to(plan.next) if plan.next else None
    if plan.next is None or leg is None or plan.next.arrived_at or not leg.leg.reachable:
        return None
    left = int((leg.leave_by - now()).total_seconds() // 60)
    return Leave(leg.leave_by, left, left < 0, leg.leg.minutes, leg.margin, leg.leg.ferry, leg.leg.estimate)


def openings_of(plan: DayPlan) -> list[Opening]:
    """Spare time of the day from now on, what is held for phoners taken out; none without a base to come from."""
    if plan.place is None:
        return []
    return openings(plan.kept, plan.place, plan.hours, default_engine(), now())


def spare_url(opening: Opening) -> str:
    asked: dict[str, Any] = {"from": dk_time(opening.starts_at).replace(".", ":").zfill(5)}
    return url_for("visits.spare", **asked)


def _spare(free: list[Opening]) -> Spare | None:
    """The next of them, where the companies may be seen."""
    if not free or not may("companies.read"):
        return None
    found = proposals(session(), scope_for("companies.read"), now(), free[0], JUDGED)
    return Spare(free[0], spare_url(free[0]), len(found), found[:SHORT])


def _near(plan: DayPlan, free: list[Opening], spare: Spare | None) -> dict[int, Near]:
    if spare is None:
        return {}
    at = {id(halt): index for index, halt in enumerate(plan.route.halts)}
    counts = {id(spare.opening): spare.count}
    known = [one for one in free if one.before and one.after and id(one.before) in at]
    return {at[id(one.before)]: Near(counts.get(id(one)), spare_url(one)) for one in known}


def in_words(rows: list[dict[str, Any]]) -> str:
    """The list in one line, as the drawing's description."""
    said = []
    for row in rows:
        drive = f" ({row['drive']})" if row.get("drive") else ""
        said.append(f"{row['time']} {row['title']}{drive}".strip())
    return "; ".join(said)


def summary(plan: DayPlan) -> str:
    """``3 besøg · 1 t 34 min kørsel · 78 km``"""
    count = ngettext("%(num)s besøg", "%(num)s besøg", len(plan.visits))
    if not plan.route.legs:
        return str(count)
    said = _(
        "%(count)s · %(time)s kørsel · %(km)s km",
        count=count,
        time=minutes_hm(plan.route.driving_min),
        km=dk_number(plan.route.km),
    )
    if not plan.route.reachable:
        return str(_("%(said)s, uden den tur, der ikke kan køres", said=said))
    return str(_("%(said)s (skøn)", said=said)) if plan.route.estimate else str(said)


@pages.post(f"/visits/{VISIT}/arrive")
@requires("visits.report")
def arrive(visit_id: int) -> Any:
    """One tap; the time is kept, the place is not."""
    visit = load_visit(session(), scope(), visit_id)
    arrive_at(session(), actor(), now(), visit)
    flash(
        _(
            "Ankommet kl. %(time)s. God fornøjelse hos %(company)s.",
            time=dk_time(visit.arrived_at),
            company=visit.workplace.name,
        ),
        "success",
    )
    if visit.consultant_id == actor().id:
        return redirect(url_for("visits.today", day=danish_date(visit.starts_at).isoformat()))
    return redirect(url_for("visits.show", visit_id=visit.id))
