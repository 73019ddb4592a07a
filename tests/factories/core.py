"""Factories of the chain's backbone: jobcentre, firm, user, workplace, campaign, queue entry, visit."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from stdnum.dk import cvr

from crm.calling.models import QueueEntry
from crm.campaigns.models import CallList, Campaign, ListEntry, Participation, Script
from crm.campaigns.rules import clean_steps
from crm.companies.models import Company, Workplace
from crm.people.actions import Grant, add_user
from crm.people.models import CallingFirm, Jobcentre, Municipality, User
from crm.visits.models import Visit
from tests.conftest import NOW, PASSWORD

_serial = count(1)

HOBRO = (56.6433, 9.7902)


def valid_cvr(n: int) -> str:
    """An eight-digit number with a right check digit, another one for every n from 0 up."""
    # Weight 1 falls on the last digit; of two neighbouring prefixes at most one has no valid check digit.
    prefix = 1_000_000 + 2 * n
    return next(str(number) for number in range(prefix * 10, prefix * 10 + 20) if cvr.is_valid(str(number)))


def make_jobcentre(session: Session, *, code: str = "846", name: str = "", postcode: str = "9500") -> Jobcentre:
    """The municipality's jobcentre: the existing one, or a new one."""
    municipality = session.get_one(Municipality, code)
    if municipality.jobcentre_id:
        return session.get_one(Jobcentre, municipality.jobcentre_id)
    made = Jobcentre(
        name=name or f"Jobcenter {municipality.name}",
        region_id=municipality.region_id,
        postcode=postcode,
        street="Prøvevej 1",
        city="Prøveby",
    )
    session.add(made)
    session.flush()
    municipality.jobcentre_id = made.id
    session.flush()
    return made


def make_firm(session: Session, name: str = "") -> CallingFirm:
    made = CallingFirm(name=name or f"Prøvefirma {next(_serial)}")
    session.add(made)
    session.flush()
    return made


def make_user(
    session: Session,
    role: str = "admin",
    *,
    jobcentre: Jobcentre | None = None,
    firm: CallingFirm | None = None,
    region_id: int | None = None,
    name: str = "",
    email: str = "",
    phone: str | None = None,
) -> User:
    """A user with one role and what the role needs. Password: tests.conftest.PASSWORD."""
    n = next(_serial)
    if role in ("consultant", "jobcentre_lead", "regional_lead"):
        jobcentre = jobcentre or make_jobcentre(session)
    if role == "phoner":
        firm = firm or make_firm(session)
    grant = Grant(
        role,
        jobcentre_id=jobcentre.id if jobcentre and role != "regional_lead" else None,
        calling_firm_id=firm.id if firm and role == "phoner" else None,
        region_id=(region_id or (jobcentre.region_id if jobcentre else None)) if role == "regional_lead" else None,
    )
    return add_user(
        session,
        None,
        NOW,
        email=email or f"{role}{n}@test.invalid",
        name=name or f"Prøve Person{n}",
        password=PASSWORD,
        grants=[grant],
        demo=True,
        phone=phone,
    )


def make_workplace(
    session: Session,
    *,
    name: str = "",
    postcode: str = "9500",
    municipality_code: str = "846",
    lat: float | None = HOBRO[0],
    lon: float | None = HOBRO[1],
    phone: str | None = "+4520000000",
    company: Company | None = None,
    **fields: Any,
) -> Workplace:
    n = next(_serial)
    if company is None:
        company = Company(
            cvr_number=fields.pop("cvr_number", valid_cvr(n)), name=name or f"Eksempel {n} ApS", created_at=NOW
        )
        session.add(company)
        session.flush()
    values: dict[str, Any] = {
        "p_number": f"1{n:09d}",
        "name": name or company.name,
        "street": "Prøvevej 2",
        "city": "Hobro",
        "industry_code": "432200",
        "employees": 14,
        "geo_source": "file" if lat is not None else "none",
        "created_at": NOW,
        "updated_at": NOW,
        **fields,
    }
    made = Workplace(
        company_id=company.id,
        postcode=postcode,
        municipality_code=municipality_code,
        lat=lat,
        lon=lon,
        phone=phone,
        **values,
    )
    session.add(made)
    session.flush()
    return made


