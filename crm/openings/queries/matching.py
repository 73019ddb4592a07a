"""Candidates that fit an opening, and openings that fit a candidate. All drives are asked for in one matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from crm.base.errors import N_
from crm.openings.models import Candidacy, Candidate, Opening, Placement
from crm.openings.queries.employments import employments, period
from crm.openings.rules.matching import Fit, Person, Reason, Wanted, fit, occupation_point, ranked
from crm.people.models import User
from crm.travel.engine import default_engine, place_of_postcode
from crm.travel.places import Place

MOST = 2000
"""Candidates or openings looked at; a jobcentre's lists are shorter."""


@dataclass(frozen=True)
class Proposals:
    """The best first, those in work through us last; ``looked_at``: how many others were weighed, of whom ``related``
    are of a related occupation; ``employed``: how many of a related occupation are in work."""

    rows: list[tuple[Candidate, Fit]]
    looked_at: int
    related: int
    employed: int


def candidates_for(session: Session, opening: Opening, *, today: date, limit: int = 20, search: str = "") -> Proposals:
    """The jobcentre's own active candidates who are not on the opening yet, the best first. Of a related occupation
    alone, unless nobody is, or ``search`` (reference or occupation) asks for somebody. Who is in work through us when
    the job begins (``today`` where nobody has said when) says so and stands last."""
    there = select(Candidacy.candidate_id).where(Candidacy.opening_id == opening.id)
    wanted = select(Candidate).where(
        Candidate.jobcentre_id == opening.jobcentre_id,
        Candidate.active,
        Candidate.erased_at.is_(None),
        Candidate.id.notin_(there),
    )
    if search:
        wanted = wanted.where(_named(search))
    rows = session.scalars(wanted.order_by(Candidate.id.desc()).limit(MOST)).all()
    asked = wanted_of(opening)
    goal = place_of(opening)
    drives = minutes_to(goal, {row.postcode for row in _likely(asked, rows, search)})
    fits = [(row, fit(asked, person_of(row, drives.get(row.postcode), goal)), row.id) for row in rows]
    begins = max(today, opening.starts_on or today)
    employed = employments(session, [row.id for row in rows], begins)
    free = [one for one in fits if one[0].id not in employed]
    busy = [(row, _in_work(found, employed[row.id]), number) for row, found, number in fits if row.id in employed]
    related, taken = ([one for one in some if one[1].related] for some in (free, busy))
    chosen = [*ranked(free), *ranked(busy)] if search else [*ranked(related), *ranked(taken)]
    return Proposals(chosen[:limit], len(free), len(related), len(taken))


def _in_work(found: Fit, there: Sequence[Placement]) -> Fit:
    when = ", ".join(period(one) for one in there)
    return replace(found, reasons=(Reason(False, N_("i ansættelse {when}"), (("when", when),)), *found.reasons))


def openings_for(session: Session, candidate: Candidate, *, limit: int = 20) -> list[tuple[Opening, Fit]]:
    """Open openings of the candidate's jobcentre with a free position, of a related occupation, the best first."""
    hired = (
        select(func.count())
        .select_from(Placement)
        .where(Placement.opening_id == Opening.id, Placement.voided_at.is_(None))
        .scalar_subquery()
    )
    there = select(Candidacy.opening_id).where(Candidacy.candidate_id == candidate.id)
    rows = session.scalars(
        select(Opening)
        .where(
            Opening.jobcentre_id == candidate.jobcentre_id,
            Opening.state == "open",
            Opening.voided_at.is_(None),
            Opening.id.notin_(there),
            hired < Opening.positions,
        )
        .options(joinedload(Opening.consultant, innerjoin=True).lazyload(User.roles))
        .order_by(Opening.id.desc())
        .limit(MOST)
    ).all()
    known = [row for row in rows if row.occupation or row.occupation_code]
    home = place_of_postcode(candidate.postcode)
    goals = {place for row in known if (place := place_of(row))}
    drives = _drives([home] if home else [], list(goals))
    fits = []
    for row in known:
        place = place_of(row)
        drive = drives.get((home, place)) if home and place else None
        fits.append((row, fit(wanted_of(row), person_of(candidate, drive, place)), row.id))
    return ranked(one for one in fits if one[1].related)[:limit]


def fit_of(candidate: Candidate, opening: Opening) -> Fit:
    """One pair."""
    goal = place_of(opening)
    drives = minutes_to(goal, {candidate.postcode})
    return fit(wanted_of(opening), person_of(candidate, drives.get(candidate.postcode), goal))


def wanted_of(opening: Opening) -> Wanted:
    return Wanted(
        opening.occupation,
        opening.occupation_code,
        tuple(opening.languages or ()),
        opening.weekly_hours,
        opening.type,
    )


def person_of(candidate: Candidate, minutes: int | None, goal: Place | None) -> Person:
    """``goal``: where the work is, None where nobody knows."""
    return Person(
        candidate.occupation,
        candidate.occupation_code,
        minutes,
        candidate.reach_minutes,
        tuple(candidate.languages or ()),
        candidate.weekly_hours,
        tuple(candidate.types or ()),
        _unknown(home=place_of_postcode(candidate.postcode) is not None, work=goal is not None),
    )


def _unknown(*, home: bool, work: bool) -> str:
    """Key of UNKNOWN_PLACES, empty where both places are known."""
    if not home:
        return "candidate" if work else "both"
    return "" if work else "workplace"


def place_of(opening: Opening) -> Place | None:
    """Where the work is: the workplace's address, else its postcode."""
    there = opening.workplace
    if there.lat is not None and there.lon is not None:
        return Place(there.lat, there.lon)
    return place_of_postcode(there.postcode)


def minutes_to(goal: Place | None, postcodes: Iterable[str]) -> dict[str, int | None]:
    """Minutes from each postcode to one place; None where it is no same-day drive."""
    homes = {code: place for code in postcodes if (place := place_of_postcode(code))}
    if goal is None or not homes:
        return {}
    drives = _drives(list(set(homes.values())), [goal])
    return {code: drives[place, goal] for code, place in homes.items()}


def _drives(origins: Sequence[Place], goals: Sequence[Place]) -> dict[tuple[Place, Place], int | None]:
    if not origins or not goals:
        return {}
    rows = default_engine().matrix(origins, goals)
    return {
        (origin, goal): leg.minutes if leg.reachable else None
        for origin, row in zip(origins, rows, strict=True)
        for goal, leg in zip(goals, row, strict=True)
    }


def _likely(asked: Wanted, rows: Sequence[Candidate], search: str) -> Iterable[Candidate]:
    """Whose drive is worth asking for: those who may be shown."""
    if search or not (asked.occupation or asked.code):
        return rows
    return [row for row in rows if occupation_point(asked, person_of(row, None, None)) > 0]


def _named(search: str) -> ColumnElement[bool]:
    return Candidate.reference.icontains(search, autoescape=True) | Candidate.occupation.icontains(
        search, autoescape=True
    )
