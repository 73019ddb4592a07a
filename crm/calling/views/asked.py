"""What a supervisor's page is about: campaign and firm from the address, and the links between such pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import NotFound
from crm.calling.queries.standing import firms
from crm.campaigns.models import Campaign
from crm.campaigns.queries import campaigns
from crm.people.models import CallingFirm
from crm.web.edge import now, session
from crm.web.permit import may, scope


@dataclass(frozen=True)
class Asked:
    """``campaign`` None: there is none in reach."""

    campaign: Campaign | None
    campaigns: Sequence[Campaign]
    firm: CallingFirm | None = None
    firms: Sequence[CallingFirm] = ()

    def address(self, **changes: Any) -> dict[str, Any]:
        """The query string that says the same; ``changes`` on top, None leaves a field out."""
        values = {
            "campaign": self.campaign.id if self.campaign else None,
            "firm": self.firm.id if self.firm else None,
            **changes,
        }
        return {name: value for name, value in values.items() if value is not None}


def read_asked(args: Mapping[str, str] | None = None) -> Asked:
    """From the address (or a posted form): the campaign asked for, else the one that runs. Raises NotFound for one
    out of reach, and for a firm that does not call in it."""
    given = request.args if args is None else args
    known = campaigns(session(), scope())
    raw = given.get("campaign", "")
    if raw and raw not in {str(one.id) for one in known}:
        raise NotFound
    chosen = next((one for one in known if str(one.id) == raw), None) or _running(known)
    if chosen is None:
        return Asked(None, known)
    calling = firms(session(), scope(), chosen.id)
    raw = given.get("firm", "")
    if raw and raw not in {str(one.id) for one in calling}:
        raise NotFound
    return Asked(chosen, known, next((one for one in calling if str(one.id) == raw), None), calling)


def _running(known: Sequence[Campaign]) -> Campaign | None:
    """The newest open campaign that has begun; without one the first there is."""
    today = danish_date(now())
    begun = (one for one in known if one.state == "open" and one.starts_on <= today <= one.ends_on)
    return next(begun, known[0] if known else None)


def supervision(campaign: Campaign | None) -> list[dict[str, Any]]:
    """The pages of supervision for the same campaign: [{label, url, here}]."""
    named = (
        (_("Ringestatus"), "calling.board", "calling.supervise"),
        (_("Genopkald"), "calling.supervised_call_backs", "calling.supervise"),
        (_("Kvalitet"), "reports.quality", "calling.supervise"),
        (_("Fordeling"), "calling.allot", "campaigns.manage"),
    )
    address: dict[str, Any] = {"campaign": campaign.id} if campaign else {}
    return [
        {"label": label, "url": url_for(endpoint, **address), "here": request.endpoint == endpoint}
        for label, endpoint, verb in named
        if endpoint in current_app.view_functions and may(verb)
    ]
