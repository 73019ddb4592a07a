"""The filter bar of every page here, read from the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, request
from flask_babel import gettext as _

from crm.base.clock import at, danish_date
from crm.campaigns.models import Campaign
from crm.reports import queries
from crm.reports.forms import Asked, chosen_campaign, read
from crm.reports.queries.reach import Place
from crm.reports.rules import GROUPS, week_key, week_starts
from crm.web.edge import now, session
from crm.web.permit import scope

pages = Blueprint("reports", __name__)


@dataclass(frozen=True)
class Bar:
    """What the reader asked for and what there is to choose among."""

    asked: Asked
    campaigns: list[Campaign]
    places: list[Place]

    @property
    def regions(self) -> dict[int, str]:
        return dict(sorted({place.region_id: place.region for place in self.places}.items(), key=lambda pair: pair[1]))

    @property
    def centres(self) -> list[Place]:
        """Those of the region asked for."""
        return [place for place in self.places if self.asked.region_id in (None, place.region_id)]

    @property
    def weeks(self) -> list[tuple[str, str]]:
        campaign = self.asked.campaign
        if campaign is None:
            return []
        last = max(min(campaign.ends_on, danish_date(now())), campaign.starts_on)
        return [(week_key(day), week_name(day)) for day in week_starts(at(campaign.starts_on, 0), at(last, 0))][-160:]

    @property
    def area(self) -> str:
        """The words for whom the figures are about."""
        asked = self.asked
        named = {place.id: place.name for place in self.places}
        if asked.jobcentre_id:
            return named[asked.jobcentre_id]
        if asked.region_id:
            return self.regions[asked.region_id]
        return str(_("alle jobcentre") if scope().everything else _("dine jobcentre"))


def week_name(day: date) -> str:
    return str(_("uge %(week)s, %(year)s", week=day.isocalendar()[1], year=day.isocalendar()[0]))


def read_bar() -> Bar:
    found = list(queries.campaigns(session(), scope()))
    campaign, errors = chosen_campaign(request.args, found)
    places = queries.places(session(), scope(), campaign.id) if campaign else []
    return Bar(read(request.args, campaign, places, errors), found, places)


def groups() -> dict[str, str]:
    return {key: _(label) for key, label in GROUPS.items()}
