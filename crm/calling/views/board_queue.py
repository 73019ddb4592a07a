"""What is left to call and when the target is reached, as the board says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.calling.queries import standing as reads
from crm.calling.queries.standing import Booked, Place
from crm.calling.rules import WHY_DRY
from crm.calling.rules.forecast import Forecast, forecast, pace_days
from crm.calling.rules.standing import Standing, summed
from crm.calling.views.asked import Asked
from crm.campaigns.models import Campaign
from crm.web.edge import now, session
from crm.web.filters import dk_day, dk_number
from crm.web.permit import may, scope

Queues = Mapping[int, Mapping[int | None, Standing]]
"""Jobcentre id -> firm id -> its queue."""


def left(asked: Asked) -> dict[str, Any]:
    """Rows by jobcentre, all of them together, and what stops entries; three queries."""
    campaign = asked.campaign
    assert campaign is not None  # noqa: S101 - the page shows nothing without one
    places = reads.places(session(), scope(), campaign.id)
    days = pace_days(danish_date(now()), campaign.starts_on)
    booked = reads.bookings(session(), scope(), campaign.id, now(), days)
    queues = reads.standings(session(), scope(), campaign, now())
    firm_id = asked.firm.id if asked.firm else None
    shown = [place for place in places if firm_id is None or firm_id in queues.get(place.jobcentre_id, {})]
    whole = _together(queues, shown, firm_id)

    def outlook(some: Sequence[Place]) -> Forecast:
        """By the whole queue of the jobcentres, whoever calls it."""
        target = _target(campaign, some, everywhere=len(some) == len(places))
        return _forecast(campaign, some, booked, days, target, _together(queues, some).workable)

    return {
        "title": title(outlook(shown)),
        "rows": [_row(campaign, one, _together(queues, [one], firm_id), outlook([one])) for one in shown],
        "total": {**_counts(whole), **_outlook(outlook(shown))} if len(shown) > 1 else None,
        "stopped": [(_(WHY_DRY[key]), dk_number(whole.stopped[key])) for key in WHY_DRY if key in whole.stopped],
    }


def _together(queues: Queues, places: Sequence[Place], firm_id: int | None = None) -> Standing:
    """The queues of the jobcentres; with ``firm_id`` only what that firm calls."""
    return summed(
        one
        for place in places
        for firm, one in queues.get(place.jobcentre_id, {}).items()
        if firm_id is None or firm == firm_id
    )


def _forecast(
    campaign: Campaign,
    places: Sequence[Place],
    booked: Mapping[int, Booked],
    days: Sequence[date],
    target: int | None,
    workable: int,
) -> Forecast:
    """For these jobcentres together, on the days since the first of their lists was approved."""
    found = [booked.get(place.jobcentre_id, Booked(0, 0, (0,) * len(days))) for place in places]
    begun = min((danish_date(place.begun_at) for place in places if place.begun_at), default=None)
    daily = [sum(one.daily[n] for one in found) for n, day in enumerate(days) if begun is not None and day >= begun]
    total, today = sum(one.total for one in found), sum(one.today for one in found)
    return forecast(total, today, target, daily, danish_date(now()), campaign.ends_on, workable)


def _target(campaign: Campaign, places: Sequence[Place], *, everywhere: bool) -> int | None:
    """The campaign's own for all of its jobcentres together, else the sum of theirs, where each has one."""
    if everywhere and len(places) > 1 and scope().everything and campaign.target_visits:
        return campaign.target_visits
    own = [place.target for place in places if place.target]
    return sum(own) if own and len(own) == len(places) else None


def _row(campaign: Campaign, place: Place, queue: Standing, outlook: Forecast) -> dict[str, Any]:
    url = url_for("campaigns.participation", campaign_id=campaign.id, jobcentre_id=place.jobcentre_id)
    return {
        "name": place.name,
        "url": url if may("campaigns.read") else "",
        "full_since": place.full_since,
        "dry": queue.ready == 0 and queue.waiting > 0 and place.full_since is None,
        "empty": queue.waiting == 0,
        **_counts(queue),
        **_outlook(outlook),
    }


def _counts(queue: Standing) -> dict[str, str]:
    return {
        "waiting": dk_number(queue.waiting),
        "ready": dk_number(queue.ready),
        "later": dk_number(queue.later),
        "held": dk_number(queue.held),
        "full": dk_number(queue.full),
        "stopped": dk_number(sum(queue.stopped.values())),
    }


def _outlook(found: Forecast) -> dict[str, Any]:
    text, detail = words(found)
    return {
        "booked": dk_number(found.booked),
        "target": dk_number(found.target),
        "pace": dk_number(found.pace, 1),
        "when": text,
        "range": detail,
        "tone": {"late": "warn", "short": "warn", "nobody": "warn", "over": "warn", "reached": "good"}.get(
            found.state, ""
        )
        or ("" if found.state == "expected" else "muted"),
    }


def words(found: Forecast) -> tuple[str, str]:
    """When the target is reached, in a few words, and what that leaves open."""
    if found.state == "expected":
        return dk_day(found.day), _range(found)
    if found.state == "late":
        text = _("Nås ikke før kampagnen slutter")
        return str(text), str(_("ventet %(count)s ved slut", count=dk_number(found.by_end)))
    said = {
        "no_target": _("Intet mål"),
        "reached": _("Målet er nået"),
        "over": _("Nåede ikke målet"),
        "nobody": _("Ingen at ringe til"),
        "short": _("Køen er for kort til målet"),
        "few_days": _("For få dage at regne på"),
        "few_bookings": _("For få besøg at regne på"),
        "standing": _("Ingen besøg booket på det seneste"),
    }
    return str(said[found.state]), ""


def _range(found: Forecast) -> str:
    """``8. dec.–15. dec.``, the 80 % range; open to the right when it may not be reached in time."""
    early = dk_day(found.earliest)
    if found.latest is None:
        return str(_("80 %%: %(early)s, måske ikke før slut", early=early))
    return str(_("80 %%: %(early)s – %(late)s", early=early, late=dk_day(found.latest)))


def title(found: Forecast) -> str:
    """The finding of the table."""
    if found.state == "no_target":
        return str(_("Køen og de bookede besøg pr. jobcenter"))
    goal = dk_number(found.target)
    if found.state == "expected":
        return str(_("Målet på %(goal)s besøg ventes nået %(day)s", goal=goal, day=dk_day(found.day)))
    if found.state == "late":
        return str(
            _(
                "Målet på %(goal)s besøg nås ikke før kampagnen slutter; ventet %(count)s",
                goal=goal,
                count=dk_number(found.by_end),
            )
        )
    if found.state == "reached":
        return str(_("Målet på %(goal)s besøg er nået", goal=goal))
    if found.state == "over":
        return str(_("Kampagnen sluttede med %(booked)s af %(goal)s besøg", booked=dk_number(found.booked), goal=goal))
    return str(
        _(
            "%(booked)s af %(goal)s besøg; %(why)s",
            booked=dk_number(found.booked),
            goal=goal,
            why=words(found)[0].lower(),
        )
    )
