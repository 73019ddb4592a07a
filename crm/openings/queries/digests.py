"""What is new on the boards since the last morning, and who is to be told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from crm.openings.models import Candidacy, Candidate, Opening, OpeningShare
from crm.openings.queries.sharing import on_board
from crm.openings.rules.board import OFFER_WITHDRAWN
from crm.people.models import Partner, User, UserRole
from crm.people.queries.leave import on_leave

STAFF = ("consultant", "jobcentre_lead")


@dataclass
class News:
    """For one receiver. ``offers``: proposals for own openings that wait; ``answers``: what became of own proposals."""

    shares: list[OpeningShare] = field(default_factory=list)
    offers: list[Candidacy] = field(default_factory=list)
    answers: list[Candidacy] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.shares or self.offers or self.answers)


def waits_untold() -> ColumnElement[bool]:
    """A proposal its owner has not been told of."""
    return (Candidacy.state == "offered") & or_(Candidacy.told_at.is_(None), Candidacy.told_at < Candidacy.offered_at)


def settled_untold() -> ColumnElement[bool]:
    """A proposal that was answered, or ended with its opening, since its proposer was told."""
    settled = func.coalesce(Candidacy.answered_at, Candidacy.ended_at)
    return (
        Candidacy.offered_at.is_not(None)
        & (Candidacy.state != "offered")
        & or_(Candidacy.ended_because.is_(None), Candidacy.ended_because != OFFER_WITHDRAWN)
        & or_(Candidacy.told_at.is_(None), Candidacy.told_at < settled)
    )


def groups(session: Session) -> dict[int, frozenset[int]]:
    """Jobcentre -> all jobcentres that share a person with it, itself too: they are told together, so that nobody
    gets two mails a morning."""
    rows = session.execute(
        select(UserRole.user_id, UserRole.jobcentre_id).where(
            UserRole.role.in_(STAFF), UserRole.jobcentre_id.is_not(None)
        )
    )
    places: dict[int, set[int]] = {}
    for user_id, jobcentre_id in rows:
        places.setdefault(user_id, set()).add(jobcentre_id or 0)
    found: dict[int, frozenset[int]] = {}
    for together in places.values():
        joined = frozenset(together).union(*(found.get(place, frozenset()) for place in together))
        found |= dict.fromkeys(joined, joined)
    return found


def receivers_with_news(session: Session) -> list[str]:
    """``partner:5`` and ``jobcentre:3`` (the smallest of a group): everybody for whom something may be new."""
    live = (
        select(OpeningShare.partner_id, OpeningShare.jobcentre_id)
        .join(Opening, Opening.id == OpeningShare.opening_id)
        .where(
            OpeningShare.told_at.is_(None),
            OpeningShare.withdrawn_at.is_(None),
            Opening.state == "open",
            Opening.voided_at.is_(None),
        )
    )
    homes = set(session.execute(live).all())
    settled = select(Candidate.partner_id, Candidate.jobcentre_id).join(Candidacy).where(settled_untold())
    homes |= set(session.execute(settled).all())
    waits = select(Opening.jobcentre_id).join(Candidacy, Candidacy.opening_id == Opening.id).where(waits_untold())
    places = {place for _partner, place in homes if place} | set(session.scalars(waits))
    together = groups(session)
    return [
        *(f"partner:{partner}" for partner in sorted({partner for partner, _place in homes if partner})),
        *(f"jobcentre:{place}" for place in sorted({min(together[place]) for place in places if place in together})),
    ]


def partner_news(session: Session, partner: Partner) -> News:
    answers = _answers(session, Candidate.partner_id == partner.id)
    return News(list(on_board(session, partner_id=partner.id, untold=True)), [], list(answers))


def staff_news(session: Session, places: Collection[int], today: date) -> dict[User, News]:
    """News by person, of people who are at work: leads and consultants with candidates hear of new openings, the
    openings' consultants (who stands in for them, else the leads) of proposals, proposers of answers."""
    people = _staff(session, places)
    away = on_leave(session, list(people), today)
    here = {number: user for number, user in people.items() if number not in away}
    found = {number: News() for number in here}
    leads = _holders(here, "jobcentre_lead")
    with_candidates = set(
        session.scalars(
            select(Candidate.owner_id).where(
                Candidate.owner_id.in_(here), Candidate.active, Candidate.erased_at.is_(None)
            )
        )
    )
    for share in on_board(session, jobcentres=places, untold=True):
        place = share.jobcentre_id or 0
        members = {number for number in with_candidates if number and here[number].jobcentre_id == place}
        for number in members | leads.get(place, set()):
            found[number].shares.append(share)
    for offer in _offers(session, places):
        for number in _owners(offer.opening, here, away, leads):
            found[number].offers.append(offer)
    for answer in _answers(session, Candidacy.offered_by.in_(here) & Candidate.jobcentre_id.is_not(None)):
        found[answer.offered_by or 0].answers.append(answer)
    return {here[number]: news for number, news in found.items() if news}


def _staff(session: Session, places: Collection[int]) -> dict[int, User]:
    of_places = select(UserRole.user_id).where(UserRole.role.in_(STAFF), UserRole.jobcentre_id.in_(places))
    rows = session.scalars(select(User).where(User.id.in_(of_places), User.active).order_by(User.id))
    return {user.id: user for user in rows}


def _holders(people: dict[int, User], role: str) -> dict[int, set[int]]:
    """Jobcentre -> ids of those who hold the role there."""
    found: dict[int, set[int]] = {}
    for user in people.values():
        for held in user.roles:
            if held.role == role and held.jobcentre_id:
                found.setdefault(held.jobcentre_id, set()).add(user.id)
    return found


def _owners(
    opening: Opening, here: dict[int, User], away: dict[int, int | None], leads: dict[int, set[int]]
) -> set[int]:
    if opening.consultant_id in here:
        return {opening.consultant_id}
    substitute = away.get(opening.consultant_id)
    return {substitute} if substitute in here else leads.get(opening.jobcentre_id, set())


def _with_opening() -> tuple[Any, ...]:
    candidate = joinedload(Candidacy.candidate)
    return (
        joinedload(Candidacy.opening, innerjoin=True),
        candidate.joinedload(Candidate.jobcentre),
        candidate.joinedload(Candidate.partner),
    )


def _offers(session: Session, places: Collection[int]) -> Sequence[Candidacy]:
    return session.scalars(
        select(Candidacy)
        .join(Opening, Opening.id == Candidacy.opening_id)
        .where(waits_untold(), Opening.jobcentre_id.in_(places), Opening.voided_at.is_(None))
        .options(*_with_opening())
        .order_by(Candidacy.offered_at, Candidacy.id)
    ).all()


def _answers(session: Session, mine: ColumnElement[bool]) -> Sequence[Candidacy]:
    return session.scalars(
        select(Candidacy)
        .join(Candidate, Candidate.id == Candidacy.candidate_id)
        .where(settled_untold(), mine)
        .options(*_with_opening())
        .order_by(Candidacy.id)
    ).all()
