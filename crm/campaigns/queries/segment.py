"""What a segment's conditions leave, and whom a list is drawn from.

Contact facts come from the activity log, because calls and visits are written by rooms further down:
``calling.finish`` with ``outcome`` and ``visits.report`` with ``result``, both on the workplace.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, literal, not_, or_, select, true
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import at, danish_date
from crm.campaigns.models import CallList, CampaignExtract, ListEntry, Participation
from crm.campaigns.rules import CONTACT_OUTCOMES, PARTNER_MONTHS, Filters, months_before
from crm.companies.models import ImportedWorkplace, Workplace
from crm.companies.rules import SECTIONS
from crm.people.models import Municipality

Clause = ColumnElement[bool]


@dataclass(frozen=True)
class SegmentCount:
    """Workplaces left after each condition, in the order of the sentence; then who is left out of the draw.

    ``do_not_call`` and ``elsewhere`` (on another list of the campaign) are never drawn; ``protected`` only with
    a legal basis. ``open``: who can be drawn; ``drawn``: how many the sample takes of them.
    """

    total: int
    industries: int
    size: int
    contact: int
    partners: int
    postcodes: int
    do_not_call: int
    elsewhere: int
    protected: int
    open: int
    drawn: int

    @property
    def matching(self) -> int:
        return self.postcodes


def contact_facts() -> Clause:
    """Activity rows that tell of contact with the workplace: campaigns.rules.CONTACT_OUTCOMES, or a campaign's own
    outcome in which somebody was spoken to (``human``); not of a call that was taken back."""
    spoken = or_(Activity.data["outcome"].as_string().in_(CONTACT_OUTCOMES), Activity.data["human"].as_boolean())
    spoke = and_(Activity.verb == "calling.finish", spoken, Activity.data["undone_at"].as_string().is_(None))
    return or_(spoke, _held())


def _held() -> Clause:
    return and_(Activity.verb == "visits.report", Activity.data["result"].as_string() == "held")


def _since(now: datetime, months: int) -> datetime:
    return at(months_before(danish_date(now), months), 0)


def _fact_after(facts: Clause, after: datetime) -> Clause:
    return exists().where(Activity.workplace_id == Workplace.id, Activity.at >= after, facts)


def area(session: Session, participation: Participation) -> Clause:
    """Workplaces in the jobcentre's municipalities and, where the campaign has extracts, in one of these."""
    codes = select(Municipality.code).where(Municipality.jobcentre_id == participation.jobcentre_id)
    inside = Workplace.municipality_code.in_(codes)
    batches = session.scalars(
        select(CampaignExtract.batch_id).where(CampaignExtract.campaign_id == participation.campaign_id)
    ).all()
    if not batches:
        return inside
    return and_(
        inside, exists().where(ImportedWorkplace.workplace_id == Workplace.id, ImportedWorkplace.batch_id.in_(batches))
    )


def conditions(filters: Filters, now: datetime) -> dict[str, Clause]:
    """One clause for each condition, in the order of the sentence; true() where the condition is not set."""
    return {
        "industries": _industries(filters.industries),
        "size": _size(filters),
        "contact": true()
        if filters.not_contacted_months is None
        else ~_fact_after(contact_facts(), _since(now, filters.not_contacted_months)),
        "partners": ~_fact_after(_held(), _since(now, PARTNER_MONTHS)) if filters.exclude_partners else true(),
        "postcodes": Workplace.postcode.in_(filters.postcodes) if filters.postcodes else true(),
    }


def _industries(keys: tuple[str, ...]) -> Clause:
    divisions = sorted({division for key in keys for division in SECTIONS[key].divisions})
    return func.substr(Workplace.industry_code, 1, 2).in_(divisions) if keys else true()


def _size(filters: Filters) -> Clause:
    parts: list[Clause] = []
    if filters.min_employees is not None:
        parts.append(Workplace.employees >= filters.min_employees)
    if filters.max_employees is not None:
        parts.append(Workplace.employees <= filters.max_employees)
    return and_(true(), *parts)


def elsewhere(campaign_id: int, call_list_id: int | None) -> Clause:
    """On another list of the campaign, struck out there or not: never drawn again."""
    return exists().where(
        ListEntry.workplace_id == Workplace.id,
        ListEntry.call_list_id == CallList.id,
        CallList.participation_id == Participation.id,
        Participation.campaign_id == campaign_id,
        CallList.id != (call_list_id or 0),
    )


def segment_count(
    session: Session,
    participation: Participation,
    filters: Filters,
    now: datetime,
    *,
    call_list: CallList | None = None,
) -> SegmentCount:
    """Two queries. ``call_list``: the draft whose own entries do not count as being elsewhere.

    One CASE says at which stage a workplace falls out, so that each condition is asked at most once a row.
    """
    tests = conditions(filters, now)
    taken = elsewhere(participation.campaign_id, call_list.id if call_list else None)
    stage = case(
        *((not_(func.coalesce(clause, false())), literal(name)) for name, clause in tests.items()),
        (Workplace.do_not_call_at.is_not(None), literal("do_not_call")),
        (taken, literal("elsewhere")),
        (Workplace.advertising_protected, literal("protected")),
        else_=literal("free"),
    ).label("stage")
    inner = select(stage).where(area(session, participation)).subquery()
    rows = session.execute(select(inner.c.stage, func.count()).group_by(inner.c.stage)).all()
    fell = {str(name): int(count) for name, count in rows}
    total = left = sum(fell.values())
    after: dict[str, int] = {}
    for name in tests:
        left -= fell.get(name, 0)
        after[name] = left
    out = {name: fell.get(name, 0) for name in ("do_not_call", "elsewhere", "protected")}
    free = fell.get("free", 0)
    open_count = free + out["protected"] if call_list and call_list.legal_basis else free
    drawn = min(open_count, filters.sample) if filters.sample else open_count
    return SegmentCount(total=total, **after, **out, open=open_count, drawn=drawn)


def candidates(
    session: Session,
    participation: Participation,
    filters: Filters,
    now: datetime,
    *,
    call_list: CallList | None = None,
) -> Select[int, str, bool]:
    """Workplaces (id, p_number, advertising_protected) that only protection may still hold back."""
    return select(Workplace.id, Workplace.p_number, Workplace.advertising_protected).where(
        area(session, participation),
        *conditions(filters, now).values(),
        Workplace.do_not_call_at.is_(None),
        ~elsewhere(participation.campaign_id, call_list.id if call_list else None),
    )


def last_contacts(session: Session, workplace_ids: Collection[int]) -> dict[int, datetime]:
    """Workplace id -> when somebody last spoke with it or visited it; absent: never."""
    if not workplace_ids:
        return {}
    rows = session.execute(
        select(Activity.workplace_id, func.max(Activity.at))
        .where(Activity.workplace_id.in_(workplace_ids), contact_facts())
        .group_by(Activity.workplace_id)
    )
    return {int(workplace_id): moment for workplace_id, moment in rows if workplace_id is not None}
