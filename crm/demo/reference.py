"""``crm demo --scale reference``: the campaign of the evaluation of 2013, replayed as events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at, danish_date
from crm.calling.actions import enqueue
from crm.calling.models import QueueEntry
from crm.campaigns.actions import Join, approve, create_campaign, draw_list, use_extract
from crm.campaigns.models import Campaign, Participation
from crm.campaigns.rules import Filters
from crm.companies.actions import import_register
from crm.companies.models import Contact, Workplace
from crm.demo import plan, scripts, texts
from crm.demo.bulk import Bulk
from crm.demo.later import Later
from crm.demo.matching import Matching
from crm.demo.people import Centre, People, Settler, Staffing
from crm.demo.register import Extract, write
from crm.demo.rows import STATE, Entry
from crm.demo.story import Calendar, Story
from crm.demo.timetable import calling_days, pace
from crm.people.models import User
from crm.travel.engine import Place, place_of_postcode

WEEKS = 22
WEEKS_LEFT = 6
HORIZON = 21


def build(session: Session, now: datetime, seed: int, path: Path, say: Any) -> Campaign:
    """Register, people, lists and queue through the rooms' actions; calls and visits through the bulk path."""
    plans = plan.campaign(Random(f"{seed}:plan"))
    began = at(danish_date(now) - timedelta(days=7 * WEEKS + 10), 9 * 60)
    people = Settler(session, began, Random(f"{seed}:people")).settle(
        [Staffing(one.centre, one.consultants, one.firm) for one in plans], plan.PHONERS
    )
    say(f"{len(people.everyone)} brugere i {len(people.centres)} jobcentre")
    batch = register(session, people, began, seed, path, plans, say)
    campaign = create_campaign(
        session,
        people.manager,
        began,
        name=texts.CAMPAIGN,
        starts_on=danish_date(began),
        ends_on=danish_date(now) + timedelta(weeks=WEEKS_LEFT),
        calls_from=0,
        calls_to=1440,
        calls_any_day=True,
        horizon_days=HORIZON,
        information_text=texts.INFORMATION,
        target_visits=12_000,
        joins=[
            Join(centre.row.id, centre.firm.row.id, round(one.booked * 1.15))
            for centre, one in zip(people.centres, plans, strict=True)
        ],
    )
    use_extract(session, people.manager, began, campaign, batch)
    scripts.common(session, people.manager, campaign, began)
    lists(session, people, campaign, plans, began, seed)
    say("Ringelister trukket, godkendt og lagt i kø")
    events(session, people, campaign, plans, now, seed)
    say("Opkald, besøg, åbninger og opfølgninger skrevet")
    return campaign


def register(
    session: Session, people: People, began: datetime, seed: int, path: Path, plans: Sequence[plan.CentrePlan], say: Any
) -> int:
    """Write the extract and import it as anybody would; the batch's id."""
    extract = Extract(Random(f"{seed}:register"))
    count = write(path, (row for one in plans for row in extract.rows(one.centre, one.workplaces)))
    say(f"Registerudtræk med {count} produktionsenheder skrevet til {path}")
    with path.open("rb") as source:
        result = import_register(
            session,
            people.manager,
            began,
            source,
            path.name,
            progress=lambda read: say(f"{read} rækker læst ind") if read % 20_000 == 0 else None,
        )
    if result.new != count or result.batch_id is None:
        raise RuntimeError(f"the import took {result.new} of {count} rows")
    return result.batch_id


def lists(
    session: Session, people: People, campaign: Campaign, plans: Sequence[plan.CentrePlan], began: datetime, seed: int
) -> None:
    """Each jobcentre's lead draws a list; it is approved, frozen and queued."""
    joined = {
        one.jobcentre_id: one
        for one in session.scalars(select(Participation).where(Participation.campaign_id == campaign.id))
    }
    for number, (centre, one) in enumerate(zip(people.centres, plans, strict=True)):
        drawn = draw_list(
            session,
            centre.lead,
            began,
            joined[centre.row.id],
            name="Første liste",
            filters=Filters(sample=one.listed),
            seed=seed % 1000 * 1000 + number,
        )
        approve(session, centre.lead, began, drawn)
        enqueue(session, centre.lead, began, drawn)


