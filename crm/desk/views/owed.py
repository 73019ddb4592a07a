"""What the consultant owes: a part that the day's page fetches, so that the day itself is there at once."""

from __future__ import annotations

from typing import Any

from flask import render_template

from crm.desk.queries import owed
from crm.desk.views.base import pages, today
from crm.web.edge import session
from crm.web.permit import actor, requires


@pages.get("/today/owed")
@requires("visits.today")
def owed_today() -> Any:
    """Agreements, companies' answers, proposals, CVs and ends of placements that wait for the reader."""
    return render_template("desk/_owed.html", owed=owed.mine(session(), actor().id, today()), day=today())
