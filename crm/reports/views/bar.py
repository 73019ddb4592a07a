"""The filter bar of every page here, read from the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from flask import Blueprint, request
from flask_babel import gettext as _

from crm.base.clock import at, danish_date
from crm.campaigns.models import Campaign
from crm.reports import queries
from crm.reports.forms import EVERY, Asked, chosen_campaign, read
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
    choices: Mapping[str, str] = field(default_factory=lambda: GROUPS)
    may_all: bool = False

    @property
    def campaign_id(self) -> int | None:
        """None for all campaigns in reach."""
        return self.asked.campaign.id if self.asked.campaign else None

    @property
    def groups(self) -> dict[str, str]:
        return {key: _(label) for key, label in self.choices.items()}

    @property
    def source(self) -> str:
        """The campaign in words."""
        return self.asked.campaign.name if self.asked.campaign else str(_("alle kampagner"))

    @property
    def regions(self) -> dict[int, str]:
        return dict(sorted({place.region_id: place.region for place in self.places}.items(), key=lambda pair: pair[1]))

    @property
    def centres(self) -> list[Place]:
        """Those of the region asked for."""
        return [place for place in self.places if self.asked.region_id in (None, place.region_id)]

    @property
    def weeks(self) -> list[tuple[str, str]]:
        chosen = [self.asked.campaign] if self.asked.campaign else self.campaigns if self.asked.every else []
        if not chosen:
            return []
        first = min(one.starts_on for one in chosen)
        last = max(min(max(one.ends_on for one in chosen), danish_date(now())), first)
        return [(week_key(day), week_name(day)) for day in week_starts(at(first, 0), at(last, 0))][-160:]

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


def read_bar(
    choices: Mapping[str, str] = GROUPS,
    *,
    by: str = "jobcentre",
    may_all: bool = False,
    sides: Sequence[str] = (),
) -> Bar:
    """``choices``: what the page can be divided by; ``may_all``: whether it can show all campaigns together."""
    found = list(queries.campaigns(session(), scope()))
    every = may_all and request.args.get("campaign") == EVERY and bool(found)
    campaign, errors = (None, {}) if every else chosen_campaign(request.args, found)
    places = queries.places(session(), scope(), campaign.id if campaign else None) if campaign or every else []
    asked = read(request.args, campaign, places, errors, groups=choices, by=by, sides=sides)
    return Bar(replace(asked, every=every), found, places, choices, may_all)


def groups() -> dict[str, str]:
    return {key: _(label) for key, label in GROUPS.items()}
