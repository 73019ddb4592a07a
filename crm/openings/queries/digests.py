"""What is new on the boards since the last morning, and who is to be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Subquery, false, func, or_, select, union
from sqlalchemy.orm import Session, joinedload

from crm.openings.models import Candidacy, Candidate, Opening, OpeningShare
from crm.openings.queries.partner import jobcentre_names
from crm.openings.queries.sharing import board_statement, on_board
from crm.openings.rules.board import OFFER_WITHDRAWN, STANDINGS, card, is_late, standing
from crm.openings.rules.news import BoardLines
from crm.openings.rules.types import SHORT
from crm.people.models import Partner, UserRole

STAFF = ("consultant", "jobcentre_lead")
FRESH = timedelta(days=28)
"""What a person who had no mail for longer than this was not told of is no news; the board still has it."""
MOST = 20
"""So many lines of a kind stand in a mail; the board has the others."""


@dataclass
class News:
    """For one receiver. ``offers``: proposals for own openings that wait; ``answers``: what became of own proposals."""

    shares: Sequence[OpeningShare] = field(default_factory=list)
    offers: Sequence[Candidacy] = field(default_factory=list)
    answers: Sequence[Candidacy] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.shares or self.offers or self.answers)


@dataclass(frozen=True)
class Edition:
    """A working day's morning (07.30, UTC), of whose mails news from after it is no part. ``told``: user -> the morning
    of their last mail. ``stands_in``: of the consultants with proposals those who are not at work -> who is in their
    place, None where nobody is."""

    morning: datetime
    told: Mapping[int, datetime]
    stands_in: Mapping[int, int | None]

    def since(self, user_id: int) -> datetime:
        floor = self.morning - FRESH
        return max(self.told.get(user_id, floor), floor)


SETTLED = func.coalesce(Candidacy.answered_at, Candidacy.ended_at)


def waits_untold() -> ColumnElement[bool]:
    """A proposal that nobody who could answer it has been told of."""
    return (Candidacy.state == "offered") & or_(Candidacy.told_at.is_(None), Candidacy.told_at < Candidacy.offered_at)


def settled_untold() -> ColumnElement[bool]:
    """A proposal that was answered, or ended with its opening, since its proposer was told."""
    return (
        Candidacy.offered_at.is_not(None)
        & (Candidacy.state != "offered")
        & or_(Candidacy.ended_because.is_(None), Candidacy.ended_because != OFFER_WITHDRAWN)
        & or_(Candidacy.told_at.is_(None), Candidacy.told_at < SETTLED)
    )


def partners_with_news(session: Session) -> list[int]:
    """Partners for whom something may be new, by id."""
    shared = (
        select(OpeningShare.partner_id)
        .join(Opening, Opening.id == OpeningShare.opening_id)
        .where(OpeningShare.partner_id.is_not(None), OpeningShare.told_at.is_(None), *_live())
    )
    settled = select(Candidate.partner_id).join(Candidacy).where(Candidate.partner_id.is_not(None), settled_untold())
    return sorted(number for number in session.scalars(union(shared, settled)) if number)


def partner_news(session: Session, partner: Partner) -> News:
    answers = _answers(session, Candidate.partner_id == partner.id)
    return News(on_board(session, partner_id=partner.id, untold=True), [], answers)


def owners_of_waiting(session: Session, morning: datetime) -> set[int]:
    """Consultants with proposals made by ``morning`` that wait for an answer, whoever was told of them."""
    return set(session.scalars(_waiting(morning).with_only_columns(Opening.consultant_id).distinct()))


def people_with_news(session: Session, edition: Edition) -> set[int]:
    """Users to whom something of the board is new, whether at work or not."""
    hears = _hearers()
    shared = session.execute(
        select(hears.c.user_id, func.max(OpeningShare.told_at))
        .join(OpeningShare, OpeningShare.jobcentre_id == hears.c.jobcentre_id)
        .join(Opening, Opening.id == OpeningShare.opening_id)
        .where(OpeningShare.told_at > edition.morning - FRESH, *_live())
        .group_by(hears.c.user_id)
    )
    found = {user_id for user_id, last in shared if last > edition.since(user_id)}
    columns = (Opening.consultant_id, Opening.jobcentre_id, Candidacy.told_at, waits_untold())
    waiting = session.execute(_waiting(edition.morning).with_only_columns(*columns).distinct()).all()
    leads = _leads(session, {place for _owner, place, _told, _untold in waiting})
    for owner, place, told_at, untold in waiting:
        other = edition.stands_in.get(owner, owner)
        for user_id in leads.get(place, ()) if other is None else (other,):
            if untold or told_at > edition.since(user_id):
                found.add(user_id)
    answered = select(Candidacy.offered_by).join(Candidate, Candidate.id == Candidacy.candidate_id)
    proposers = session.scalars(answered.where(_ours(edition.morning), Candidacy.offered_by.is_not(None)).distinct())
    return found | {number for number in proposers if number}


def user_news(session: Session, user_id: int, edition: Edition) -> News:
    """Leads and consultants with candidates hear of new openings; an opening's consultant (who stands in for them,
    else the leads) of proposals; proposers of answers."""
    since, hears = edition.since(user_id), _hearers()
    places = set(session.scalars(select(hears.c.jobcentre_id).where(hears.c.user_id == user_id)))
    shares = session.scalars(
        board_statement(places)
        .where(OpeningShare.told_at > since)
        .order_by(OpeningShare.shared_at.desc(), OpeningShare.id.desc())
    )
    once = {one.opening_id: one for one in shares}
    offers = session.scalars(
        _waiting(edition.morning)
        .where(or_(waits_untold(), Candidacy.told_at > since), _answered_by(session, user_id, edition))
        .options(*_with_opening())
        .order_by(Candidacy.offered_at, Candidacy.id)
    ).all()
    return News(
        list(once.values()), offers, _answers(session, (Candidacy.offered_by == user_id) & _ours(edition.morning))
    )


def _answered_by(session: Session, user_id: int, edition: Edition) -> ColumnElement[bool]:
    """The openings whose proposals this user answers today."""
    owners = {owner for owner, other in edition.stands_in.items() if other == user_id}
    if user_id not in edition.stands_in:
        owners.add(user_id)
    nobody = [owner for owner, other in edition.stands_in.items() if other is None]
    led = select(UserRole.jobcentre_id).where(UserRole.user_id == user_id, UserRole.role == "jobcentre_lead")
    left = Opening.consultant_id.in_(nobody) & Opening.jobcentre_id.in_(led) if nobody else false()
    return Opening.consultant_id.in_(owners) | left


def _live() -> tuple[ColumnElement[bool], ...]:
    return OpeningShare.withdrawn_at.is_(None), Opening.state == "open", Opening.voided_at.is_(None)


def _hearers() -> Subquery:
    """(user_id, jobcentre_id) of who hears what is shared with the jobcentre."""
    leads = select(UserRole.user_id, UserRole.jobcentre_id).where(UserRole.role == "jobcentre_lead")
    belongs = (UserRole.user_id == Candidate.owner_id) & (UserRole.jobcentre_id == Candidate.jobcentre_id)
    owners = (
        select(UserRole.user_id, UserRole.jobcentre_id)
        .join(Candidate, belongs)
        .where(UserRole.role.in_(STAFF), Candidate.active, Candidate.erased_at.is_(None))
    )
    return union(leads, owners).subquery()


def _leads(session: Session, places: Collection[int]) -> dict[int, set[int]]:
    wanted = select(UserRole.jobcentre_id, UserRole.user_id).where(
        UserRole.role == "jobcentre_lead", UserRole.jobcentre_id.in_(places)
    )
    found: dict[int, set[int]] = {}
    for place, user_id in session.execute(wanted):
        found.setdefault(place or 0, set()).add(user_id)
    return found


def _waiting(morning: datetime) -> Any:
    return (
        select(Candidacy)
        .join(Opening, Opening.id == Candidacy.opening_id)
        .where(Candidacy.state == "offered", Candidacy.offered_at <= morning, Opening.voided_at.is_(None))
    )


def _ours(morning: datetime) -> ColumnElement[bool]:
    """A proposal by a user for a jobcentre's candidate, settled by ``morning``, whose user was not told."""
    return settled_untold() & (morning >= SETTLED) & Candidate.jobcentre_id.is_not(None)


