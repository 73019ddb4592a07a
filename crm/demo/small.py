"""``crm demo --scale small``: four jobcentres, some weeks of work and a full queue, all through the rooms' actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at, danish_date
from crm.base.seal import Vault
from crm.calling.actions import enqueue
from crm.campaigns.actions import Join, approve, create_campaign, draw_list, record_basis, redraw, strike, use_extract
from crm.campaigns.models import CallList, Campaign, ListEntry, Participation
from crm.campaigns.rules import Filters
from crm.companies.actions import import_register
from crm.companies.models import Workplace
from crm.demo import lately, letters, own_time, scripts, texts
from crm.demo.people import Centre, People, Settler, Staffing
from crm.demo.places import jobcentres
from crm.demo.register import HEADER, Extract, Flaws, spoil, write
from crm.demo.touches import calendars, finish_up
from crm.demo.weeks import Weeks

# municipality code of the jobcentre, workplaces, consultants, firm, size of the first list
CENTRES = (("846", 620, 2, 0, 380), ("840", 370, 2, 0, 190), ("730", 540, 3, 1, 320), ("791", 470, 3, 1, 280))
PHONERS = (3, 3)
WORKING_DAYS = 22
FLAWS = Flaws(no_phone=0.04, same_phone=0.03, no_email=0.35, no_contact=0.3)


def build(
    session: Session, now: datetime, seed: int, path: Path, say: Any, *, vault: Vault, working_days: int = WORKING_DAYS
) -> Campaign:
    """Set up, import, list, call, visit and follow up, as people would have done it in the weeks before ``now``.
    ``vault`` seals the link to a consultant's own calendar."""
    rng = Random(f"{seed}:small")
    first_day = add_working_days(danish_date(now), -working_days)
    began = at(add_working_days(first_day, -5), 9 * 60)
    known = {centre.key: centre for centre in jobcentres()}
    people = Settler(session, began, Random(f"{seed}:people")).settle(
        [Staffing(known[code], consultants, firm) for code, _rows, consultants, firm, _size in CENTRES], PHONERS
    )
    rows = extract(seed, people)
    batch = take_in(session, people, began, path, spoil(rng, rows))
    say(f"Registerudtræk skrevet til {path} og læst ind")
    campaign = open_campaign(session, people, began, now)
    use_extract(session, people.manager, began, campaign, batch)
    scripts.common(session, people.manager, campaign, began)
    scripts.own(session, people.centres[1], campaign, began + timedelta(hours=2), now)
    for number, (centre, (*_rest, size)) in enumerate(zip(people.centres, CENTRES, strict=True)):
        first_list(session, centre, campaign, began + timedelta(hours=number + 1), size, seed + number)
    letters.mailed(session, people.centres[2], campaign, began + timedelta(hours=6))
    say("Ringelister trukket, godkendt og lagt i kø")
    calendars(session, people, began, now)
    own_time.wishes(session, people, began)
    own_time.own_calendar(session, vault, people, began, now)
    weeks = Weeks(session, rng, people, campaign, began, now)
    days = [add_working_days(first_day, number) for number in range(working_days + 1)]
    for number, day in enumerate(days, 1):
        weeks.day(day)
        if number % 5 == 0:
            say(f"{number} af {len(days)} arbejdsdage")
    draft_list(session, rng, people, campaign, now, path, rows, seed)
    finish_up(session, people, campaign, now)
    own_time.stopped_answering(session, now)
    lately.changes(session, people, now)
    letters.coming(session, people.centres[2], campaign, now - timedelta(minutes=30))
    say("Opkald, besøg, åbninger og opfølgninger er der")
    return campaign


def extract(seed: int, people: People) -> list[list[str]]:
    """The sound rows, with two workplaces whose postcode is nowhere on the map and one very shared number."""
    source = Extract(Random(f"{seed}:register"), FLAWS)
    rows = [
        row
        for centre, (_code, count, *_rest) in zip(people.centres, CENTRES, strict=True)
        for row in source.rows(centre.demo, count)
    ]
    postcode, lat, lon, phone = (HEADER.index(name) for name in ("Postnr", "lat", "lon", "Telefon"))
    for index, code in ((40, "9509"), (700, "9529")):
        rows[index][postcode], rows[index][lat], rows[index][lon] = code, "", ""
    for index in (3, 17, 29, 61):
        rows[index][phone] = "84 00 00 11"
    return rows


