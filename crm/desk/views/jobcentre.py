"""The jobcentre lead's page: room by week, load, overdue follow-ups, lists."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_babel import gettext as _

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.campaigns.queries import list_counts
from crm.desk.queries import room
from crm.desk.queries import today as today_queries
from crm.desk.queries.room import Room
from crm.desk.views.base import pages, today
from crm.followups.rules import overdue_days
from crm.people.queries import jobcentres
from crm.visits.queries import count_conflicts
from crm.web.edge import now, session
from crm.web.filters import dk_number
from crm.web.permit import requires, scope


@pages.get("/jobcentre")
@requires("campaigns.segment")
def jobcentre() -> Any:
    """One jobcentre at a time; ``jobcentre`` in the address chooses among those in reach (out of reach: 404)."""
    mine = jobcentres(session(), scope())
    if not mine:
        return render_template("desk/jobcentre.html", centre=None, centres=[])
    wanted = request.args.get("jobcentre")
    centre = next((one for one in mine if str(one.id) == wanted), None) if wanted else mine[0]
    if centre is None:
        raise NotFound
    reach = Scope(jobcentres=frozenset({centre.id}))
    found = room.room(session(), reach, now())
    overdue, count = today_queries.overdue(session(), reach, today())
    lists = room.lists(session(), reach)
    return render_template(
        "desk/jobcentre.html",
        centre=centre,
        centres=mine,
        room=found,
        figure=capacity(found),
        overdue=overdue,
        overdue_count=count,
        late={one.id: overdue_days(one.due_on, today()) for one in overdue},
        day=today(),
        lists=lists,
        counts=list_counts(session(), [one.id for one in lists]),
        visits=today_queries.visits(session(), reach, now()),
        conflicts=count_conflicts(session(), reach, now()),
    )


def capacity(found: Room) -> dict[str, Any]:
    """The weeks as bars: booked, and a mark where the room ends."""
    rows: list[dict[str, Any]] = [
        {
            "label": str(week.number),
            "parts": [week.booked],
            "capacity": week.capacity,
            "over": week.booked > week.capacity,
            "cells": [dk_number(week.booked), dk_number(week.capacity)],
        }
        for week in found.weeks
    ]
    full = [week.number for week in found.weeks if week.booked >= week.capacity]
    if not any(week.capacity for week in found.weeks):
        title = _("Ingen konsulenter har arbejdstid i kalenderen")
    elif full:
        title = _(
            "Plads til %(left)s besøg; uge %(weeks)s er fuld",
            left=dk_number(found.left),
            weeks=", ".join(str(number) for number in full),
        )
    else:
        title = _(
            "Plads til %(left)s besøg mere i de næste %(weeks)s uger",
            left=dk_number(found.left),
            weeks=len(found.weeks),
        )
    table = {"columns": [_("Uge"), _("Booket"), _("Plads")], "rows": [[row["label"], *row["cells"]] for row in rows]}
    return {"title": title, "rows": rows, "table": table}
