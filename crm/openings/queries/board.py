"""The board of a jobcentre: what is shared with it, how far away, and which of its own candidates fit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.openings.models import Candidacy, Candidate, Opening, OpeningShare
from crm.openings.queries.employments import works
from crm.openings.queries.matching import person_of, wanted_of
from crm.openings.queries.reach import minutes_from
from crm.openings.queries.sharing import on_board
from crm.openings.rules.board import Card, card, is_late
from crm.openings.rules.candidates import is_consented
from crm.openings.rules.matching import Fit, Person, fit, occupation_point, ranked, words_alike
from crm.openings.rules.occupations import alike, code_of, fold
from crm.people.models import Jobcentre
from crm.travel.engine import default_engine, place_of_postcode

PAGE = 20
MOST_CANDIDATES = 2000
SHOWN = 3
LIKE = 0.7


@dataclass(frozen=True)
class Asked:
    """What the board is narrowed to. ``minutes``: at most so far from the own jobcentre."""

    type: str | None = None
    occupation: str = ""
    minutes: int | None = None

    @property
    def narrowed(self) -> bool:
        return bool(self.type or self.occupation or self.minutes)


@dataclass(frozen=True)
class Row:
    """One opening on the board. ``fits``: own candidates that fit it, the best first; ``proposed``: own proposals."""

    share: OpeningShare
    card: Card
    minutes: int | None
    fits: list[tuple[Candidate, Fit]] = field(default_factory=list)
    proposed: int = 0


@dataclass(frozen=True)
class Board:
    rows: list[Row]
    total: int
    page: int
    everything: int
    """How many there are without narrowing."""

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def board(session: Session, now: datetime, jobcentre_ids: Collection[int], asked: Asked, page: int = 1) -> Board:
    """Newest first, those whose day for CVs has passed last. An opening shared with two of the reader's jobcentres
    stands once."""
    today = danish_date(now)
    names = {place.id: place for place in session.scalars(select(Jobcentre))}
    shares = {one.opening_id: one for one in reversed(on_board(session, jobcentres=jobcentre_ids))}
    newest = sorted(shares.values(), key=lambda one: (one.shared_at, one.id), reverse=True)
    newest.sort(key=lambda one: is_late(one.opening, today))
    drives = _drives_home(newest, names)
    found = [
        (share, minutes)
        for share in newest
        if matches(share.opening, asked, minutes := drives[share.jobcentre_id, share.opening.workplace.postcode])
    ]
    page = min(max(page, 1), max(1, -(-len(found) // PAGE)))
    shown = found[(page - 1) * PAGE : page * PAGE]
    fits = fitting(session, now, jobcentre_ids, [share.opening for share, _minutes in shown])
    counts = _proposed(session, jobcentre_ids, [share.opening_id for share, _minutes in shown])
    rows = [
        Row(
            share,
            card(share.opening, names[share.opening.jobcentre_id].name, today=today),
            minutes,
            fits.get(share.opening_id, []),
            counts.get(share.opening_id, 0),
        )
        for share, minutes in shown
    ]
    return Board(rows, len(found), page, len(newest))


def matches(opening: Opening, asked: Asked, minutes: int | None) -> bool:
    """Whether an opening is among those asked for; one that cannot be driven to is in no distance."""
    if asked.type and opening.type != asked.type:
        return False
    if asked.minutes and (minutes is None or minutes > asked.minutes):
        return False
    return not asked.occupation or does(opening, asked.occupation)


def does(opening: Opening, occupation: str) -> bool:
    """Whether the opening is of this occupation: by its words, or by a near code."""
    wanted = fold(occupation)
    if wanted and wanted in fold(opening.occupation):
        return True
    near = alike(code_of(occupation), opening.occupation_code or code_of(opening.occupation))
    return max(near, words_alike(occupation, opening.occupation)) >= LIKE


def _drives_home(
    shares: Sequence[OpeningShare], names: dict[int, Jobcentre]
) -> dict[tuple[int | None, str], int | None]:
    """Minutes by own jobcentre and the workplace's postcode: one question for each own jobcentre."""
    found: dict[tuple[int | None, str], int | None] = {}
    for home in {share.jobcentre_id for share in shares if share.jobcentre_id}:
        goals = {share.opening.workplace.postcode for share in shares if share.jobcentre_id == home}
        minutes = minutes_from(names[home].postcode, goals)
        found |= {(home, code): drive for code, drive in minutes.items()}
    return found