def take_in(session: Session, people: People, when: datetime, path: Path, rows: Sequence[Sequence[str]]) -> int:
    """Write the file, import it as anybody would; the batch's id."""
    write(path, rows)
    with path.open("rb") as source:
        result = import_register(session, people.manager, when, source, path.name)
    if result.batch_id is None:
        raise RuntimeError("the import kept no batch")
    return result.batch_id


def open_campaign(session: Session, people: People, began: datetime, now: datetime) -> Campaign:
    joins = [
        Join(centre.row.id, centre.firm.row.id, round(size * 0.35))
        for centre, (*_rest, size) in zip(people.centres, CENTRES, strict=True)
    ]
    return create_campaign(
        session,
        people.manager,
        began,
        name=texts.CAMPAIGN,
        starts_on=danish_date(began),
        ends_on=add_working_days(danish_date(now), 45),
        calls_from=0,
        calls_to=1440,
        calls_any_day=True,
        information_text=texts.INFORMATION,
        target_visits=sum(join.target_visits or 0 for join in joins),
        joins=joins,
    )


def participation(session: Session, campaign: Campaign, centre: Centre) -> Participation:
    return session.scalars(
        select(Participation).where(
            Participation.campaign_id == campaign.id, Participation.jobcentre_id == centre.row.id
        )
    ).one()


def first_list(session: Session, centre: Centre, campaign: Campaign, when: datetime, size: int, seed: int) -> None:
    """Drawn, looked through, approved. Randers has recorded a basis, and has protected companies on its list."""
    lead, joined = centre.lead, participation(session, campaign, centre)
    filters = Filters(sample=size)
    drawn = draw_list(session, lead, when, joined, name="Første liste", filters=filters, seed=seed)
    if centre.demo.key == "730":
        record_basis(session, lead, when, drawn, texts.LEGAL_BASIS)
        redraw(session, lead, when, drawn, name="Første liste", filters=filters, seed=seed)
    for reason, positions in (("contact", (3, 11, 19)), ("case", (7,)), ("closed", (23, 31))):
        strike(session, lead, when, drawn, at_positions(session, drawn, positions), reason)
    approve(session, lead, when + timedelta(minutes=20), drawn)
    enqueue(session, lead, when + timedelta(minutes=20), drawn)


def at_positions(session: Session, drawn: CallList, positions: Sequence[int]) -> list[int]:
    return list(
        session.scalars(
            select(ListEntry.id).where(ListEntry.call_list_id == drawn.id, ListEntry.position.in_(positions))
        )
    )


def draft_list(
    session: Session,
    rng: Random,
    people: People,
    campaign: Campaign,
    now: datetime,
    path: Path,
    rows: Sequence[list[str]],
    seed: int,
) -> None:
    """The first jobcentre's next list, not approved yet. A newer extract came in since it was drawn: some of its
    companies are now protected, so that approval will ask for a basis."""
    centre = people.centres[0]
    yesterday = at(add_working_days(danish_date(now), -1), 14 * 60)
    drawn = draw_list(
        session,
        centre.lead,
        yesterday,
        participation(session, campaign, centre),
        name="Anden liste: 3-60 ansatte",
        seed=seed + 100,
        filters=Filters(min_employees=3, max_employees=60, not_contacted_months=12, sample=110),
    )
    strike(session, centre.lead, yesterday, drawn, at_positions(session, drawn, (4, 9, 33)), "contact")
    on_list = session.scalars(
        select(Workplace.p_number)
        .join(ListEntry, ListEntry.workplace_id == Workplace.id)
        .where(ListEntry.call_list_id == drawn.id, ListEntry.struck_reason.is_(None))
        .order_by(ListEntry.position)
    ).all()
    protected = set(rng.sample(on_list, min(6, len(on_list))))
    newer = [newer_row(row, protected) for row in rows if row[HEADER.index("P-nr")] in set(on_list)]
    take_in(session, people, yesterday + timedelta(hours=1), path.with_name("register-small-opdatering.csv"), newer)


def newer_row(row: list[str], protected: set[str]) -> list[str]:
    fresh = list(row)
    if fresh[HEADER.index("P-nr")] in protected:
        fresh[HEADER.index("Reklamebeskyttelse")] = "1"
    return fresh
