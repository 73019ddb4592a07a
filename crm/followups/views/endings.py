"""What was agreed about a placement's ending, as the placement's page shows it; and where "Gjort" leads from there."""

from __future__ import annotations

from typing import Any

from flask import flash, url_for
from flask_babel import gettext as _

from crm.followups.models import FollowUp
from crm.followups.queries.making import about_placement
from crm.followups.rules import OUTCOMES
from crm.followups.rules.making import ENDS, ending_words
from crm.followups.views.cards import short
from crm.openings.models import Placement
from crm.web.edge import session
from crm.web.filters import dk_date
from crm.web.permit import may


def of_placement(placement: Placement) -> list[dict[str, Any]]:
    """Newest first. ``permanent``: what the talk about the present last day said of an ordinary job, None for nothing;
    ``by_itself``: the placement ends on its last day without anybody writing it."""
    return [_line(found, placement) for found in about_placement(session(), placement.id)]


def _line(found: FollowUp, placement: Placement) -> dict[str, Any]:
    came = found.outcome_key or ""
    present = placement.ends_on is not None and found.promise == ending_words(placement.type, placement.ends_on)
    return {
        "url": url_for("followups.show", follow_up_id=found.id) if may("followups.read") else "",
        "title": short(found.promise),
        "said": _(OUTCOMES[came]) if came else _("Frist %(day)s", day=dk_date(found.due_on)),
        "permanent": ENDS.get(came) if present else None,
        "by_itself": present and came in ENDS and placement.state == "agreed",
        "extended": present and came == "extended" and placement.state == "agreed",
    }


def page_after(found: FollowUp) -> str | None:
    """The placement's page, where what came of the talk is still to be written there; None where nothing is."""
    placement = found.placement
    if placement is None or placement.state == "ended" or not may("openings.candidates"):
        return None
    line = _line(found, placement)
    if line["extended"]:
        flash(_("Aftalen er gjort. Vælg den nye sidste dag her."), "success")
    elif line["by_itself"]:
        flash(_("Aftalen er gjort. Ansættelsen afsluttes af sig selv på den sidste dag."), "success")
    else:
        return None
    return url_for("openings.placement", placement_id=placement.id)
