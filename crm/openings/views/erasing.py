"""Erasing a candidate: what goes, what stays and why, and the places that somebody has to look at."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.calling.models import QueueEntry
from crm.openings.actions import erasing
from crm.openings.models import Candidate
from crm.openings.queries import candidates as read
from crm.openings.queries import naming
from crm.openings.queries.naming import Place
from crm.openings.rules.candidates import RUNNING
from crm.openings.views.blueprint import pages
from crm.openings.views.people import on_phone
from crm.visits.models import Visit
from crm.web.edge import now, session
from crm.web.permit import actor, may, requires, scope


@pages.route("/openings/candidates/<int:candidate_id>/erase", methods=["GET", "POST"])
@requires("openings.candidates")
def candidate_erase(candidate_id: int) -> Any:
    """Nothing is erased while there are places that the page did not show: they may have come up since."""
    found = read.candidate(session(), scope(), candidate_id)
    if request.method == "GET":
        return _page(found)
    seen = set(request.form.getlist("seen"))
    places = naming.places(session(), scope(), found)
    if any(place.key not in seen for place in places[: naming.MOST]):
        return _page(found, came_up=True), 409
    chosen = request.form.getlist("place")
    done = erasing.erase(session(), actor(), now(), found, scope=scope(), chosen=chosen)
    flash(_said(done), "success")
    return redirect(url_for("openings.candidates"))


def _said(done: erasing.Erased) -> str:
    taken = done.taken
    said = [
        _("Kandidaten er slettet."),
        ngettext("Referencen er taget ud af %(num)s tekst", "Referencen er taget ud af %(num)s tekster", taken.texts)
        + " "
        + ngettext("og %(num)s besked.", "og %(num)s beskeder.", taken.mails),
    ]
    if taken.calendars:
        said.append(
            ngettext(
                "%(num)s kalender hos en konsulent rettes nu; svarer den ikke, prøver vi igen.",
                "%(num)s kalendere hos konsulenter rettes nu; svarer de ikke, prøver vi igen.",
                taken.calendars,
            )
        )
    said.append(_("Præsentationer og ansættelser tælles stadig, uden personen."))
    if done.left:
        said.append(
            ngettext(
                "%(num)s sted, der kan nævne personen, står, som det stod.",
                "%(num)s steder, der kan nævne personen, står, som de stod.",
                done.left,
            )
        )
    return " ".join(said)


def _page(found: Candidate, *, came_up: bool = False) -> str:
    places = naming.places(session(), scope(), found)
    return render_template(
        "openings/erase.html",
        c=found,
        phone=on_phone(),
        came_up=came_up,
        places=[(place, _(place.called), _url(place)) for place in places[: naming.MOST]],
        more=max(0, len(places) - naming.MOST),
        chosen=set(request.form.getlist("place")),
        namesakes=naming.namesakes(session(), found),
        under_way=sum(one.state in RUNNING for one in read.of_candidate(session(), found.id)),
    )


def _url(place: Place) -> str | None:
    """The page on which the text stands; None where the actor has none that shows it."""
    kind, number = place.page
    if kind == "outbox":
        return url_for("integrations.outbox_message", message_id=number) if may("outbox.read") else None
    if kind == "openings":
        return url_for("openings.show", opening_id=number)
    if kind == "follow_ups":
        return url_for("followups.show", follow_up_id=number) if may("followups.read") else None
    about = session().get_one(Visit, number) if kind == "visits" else session().get_one(QueueEntry, number)
    return url_for("desk.company", workplace_id=about.workplace_id) if may("companies.read") else None
