"""The consultant's day on the telephone: when to leave, where to, whom to ring, and the route."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.clock import danish_date
from crm.visits.actions import arrive as arrive_at
from crm.visits.models import Visit
from crm.visits.queries import DayPlan, day_plan
from crm.visits.queries import visit as load_visit
from crm.visits.rules.route import RouteLeg
from crm.visits.views.blueprint import VISIT, pages
from crm.web.edge import now, session
from crm.web.filters import dk_number, dk_time, minutes_hm
from crm.web.permit import actor, requires, scope

FURTHEST = timedelta(days=400)


@dataclass(frozen=True)
class Leave:
    """The big line: when to leave for the next visit. ``late``: that moment has passed."""

    at: datetime
    in_min: int
    late: bool
    drive_min: int
    slack_min: int
    ferry: str | None


@pages.get("/today")
@requires("visits.today")
def today() -> Any:
    """``?day=`` shows another day; the next visit stands first on the day itself."""
    here = danish_date(now())
    day = _day(request.args.get("day"), here)
    plan = day_plan(session(), actor(), day, now())
    return render_template(
        "visits/today.html",
        plan=plan,
        day=day,
        today=here,
        stops=stops(plan),
        leave=_leave(plan),
        summary=summary(plan),
        previous=day - timedelta(days=1),
        following=day + timedelta(days=1),
        navigate=navigate_url,
        geo=geo_url,
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
    return Leave(leg.leave_by, left, left < 0, leg.leg.minutes, plan.route.margin, leg.leg.ferry)


def stops(plan: DayPlan) -> list[dict[str, Any]]:
    """The route as components/route.html reads it."""
    route, rows, number = plan.route, [], 0
    for index, halt in enumerate(route.halts):
        leg = route.legs[index] if index < len(route.legs) else None
        if halt.kind == "base":
            first = index == 0
            moment = route.legs[0].leave_by if first else route.home_at
            row = {
                "kind": "base",
                "time": dk_time(moment),
                "title": plan.profile.base_name if plan.profile else "",
                "detail": "" if first else _("Dagen slutter"),
            }
        else:
            number += 1
            row = _stop(halt.ref, number, plan)
        rows += _with_leg(row, leg, last=index == len(route.halts) - 2, ended=halt.ends_at, kind=halt.kind)
    return rows


def _stop(visit: Visit, number: int, plan: DayPlan) -> dict[str, Any]:
    state = "next" if plan.next is visit else "done" if visit.state != "booked" else ""
    return {
        "kind": "visit",
        "number": number,
        "state": state,
        "time": dk_time(visit.starts_at),
        "title": visit.workplace.name,
        "url": url_for("visits.show", visit_id=visit.id),
        "detail": _(
            "til %(end)s · %(street)s",
            end=dk_time(visit.ends_at),
            street=visit.workplace.street or visit.workplace.city,
        ),
    }


def _with_leg(
    row: dict[str, Any],
    leg: RouteLeg | None,
    *,
    last: bool,
    ended: datetime,
    kind: str,
) -> list[dict[str, Any]]:
    """The stop, and where there is time to spare a gap after it that carries the drive."""
    if leg is None:
        return [row]
    drive: dict[str, Any] = {
        "drive": _("%(minutes)s min kørsel", minutes=leg.leg.minutes),
        "leave": None if last else dk_time(leg.leave_by),
        "drive_short": _("%(minutes)s min", minutes=leg.leg.minutes),
        "slack": "" if last or leg.slack_min is None else _slack(leg.slack_min),
        "late": leg.slack_min is not None and leg.slack_min < 0,
    }
    if not leg.leg.reachable:
        drive |= {"drive": _("kan ikke nås samme dag"), "late": True}
    if leg.leg.ferry:
        drive["drive"] = _("%(drive)s med færge: %(ferry)s", drive=drive["drive"], ferry=leg.leg.ferry)
    if kind == "base":
        drive["leave"] = None  # the base's own time is when to leave
    if not leg.spare_min:
        return [row | drive]
    gap = {
        "kind": "gap",
        "title": _("%(minutes)s fri", minutes=minutes_hm(leg.spare_min)),
        "detail": _("fra kl. %(time)s", time=dk_time(ended)),
        "time": "",
    }
    return [row | {"drive_short": drive["drive_short"]}, gap | drive | {"slack": ""}]


def _slack(minutes: int) -> str:
    return str(
        _("%(minutes)s min luft", minutes=minutes) if minutes >= 0 else _("%(minutes)s min for sent", minutes=-minutes)
    )


def summary(plan: DayPlan) -> str:
    """``3 besøg · 1 t 34 min kørsel · 78 km``"""
    count = ngettext("%(num)s besøg", "%(num)s besøg", len(plan.visits))
    if not plan.route.legs:
        return str(count)
    return str(
        _(
            "%(count)s · %(time)s kørsel · %(km)s km",
            count=count,
            time=minutes_hm(plan.route.driving_min),
            km=dk_number(plan.route.km),
        )
    )


def navigate_url(visit: Visit) -> str:
    """Opens the phone's navigation; the address where there is one, for it is what the driver reads."""
    workplace = visit.workplace
    target = (
        f"{workplace.street}, {workplace.postcode} {workplace.city}" if workplace.street else f"{visit.lat},{visit.lon}"
    )
    return f"https://www.google.com/maps/dir/?api=1&destination={quote(target)}"


def geo_url(visit: Visit) -> str:
    return f"geo:{visit.lat:.5f},{visit.lon:.5f}?q={visit.lat:.5f},{visit.lon:.5f}"


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
