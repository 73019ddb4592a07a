"""Reads of candidates and of their way through openings. Erased candidates are in no list; their counts stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from crm.base.activity import Activity
from crm.base.clock import danish_date
from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.openings.models import Candidacy, Candidate, Opening, Placement
from crm.openings.rules.candidates import OLDEST_CONSENT, RUNNING

PAGE = 50


@dataclass(frozen=True)
class Found:
    """One page of the list; ``under_way`` and ``shown``: candidacies under way and presentations, by candidate."""

    rows: Sequence[Candidate]
    total: int
    page: int
    under_way: dict[int, int]
    shown: dict[int, int]

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1


def statement(scope: Scope) -> Select[Candidate]:
    """The jobcentres' own candidates in reach, erased ones left out."""
    return select(Candidate).where(Candidate.erased_at.is_(None), scope.clause(jobcentre=Candidate.jobcentre_id))


def filtered(
    scope: Scope,
    now: datetime,
    *,
    occupation: str = "",
    search: str = "",
    active: bool | None = True,
    without_consent: bool = False,
    without_presentation: bool = False,
    owner_id: int | None = None,
) -> Select[Candidate]:
    """``occupation``: first digits of a DISCO-08 code, or words of the free text; ``search``: reference, occupation or
    postcode."""
    wanted = statement(scope)
    if active is not None:
        wanted = wanted.where(Candidate.active.is_(active))
    if owner_id is not None:
        wanted = wanted.where(Candidate.owner_id == owner_id)
    if occupation:
        wanted = wanted.where(_does(occupation))
    if search:
        wanted = wanted.where(_named(search))
    if without_consent:
        wanted = wanted.where(
            or_(
                Candidate.consent_on.is_(None),
                Candidate.consent_on > danish_date(now),
                Candidate.consent_on < danish_date(now) - OLDEST_CONSENT,
                Candidate.consent_withdrawn_at.isnot(None),
            )
        )
    if without_presentation:
        wanted = wanted.where(~_shown())
    return wanted


def _named(search: str) -> ColumnElement[bool]:
    return or_(
        Candidate.reference.icontains(search, autoescape=True),
        Candidate.occupation.icontains(search, autoescape=True),
        Candidate.postcode == search,
    )


def _shown() -> ColumnElement[bool]:
    """Was shown a job that counts."""
    return exists().where(
        Candidacy.candidate_id == Candidate.id,
        Candidacy.presented_at.isnot(None),
        Candidacy.opening_id == Opening.id,
        Opening.voided_at.is_(None),
    )


def _does(occupation: str) -> ColumnElement[bool]:
    if occupation.isascii() and occupation.isdigit():
        return Candidate.occupation_code.startswith(occupation)
    return Candidate.occupation.icontains(occupation, autoescape=True)


def candidates(session: Session, wanted: Select[Candidate], page: int = 1) -> Found:
    """One page of at most 50, newest first, with how many openings each is under way on."""
    total = session.scalar(select(func.count()).select_from(wanted.with_only_columns(Candidate.id).subquery())) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    rows = session.scalars(
        wanted.options(joinedload(Candidate.owner))
        .order_by(Candidate.active.desc(), Candidate.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    ).all()
    counted = session.execute(
        select(
            Candidacy.candidate_id,
            func.count().filter(Candidacy.state.in_(RUNNING)),
            func.count().filter(Candidacy.presented_at.isnot(None)),
        )
        .join(Opening, Opening.id == Candidacy.opening_id)
        .where(Candidacy.candidate_id.in_([row.id for row in rows]), Opening.voided_at.is_(None))
        .group_by(Candidacy.candidate_id)
    ).all()
    return Found(
        rows, total, page, {who: running for who, running, _ in counted}, {who: shown for who, _, shown in counted}
    )


def candidate(session: Session, scope: Scope, candidate_id: int) -> Candidate:
    """Raises NotFound outside the scope and for an erased one."""
    found = session.scalar(
        statement(scope)
        .where(Candidate.id == candidate_id)
        .options(joinedload(Candidate.owner), joinedload(Candidate.jobcentre))
    )
    if found is None:
        raise NotFound
    return found


def candidacy(session: Session, scope: Scope, candidacy_id: int) -> Candidacy:
    """One on an opening in reach. Raises NotFound."""
    found = session.scalar(
        select(Candidacy)
        .join(Opening, Opening.id == Candidacy.opening_id)
        .where(
            Candidacy.id == candidacy_id,
            Opening.voided_at.is_(None),
            scope.clause(jobcentre=Opening.jobcentre_id),
        )
        .options(joinedload(Candidacy.opening, innerjoin=True), *_home())
    )
    if found is None:
        raise NotFound
    return found


def of_opening(session: Session, opening_id: int) -> Sequence[Candidacy]:
    """Candidates of an opening with whose they are, those furthest on first, those that are over last."""
    rows = session.scalars(
        select(Candidacy).where(Candidacy.opening_id == opening_id).options(*_home()).order_by(Candidacy.id)
    ).all()
    order = ("hired", "interview", "sent", "presented", "proposed", "offered", "ended", "refused")
    return sorted(rows, key=lambda row: order.index(row.state))


def of_candidate(session: Session, candidate_id: int) -> Sequence[Candidacy]:
    """The openings a candidate was thought of for, newest first."""
    return session.scalars(
        select(Candidacy)
        .join(Opening, Opening.id == Candidacy.opening_id)
        .where(Candidacy.candidate_id == candidate_id, Opening.voided_at.is_(None))
        .options(joinedload(Candidacy.opening, innerjoin=True))
        .order_by(Candidacy.id.desc())
    ).all()


def placements_of(session: Session, opening_id: int) -> Sequence[Placement]:
    """Who was hired in the opening's positions; ones taken back are left out."""
    return session.scalars(
        select(Placement)
        .where(Placement.opening_id == opening_id, Placement.voided_at.is_(None))
        .options(joinedload(Placement.candidacy, innerjoin=True))
        .order_by(Placement.id)
    ).all()


def placement_of(session: Session, candidacy_id: int) -> Placement | None:
    """The placement a candidacy led to, None without one."""
    return session.scalar(
        select(Placement).where(Placement.candidacy_id == candidacy_id, Placement.voided_at.is_(None))
    )


def notes(session: Session, subjects: Sequence[tuple[str, Sequence[int]]], limit: int = 60) -> Sequence[Activity]:
    """What was done to the records (table name, ids), newest first."""
    wanted = [(Activity.subject_type == table) & Activity.subject_id.in_(ids) for table, ids in subjects if ids]
    if not wanted:
        return []
    return session.scalars(select(Activity).where(or_(*wanted)).order_by(Activity.id.desc()).limit(limit)).all()


def _home() -> tuple[ExecutableOption, ...]:
    loaded = joinedload(Candidacy.candidate, innerjoin=True)
    return loaded.joinedload(Candidate.jobcentre), loaded.joinedload(Candidate.partner)