def own_candidates(
    session: Session, now: datetime, jobcentre_ids: Collection[int], *, free: bool = False
) -> Sequence[Candidate]:
    """Active ones who have agreed to be told of, the newest first; ``free``: not in work through us now."""
    wanted = select(Candidate).where(
        Candidate.jobcentre_id.in_(jobcentre_ids), Candidate.active, Candidate.erased_at.is_(None)
    )
    if free:
        wanted = wanted.where(~works(danish_date(now)))
    rows = session.scalars(wanted.order_by(Candidate.id.desc()).limit(MOST_CANDIDATES))
    return [row for row in rows if is_consented(row, now)]


def fitting(
    session: Session, now: datetime, jobcentre_ids: Collection[int], openings: Sequence[Opening], shown: int = SHOWN
) -> dict[int, list[tuple[Candidate, Fit]]]:
    """Own candidates of a related occupation who are neither proposed yet nor in work through us, the best first; all
    drives in one question."""
    if not openings:
        return {}
    people = own_candidates(session, now, jobcentre_ids, free=True)
    there = {
        (opening_id, candidate_id)
        for opening_id, candidate_id in session.execute(
            select(Candidacy.opening_id, Candidacy.candidate_id).where(
                Candidacy.opening_id.in_([opening.id for opening in openings])
            )
        )
    }
    trades = {_trade(one) for one in people}
    likely = {}
    for opening in openings:
        near = {trade for trade in trades if occupation_point(wanted_of(opening), Person(*trade)) > 0}
        likely[opening.id] = [one for one in people if _trade(one) in near and (opening.id, one.id) not in there]
    homes = {one.postcode for ones in likely.values() for one in ones}
    minutes = _matrix(homes, {opening.workplace.postcode for opening in openings if likely[opening.id]})
    found: dict[int, list[tuple[Candidate, Fit]]] = {}
    for opening in openings:
        postcode = opening.workplace.postcode
        goal, wanted = place_of_postcode(postcode), wanted_of(opening)
        weighed = [
            (one, fit(wanted, person_of(one, minutes.get((one.postcode, postcode)), goal)), one.id)
            for one in likely[opening.id]
        ]
        found[opening.id] = ranked(one for one in weighed if one[1].related and one[1].reach is not False)[:shown]
    return found


def _trade(candidate: Candidate) -> tuple[str, str | None]:
    """What ``occupation_point`` reads: hundreds of candidates have few occupations between them."""
    return candidate.occupation, candidate.occupation_code


def _matrix(homes: Collection[str], goals: Collection[str]) -> dict[tuple[str, str], int | None]:
    origins = [(code, place) for code in sorted(homes) if (place := place_of_postcode(code))]
    ends = [(code, place) for code in sorted(goals) if (place := place_of_postcode(code))]
    if not origins or not ends:
        return {}
    rows = default_engine().matrix([place for _code, place in origins], [place for _code, place in ends])
    return {
        (origin, end): leg.minutes if leg.reachable else None
        for (origin, _place), row in zip(origins, rows, strict=True)
        for (end, _goal), leg in zip(ends, row, strict=True)
    }


def _proposed(session: Session, jobcentre_ids: Collection[int], opening_ids: Sequence[int]) -> dict[int, int]:
    """How many of these jobcentres' candidates are proposed, by opening."""
    rows = session.execute(
        select(Candidacy.opening_id, Candidacy.id)
        .join(Candidate, Candidate.id == Candidacy.candidate_id)
        .where(
            Candidacy.opening_id.in_(opening_ids),
            Candidate.jobcentre_id.in_(jobcentre_ids),
            Candidacy.offered_at.is_not(None),
        )
    ).all()
    counts: dict[int, int] = {}
    for opening_id, _id in rows:
        counts[opening_id] = counts.get(opening_id, 0) + 1
    return counts