def _with_opening() -> tuple[Any, ...]:
    candidate = joinedload(Candidacy.candidate, innerjoin=True)
    return (
        joinedload(Candidacy.opening, innerjoin=True),
        candidate.joinedload(Candidate.jobcentre),
        candidate.joinedload(Candidate.partner),
    )


def _answers(session: Session, mine: ColumnElement[bool]) -> Sequence[Candidacy]:
    return session.scalars(
        select(Candidacy)
        .join(Candidate, Candidate.id == Candidacy.candidate_id)
        .where(settled_untold(), mine)
        .options(*_with_opening())
        .order_by(Candidacy.id)
    ).all()


def lines(session: Session, news: News, today: date) -> BoardLines:
    """What the mail of ``today`` writes of it: at most MOST of a kind, openings whose day for CVs has passed last."""
    shares = sorted(news.shares, key=lambda one: is_late(one.opening, today))[:MOST]
    offers, answers = news.offers[:MOST], news.answers[:MOST]
    openings = [*(one.opening for one in shares), *(one.opening for one in (*offers, *answers))]
    names = jobcentre_names(session, [one.jobcentre_id for one in openings])
    return BoardLines(
        [card(one.opening, names[one.opening.jobcentre_id], today=today) for one in shares],
        [_line(one, names) | {"by": _home(one)} for one in offers],
        [_line(one, names) | {"standing": _standing(one), "words": one.answered_words} for one in answers],
        (len(news.shares), len(news.offers), len(news.answers)),
    )


def _line(one: Candidacy, names: dict[int, str]) -> dict[str, str | int]:
    opening = one.opening
    return {
        "reference": one.candidate.reference,
        "opening_id": opening.id,
        "occupation": card(opening, names[opening.jobcentre_id]).occupation or SHORT[opening.type],
        "jobcentre": names[opening.jobcentre_id],
    }


def _standing(one: Candidacy) -> str:
    return STANDINGS[standing(one.state, one.ended_because, answered=one.answered_at is not None)][1]


def _home(one: Candidacy) -> str:
    home = one.candidate.partner or one.candidate.jobcentre
    return home.name if home else ""