def events(
    session: Session, people: People, campaign: Campaign, plans: Sequence[plan.CentrePlan], now: datetime, seed: int
) -> None:
    """Play every jobcentre's story and write the rows."""
    rng = Random(f"{seed}:events")
    days = calling_days(now, WEEKS)
    last = min(danish_date(now) + timedelta(days=HORIZON), campaign.ends_on)
    calendar = Calendar(now, days, pace(rng, days), last)
    told = openings_by_visit(rng)
    bulk = Bulk(session, campaign)
    waiting = queue(session, campaign)
    for centre, one in zip(people.centres, plans, strict=True):
        story = Story(bulk, rng, centre, one, calendar, callers(people, centre, one), region_of(people, centre))
        story.play(waiting[centre.row.id], told)
    first_call(bulk, people, waiting[people.centres[0].row.id], now)
    Later(bulk, Random(f"{seed}:later"), people, now).play()
    bulk.write()
    matched(session, people, now, seed)


def matched(session: Session, people: People, now: datetime, seed: int) -> None:
    """The last days of the first jobcentres' openings: details, candidates, hires, by the actions themselves."""
    few = replace(people, centres=people.centres[:3])
    today = danish_date(now)
    began = at(add_working_days(today, -12), 9 * 60)
    matching = Matching(session, Random(f"{seed}:matching"), few, began, now)
    for ahead in range(-8, 1):
        for when, act in sorted(matching.events(add_working_days(today, ahead)), key=lambda event: event[0]):
            if when < now - timedelta(minutes=4):
                act(when)
    session.flush()


def first_call(bulk: Bulk, people: People, entries: Sequence[Entry], now: datetime) -> None:
    """phoner1 begins with a call-back that was missed the afternoon before, in the first jobcentre."""
    fresh = next(entry for entry in entries if not entry.state["attempts"])
    day = add_working_days(danish_date(now), -1)
    bulk.call(
        fresh,
        people.firms[0].phoners[0],
        at(day, 11 * 60),
        at(day, 11 * 60 + 2),
        "call_back",
        call_back_at=at(day, 15 * 60 + 45),
        note=texts.CALL_BACK_NOTES[0],
    )


def openings_by_visit(rng: Random) -> Iterator[list[plan.Told]]:
    return iter(plan.spread(rng, plan.openings(rng), plan.HELD))


def callers(people: People, centre: Centre, one: plan.CentrePlan) -> list[Any]:
    """The phoners of a jobcentre: one, and for each 500 contacted companies one more; phoner1 has the first."""
    phoners = centre.firm.phoners
    mine = [other for other in people.centres if other.firm is centre.firm].index(centre)
    count = 1 + (one.booked + one.declined) // 500
    return [phoners[(mine + number * 5) % len(phoners)] for number in range(count)]


def region_of(people: People, centre: Centre) -> User:
    """The regional lead; they stand in the order of the regions' first jobcentres."""
    order = list(dict.fromkeys(one.row.region_id for one in people.centres))
    return people.regional_leads[order.index(centre.row.region_id)]


def queue(session: Session, campaign: Campaign) -> dict[int, list[Entry]]:
    """The campaign's entries that can be called, by jobcentre, in the order of the queue."""
    entries: dict[int, list[Entry]] = {}
    by_workplace: dict[int, Entry] = {}
    rows = session.execute(
        select(
            *QueueEntry.__table__.c,
            Workplace.name,
            Workplace.street,
            Workplace.postcode,
            Workplace.city,
            Workplace.lat,
            Workplace.lon,
        )
        .join(Workplace, Workplace.id == QueueEntry.workplace_id)
        .where(QueueEntry.campaign_id == campaign.id, QueueEntry.phone.is_not(None))
        .order_by(QueueEntry.id)
    )
    for row in rows:
        place = _place(row)
        address = ", ".join(part for part in (row.street, f"{row.postcode} {row.city}".strip()) if part)
        entry = Entry(
            row.id,
            row.jobcentre_id,
            row.calling_firm_id,
            row.workplace_id,
            row.name,
            address,
            place.lat,
            place.lon,
            {name: getattr(row, name) for name in STATE},
        )
        entries.setdefault(row.jobcentre_id, []).append(entry)
        by_workplace[row.workplace_id] = entry
    known = session.execute(select(*Contact.__table__.c).order_by(Contact.id)).mappings()
    for contact in known:
        if contact["workplace_id"] in by_workplace:
            by_workplace[contact["workplace_id"]].contacts.setdefault(contact["name"].casefold(), dict(contact))
    return entries


def _place(row: Any) -> Place:
    place = place_of_postcode(row.postcode) if row.lat is None else Place(row.lat, row.lon)
    if place is None:
        raise RuntimeError(f"postcode {row.postcode} is not on the map")
    return place
