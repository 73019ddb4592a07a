"""The day as components/route.html reads it: the stops of the list, the drawing, and links to navigation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import url_for
from flask_babel import gettext as _

from crm.base.errors import N_
from crm.travel.places import Place
from crm.visits.models import Visit
from crm.visits.queries import DayPlan
from crm.visits.rules.route import Halt, RouteLeg
from crm.visits.rules.sketch import sketch
from crm.web.filters import dk_time, minutes_hm

WAYPOINTS = 9
"""Google's link takes so many stops before the last."""
DIRECTIONS = "https://www.google.com/maps/dir/?"
AWAY = {"away": N_("Fravær"), "busy": N_("Optaget i din kalender")}


@dataclass(frozen=True)
class Near:
    """What spare time could be used for: how many companies fit the gap after a stop (None: not asked yet), and where
    they are listed."""

    count: int | None
    url: str


def stops(plan: DayPlan, near: dict[int, Near] | None = None) -> list[dict[str, Any]]:
    """The route's list. ``near``: by the stop's number in the route, for the gaps that somebody fits into."""
    rows: list[dict[str, Any]] = []
    number = 0
    for index, halt in enumerate(plan.route.halts):
        leg = plan.route.legs[index] if index < len(plan.route.legs) else None
        if halt.kind == "base" and _is_seen(plan, index):
            continue
        if halt.kind == "visit":
            number += 1
        row = _row(plan, index, halt, number)
        rows += _with_leg(plan, row, leg, index, (near or {}).get(index))
    return rows


def _is_seen(plan: DayPlan, index: int) -> bool:
    """A day that begins or ends with time of one's own at the base shows that instead of the base."""
    beside = plan.route.halts[1 if index == 0 else index - 1]
    return beside.kind in AWAY


def _row(plan: DayPlan, index: int, halt: Halt, number: int) -> dict[str, Any]:
    if halt.kind == "base":
        first = index == 0
        return {
            "kind": "base",
            "time": dk_time(plan.route.legs[0].leave_by if first else plan.route.home_at),
            "title": plan.base.name if plan.base else "",
            "detail": "" if first else _("Dagen slutter"),
        }
    if halt.kind in AWAY:
        title = halt.ref or _(AWAY[halt.kind])
        until = _("til %(end)s", end=dk_time(halt.ends_at))
        return {"kind": halt.kind, "time": dk_time(halt.starts_at), "title": title, "detail": until}
    return _visit(halt.ref, number, plan)


def _visit(visit: Visit, number: int, plan: DayPlan) -> dict[str, Any]:
    place = visit.workplace.street or visit.workplace.city
    return {
        "kind": "visit",
        "number": number,
        "state": "next" if plan.next is visit else "done" if visit.state != "booked" else "",
        "time": dk_time(visit.starts_at),
        "title": visit.workplace.name,
        "url": url_for("visits.show", visit_id=visit.id),
        "detail": _("til %(end)s · %(street)s", end=dk_time(visit.ends_at), street=place),
    }


def _with_leg(
    plan: DayPlan, row: dict[str, Any], leg: RouteLeg | None, index: int, near: Near | None
) -> list[dict[str, Any]]:
    """The stop, then lunch and spare time where there are any; the drive stands on the last of them."""
    if leg is None:
        return [row]
    after = plan.route.halts[index + 1]
    rows = [row]
    if leg.lunch:
        lunch = {"kind": "lunch", "time": dk_time(leg.lunch[0]), "title": _("Frokost")}
        rows.append(lunch | {"detail": _("til %(end)s", end=dk_time(leg.lunch[1]))})
    if leg.spare_min:
        rows.append(_gap(leg, plan.route.halts[index], near))
    if leg.leg.minutes or not leg.leg.reachable:
        rows[-1] |= _drive(leg, from_base=plan.route.halts[index].kind == "base", home=after.kind == "base")
    return rows


def _gap(leg: RouteLeg, before: Halt, near: Near | None) -> dict[str, Any]:
    free_at = leg.lunch[1] if leg.lunch else before.ends_at
    told = _("fra kl. %(time)s", time=dk_time(free_at))
    gap = {"kind": "gap", "time": "", "title": _("%(minutes)s fri", minutes=minutes_hm(leg.spare_min)), "detail": told}
    if near is None:
        return gap
    if near.count is None:
        return gap | {"detail": _("%(from)s · se virksomheder i nærheden", **{"from": told}), "url": near.url}
    if near.count == 0:
        return gap | {"detail": _("%(from)s · ingen i nærheden passer ind", **{"from": told})}
    words = _("1 virksomhed i nærheden") if near.count == 1 else _("%(num)s virksomheder i nærheden", num=near.count)
    return gap | {"detail": words, "url": near.url}


