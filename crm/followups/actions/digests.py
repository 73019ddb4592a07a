"""One digest a person a morning, of agreements and of the board: a mail, and an SMS where it is wished; and who hears
in place of who has gone."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.base.db import insert_for, insert_new, lock_name
from crm.followups.models import Digest, FollowUp, Nag, Notice, ReminderWishes
from crm.followups.queries.away import away
from crm.followups.queries.board_digests import board_news
from crm.followups.queries.digests import NEW, figures, news, other_overdue, pending
from crm.followups.queries.nags import people_of
from crm.followups.rules import LADDER, NAG_MINUTE, OWED_BY, nag_day
from crm.followups.rules.digest import CHANGES, Morning, compose, when
from crm.followups.rules.recipients import recipients
from crm.integrations.actions import send
from crm.integrations.render import render_mail
from crm.openings.actions.digests import announce, mark_told
from crm.openings.queries.digests import lines
from crm.openings.rules import SHORT
from crm.people.models import User

STEPS = {step.key: step for step in LADDER}
LOCK = "mornings"
"""Held while a digest is written, and while the board's news is given to a morning, so that it goes to all or waits."""


def announce_board(session: Session, now: datetime) -> int:
    """Give what was shared on the board by 07.30 to this morning's digests; how many shares.

    Once the first of the day is written it waits for the next morning: who has had theirs would never be told of it.
    """
    lock_name(session, LOCK)
    day = nag_day(now)
    begun = session.scalar(select(Digest.id).where(Digest.day == day).limit(1))
    return announce(session, at(day, NAG_MINUTE)) if begun is None else 0


def write_digest(session: Session, now: datetime, user_id: int) -> bool:
    """Tell the person what is new, in one mail; False when there is nothing, or the day's digest is there already."""
    lock_name(session, LOCK)
    day = nag_day(now)
    found, board = news(session, user_id, day), board_news(session, user_id, day)
    morning = compose(found.entries, figures(session, found.regions, day), day, lines(session, board, day))
    if morning.empty:
        return False
    digest_id = insert_digest(session, now, user_id, day)
    if digest_id is None:
        return False
    session.execute(update(Notice).where(Notice.id.in_(found.notice_ids)).values(digest_id=digest_id))
    mark_told(session, at(day, NAG_MINUTE), board)
    rest = other_overdue(session, user_id, day, {entry.follow_up_id for entry in found.entries})
    _send(session, now, session.get_one(User, user_id), morning, rest)
    session.flush()
    return True


def insert_digest(session: Session, now: datetime, user_id: int, day: date) -> int | None:
    """The new digest's id; None when another writer was first: the table's own key decides."""
    statement = insert_for(session, Digest).on_conflict_do_nothing(index_elements=["user_id", "day"])
    row = statement.values(user_id=user_id, day=day, written_at=now).returning(Digest.id)
    made: int | None = session.scalar(row)
    return made


def _send(session: Session, now: datetime, person: User, morning: Morning, rest: int) -> None:
    """By the ways the person wishes; the subject says what waits, and the mail names no more people than it must."""
    wishes = session.get(ReminderWishes, person.id)
    key = f"digest:{person.id}:{morning.day.isoformat()}"
    if wishes is None or wishes.mail:
        subject, text, html = render_mail("digest", **context(person, morning, rest))
        send(session, now, channel="mail", dedupe_key=key, to=person.email, text=text, subject=subject, html=html)
    if wishes is not None and wishes.sms and person.phone:
        _subject, words, _html = render_mail("digest_sms", headline=morning.headline, page=_page(morning))
        send(session, now, channel="sms", dedupe_key=f"{key}:sms", to=person.phone, text=words.strip())


def context(person: User, morning: Morning, rest: int) -> dict[str, object]:
    """What templates/email/digest.* read."""
    return {
        "person": person,
        "morning": morning,
        "headline": morning.headline,
        "rest": rest,
        "when": when,
        "owed": OWED_BY,
        "changes": CHANGES,
        "types": SHORT,
        "page": _page(morning),
    }


def _page(morning: Morning) -> str:
    """Where the person finds it: the region has figures alone, and who is told of the board alone goes there."""
    return "/followups" if morning.sections else "/notices" if morning.figures else "/board"


def pass_on(session: Session, now: datetime) -> int:
    """Where all who were to know of a nag have gone away since without being told, tell those who stand in for them."""
    day = nag_day(now)
    waiting = pending(session)
    active = set(session.scalars(select(User.id).where(User.id.in_(waiting), User.active)))
    gone = (waiting - active) | set(away(session, active, day))
    if not gone:
        return 0
    left = session.execute(
        select(Nag.id, Nag.step, FollowUp.id, FollowUp.owner_id, FollowUp.jobcentre_id)
        .join(FollowUp, FollowUp.id == Nag.follow_up_id)
        .join(Notice, Notice.nag_id == Nag.id)
        .where(
            Notice.user_id.in_(gone),
            *NEW,
            FollowUp.state == "open",
            FollowUp.voided_at.is_(None),
            Nag.due_on == FollowUp.due_on,
            Nag.step.in_(STEPS),
            ~_told_to_others(gone),
        )
        .distinct()
    ).all()
    people = people_of(session, {row[3] for row in left}, {row[4] for row in left}, day)
    rows = [
        {
            "user_id": who,
            "follow_up_id": number,
            "kind": "nag",
            "role": role,
            "nag_id": nag_id,
            "created_at": now,
        }
        for nag_id, step, number, owner_id, jobcentre_id in left
        for who, role in recipients((STEPS[step],), owner_id, jobcentre_id, people).items()
    ]
    return insert_new(session, Notice, rows, ("nag_id", "user_id"))


def _told_to_others(gone: set[int]) -> ColumnElement[bool]:
    """Somebody besides a copy has been told of this nag, or is at work to be told."""
    other = select(Notice.id).where(
        Notice.nag_id == Nag.id,
        Notice.role != "copy",
        Notice.digest_id.is_not(None) | Notice.seen_at.is_not(None) | Notice.user_id.not_in(gone),
    )
    return other.correlate(Nag).exists()
