"""Letters of the small demo: one batch that was mailed before the calls, with some that came back, and one to come."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, danish_date
from crm.calling.actions import follow_letters
from crm.campaigns.actions import export_letters, make_letters, mark_returned
from crm.campaigns.models import CallList, Campaign, Letter, LetterBatch, ListEntry
from crm.campaigns.queries import letter_candidates
from crm.companies.models import Workplace
from crm.demo.people import Centre

MAILED, COMING = 160, 40
# place among the letters -> why it came back
RETURNED = {7: "moved", 33: "unknown", 52: "closed", 118: "moved"}


def mailed(session: Session, centre: Centre, campaign: Campaign, when: datetime) -> None:
    """The first letters of the jobcentre's list: to the printer at once, and some back within the week."""
    listed = _list(session, centre, campaign)
    batch = make_letters(
        session, centre.lead, when, listed, name="Postkort 1", first_on=danish_date(when), amount=MAILED
    )[0]
    export_letters(session, centre.lead, when + timedelta(minutes=12), batch, "csv")
    back = when + timedelta(days=5, hours=3)
    numbers = _numbers(session, batch)
    for place, because in RETURNED.items():
        if place < len(numbers):
            mark_returned(session, centre.lead, back + timedelta(minutes=place), batch, {numbers[place]: None}, because)


def coming(session: Session, centre: Centre, campaign: Campaign, now: datetime) -> None:
    """The next ones, in some days; their calls wait."""
    listed = _list(session, centre, campaign)
    if any(one.left_out is None for one in letter_candidates(session, listed)):
        first_on = add_working_days(danish_date(now), 3)
        make_letters(session, centre.lead, now, listed, name="Postkort 2", first_on=first_on, amount=COMING)
    follow_letters(session, now)


def _list(session: Session, centre: Centre, campaign: Campaign) -> CallList:
    return session.scalars(
        select(CallList)
        .join(CallList.participation)
        .where(
            CallList.state == "approved",
            CallList.participation.has(campaign_id=campaign.id, jobcentre_id=centre.row.id),
        )
        .order_by(CallList.id)
        .limit(1)
    ).one()


def _numbers(session: Session, batch: LetterBatch) -> list[str]:
    return list(
        session.scalars(
            select(Workplace.p_number)
            .join(ListEntry, ListEntry.workplace_id == Workplace.id)
            .join(Letter, Letter.list_entry_id == ListEntry.id)
            .where(Letter.batch_id == batch.id, Letter.left_out.is_(None))
            .order_by(ListEntry.position)
        )
    )
