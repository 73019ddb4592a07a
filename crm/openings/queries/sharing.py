"""Reads of shared openings: who has them, the board of a jobcentre or a partner, proposals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.companies.models import Workplace
from crm.openings.models import Candidacy, Candidate, Opening, OpeningShare
from crm.people.models import Leave, User, UserRole
from crm.visits.models import Visit

MOST = 500
"""So many openings of a board are looked at, the newest."""
ANSWERED = 50
PAGE = 50


def shares_of(session: Session, opening_id: int) -> Sequence[OpeningShare]:
    """Everybody it was ever shared with, the withdrawn ones too, in the order of sharing."""
    return session.scalars(
        select(OpeningShare)
        .where(OpeningShare.opening_id == opening_id)
        .options(joinedload(OpeningShare.jobcentre), joinedload(OpeningShare.partner))
        .order_by(OpeningShare.shared_at, OpeningShare.id)
    ).all()


def _with_home() -> Select[Candidacy]:
    """Candidacies with their candidate's jobcentre or partner."""
    candidate = joinedload(Candidacy.candidate, innerjoin=True)
    return select(Candidacy).options(candidate.joinedload(Candidate.jobcentre), candidate.joinedload(Candidate.partner))


def offers_of(session: Session, opening_id: int) -> Sequence[Candidacy]:
    """Proposals that wait for the owner's answer, the oldest first."""
    wanted = _with_home().where(Candidacy.opening_id == opening_id, Candidacy.state == "offered")
    return session.scalars(wanted.order_by(Candidacy.offered_at, Candidacy.id)).all()


def candidacy(session: Session, scope: Scope, candidacy_id: int) -> Candidacy:
    """One that was offered for an opening in reach. Raises NotFound."""
    found = session.scalar(
        _with_home()
        .join(Opening, Opening.id == Candidacy.opening_id)
        .where(
            Candidacy.id == candidacy_id,
            Candidacy.offered_at.is_not(None),
            Opening.voided_at.is_(None),
            scope.clause(jobcentre=Opening.jobcentre_id, own=Opening.consultant_id),
        )
    )
    if found is None:
        raise NotFound
    return found


def share(session: Session, opening_id: int, share_id: int) -> OpeningShare:
    """One of the opening's. Raises NotFound."""
    found = session.get(OpeningShare, share_id)
    if found is None or found.opening_id != opening_id:
        raise NotFound
    return found


def _live() -> tuple[ColumnElement[bool], ...]:
    """Closed and voided openings leave every board by themselves."""
    return OpeningShare.withdrawn_at.is_(None), Opening.state == "open", Opening.voided_at.is_(None)


def _shared() -> Select[OpeningShare]:
    opening = joinedload(OpeningShare.opening, innerjoin=True)
    return select(OpeningShare).join(Opening, Opening.id == OpeningShare.opening_id).options(*_for_card(opening))


def _for_card(opening: Any) -> tuple[Any, ...]:
    """What ``rules.board.card`` reads: in the same statement, the known contacts in one more."""
    return (
        opening.joinedload(Opening.workplace, innerjoin=True).selectinload(Workplace.contacts),
        opening.joinedload(Opening.consultant, innerjoin=True).lazyload(User.roles),
        opening.joinedload(Opening.own_type),
        opening.joinedload(Opening.visit, innerjoin=True).lazyload(Visit.workplace),
    )


def board_statement(jobcentres: Collection[int]) -> Select[OpeningShare]:
    """What is shared with these jobcentres now; for the API's list."""
    return _shared().where(OpeningShare.jobcentre_id.in_(jobcentres), *_live())


def on_board(
    session: Session,
    *,
    jobcentres: Collection[int] = (),
    partner_id: int | None = None,
    type: str | None = None,
    untold: bool = False,
) -> Sequence[OpeningShare]:
    """What is shared with these jobcentres, or with this partner, now: newest first, at most MOST."""
    mine = OpeningShare.partner_id == partner_id if partner_id else OpeningShare.jobcentre_id.in_(jobcentres)
    wanted = _shared().where(mine, *_live())
    if type:
        wanted = wanted.where(Opening.type == type)
    if untold:
        wanted = wanted.where(OpeningShare.told_at.is_(None))
    return session.scalars(wanted.order_by(OpeningShare.shared_at.desc(), OpeningShare.id.desc()).limit(MOST)).all()


def share_with(
    session: Session, opening_id: int, *, jobcentres: Collection[int] = (), partner_id: int | None = None
) -> OpeningShare:
    """The share by which these jobcentres, or this partner, know an opening, also when it is off the board by now.
    Raises NotFound."""
    mine = OpeningShare.partner_id == partner_id if partner_id else OpeningShare.jobcentre_id.in_(jobcentres)
    found = session.scalar(
        _shared()
        .where(OpeningShare.opening_id == opening_id, mine)
        .order_by(OpeningShare.withdrawn_at.is_not(None), OpeningShare.id)
        .limit(1)
    )
    if found is None:
        raise NotFound
    return found


