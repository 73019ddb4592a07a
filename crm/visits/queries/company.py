"""What the company sees through its own link: its visit, and the times it may be moved to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from crm.base.clock import danish, danish_date
from crm.base.errors import NotFound
from crm.calendars.rules import monday_of, week_bounds, week_name, week_of
from crm.calling.models import QueueEntry
from crm.people.models import Jobcentre, User
from crm.visits.models import Visit, VisitEvent
from crm.visits.queries.slots import Ask, ask_for_visit, search
from crm.visits.rules import link
from crm.visits.rules.slots import Slot

A_DAY = 5
"""So many times a day are shown at most: a choice, not a timetable."""
OWN = 4
APART = timedelta(hours=1)
PARTS = (11 * 60, 13 * 60)
"""Danish minutes at which noon and afternoon begin."""
JUST = timedelta(minutes=15)
AHEAD = timedelta(weeks=4)


@dataclass(frozen=True)
class Opened:
    """``state``: ``open`` (may be moved and cancelled), ``begun``, ``held``, ``cancelled`` or ``old`` (the link)."""

    visit: Visit
    jobcentre: Jobcentre
    state: str

    def just_moved(self, now: datetime) -> VisitEvent | None:
        """The company's own move of a moment ago."""
        last = self.visit.events[-1] if self.visit.events else None
        if last is None or last.kind not in ("move", "hand_over") or last.actor_id is not None:
            return None
        return last if now - last.at < JUST else None

    @property
    def cancelled(self) -> VisitEvent | None:
        events = reversed(self.visit.events)
        return next((one for one in events if one.kind == "cancel"), None) if self.state == "cancelled" else None


def opened(session: Session, now: datetime, token: str) -> Opened:
    """The visit of a link. Raises NotFound for what we did not sign, and when the contact is another by now."""
    claim = link.read(token)
    if claim is None:
        raise NotFound
    visit = session.scalar(
        select(Visit)
        .where(Visit.id == claim.number)
        .options(
            joinedload(Visit.consultant).lazyload(User.roles),
            joinedload(Visit.entry).joinedload(QueueEntry.campaign),
            selectinload(Visit.events),
        )
    )
    if visit is None or not claim.is_for(visit.id, visit.contact_email):
        raise NotFound
    return Opened(visit, session.get_one(Jobcentre, visit.jobcentre_id), _state(now, visit, claim))


def _state(now: datetime, visit: Visit, claim: link.Claim) -> str:
    if visit.state.startswith("cancelled"):
        return "cancelled"
    if visit.state != "booked":
        return "held"
    if now >= visit.starts_at:
        return "begun"
    return "old" if claim.is_too_old(now) else "open"


@dataclass(frozen=True)
class Day:
    """The consultant's own times first, then colleagues'."""

    day: date
    own: Sequence[Slot]
    others: Sequence[Slot]


@dataclass(frozen=True)
class Week:
    """``earlier`` and ``later``: names of the weeks beside it that may hold times."""

    monday: date
    days: Sequence[Day]
    earlier: str | None
    later: str | None

    @property
    def number(self) -> int:
        return self.monday.isocalendar().week

    @property
    def name(self) -> str:
        return week_name(self.monday)


def company_ask(visit: Visit) -> Ask:
    """As for any move of the visit, but with the campaign's notice: nobody is sent off at once by a click."""
    return replace(ask_for_visit(visit), notice=True)


def company_week(session: Session, now: datetime, visit: Visit, week: str | None) -> Week:
    """The week asked for; else the visit's own, or the first one after it with a time in it."""
    ask = company_ask(visit)
    wish = ask.wish(now)
    first, last = monday_of(wish.earliest), monday_of(wish.latest)
    asked = week_of(week)
    monday = min(max(asked or monday_of(visit.starts_at), first), last)
    start, end = week_bounds(monday)
    frm, to = max(start, wish.earliest), end if asked else start + AHEAD
    now_at = (visit.consultant_id, visit.starts_at)
    slots = [s for s in search(session, now, ask, frm, to).slots if (s.consultant_id, s.starts_at) != now_at]
    if slots and not asked:
        monday = min(monday_of(slot.starts_at) for slot in slots)
        slots = [slot for slot in slots if monday_of(slot.starts_at) == monday]
    before, after = monday - timedelta(days=7), monday + timedelta(days=7)
    return Week(
        monday,
        by_day(slots, visit.consultant_id),
        week_name(before) if before >= first else None,
        week_name(after) if after <= last else None,
    )


def by_day(slots: Sequence[Slot], consultant_id: int) -> list[Day]:
    """At most A_DAY a day, no start twice, the best ranked, the consultant's own spread over the day. ``slots`` are
    ranked; days and times come in order."""
    days: dict[date, list[Slot]] = {}
    for slot in slots:
        days.setdefault(danish_date(slot.starts_at), []).append(slot)
    return [_day(day, days[day], consultant_id) for day in sorted(days)]


def spread(slots: Sequence[Slot]) -> list[Slot]:
    """At most OWN of one day's times, ranked as they come: the best of morning, noon and afternoon, then others at
    least an hour from all of these. Half hours in a row are one choice, not four."""
    best: dict[int, Slot] = {}
    for slot in slots:
        minute = danish(slot.starts_at).hour * 60 + danish(slot.starts_at).minute
        best.setdefault(sum(minute >= part for part in PARTS), slot)
    chosen = list(best.values())
    for slot in slots:
        if len(chosen) < OWN and all(abs(slot.starts_at - one.starts_at) >= APART for one in chosen):
            chosen.append(slot)
    return chosen


def _day(day: date, slots: Sequence[Slot], consultant_id: int) -> Day:
    own = spread([slot for slot in slots if slot.consultant_id == consultant_id])
    seen = {slot.starts_at for slot in own}
    others: list[Slot] = []
    for slot in slots:
        if slot.consultant_id != consultant_id and slot.starts_at not in seen and len(own) + len(others) < A_DAY:
            seen.add(slot.starts_at)
            others.append(slot)
    return Day(day, sorted(own, key=_start), sorted(others, key=_start))


def _start(slot: Slot) -> datetime:
    return slot.starts_at
