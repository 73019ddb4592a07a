"""Reads of a morning's digests: whom to tell, and what is new to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from crm.base.clock import at
from crm.campaigns.models import Campaign
from crm.companies.models import Workplace
from crm.followups.models import Answer, Digest, FollowUp, Nag, Notice
from crm.followups.queries.away import away
from crm.followups.queries.board_digests import with_board_news
from crm.followups.rules import NAG_MINUTE, overdue_days, reached_until
from crm.followups.rules.digest import SAID, Entry, Figure
from crm.people.models import Jobcentre, User

MAX_TITLE = 110
NEW = (Notice.digest_id.is_(None), Notice.seen_at.is_(None))


def _still() -> Any:
    """What a notice tells still holds: a nag's agreement is open with the same date, or was done by somebody else; what
    the company said is not settled; and what was said to the owner is still the owner's."""
    current = and_(FollowUp.state == "open", or_(Notice.nag_id.is_(None), Nag.due_on == FollowUp.due_on))
    theirs = and_(
        FollowUp.state == "done", Notice.role.in_(("owner", "substitute")), FollowUp.done_by != Notice.user_id
    )
    own = or_(Notice.role != "owner", FollowUp.owner_id == Notice.user_id)
    holds = or_(and_(Notice.kind.in_(SAID), unsettled()), and_(Notice.kind.not_in(SAID), or_(current, theirs)))
    return and_(FollowUp.voided_at.is_(None), own, holds)


def unsettled() -> Any:
    """The company's answer that the notice tells of waits for somebody."""
    said = Answer.kind == case((Notice.kind == "answer", "corrected"), else_="not_kept")
    waiting = select(Answer.id).where(Answer.follow_up_id == Notice.follow_up_id, Answer.settled_at.is_(None), said)
    return waiting.correlate(Notice).exists()


def pending(session: Session, until: datetime | None = None) -> set[int]:
    """People with something new that no digest has told them of. ``until``: what came later than this is no reason for
    one, other than a nag, which was due in the morning whenever it was written."""
    wanted = (
        select(Notice.user_id)
        .join(FollowUp, FollowUp.id == Notice.follow_up_id)
        .outerjoin(Nag, Nag.id == Notice.nag_id)
        .where(*NEW, _still())
        .distinct()
    )
    if until is not None:
        wanted = wanted.where(or_(Notice.nag_id.is_not(None), Notice.created_at <= until))
    return set(session.scalars(wanted))


def people_to_tell(session: Session, day: date) -> list[int]:
    """Active people at work with something that was new at 07.30, of agreements or of the board, and no digest of the
    day yet, by id."""
    waiting = pending(session, until=at(day, NAG_MINUTE)) | with_board_news(session, day)
    told = set(session.scalars(select(Digest.user_id).where(Digest.day == day, Digest.user_id.in_(waiting))))
    active = set(session.scalars(select(User.id).where(User.id.in_(waiting - told), User.active)))
    return sorted(active - set(away(session, active, day)))


@dataclass(frozen=True)
class News:
    """``notice_ids``: all that a digest of now closes; ``entries`` what it tells; ``regions``: jobcentre -> how many
    new ones of it the person is to know as a figure."""

    notice_ids: Sequence[int]
    entries: Sequence[Entry]
    regions: dict[int, int]


def news(session: Session, user_id: int, day: date) -> News:
    """What is new to the person and still holds."""
    owner, doer = aliased(User), aliased(User)
    rows = session.execute(
        select(Notice.id, Notice.kind, Notice.role, FollowUp, owner, doer.name, Workplace.name)
        .join(FollowUp, FollowUp.id == Notice.follow_up_id)
        .join(Workplace, Workplace.id == FollowUp.workplace_id)
        .join(owner, owner.id == FollowUp.owner_id)
        .outerjoin(doer, doer.id == FollowUp.done_by)
        .outerjoin(Nag, Nag.id == Notice.nag_id)
        .where(Notice.user_id == user_id, *NEW, _still())
        .order_by(Notice.id)
    ).all()
    absent = away(session, {row[4].id for row in rows if row[2] in ("lead", "substitute")}, day)
    entries = [
        _entry(kind, role, found, person, by, place, absent)
        for _number, kind, role, found, person, by, place in rows
        if role != "region"
    ]
    regions: dict[int, int] = {}
    for _number, _kind, role, found, *_rest in rows:
        if role == "region":
            regions[found.jobcentre_id] = regions.get(found.jobcentre_id, 0) + 1
    return News([row[0] for row in rows], entries, regions)


def _entry(
    kind: str, role: str, found: FollowUp, owner: User, by: str | None, place: str, absent: Collection[int]
) -> Entry:
    state = "left" if not owner.active else "away" if owner.id in absent else "here"
    return Entry(
        found.id,
        kind,
        role,
        short(found.promise),
        place,
        found.owed_by,
        found.due_on,
        owner.id,
        owner.name,
        owner.phone,
        state,
        found.state == "done",
        by or "",
    )


def short(promise: str) -> str:
    """The promise's first line, at most so long."""
    line = " ".join((promise.strip().splitlines() or [""])[0].split())
    return line if len(line) <= MAX_TITLE else line[: MAX_TITLE - 1].rstrip() + "…"


def figures(session: Session, new: dict[int, int], day: date) -> list[Figure]:
    """The jobcentres' open agreements that lie the campaign's own number of working days over their date or more, the
    most first."""
    if not new:
        return []
    known = session.scalars(select(Campaign.nag_region_days).distinct()).all()
    if not known:
        return []
    limits = {days: literal(reached_until(day, days), Date) for days in known}
    rows = session.execute(
        select(
            FollowUp.jobcentre_id,
            Jobcentre.name,
            func.count(FollowUp.id),
            func.min(FollowUp.due_on),
            func.min(Campaign.nag_region_days),
        )
        .join(Campaign, Campaign.id == FollowUp.campaign_id)
        .join(Jobcentre, Jobcentre.id == FollowUp.jobcentre_id)
        .where(
            FollowUp.jobcentre_id.in_(new),
            FollowUp.state == "open",
            FollowUp.voided_at.is_(None),
            FollowUp.due_on <= case(limits, value=Campaign.nag_region_days),
        )
        .group_by(FollowUp.jobcentre_id, Jobcentre.name)
    )
    found = [
        Figure(name, count, days, overdue_days(oldest, day), new[place]) for place, name, count, oldest, days in rows
    ]
    return sorted(found, key=lambda figure: (-figure.count, figure.jobcentre))


def other_overdue(session: Session, user_id: int, day: date, told: Collection[int]) -> int:
    """How many more of the person's own agreements lie over their date than the digest tells of."""
    late = select(FollowUp.id).where(
        FollowUp.owner_id == user_id, FollowUp.state == "open", FollowUp.voided_at.is_(None), FollowUp.due_on < day
    )
    return len(set(session.scalars(late)) - set(told))