def is_live(found: OpeningShare) -> bool:
    return found.withdrawn_at is None and found.opening.state == "open" and found.opening.voided_at is None


def proposals_by(
    session: Session,
    *,
    jobcentres: Collection[int] = (),
    partner_id: int | None = None,
    opening_id: int | None = None,
    limit: int = ANSWERED,
) -> Sequence[Candidacy]:
    """Proposals these jobcentres, or this partner, have made: the newest first."""
    mine = Candidate.partner_id == partner_id if partner_id else Candidate.jobcentre_id.in_(jobcentres)
    wanted = (
        select(Candidacy)
        .join(Candidate, Candidate.id == Candidacy.candidate_id)
        .where(mine, Candidacy.offered_at.is_not(None))
        .options(*_for_card(joinedload(Candidacy.opening, innerjoin=True)))
    )
    if opening_id:
        wanted = wanted.where(Candidacy.opening_id == opening_id)
    return session.scalars(wanted.order_by(Candidacy.offered_at.desc(), Candidacy.id.desc()).limit(limit)).all()


def proposal_by(
    session: Session, candidacy_id: int, *, jobcentres: Collection[int] = (), partner_id: int | None = None
) -> Candidacy:
    """One of them. Raises NotFound."""
    mine = Candidate.partner_id == partner_id if partner_id else Candidate.jobcentre_id.in_(jobcentres)
    found = session.scalar(
        select(Candidacy)
        .join(Candidate, Candidate.id == Candidacy.candidate_id)
        .where(Candidacy.id == candidacy_id, mine, Candidacy.offered_at.is_not(None))
    )
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class OwnShared:
    """One page. ``rows``: an opening, with how many it is shared, and how many proposals wait; ``total`` of all."""

    rows: Sequence[tuple[Opening, int, int]]
    total: int
    page: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def own_shared(session: Session, scope: Scope, page: int = 1) -> OwnShared:
    """Own open openings that are shared, and closed ones with proposals that wait. Those with proposals first."""
    shares = (
        select(OpeningShare.opening_id, func.count().label("shares"))
        .where(OpeningShare.withdrawn_at.is_(None))
        .group_by(OpeningShare.opening_id)
        .subquery()
    )
    waiting = waiting_by_opening().subquery()
    wanted = (
        select(Opening, func.coalesce(shares.c.shares, 0), func.coalesce(waiting.c.waiting, 0))
        .outerjoin(shares, shares.c.opening_id == Opening.id)
        .outerjoin(waiting, waiting.c.opening_id == Opening.id)
        .where(
            Opening.voided_at.is_(None),
            scope.clause(jobcentre=Opening.jobcentre_id),
            ((Opening.state == "open") & shares.c.shares.is_not(None)) | waiting.c.waiting.is_not(None),
        )
    )
    total = session.scalar(select(func.count()).select_from(wanted.with_only_columns(Opening.id).subquery())) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    rows = session.execute(
        wanted.options(joinedload(Opening.own_type))
        .order_by(func.coalesce(waiting.c.waiting, 0).desc(), Opening.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    )
    return OwnShared([(opening, int(shared), int(count)) for opening, shared, count in rows], total, page)


def own_waiting(session: Session, scope: Scope) -> int:
    """How many proposals wait for an answer to own openings."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Candidacy)
            .join(Opening, Opening.id == Candidacy.opening_id)
            .where(
                Candidacy.state == "offered", Opening.voided_at.is_(None), scope.clause(jobcentre=Opening.jobcentre_id)
            )
        )
        or 0
    )


def waits_for(user_id: int, today: date) -> Select[int]:
    """How many proposals this person is to answer: for their own openings, for those of whom they stand in for, and
    as lead for those whose consultant has left or is away with nobody named. Part of a statement on every page."""
    away = select(Leave.user_id).where(Leave.from_on <= today, Leave.until_on >= today)
    led = select(UserRole.jobcentre_id).where(UserRole.user_id == user_id, UserRole.role == "jobcentre_lead")
    nobody = Opening.consultant_id.in_(away.where(Leave.substitute_id.is_(None))) | Opening.consultant_id.in_(
        select(User.id).where(~User.active)
    )
    return (
        select(func.count())
        .select_from(Candidacy)
        .join(Opening, Opening.id == Candidacy.opening_id)
        .where(
            Candidacy.state == "offered",
            Opening.voided_at.is_(None),
            or_(
                Opening.consultant_id == user_id,
                Opening.consultant_id.in_(away.where(Leave.substitute_id == user_id)),
                Opening.jobcentre_id.in_(led) & nobody,
            ),
        )
    )


def waiting_by_opening() -> Select[int, int]:
    """Opening id and the number of proposals that wait for its owner."""
    return (
        select(Candidacy.opening_id, func.count().label("waiting"))
        .where(Candidacy.state == "offered")
        .group_by(Candidacy.opening_id)
    )
