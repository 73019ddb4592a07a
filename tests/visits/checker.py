"""Looks at the rows alone: which visits overlap, and which neighbours cannot be driven between."""

from __future__ import annotations

from datetime import datetime
from itertools import combinations, groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish_date
from crm.calendars.models import BusyTime, CalendarProfile, WeekdayBase, WorkingHours
from crm.calendars.rules import merged
from crm.calling.models import QueueEntry
from crm.travel.engine import Place, minutes
from crm.visits.models import SlotHold, Visit
from crm.visits.rules import OCCUPYING_STATES


def wrong_pairs(session: Session, margin: int = 5) -> list[str]:
    """One line for each pair of neighbours (the base at both ends of the day too) that breaks the rules. Own
    appointments are spent at the base."""
    usual = {p.consultant_id: Place(p.base_lat, p.base_lon) for p in session.scalars(select(CalendarProfile))}
    bases = {(b.consultant_id, b.weekday): Place(b.lat, b.lon) for b in session.scalars(select(WeekdayBase))}
    taken = session.execute(select(BusyTime.consultant_id, BusyTime.starts_at, BusyTime.ends_at)).all()
    hours = {(h.consultant_id, h.weekday): h for h in session.scalars(select(WorkingHours))}
    rows = (
        session.scalars(
            select(Visit).where(Visit.state.in_(OCCUPYING_STATES)).order_by(Visit.consultant_id, Visit.starts_at)
        )
        .unique()
        .all()
    )
    wrong = []
    for (who, day), visits in groupby(rows, key=lambda v: (v.consultant_id, danish_date(v.starts_at))):
        own = hours[who, day.weekday()]
        base = bases.get((who, day.weekday()), usual[who])
        opens, closes = at(day, own.starts_minute), at(day, own.ends_minute)
        line = [(v.starts_at, v.ends_at, Place(v.lat, v.lon)) for v in visits]
        for a, b in merged((max(a, opens), min(b, closes)) for number, a, b in taken if number == who):
            wrong += [f"busy: consultant {who} at {v}" for v, ends, _ in line if v < b and a < ends]
            line.append((a, b, base))
        line = [(opens, opens, base), *sorted(line, key=lambda stop: stop[:2]), (closes, closes, base)]
        for (_, left, there), (due, _, here) in zip(line, line[1:], strict=False):
            drive = minutes(there, here)
            free = (due - left).total_seconds() / 60
            if free < 0:
                wrong.append(f"overlap: consultant {who} at {due}")
            elif drive is None or drive + margin > free:
                wrong.append(f"travel: consultant {who}, {drive} + {margin} min, {free} free before {due}")
    return wrong


def clashes(session: Session, now: datetime) -> list[str]:
    """One line for each two live holds, or live hold and visit, of one consultant on top of each other."""
    rows = session.execute(
        select(SlotHold.consultant_id, SlotHold.starts_at, SlotHold.ends_at, SlotHold.entry_id)
        .join(QueueEntry, QueueEntry.id == SlotHold.entry_id)
        .where(
            SlotHold.until > now,
            QueueEntry.claimed_by == SlotHold.user_id,
            QueueEntry.claimed_at.is_not(None),  # not one that is put aside: its hold takes up no time
            QueueEntry.state == "waiting",
        )
    ).all()
    visits = session.execute(
        select(Visit.consultant_id, Visit.starts_at, Visit.ends_at, Visit.queue_entry_id).where(
            Visit.state.in_(OCCUPYING_STATES)
        )
    ).all()
    pairs = [("held twice", a, b) for a, b in combinations(rows, 2)]
    pairs += [("held and booked", a, b) for a in rows for b in visits]
    return [
        f"{what}: consultant {a[0]} at {a[1]} for entries {a[3]} and {b[3]}"
        for what, a, b in pairs
        if a[0] == b[0] and a[1] < b[2] and b[1] < a[2]
    ]
