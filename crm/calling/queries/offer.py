"""The dial rules as conditions on an entry, in one place: the claim, the dialling and why-dry all read them here.

Their parameters are ``limits``. The claim looks each of them up for the few entries it walks past, so they are written
as scalar subqueries: PostgreSQL would turn an EXISTS that stands alone into a join over the whole register, and takes
IS NULL of a subquery for so rare that it sorts the whole queue.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from crm.base.clock import at, danish_date, day_bounds
from crm.base.db import bare, one_of
from crm.calling.models import CampaignOutcome, PhoneCall, QueueEntry
from crm.calling.rules import CONTACTED, RANK_CALL_BACK
from crm.campaigns.models import CallList, ListEntry, Participation
from crm.campaigns.rules import months_before
from crm.companies.models import Workplace

_CALL_BACK: Any = literal_column(str(RANK_CALL_BACK))


@lru_cache
def _day(day: date, months: int) -> tuple[datetime, datetime | None]:
    """When the Danish day began, and the day so many months before it; None without a quarantine."""
    return day_bounds(day)[0], at(months_before(day, months), 0) if months else None


def limits(campaign: Any, now: datetime) -> dict[str, Any]:
    """The parameters of the rules: of the campaign (or its columns) at ``now``."""
    day = danish_date(now)
    today, answered_since = _day(day, campaign.quarantine_months)
    return {
        "now": now,
        "day": day,
        "today": today,
        "in_campaign": campaign.id,
        "cap": campaign.max_attempts,
        "day_cap": campaign.max_attempts_a_day,
        "number_cap": campaign.max_number_attempts,
        "answered_since": answered_since,
    }


def moment(name: str) -> Any:
    """A parameter that is a time."""
    return bindparam(name, type_=QueueEntry.due_at.type)


def sleeping(q: Any) -> list[ColumnElement[bool]]:
    """Due at the parameter ``now``, and still asleep."""
    return [q.state == literal_column("'waiting'"), not_(bare(q.awake)), q.due_at <= moment("now")]


def open_jobcentres(narrowed: bool) -> Select[int]:
    """Jobcentres of the campaign with bookable time, where the firm's contract runs: days of the Danish calendar.

    Parameters beyond ``limits``: in_jobcentre when ``narrowed``.
    """
    p, day = Participation, bindparam("day", type_=Date())
    found = select(p.jobcentre_id).where(
        p.campaign_id == bindparam("in_campaign"),
        p.calendars_full_since.is_(None),
        or_(p.contract_from.is_(None), p.contract_from <= day),
        or_(p.contract_until.is_(None), p.contract_until >= day),
    )
    return found.where(p.jobcentre_id == bindparam("in_jobcentre")) if narrowed else found


def offered(session: Session, q: Any, narrowed: bool, *also: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """What an entry meets to be offered to a firm's phoners, apart from its tier, promises to one phoner, and the
    campaign's own dates and hours; and ``also``. Parameters: ``limits``, for_firm, in_jobcentre when ``narrowed``.

    What no index knows stands in one CASE: it is looked at in this order, and PostgreSQL guesses the same for it
    whatever the parameters are, so that it plans the statement once and not for every claim.
    """
    open_now = open_jobcentres(narrowed)
    firm = q.calling_firm_id == bindparam("for_firm")
    rules = [
        q.due_at <= moment("now"),
        *also,
        q.phone != literal_column("''"),
        q.attempts < bindparam("number_cap"),
        not_(attempt_cap(q)),
        not_(day_cap(q)),
        _workplace_allows(q),
        not_(quarantined(q)),
        or_(~q.shared_phone, not_(or_(number_cap(q), number_busy(q), number_declined(q)))),
    ]
    if narrowed:
        where = [q.jobcentre_id == bindparam("in_jobcentre"), open_now.scalar_subquery().is_not(None)]
        rules.insert(0, firm)
    else:
        where = [firm]
        rules.insert(0, one_of(session, q.jobcentre_id, open_now))
    passes = case((and_(*rules), true()), else_=false())
    return [q.campaign_id == bindparam("in_campaign"), *where, q.state == literal_column("'waiting'"), passes]


def _workplace_allows(q: Any) -> ColumnElement[bool]:
    """Not against the company's wish, protection only with a legal basis on the entry's own list."""
    basis = (
        select(CallList.legal_basis)
        .join(ListEntry, ListEntry.call_list_id == CallList.id)
        .where(ListEntry.id == q.list_entry_id)
        .correlate(q)
        .scalar_subquery()
    )
    workplace = select(Workplace.id).where(
        Workplace.id == q.workplace_id,
        Workplace.do_not_call_at.is_(None),
        or_(~Workplace.advertising_protected, basis.is_not(None)),
    )
    return workplace.correlate(q).scalar_subquery().is_not(None)


def attempt_cap(q: Any) -> ColumnElement[bool]:
    """The tries are used up. A promised call-back is kept all the same."""
    return and_(q.rank != _CALL_BACK, q.attempts >= bindparam("cap"))


def day_cap(q: Any) -> ColumnElement[bool]:
    """The Danish day's tries are used up. A promised call-back is kept all the same."""
    called_today = and_(q.last_called_at.is_not(None), q.last_called_at >= moment("today"))
    return and_(q.rank != _CALL_BACK, q.day_attempts >= bindparam("day_cap"), called_today)


def number_cap(q: Any) -> ColumnElement[bool]:
    """The number has been called as often as the campaign may, on all of its entries together; promises or not."""
    other = aliased(QueueEntry, name="o")
    together = (
        select(func.sum(other.attempts))
        .where(other.phone == q.phone, other.campaign_id == q.campaign_id)
        .correlate(q)
        .scalar_subquery()
    )
    return together >= bindparam("number_cap")


def number_busy(q: Any) -> ColumnElement[bool]:
    """Another entry of any campaign with this number has been called today, or is in a phoner's hands. As
    ``number_cap`` and ``number_declined`` to be asked of a shared number only."""
    other = aliased(QueueEntry, name="o")
    busy = or_(other.last_called_at >= moment("today"), other.claimed_until > moment("now"))
    told = exists().where(other.phone == q.phone, other.id != q.id, busy).correlate(q)
    rung = (
        exists()
        .where(PhoneCall.number == q.phone, PhoneCall.started_at >= moment("today"), PhoneCall.entry_id != q.id)
        .correlate(q)
    )
    return or_(told, rung)


def number_declined(q: Any) -> ColumnElement[bool]:
    """Whoever answers this number has asked, on another entry of the campaign, not to be called again."""
    other = aliased(QueueEntry, name="o")
    keys = select(CampaignOutcome.key).where(CampaignOutcome.campaign_id == q.campaign_id, CampaignOutcome.do_not_call)
    asked = or_(other.final_outcome == literal_column("'do_not_call'"), other.final_outcome.in_(keys.correlate(q)))
    found = exists().where(other.phone == q.phone, other.campaign_id == q.campaign_id, other.id != q.id, asked)
    return found.correlate(q)


def quarantined(q: Any) -> ColumnElement[bool]:
    """The workplace answered, yes or no, in another campaign since ``answered_since``; None: no quarantine."""
    other = aliased(QueueEntry, name="o")
    since = moment("answered_since")
    found = exists().where(
        other.workplace_id == q.workplace_id,
        other.campaign_id != q.campaign_id,
        other.final_outcome.in_([literal_column(f"'{key}'") for key in CONTACTED]),
        other.final_at >= since,
    )
    return and_(since.is_not(None), found.correlate(q))
