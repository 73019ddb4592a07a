"""Tell the queue above whether a jobcentre's calendars have room."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.campaigns.actions import set_calendars_full
from crm.campaigns.models import Campaign, Participation
from crm.travel.engine import place_of_postcode
from crm.visits.queries.slots import Ask, search
from crm.visits.rules.places import WORST


def refresh_capacity(session: Session, now: datetime) -> int:
    """Close the queue of every participation without a bookable time within the horizon, open the others again.

    Judged from the jobcentre's own address: a company there is the easiest to reach. How many changed. A job looks
    first and writes afterwards (``jobs.refresh_rooms``).
    """
    changed = [one for one in _open(session, now) if is_out_of_step(session, now, one)]
    for participation in changed:
        set_calendars_full(session, now, participation, participation.calendars_full_since is None)
    return len(changed)


def with_queues(session: Session, now: datetime) -> list[int]:
    """Participations whose queue is to be open or closed by their calendars."""
    return [one.id for one in _open(session, now)]


def is_out_of_step(session: Session, now: datetime, participation: Participation) -> bool:
    """Whether its queue is open without room, or closed with it."""
    return _has_room(session, now, participation) == (participation.calendars_full_since is not None)


def _open(session: Session, now: datetime) -> list[Participation]:
    today = danish_date(now)
    return list(
        session.scalars(
            select(Participation)
            .join(Campaign, Campaign.id == Participation.campaign_id)
            .where(Campaign.state == "open", Campaign.starts_on <= today + timedelta(days=7), Campaign.ends_on >= today)
            .order_by(Participation.id)
        )
    )


def _has_room(session: Session, now: datetime, participation: Participation) -> bool:
    place = place_of_postcode(participation.jobcentre.postcode)
    if place is None:
        return True
    campaign = participation.campaign
    ask = Ask(participation.jobcentre_id, campaign, place, WORST, participation.jobcentre.postcode)
    frm = now + timedelta(hours=campaign.notice_hours)
    last = now + timedelta(days=campaign.horizon_days)
    while frm < last:
        to = min(frm + timedelta(days=7), last)
        if search(session, now, ask, frm, to).slots:
            return True
        frm = to
    return False
