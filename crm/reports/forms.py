"""The filter bar: what the address asks for, checked against what the reader may choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from crm.base.errors import N_
from crm.campaigns.models import Campaign
from crm.reports.queries import Within
from crm.reports.queries.reach import Place
from crm.reports.rules import GROUPS, parse_week, week_bounds, week_key

EVERY = "all"
SORTS = ("name", "rate", "n", "openings")


@dataclass(frozen=True)
class Asked:
    """The filters as understood. ``errors``: field -> Danish msgid; with any, no figures are shown. ``every``: all
    campaigns in reach, and then no ``campaign``; ``side``: whose promises (only where promises are counted)."""

    campaign: Campaign | None = None
    region_id: int | None = None
    jobcentre_id: int | None = None
    frm: date | None = None
    to: date | None = None
    by: str = "jobcentre"
    sort: str = "-rate"
    every: bool = False
    side: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def within(self) -> Within:
        return Within(self.region_id, self.jobcentre_id, *week_bounds(self.frm, self.to))

    @property
    def week_from(self) -> str:
        return week_key(self.frm) if self.frm else ""

    @property
    def week_to(self) -> str:
        return week_key(self.to) if self.to else ""

    def address(self, **changes: Any) -> dict[str, Any]:
        """The query string that says the same; ``changes`` on top, None leaves a field out."""
        values: dict[str, Any] = {
            "campaign": self.campaign.id if self.campaign else EVERY if self.every else None,
            "region": self.region_id,
            "jobcentre": self.jobcentre_id,
            "from": self.week_from,
            "to": self.week_to,
            "by": self.by,
            "sort": self.sort,
            "side": self.side,
            **changes,
        }
        return {name: value for name, value in values.items() if value not in (None, "")}


def chosen_campaign(args: Mapping[str, str], campaigns: Sequence[Campaign]) -> tuple[Campaign | None, dict[str, str]]:
    """The campaign asked for, else the newest; one out of reach is as one that does not exist."""
    raw = args.get("campaign", "")
    found = next((one for one in campaigns if str(one.id) == raw), None)
    if raw and found is None:
        return None, {"campaign": N_("Kampagnen findes ikke, eller du har ikke adgang til den.")}
    return found or (campaigns[0] if campaigns else None), {}


def read(
    args: Mapping[str, str],
    campaign: Campaign | None,
    places: Sequence[Place],
    errors: Mapping[str, str],
    *,
    groups: Mapping[str, str] = GROUPS,
    by: str = "jobcentre",
    sides: Sequence[str] = (),
) -> Asked:
    """Every field of the address; what cannot be used is named in ``errors``. ``by``: the grouping where none is asked
    for; ``sides``: those to choose among, the first where none is asked for."""
    wrong = dict(errors)
    region = _one_of(
        args,
        "region",
        {place.region_id for place in places},
        wrong,
        N_("Regionen findes ikke i kampagnen, eller du har ikke adgang til den."),
    )
    jobcentre = _one_of(
        args,
        "jobcentre",
        {place.id for place in places},
        wrong,
        N_("Jobcentret findes ikke i kampagnen, eller du har ikke adgang til det."),
    )
    frm, to = _week(args, "from", wrong), _week(args, "to", wrong)
    if frm and to and frm > to:
        wrong["to"] = N_("Slutugen ligger før startugen.")
    asked = Asked(campaign, region, jobcentre, frm, to, by=by, errors=wrong)
    wished, sort = args.get("by", by), args.get("sort", asked.sort)
    if wished not in groups:
        wrong["by"] = N_("Opdelingen kendes ikke. Vælg en fra listen.")
        wished = by
    side = args.get("side", "")
    side = side if side in sides else next(iter(sides), "")
    return replace(asked, by=wished, side=side, sort=sort if sort.lstrip("-") in SORTS else asked.sort)


def _one_of(args: Mapping[str, str], name: str, known: set[int], wrong: dict[str, str], message: str) -> int | None:
    raw = args.get(name, "")
    if not raw:
        return None
    found = next((one for one in known if str(one) == raw), None)
    if found is None:
        wrong[name] = message
    return found


def _week(args: Mapping[str, str], name: str, wrong: dict[str, str]) -> date | None:
    raw = args.get(name, "")
    if not raw:
        return None
    try:
        return parse_week(raw)
    except ValueError as exc:
        wrong[name] = str(exc)
        return None