def _drive(leg: RouteLeg, *, from_base: bool, home: bool) -> dict[str, Any]:
    said = _("%(time)s kørsel", time=minutes_hm(leg.leg.minutes))
    if leg.leg.ferry:
        said = _("%(drive)s med færge: %(ferry)s", drive=said, ferry=leg.leg.ferry)
    if leg.leg.estimate:
        said = _("%(drive)s (skøn)", drive=said)
    if not leg.leg.reachable:
        return {"drive": _("kan ikke nås samme dag"), "leave": None, "slack": "", "late": True}
    slack = "" if home or leg.slack_min is None or leg.spare_min else _slack(leg.slack_min, leg.tight)
    # the base's own time is when to leave it; on the way home one leaves when the last stop ends
    return {
        "drive": said,
        "leave": None if from_base or home else dk_time(leg.leave_by),
        "slack": slack,
        "late": leg.tight,
    }


def _slack(minutes: int, tight: bool) -> str:
    if minutes < 0:
        return str(_("%(time)s for sent", time=minutes_hm(-minutes)))
    if tight:
        return str(_("kun %(time)s luft", time=minutes_hm(minutes)))
    return str(_("%(time)s luft", time=minutes_hm(minutes)))


def drawing(plan: DayPlan) -> dict[str, Any] | None:
    """The schematic map: visits and base where they lie. None where there is nothing to draw."""
    line = plan.route
    if not any(halt.kind == "visit" for halt in line.halts):
        return None
    places: list[Place] = [plan.place] if plan.place else []
    at: list[int] = []
    for halt in line.halts:
        if halt.kind == "visit":
            at.append(len(places))
            places.append(halt.place)
        else:
            at.append(0)
    ways = [(index, a, b) for index, (a, b) in enumerate(zip(at, at[1:], strict=False)) if a != b]
    path = [ways[0][1], *(b for _i, _a, b in ways)] if ways else [0]
    drawn = sketch(places, path, [_label(line.legs[index]) for index, _a, _b in ways])
    edges = [
        {
            "start": edge.start,
            "end": edge.end,
            "bend": edge.bend,
            "spot": edge.label,
            "label": _label(line.legs[index]),
            "state": _state(plan, index),
        }
        for edge, (index, _a, _b) in zip(drawn.edges, ways, strict=True)
    ]
    return {"height": drawn.height, "north": drawn.north, "edges": edges, "nodes": _nodes(plan, drawn.nodes)}


def _nodes(plan: DayPlan, nodes: Sequence[Any]) -> list[dict[str, Any]]:
    visits = [halt.ref for halt in plan.route.halts if halt.kind == "visit"]
    found: list[dict[str, Any]] = []
    for node in nodes:
        if plan.place and node.index == 0:
            found.append({"kind": "base", "x": node.x, "y": node.y})
            continue
        number = node.index if plan.place else node.index + 1
        row = _visit(visits[number - 1], number, plan)
        found.append({"kind": "visit", "x": node.x, "y": node.y, "number": number, "state": row["state"]})
    return found


def _label(leg: RouteLeg) -> str:
    if not leg.leg.reachable:
        return str(_("kan ikke nås"))
    said = minutes_hm(leg.leg.minutes)
    return f"≈ {said}" if leg.leg.estimate else said


def _state(plan: DayPlan, index: int) -> str:
    leg, after = plan.route.legs[index], plan.route.halts[index + 1]
    if not leg.leg.reachable:
        return "late"
    if plan.next is not None and after.ref is plan.next:
        return "here" if plan.next.arrived_at else "next"
    if after.kind == "base":
        return "home"
    return "done" if after.done else ""


def navigate_url(visit: Visit) -> str:
    """Opens the phone's navigation; the address where there is one, for it is what the driver reads."""
    return f"{DIRECTIONS}api=1&destination={quote(_target(visit))}"


def _target(visit: Visit) -> str:
    workplace = visit.workplace
    street = f"{workplace.street}, {workplace.postcode} {workplace.city}"
    return street if workplace.street else f"{visit.lat:.5f},{visit.lon:.5f}"


def geo_url(visit: Visit) -> str:
    """The address scheme of RFC 5870 with Android's label: Android asks which map app; an iPhone has none for it."""
    where = f"{visit.lat:.5f},{visit.lon:.5f}"
    return f"geo:{where}?q={where}({quote(visit.workplace.name, safe='')})"


def apple_url(visit: Visit) -> str:
    """Opens Apple's maps on an iPhone, with the drive from where it is."""
    return f"https://maps.apple.com/?{urlencode({'daddr': _target(visit), 'dirflg': 'd'})}"


def whole_url(plan: DayPlan) -> str | None:
    """One link for the rest of the day: the visits that are not over, in order, and home. None for under two."""
    left = [halt for halt in plan.route.halts if halt.kind == "visit" and not halt.done]
    coming = plan.next
    if coming is not None:
        past = [
            halt for halt in left if halt.starts_at < coming.starts_at or (halt.ref is coming and coming.arrived_at)
        ]
        left = [halt for halt in left if halt not in past]
    targets = [_target(halt.ref) for halt in left]
    if plan.place:
        targets.append(f"{plan.place.lat:.5f},{plan.place.lon:.5f}")
    if not left or len(targets) < 2:
        return None
    points = targets[:-1][:WAYPOINTS]
    last = targets[-1] if len(targets) - 1 <= WAYPOINTS else targets[WAYPOINTS]
    asked = {"api": "1", "destination": last, "waypoints": "|".join(points), "travelmode": "driving"}
    return f"{DIRECTIONS}{urlencode(asked, quote_via=quote)}"
