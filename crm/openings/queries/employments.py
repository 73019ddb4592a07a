"""Who is in work through us: placements that run, seen by their days and their state."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from crm.openings.models import Candidacy, Candidate, Opening, Placement
from crm.openings.rules.candidates import RUNNING


def employments(
    session: Session, candidate_ids: Collection[int], since: date, until: date | None = None
) -> dict[int, list[Placement]]:
    """Candidate -> placements that are not finished and reach into the days from ``since`` to ``until`` (None: without
    end); one that is agreed and has yet to begin as well. One whose last day has passed does not, finished or not."""
    wanted = (
        select(Candidacy.candidate_id, Placement)
        .join(Candidacy, Candidacy.id == Placement.candidacy_id)
        .where(Candidacy.candidate_id.in_(candidate_ids), *_runs(since))
        .order_by(Placement.starts_on, Placement.id)
    )
    if until is not None:
        wanted = wanted.where(Placement.starts_on <= until)
    found: dict[int, list[Placement]] = {}
    for candidate_id, placement in session.execute(wanted):
        found.setdefault(candidate_id, []).append(placement)
    return found


def works(since: date) -> ColumnElement[bool]:
    """Of a candidate in a statement: whether ``employments`` finds any from that day on."""
    placed = Placement.candidacy_id == Candidacy.id
    return exists().where(Candidacy.candidate_id == Candidate.id, placed, *_runs(since))


def _runs(since: date) -> tuple[ColumnElement[bool], ...]:
    still = or_(Placement.ends_on.is_(None), Placement.ends_on >= since)
    return Placement.voided_at.is_(None), Placement.state == "agreed", still


def other_ways(session: Session, candidacy: Candidacy) -> Sequence[Candidacy]:
    """What else the candidate is under way on and this opening's jobcentre may end: everything of its own candidate,
    of another's what is on its own openings."""
    home = candidacy.opening.jobcentre_id
    wanted = (
        select(Candidacy)
        .join(Opening, Opening.id == Candidacy.opening_id)
        .where(
            Candidacy.candidate_id == candidacy.candidate_id,
            Candidacy.id != candidacy.id,
            Candidacy.state.in_(RUNNING),
            Opening.voided_at.is_(None),
        )
        .options(joinedload(Candidacy.opening, innerjoin=True))
        .order_by(Candidacy.id)
    )
    if candidacy.candidate.jobcentre_id != home:
        wanted = wanted.where(Opening.jobcentre_id == home)
    return session.scalars(wanted).all()


def period(placement: Placement) -> str:
    """``01.12.2026–26.02.2027``; ``01.12.2026–`` without a last day."""
    last = f"{placement.ends_on:%d.%m.%Y}" if placement.ends_on else ""
    return f"{placement.starts_on:%d.%m.%Y}–{last}"
