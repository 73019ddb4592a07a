"""The list of visits, and one visit with its history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import N_
from crm.base.scope import Scope
from crm.visits.models import Visit, VisitEvent
from crm.visits.queries import replies_of, visits
from crm.visits.queries import visit as load_visit
from crm.visits.rules import EVENTS, STATES
from crm.visits.views.blueprint import VISIT, pages
from crm.visits.views.stops import geo_url, navigate_url
from crm.web.edge import session
from crm.web.filters import dk_datetime, dk_time
from crm.web.i18n import say
from crm.web.permit import actor, may, requires, scope, scope_for

PAGE = 50
REPORTED_AGAIN = N_("Rapporten rettet")


@pages.get("/visits")
@requires("visits.read")
def index() -> Any:
    """Newest first; filters stand in the address."""
    state = request.args.get("state") if request.args.get("state") in STATES else None
    frm, to = _date(request.args.get("from")), _date(request.args.get("to"))
    number = max(1, min(request.args.get("page", 1, type=int) or 1, 10_000))
    statement = visits(scope(), state=state, frm=frm, to=to)
    rows = (
        session()
        .scalars(
            statement.order_by(Visit.starts_at.desc(), Visit.id.desc()).offset((number - 1) * PAGE).limit(PAGE + 1)
        )
        .all()
    )
    more, rows = len(rows) > PAGE, rows[:PAGE]

    def page_url(n: int) -> str:
        chosen: dict[str, Any] = {"state": state, "from": frm, "to": to, "page": n if n > 1 else None}
        return url_for("visits.index", **chosen)

    return render_template(
        "visits/index.html",
        rows=rows,
        states=STATES,
        state=state,
        frm=frm,
        to=to,
        first=(number - 1) * PAGE + 1,
        previous_url=page_url(number - 1) if number > 1 else "",
        next_url=page_url(number + 1) if more else "",
    )


def _date(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


@pages.get(f"/visits/{VISIT}")
@requires("visits.read")
def show(visit_id: int) -> Any:
    """Who answers for it, whom to meet, what has happened; what the actor may do with it."""
    visit = load_visit(session(), scope(), visit_id, booked=True)
    return render_template(
        "visits/show.html",
        visit=visit,
        company_url=company_url(visit),
        states=STATES,
        history=history(visit),
        replies=replies_of(session(), visit),
        navigate=navigate_url(visit),
        geo=geo_url(visit),
        may_change=within(scope_for("visits.change"), visit) and visit.state == "booked",
        may_report=within(scope_for("visits.report"), visit),
    )


def company_url(visit: Visit) -> str | None:
    """The company's whole story, for those who may read it (the page belongs to a room above)."""
    return url_for("desk.company", workplace_id=visit.workplace_id) if may("companies.read") else None


def within(reach: Scope, visit: Visit) -> bool:
    """Whether a scope of the actor holds this loaded visit."""
    return (
        reach.everything
        or visit.jobcentre_id in reach.jobcentres
        or visit.booked_firm_id in reach.firms
        or (reach.own is not None and reach.own == visit.consultant_id == actor().id)
    )


def history(visit: Visit) -> list[dict[str, Any]]:
    """Newest first, for components/timeline.html. A second report is a correction of the first."""
    again = [event for event in visit.events if event.kind == "report"][1:]
    return [
        {
            "title": say(REPORTED_AGAIN if event in again else EVENTS[event.kind]),
            "when": dk_datetime(event.at),
            "datetime": event.at.isoformat(),
            "text": told(event),
            "who": event.actor.name if event.actor else by_itself(event),
            "tone": {"cancel": "bad", "report": "good", "openings_gone": "warn"}.get(event.kind, ""),
        }
        for event in reversed(visit.events)
    ]


def by_itself(event: VisitEvent) -> str:
    """Who did what nobody was signed in for: the company, by its link or its calendar."""
    company = event.kind in ("move", "hand_over", "cancel") or event.data.get("party") == "company"
    return str(_("virksomheden")) if company else ""


def told(event: VisitEvent) -> str:
    """What the event changed, in words."""
    data, parts = event.data, []
    if event.kind == "book":
        parts.append(str(_("til %(when)s", when=_when(data["starts_at"]))))
    if event.kind == "move":
        parts.append(str(_("fra %(was)s til %(now)s", was=_when(data["was"]), now=_when(data["to"]))))
    handed = event.kind == "hand_over" or data.get("former_id") != data.get("consultant_id")
    if event.kind in ("move", "hand_over") and handed and event.responsible:
        parts.append(str(_("nu hos %(name)s", name=event.responsible.name)))
    if event.kind == "report" and data.get("result") in STATES:
        parts.append(say(STATES[data["result"]]))
    if event.kind == "openings_gone":
        parts.append(", ".join(data["openings"]))
    if event.kind == "late":
        parts.append(str(_("ventet kl. %(time)s", time=dk_time(datetime.fromisoformat(data["expected_at"])))))
    if event.kind == "reply":
        parts.append(_answered(data))
    if data.get("reason"):
        parts.append(str(data["reason"]))
    return " · ".join(parts)


def _when(text: str) -> str:
    return dk_datetime(datetime.fromisoformat(text))


def _answered(data: dict[str, Any]) -> str:
    answer = {"ACCEPTED": _("ja"), "DECLINED": _("nej"), "TENTATIVE": _("måske")}[data["partstat"]]
    text = f"{answer} ({data['email']})"
    return str(_("%(answer)s · svar på den tidligere tid", answer=text)) if data.get("former") else text
