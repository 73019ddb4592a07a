"""What has changed since the days were last looked at for conflicts: read from the activity log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import danish_date
from crm.campaigns.models import Campaign
from crm.people.models import User
from crm.visits.models import ConflictCheck, Visit, VisitConflict

STATE = 1
MOST = 5000
"""After more facts than this every consultant is looked at: that is quicker than finding out who."""
FILLED_WITHIN = timedelta(hours=1)
"""A number that is missing from the log this long was never used."""
GAPS = 2000

PEOPLE = ("people.disable", "people.enable", "people.set_roles")
"""Somebody may be a consultant of the jobcentre no more, or again."""
TERMS = "campaigns.edit"
"""The margin of a campaign's visits may be another."""

Days = dict[int, set[date] | None]
"""Consultant -> the days to look at; None: all that have visits."""


@dataclass
class Due:
    """``days``: whom to look at, and where; ``over``: open conflicts whose visit has begun or is no longer booked."""

    last_activity_id: int
    gaps: list[list[Any]] = field(default_factory=list)
    days: Days = field(default_factory=dict)
    over: list[int] = field(default_factory=list)


def due_checks(session: Session, now: datetime) -> Due | None:
    """None when nothing is new. Numbers of the log are given before they are committed: one that is missing is
    looked for again until it is there, or cannot come any more."""
    state = session.get(ConflictCheck, STATE)
    top = int(session.scalar(select(func.max(Activity.id))) or 0)
    over = _over(session, now)
    if state is None:
        return Due(top, [], _everybody(session, now), over)
    waiting = [gap for gap in state.gaps if now - datetime.fromisoformat(gap[1]) < FILLED_WITHIN]
    if top <= state.last_activity_id and not waiting:
        return Due(state.last_activity_id, [], {}, over) if over else None
    facts = _facts(session, state.last_activity_id, [gap[0] for gap in waiting])
    if len(facts) > MOST:
        return Due(top, [], _everybody(session, now), over)
    gaps = _gaps(state.last_activity_id, top, waiting, {fact[0] for fact in facts}, now)
    if not facts and gaps == state.gaps and not over:
        return None
    return Due(max(top, state.last_activity_id), gaps, _concerned(session, now, facts), over)


def _facts(session: Session, last: int, missing: list[int]) -> list[Any]:
    return list(
        session.execute(
            select(Activity.id, Activity.verb, Activity.subject_type, Activity.subject_id, Activity.data)
            .where(or_(Activity.id > last, Activity.id.in_(missing)))
            .order_by(Activity.id)
            .limit(MOST + 1)
        )
    )


def _gaps(last: int, top: int, waiting: list[list[Any]], seen: set[int], now: datetime) -> list[list[Any]]:
    still = [gap for gap in waiting if gap[0] not in seen]
    return [*still, *([number, now.isoformat()] for number in range(last + 1, top) if number not in seen)][-GAPS:]


def _everybody(session: Session, now: datetime) -> Days:
    booked = select(Visit.consultant_id).where(Visit.state == "booked", Visit.starts_at > now).distinct()
    return dict.fromkeys(session.scalars(booked))


def _over(session: Session, now: datetime) -> list[int]:
    return list(
        session.scalars(
            select(VisitConflict.id)
            .join(VisitConflict.visit)
            .where(VisitConflict.settled_at.is_(None), or_(Visit.state != "booked", Visit.starts_at <= now))
        )
    )


def _concerned(session: Session, now: datetime, facts: Iterable[Any]) -> Days:
    """A change of somebody's calendar or of their roles concerns all their days, one of a campaign's terms the days of
    everybody with visits of it; one of a visit the days it lies or lay on.

    That a workplace has been looked up better concerns none: a visit stays at the spot it was booked at, with the
    margin of that spot (``rules.places.blur_at``).
    """
    days: Days = {}
    visits: list[int] = []
    campaigns: list[int] = []
    for _, verb, kind, subject, data in facts:
        if (verb.startswith("calendars.") or verb in PEOPLE) and kind == User.__tablename__:
            days[subject] = None
        elif verb == TERMS and kind == Campaign.__tablename__:
            campaigns.append(subject)
        elif verb.startswith("visits."):
            visits += [subject] if kind == Visit.__tablename__ else []
            for who, day in _named(data):
                _add(days, who, day)
    if campaigns:
        booked = select(Visit.consultant_id).where(Visit.campaign_id.in_(campaigns), Visit.state == "booked")
        days |= dict.fromkeys(session.scalars(booked.where(Visit.starts_at > now).distinct()))
    if visits:
        rows = session.execute(select(Visit.consultant_id, Visit.starts_at).where(Visit.id.in_(visits)))
        for who, starts_at in rows:
            _add(days, who, danish_date(starts_at))
    return days


def _named(data: Mapping[str, Any]) -> Iterable[tuple[int, date]]:
    """The consultants and days that a fact about a visit names."""
    people = [data[key] for key in ("consultant_id", "former_id") if isinstance(data.get(key), int)]
    for key in ("starts_at", "was", "to"):
        text = data.get(key)
        if isinstance(text, str):
            for who in people:
                yield who, danish_date(datetime.fromisoformat(text))


def _add(days: Days, who: int, day: date) -> None:
    known = days.setdefault(who, set())
    if known is not None:
        known.add(day)
