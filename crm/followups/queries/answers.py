"""What the company sees by its link, and what it has answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from crm.base.clock import danish_date
from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.followups.models import Answer, FollowUp
from crm.followups.queries.agreements import statement
from crm.followups.rules import link
from crm.followups.rules.answers import LIVE, may_say_kept, stamp, standing
from crm.people.models import Jobcentre, User
from crm.visits.models import Visit


@dataclass(frozen=True)
class Item:
    """One agreement on the company's page. ``correction``: its newest one, waiting or settled; ``happened``: what it
    said of whether it was done; ``seen``: goes along with an answer, so that it answers what was shown."""

    follow_up: FollowUp
    standing: str
    correction: Answer | None
    happened: Answer | None
    seen: str
    is_asked: bool

    @property
    def id(self) -> int:
        return self.follow_up.id

    @property
    def is_live(self) -> bool:
        return self.standing in LIVE

    @property
    def waiting(self) -> Answer | None:
        return self.correction if self.correction is not None and self.correction.settled_at is None else None


@dataclass(frozen=True)
class Opened:
    """``items``: the link's own agreement first, then the others from the same visit that are open. ``is_old``: it is
    shown, but can no longer be answered."""

    visit: Visit
    jobcentre: Jobcentre
    owner: User
    items: Sequence[Item]
    is_old: bool

    def item(self, follow_up_id: int) -> Item:
        """Raises NotFound for an agreement that is not on the page."""
        found = next((item for item in self.items if item.id == follow_up_id), None)
        if found is None:
            raise NotFound
        return found


def opened(session: Session, now: datetime, token: str) -> Opened:
    """The agreements of a link. Raises NotFound for what we did not sign, and when the contact is another by now."""
    claim = link.read(token)
    if claim is None:
        raise NotFound
    own = session.scalar(
        select(FollowUp)
        .where(FollowUp.id == claim.number)
        .options(
            joinedload(FollowUp.visit, innerjoin=True), joinedload(FollowUp.owner, innerjoin=True).lazyload(User.roles)
        )
    )
    if own is None or not claim.is_for(own.id, own.visit.contact_email):
        raise NotFound
    others = session.scalars(
        select(FollowUp)
        .where(
            FollowUp.visit_id == own.visit_id,
            FollowUp.id != own.id,
            FollowUp.told_at.is_not(None),
            or_(FollowUp.state == "open", FollowUp.follows_id == own.id),
            FollowUp.voided_at.is_(None),
        )
        .options(joinedload(FollowUp.owner, innerjoin=True).lazyload(User.roles))
        .order_by(FollowUp.due_on, FollowUp.id)
    ).all()
    said = of_follow_ups(session, [own.id, *(other.id for other in others)])
    today, replaced = danish_date(now), any(other.follows_id == own.id for other in others)
    items = [_item(one, said.get(one.id, []), replaced and one is own, today) for one in (own, *others)]
    jobcentre = session.get_one(Jobcentre, own.jobcentre_id)
    return Opened(own.visit, jobcentre, own.owner, items, claim.is_too_old(now))


def _item(follow_up: FollowUp, said: Sequence[Answer], replaced: bool, today: date) -> Item:
    voided = follow_up.voided_at is not None
    corrections = [answer for answer in said if answer.kind == "corrected"]
    happened = [answer for answer in said if answer.kind in ("kept", "not_kept")]
    waiting = next((answer for answer in reversed(corrections) if answer.settled_at is None), None)
    return Item(
        follow_up,
        standing(
            state=follow_up.state,
            voided=voided,
            replaced=replaced,
            due_on=follow_up.due_on,
            first_due_on=follow_up.first_due_on,
            owed_by=follow_up.owed_by,
            today=today,
        ),
        corrections[-1] if corrections else None,
        happened[-1] if happened else None,
        stamp_of(follow_up, waiting),
        may_say_kept(
            state=follow_up.state,
            voided=voided,
            owed_by=follow_up.owed_by,
            due_on=follow_up.due_on,
            asked=follow_up.asked_at is not None,
            today=today,
        ),
    )


def stamp_of(follow_up: FollowUp, correction: Answer | None) -> str:
    """What the company is shown: the agreement, and the correction that waits."""
    written = (correction.words, correction.due_on, correction.owed_by) if correction is not None else ()
    return stamp(follow_up.promise, follow_up.due_on, follow_up.owed_by, *written)


def correction_of(session: Session, follow_up: FollowUp) -> Answer | None:
    """The one that waits, as it is in the database now."""
    return session.scalar(
        select(Answer)
        .where(Answer.follow_up_id == follow_up.id, Answer.kind == "corrected", Answer.settled_at.is_(None))
        .order_by(Answer.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def of_follow_ups(session: Session, follow_up_ids: Collection[int]) -> dict[int, list[Answer]]:
    """Their answers, oldest first."""
    found: dict[int, list[Answer]] = {}
    wanted = select(Answer).where(Answer.follow_up_id.in_(list(follow_up_ids))).order_by(Answer.at, Answer.id)
    for answer in session.scalars(wanted):
        found.setdefault(answer.follow_up_id, []).append(answer)
    return found


def answer_of(session: Session, follow_up: FollowUp, answer_id: int) -> Answer:
    """Raises NotFound for another agreement's."""
    found = session.scalar(select(Answer).where(Answer.id == answer_id, Answer.follow_up_id == follow_up.id))
    if found is None:
        raise NotFound
    return found


def waiting(session: Session, follow_up_ids: Collection[int]) -> dict[int, Answer]:
    """The newest answer of each that waits for its owner: a correction, or a no to whether it has happened."""
    wanted = (
        select(Answer).where(Answer.follow_up_id.in_(list(follow_up_ids)), *_waits()).order_by(Answer.at, Answer.id)
    )
    return {answer.follow_up_id: answer for answer in session.scalars(wanted)} if follow_up_ids else {}


def waiting_in(session: Session, scope: Scope, *, owner_id: int | None = None, limit: int = 50) -> Sequence[FollowUp]:
    """The agreements in reach that wait for an answer to the company, the longest waiting first; done ones too."""
    first = (
        select(Answer.at).where(Answer.follow_up_id == FollowUp.id, *_waits()).order_by(Answer.at).limit(1)
    ).scalar_subquery()
    return session.scalars(
        statement(scope, owner_id=owner_id, state=None)
        .where(first.is_not(None))
        .options(
            joinedload(FollowUp.owner, innerjoin=True).lazyload(User.roles), joinedload(FollowUp.visit, innerjoin=True)
        )
        .order_by(first, FollowUp.id)
        .limit(limit)
    ).all()


def _waits() -> tuple[ColumnElement[bool], ...]:
    return (Answer.kind.in_(("corrected", "not_kept")), Answer.settled_at.is_(None))