def make_campaign(
    session: Session, *, name: str = "", starts_on: date | None = None, ends_on: date | None = None, **fields: Any
) -> Campaign:
    """Open round the clock unless told otherwise. ``script``: steps, published as version 1; [] for none."""
    today = NOW.date()
    script = fields.pop("script", [{"title": "Indledning", "text": "Goddag, det er {phoner}."}])
    values: dict[str, Any] = {
        "calls_from": 0,
        "calls_to": 1440,
        "calls_any_day": True,
        "created_at": NOW,
        **fields,
    }
    made = Campaign(
        name=name or f"Kampagne {next(_serial)}",
        starts_on=starts_on or today - timedelta(days=60),
        ends_on=ends_on or today + timedelta(days=120),
        **values,
    )
    session.add(made)
    session.flush()
    if script:
        make_script(session, campaign=made, steps=script)
    return made


def make_script(
    session: Session,
    *,
    campaign: Campaign,
    steps: list[dict[str, Any]],
    published_at: datetime | None = NOW - timedelta(days=60),
    **fields: Any,
) -> Script:
    """The next version. ``steps`` may leave keys and answers out; ``published_at`` None makes a draft."""
    jobcentre_id = fields.get("jobcentre_id")
    same = (Script.campaign_id == campaign.id, Script.jobcentre_id.is_not_distinct_from(jobcentre_id))
    last = session.scalar(select(func.max(Script.version)).where(*same)) or 0
    values: dict[str, Any] = {"version": last + 1, "created_at": NOW, **fields}
    made = Script(campaign_id=campaign.id, steps=clean_steps(steps), published_at=published_at, **values)
    session.add(made)
    session.flush()
    return made


def make_participation(
    session: Session,
    *,
    campaign: Campaign | None = None,
    jobcentre: Jobcentre | None = None,
    firm: CallingFirm | None = None,
) -> Participation:
    campaign = campaign or make_campaign(session)
    jobcentre = jobcentre or make_jobcentre(session)
    made = session.scalar(
        select(Participation).where(
            Participation.campaign_id == campaign.id, Participation.jobcentre_id == jobcentre.id
        )
    )
    if made is None:
        made = Participation(
            campaign_id=campaign.id, jobcentre_id=jobcentre.id, calling_firm_id=(firm or make_firm(session)).id
        )
        session.add(made)
        session.flush()
    return made


def make_queue_entry(
    session: Session,
    *,
    participation: Participation | None = None,
    workplace: Workplace | None = None,
    due_at: datetime = NOW - timedelta(hours=1),
    **fields: Any,
) -> QueueEntry:
    """On an approved list of its own."""
    participation = participation or make_participation(session)
    workplace = workplace or make_workplace(session)
    listed = CallList(
        participation_id=participation.id, name="Prøveliste", seed=1, state="approved", created_at=NOW, approved_at=NOW
    )
    session.add(listed)
    session.flush()
    item = ListEntry(call_list_id=listed.id, workplace_id=workplace.id, position=1)
    session.add(item)
    session.flush()
    made = QueueEntry(
        campaign_id=participation.campaign_id,
        jobcentre_id=participation.jobcentre_id,
        calling_firm_id=participation.calling_firm_id,
        workplace_id=workplace.id,
        list_entry_id=item.id,
        due_at=due_at,
        **{"phone": workplace.phone, **fields},
    )
    session.add(made)
    session.flush()
    return made


def make_visit(
    session: Session,
    *,
    entry: QueueEntry | None = None,
    consultant: User | None = None,
    starts_at: datetime = NOW + timedelta(days=1),
    minutes: int = 60,
    **fields: Any,
) -> Visit:
    """A row as booking writes it (without the mails and calendar events that the action adds)."""
    entry = entry or make_queue_entry(session, state="done", final_outcome="booked", final_at=NOW)
    if consultant is None:
        consultant = make_user(session, "consultant", jobcentre=session.get_one(Jobcentre, entry.jobcentre_id))
    values: dict[str, Any] = {
        "lat": HOBRO[0],
        "lon": HOBRO[1],
        "contact_name": "Mette Prøvesen",
        "booked_at": NOW,
        **fields,
    }
    made = Visit(
        queue_entry_id=entry.id,
        campaign_id=entry.campaign_id,
        jobcentre_id=entry.jobcentre_id,
        workplace_id=entry.workplace_id,
        consultant_id=consultant.id,
        responsible_id=consultant.id,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        **values,
    )
    session.add(made)
    session.flush()
    return made
